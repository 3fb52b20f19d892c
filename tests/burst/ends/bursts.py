"""The expected ends of the bursts whose server was killed, or whose queue was full."""

from __future__ import annotations

_CUT = "cut the connection in mid-answer: it was stopped, or it died; its log has the reason."
_CUT_EARLY = (
    "cut the connection before its first token: it was stopped, or it died; its log has the reason."
)
_LLAMA_SILENT = (
    "Given up before its first token: no request got a token for 120 s;"
    " llama-server goes silent while it is being stopped: look at its log."
)
_OLLAMA_SILENT = (
    "no request got a token for 120 s;"
    " Ollama goes silent when its runner is stopped: restart it, or look at its log."
)
_ENGINE_DEAD = (
    "vLLM broke off: EngineCore encountered an issue. See stack trace (above) for the root cause;"
    " vLLM's engine process died: its log has the reason; start it again."
)
_OLLAMA_STOPPED: dict[str | None, int] = {f"Ollama {_CUT}": 2, f"Ollama {_CUT_EARLY}": 6}

BURSTS: dict[str, dict[str | None, int]] = {
    "llamacpp/kill_SIGINT.json": {f"llama.cpp {_CUT}": 1, _LLAMA_SILENT: 7},
    "llamacpp/kill_SIGKILL.json": {f"llama.cpp {_CUT}": 4, f"llama.cpp {_CUT_EARLY}": 4},
    "llamacpp/kill_SIGTERM.json": {f"llama.cpp {_CUT}": 4, _LLAMA_SILENT: 4},
    "ollama/kill_child_SIGKILL.json": {
        "Ollama ended the stream in mid-answer without a finish_reason: either a token repeated"
        " more than 30 times, which ends an answer without a word (set a temperature above 0),"
        " or its runner died (its log tells).": 2,
        "HTTP 500: llama-server process no longer running: unknown;"
        " Ollama's runner died: its log has the reason; the next request starts it again.": 6,
    },
    "ollama/kill_child_SIGTERM.json": {
        f"Given up in mid-answer: {_OLLAMA_SILENT}": 2,
        f"Given up before its first token: {_OLLAMA_SILENT}": 6,
    },
    "ollama/kill_ollama_SIGINT.json": _OLLAMA_STOPPED,
    "ollama/kill_ollama_SIGKILL.json": _OLLAMA_STOPPED,
    "ollama/kill_ollama_SIGTERM.json": _OLLAMA_STOPPED,
    "ollama/queue_full_cold_maxqueue4.json": {
        None: 5,
        "HTTP 503: server busy, please try again. maximum pending requests exceeded;"
        " fire fewer requests, load the model first, or raise OLLAMA_MAX_QUEUE.": 11,
    },
    "ollama/queue_full_warm_maxqueue4.json": {None: 16},
    "vllm/kill_apiserver_SIGKILL.json": {f"vLLM {_CUT}": 8},
    "vllm/kill_apiserver_SIGTERM.json": {
        "vLLM ended the answer with finish_reason 'abort': it was stopped,"
        " or it gave the request up; its log has the reason.": 1,
        "vLLM ended the stream with [DONE] but without a token or a finish_reason:"
        " it was shut down while the request waited; start it again.": 7,
    },
    "vllm/kill_enginecore_SIGKILL.json": {_ENGINE_DEAD: 16},
    "vllm/kill_worker_SIGKILL.json": {_ENGINE_DEAD: 8},
}

REPEATED = "ollama/repeat_cut_np1_n4.json"
"""Four streams that Ollama's repeat guard cut."""

REPEATS: tuple[tuple[tuple[str, int], ...], ...] = (
    (("\n", 1), ("osaurs", 23), (" powered", 31)),
    (("\n", 2), (" SA", 21), ('("', 31)),
    (("\n", 1), (" SA", 11), ('("', 31)),
    (("\n", 5), (" ni", 31)),
)
"""Their chunks, as the numbers of chunks and characters allow only."""
