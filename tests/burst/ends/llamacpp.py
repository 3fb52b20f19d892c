"""The expected end of every response that llama.cpp was captured with."""

from __future__ import annotations

from tests.burst.ends.end import PAGE, End

ENDS: dict[str, End] = {
    "llamacpp/completion_native_stream.txt": End(
        error=(
            'The server streams something that is no chat completion: “{"index":0,"content"'
            ':"+-","tokens":[314],"stop":false,"id_slot":-1,"tokens_predicted":1,"tokens_ev'
            'aluated":2}”; '
        )
        + PAGE
    ),
    "llamacpp/completions_stream.txt": End(
        finish="length", tokens=(2, 3), pieces=3, text="+- streamspr"
    ),
    "llamacpp/context_filled_while_generating.txt": End(
        stream=False, finish="length", tokens=(14, 4082), text="|lerm[] worach"
    ),
    "llamacpp/err_404.txt": End(
        status=404, stream=False, error="HTTP 404: File Not Found; " + PAGE
    ),
    "llamacpp/err_bad_json.txt": End(
        status=500,
        stream=False,
        error=(
            "HTTP 500: [json.exception.parse_error.101] parse error at line 1, column 10: "
            "syntax error while parsing value - unexpected end of input; expected '[', '{',"
            " or a literal; the server's log has the reason."
        ),
    ),
    "llamacpp/err_bad_role.txt": End(stream=False, finish="length", tokens=(17, 2), text="def."),
    "llamacpp/err_context_too_long.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: request (6013 tokens) exceeds the available context size (4096 "
            "tokens), try increasing it; send a shorter prompt, ask for fewer tokens, or "
            "start it with a larger -c."
        ),
    ),
    "llamacpp/err_context_too_long_stream.txt": End(
        status=400,
        error=(
            "HTTP 400: request (6013 tokens) exceeds the available context size (4096 "
            "tokens), try increasing it; send a shorter prompt, ask for fewer tokens, or "
            "start it with a larger -c."
        ),
    ),
    "llamacpp/err_empty_messages.txt": End(
        stream=False, finish="length", tokens=(6, 2), text=" f reache"
    ),
    "llamacpp/err_get_on_post.txt": End(
        status=404, stream=False, error="HTTP 404: File Not Found; " + PAGE
    ),
    "llamacpp/err_image.txt": End(
        status=500,
        stream=False,
        error=(
            "HTTP 500: image input is not supported - hint: if this is unexpected, you may "
            "need to provide the mmproj; the server's log has the reason."
        ),
    ),
    "llamacpp/err_negative_max_tokens.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: Field 'max_tokens': Value must be between -1 <= value <= 2147483647,"
            " but got -5."
        ),
    ),
    "llamacpp/err_no_messages.txt": End(
        status=400, stream=False, error="HTTP 400: 'messages' is required."
    ),
    "llamacpp/err_not_object.txt": End(
        status=400, stream=False, error="HTTP 400: 'messages' is required."
    ),
    "llamacpp/err_string_max_tokens.txt": End(
        status=400,
        stream=False,
        error=(
            "HTTP 400: Field 'max_tokens': [json.exception.type_error.302] type must be "
            "number, but is string."
        ),
    ),
    "llamacpp/err_temperature.txt": End(stream=False, finish="length", tokens=(14, 2), text="|ler"),
    "llamacpp/err_unknown_model.txt": End(
        stream=False, finish="length", tokens=(14, 2), text="ler counts"
    ),
    "llamacpp/messages_stream.txt": End(
        error=(
            'The server streams something that is no chat completion: “{"type":"message_sta'
            'rt","message":{"id":"chatcmpl-1v9WgIYPQlrRhplsaLsiTjup6NUsRS23","type":"messag'
            'e","role":"assistant"…”; '
        )
        + PAGE
    ),
    "llamacpp/negative_max_tokens_nonignore.txt": End(
        stream=False, finish="stop", tokens=(14, 3), text="|ler"
    ),
    "llamacpp/no_model.txt": End(stream=False, finish="length", tokens=(14, 2), text="yken"),
    "llamacpp/nonstream.txt": End(
        stream=False, finish="length", tokens=(14, 12), text="|lerm[] worach"
    ),
    "llamacpp/stream_eos.txt": End(finish="stop", tokens=(14, 3), pieces=2, text="|ler"),
    "llamacpp/stream_full.txt": End(
        finish="length", tokens=(14, 12), pieces=12, text="|lerm[] worach"
    ),
    "llamacpp/stream_full_usage.txt": End(
        finish="length", tokens=(14, 12), pieces=12, text="|lerm[] worach"
    ),
    "llamacpp/stream_logprobs.txt": End(finish="stop", tokens=(14, 3), pieces=2, text="|ler"),
    "llamacpp/stream_n2.txt": End(finish="length", tokens=(14, 3), pieces=3, text="y ju +-*/=<>"),
    "llamacpp/stream_options_without_stream.txt": End(
        stream=False, finish="length", tokens=(14, 2), text="defache"
    ),
    "llamacpp/stream_progress.txt": End(finish="length", tokens=(14, 4), pieces=4, text="|lerm[]"),
    "llamacpp/stream_stop_string.txt": End(
        finish="stop", tokens=(14, 28), pieces=24, text="|lerm[] worach"
    ),
    "llamacpp/stream_timings.txt": End(finish="length", tokens=(14, 4), pieces=4, text="|lerm[]"),
    "llamacpp/unknown_field.txt": End(stream=False, finish="stop", tokens=(14, 2), text="ler"),
    "llamacpp/wrong_content_type.txt": End(
        stream=False, finish="length", tokens=(14, 2), text="def +-*/=<>"
    ),
    "llamacpp/zero_max_tokens.txt": End(stream=False, finish="length", tokens=(14, 1), text="|"),
}
