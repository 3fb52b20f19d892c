"""The expected end of every response that Ollama was captured with."""

from __future__ import annotations

from tests.burst.ends.end import NO_USAGE, PAGE, End

ENDS: dict[str, End] = {
    "ollama/completions_stream.txt": End(
        finish="length", pieces=8, text=" EntityTypeRpT", note=NO_USAGE
    ),
    "ollama/context_filled_native.txt": End(
        stream=False,
        error=(
            'The server answered with something that is no chat completion: “{"model":"qwen'
            '3:0.6b","created_at":"2026-11-23T15:28:10.67679751Z","message":{"role":"assist'
            'ant","content":" PicassoImG…”; '
        )
        + PAGE,
    ),
    "ollama/context_too_long_native.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: request (6009 tokens) exceeds the available context size (4096 "
            "tokens), try increasing it; send a shorter prompt, or raise "
            "OLLAMA_CONTEXT_LENGTH."
        ),
    ),
    "ollama/err_404.txt": End(
        status=404, stream=False, error="HTTP 404: 404 page not found; " + PAGE
    ),
    "ollama/err_bad_json.txt": End(status=400, stream=False, error="HTTP 400: unexpected EOF."),
    "ollama/err_bad_json_native.txt": End(
        status=400, stream=False, error="HTTP 400: unexpected EOF."
    ),
    "ollama/err_bad_role.txt": End(stream=False, finish="length", tokens=(9, 2), text="\n\n"),
    "ollama/err_context_too_long.txt": End(
        stream=False, finish="length", tokens=(2050, 12), text="‐‐‐‐‐‐‐‐‐‐‐‐"
    ),
    "ollama/err_context_too_long_stream.txt": End(
        finish="length", pieces=12, text="‐‐‐‐‐‐‐‐‐‐‐‐", note=NO_USAGE
    ),
    "ollama/err_empty_messages.txt": End(
        status=400, stream=False, error="HTTP 400: [] is too short - 'messages'."
    ),
    "ollama/err_get_on_post.txt": End(
        status=405, stream=False, error="HTTP 405: 405 method not allowed; " + PAGE
    ),
    "ollama/err_image.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: image URLs are not currently supported, please use base64 encoded "
            "data instead."
        ),
    ),
    "ollama/err_no_messages.txt": End(
        status=400, stream=False, error="HTTP 400: [] is too short - 'messages'."
    ),
    "ollama/err_no_model.txt": End(status=400, stream=False, error="HTTP 400: model is required."),
    "ollama/err_not_object.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: json: cannot unmarshal array into Go value of type "
            "openai.ChatCompletionRequest."
        ),
    ),
    "ollama/err_reasoning_low.txt": End(
        status=400,
        stream=False,
        error=(
            'HTTP 400: "qwen3:0.6b" does not support thinking; choose thinking off, or as '
            "the engine does, or a model that thinks."
        ),
    ),
    "ollama/err_string_max_tokens.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: json: cannot unmarshal string into Go struct field "
            "ChatCompletionRequest.max_tokens of type int."
        ),
    ),
    "ollama/err_temperature.txt": End(stream=False, finish="length", tokens=(9, 2), text="\n ni"),
    "ollama/err_unknown_model.txt": End(
        status=404,
        stream=False,
        error=(
            "HTTP 404: model 'nope:1b' not found; pull it with `ollama pull qwen3:0.6b`, or"
            " choose one that is there: qwen3:0.6b."
        ),
    ),
    "ollama/err_unknown_model_native.txt": End(
        status=404,
        stream=False,
        error=(
            "HTTP 404: model 'nope:1b' not found; pull it with `ollama pull qwen3:0.6b`, or"
            " choose one that is there: qwen3:0.6b."
        ),
    ),
    "ollama/err_unknown_model_stream.txt": End(
        status=404,
        error=(
            "HTTP 404: model 'nope:1b' not found; pull it with `ollama pull qwen3:0.6b`, or"
            " choose one that is there: qwen3:0.6b."
        ),
    ),
    "ollama/native_chat.txt": End(
        stream=False,
        error=(
            'The server answered with something that is no chat completion: “{"model":"qwen'
            '3:0.6b","created_at":"2026-11-23T15:28:07.823606113Z","message":{"role":"assis'
            'tant","content":"result"},"…”; '
        )
        + PAGE,
    ),
    "ollama/native_chat_nonstream.txt": End(
        stream=False,
        error=(
            'The server answered with something that is no chat completion: “{"model":"qwen'
            '3:0.6b","created_at":"2026-11-23T15:28:07.896337161Z","message":{"role":"assis'
            'tant","content":"plätze巨大的з…”; '
        )
        + PAGE,
    ),
    "ollama/native_chat_thinking.txt": End(
        stream=False,
        error=(
            'The server answered with something that is no chat completion: “{"model":"thin'
            'k:0.6b","created_at":"2026-11-23T15:35:09.886910161Z","message":{"role":"assis'
            'tant","content":"","thinkin…”; '
        )
        + PAGE,
    ),
    "ollama/native_generate.txt": End(
        stream=False,
        error=(
            'The server answered with something that is no chat completion: “{"model":"qwen'
            '3:0.6b","created_at":"2026-11-23T15:28:07.918792724Z","response":".XR","done":'
            'false} {"model":"qwen3:0.6b…”; '
        )
        + PAGE,
    ),
    "ollama/nonstream.txt": End(
        stream=False, finish="length", tokens=(9, 12), text="\n ni ni ni ni "
    ),
    "ollama/reasoning_none.txt": End(
        stream=False, finish="length", tokens=(9, 12), text="\n ni ni ni ni "
    ),
    "ollama/stream_full.txt": End(
        finish="length", pieces=12, text="\n ni ni ni ni ", note=NO_USAGE
    ),
    "ollama/stream_full_usage.txt": End(
        finish="length", tokens=(9, 12), pieces=12, text="\n ni ni ni ni "
    ),
    "ollama/stream_ignore_eos.txt": End(
        finish="length", pieces=12, text="\n ni ni ni ni ", note=NO_USAGE
    ),
    "ollama/stream_logprobs.txt": End(finish="length", pieces=3, text="\n ni ni", note=NO_USAGE),
    "ollama/stream_n2.txt": End(finish="length", pieces=12, text="\n ni ni ni ni ", note=NO_USAGE),
    "ollama/stream_reasoning.txt": End(
        finish="length", tokens=(12, 6), pieces=6, text="fdfd锷 onset题.A"
    ),
    "ollama/stream_stop_string.txt": End(
        pieces=59,
        text="\n ni ni ni ni ",
        error=(
            "Ollama ended the answer in silence because a token repeated more than 30 times"
            " (“口号”, 31 times); set a temperature above 0."
        ),
    ),
    "ollama/unknown_field.txt": End(
        stream=False, finish="length", tokens=(9, 12), text="\n ni ni ni ni "
    ),
    "ollama/wrong_content_type.txt": End(
        stream=False, finish="length", tokens=(9, 12), text="\n ni ni ni ni "
    ),
}
