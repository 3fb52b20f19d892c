"""The expected end of every response that vLLM was captured with."""

from __future__ import annotations

from tests.burst.ends.end import NO_USAGE, PAGE, End

ENDS: dict[str, End] = {
    "vllm/completions_stream.txt": End(
        finish="length", pieces=3, text="+- streamspr", note=NO_USAGE
    ),
    "vllm/err_404.txt": End(status=404, stream=False, error="HTTP 404: Not Found; " + PAGE),
    "vllm/err_404_ollama_chat.txt": End(
        status=404, stream=False, error="HTTP 404: Not Found; " + PAGE
    ),
    "vllm/err_bad_json.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: 1 validation error: {'type': 'json_invalid', 'loc': 'body.9', 'msg':"
            " 'JSON decode error', 'input': '<dict of 0 items>', 'ctx': {'error': "
            "'Expecting value'}}."
        ),
    ),
    "vllm/err_bad_role.txt": End(stream=False, finish="length", tokens=(17, 2), text="def."),
    "vllm/err_context_too_long.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: This model's maximum context length is 2048 tokens. However, your "
            "prompt contains 36050 characters (more than 28672 characters, which is the "
            "upper bound for 2048 input tokens). Please reduce the length of the input "
            "prompt. (parameter=input_text, value=36050); send a shorter prompt, or start "
            "vLLM with a larger --max-model-len."
        ),
    ),
    "vllm/err_empty_messages.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: Cannot apply chat template to an empty conversation. Provide at "
            "least one message."
        ),
    ),
    "vllm/err_get_on_post.txt": End(
        status=405, stream=False, error="HTTP 405: Method Not Allowed; " + PAGE
    ),
    "vllm/err_image.txt": End(
        status=400, stream=False, error="HTTP 400: Qwen/Qwen3-0.6B is not a multimodal model."
    ),
    "vllm/err_max_tokens_too_big.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: max_tokens=999999 cannot be greater than max_model_len=2048. Please "
            "request fewer output tokens. (parameter=max_tokens, value=999999); ask for "
            "fewer tokens, or start vLLM with a larger --max-model-len."
        ),
    ),
    "vllm/err_negative_max_tokens.txt": End(
        status=400,
        stream=False,
        error="HTTP 400: max_tokens must be at least 1, got -1. (parameter=max_tokens, value=-1).",
    ),
    "vllm/err_no_messages.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: 1 validation error: {'type': 'missing', 'loc': 'body.messages', "
            "'msg': 'Field required', 'input': '<dict of 1 items>'}."
        ),
    ),
    "vllm/err_not_object.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: 1 validation error: {'type': 'model_attributes_type', 'loc': 'body',"
            " 'msg': 'Input should be a valid dictionary or object to extract fields from',"
            " 'input': '<list of 2 items>'}."
        ),
    ),
    "vllm/err_stream_options_without_stream.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: Stream options can only be defined when `stream=True`. "
            "(parameter=stream_options)."
        ),
    ),
    "vllm/err_string_max_tokens.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: 1 validation error: {'type': 'int_parsing', 'loc': "
            "'body.max_tokens', 'msg': 'Input should be a valid integer, unable to parse "
            "string as an integer', 'input': 'many'}."
        ),
    ),
    "vllm/err_temperature.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: temperature must be non-negative, got -1.0. (parameter=temperature, "
            "value=-1.0)."
        ),
    ),
    "vllm/err_tools_auto.txt": End(
        status=400,
        stream=False,
        error=(
            'HTTP 400: "auto" tool choice requires --enable-auto-tool-choice and '
            "--tool-call-parser to be set."
        ),
    ),
    "vllm/err_top_p.txt": End(
        status=400,
        stream=False,
        error="HTTP 400: top_p must be in (0, 1], got 2.0. (parameter=top_p, value=2.0).",
    ),
    "vllm/err_unknown_model.txt": End(
        status=404,
        stream=False,
        error=(
            "HTTP 404: The model `nope` does not exist. Valid aliases: Qwen/Qwen3-0.6B; "
            "choose one that the server lists: Qwen/Qwen3-0.6B."
        ),
    ),
    "vllm/err_unknown_model_stream.txt": End(
        status=404,
        error=(
            "HTTP 404: The model `nope` does not exist. Valid aliases: Qwen/Qwen3-0.6B; "
            "choose one that the server lists: Qwen/Qwen3-0.6B."
        ),
    ),
    "vllm/err_wrong_content_type.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: 1 validation error: Unsupported Media Type: Only 'application/json' "
            "is allowed."
        ),
    ),
    "vllm/err_zero_max_tokens.txt": End(
        status=400,
        stream=False,
        error="HTTP 400: max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0).",
    ),
    "vllm/messages_stream.txt": End(
        error=(
            'The server streams something that is no chat completion: “{"type":"message_sta'
            'rt","message":{"id":"chatcmpl-834968bbe43b1e2b","type":"message","role":"assis'
            'tant","content":[],"m…”; '
        )
        + PAGE
    ),
    "vllm/no_model.txt": End(stream=False, finish="length", tokens=(14, 2), text="ler every"),
    "vllm/nonstream.txt": End(stream=False, finish="stop", tokens=(14, 3), text="|ler"),
    "vllm/nonstream_max1.txt": End(stream=False, finish="length", tokens=(14, 1), text="|"),
    "vllm/nonstream_n2.txt": End(
        stream=False, finish="length", tokens=(14, 6), text="yist +-*/=<>"
    ),
    "vllm/nonstream_stop.txt": End(stream=False, finish="stop", tokens=(14, 3), text="|ler"),
    "vllm/stream_continuous_usage.txt": End(finish="stop", tokens=(14, 3), pieces=2, text="|ler"),
    "vllm/stream_eos.txt": End(finish="stop", pieces=80, text="yistGam b +-*/", note=NO_USAGE),
    "vllm/stream_full.txt": End(finish="stop", pieces=2, text="|ler", note=NO_USAGE),
    "vllm/stream_full_usage.txt": End(finish="stop", tokens=(14, 3), pieces=2, text="|ler"),
    "vllm/stream_logprobs.txt": End(finish="stop", pieces=2, text="|ler", note=NO_USAGE),
    "vllm/stream_n2.txt": End(finish="length", pieces=3, text="yist +-*/=<>", note=NO_USAGE),
    "vllm/stream_stop_string.txt": End(finish="stop", pieces=2, text="|ler", note=NO_USAGE),
    "vllm/unknown_field.txt": End(stream=False, finish="length", tokens=(14, 2), text="|ler"),
}
