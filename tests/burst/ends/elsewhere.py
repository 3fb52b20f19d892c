"""Captures that are not responses to a request of a burst, and where they are read."""

from __future__ import annotations

RECOGNISED = {
    f"{engine}/{name}.txt"
    for engine, names in {
        "llamacpp": "health models props props_np1_after props_np8_after root version",
        "ollama": "cors_foreign health host_foreign models root show tags version",
        "vllm": "health models root version",
    }.items()
    for name in names.split()
}
"""Replayed by a server in tests/backends."""

KILLS = {
    f"{engine}/kill_{name}.txt"
    for engine, names in {
        "llamacpp": "SIGINT SIGKILL SIGTERM",
        "ollama": "child_SIGKILL child_SIGTERM ollama_SIGINT ollama_SIGKILL ollama_SIGTERM",
        "vllm": "apiserver_SIGKILL apiserver_SIGTERM enginecore_SIGKILL worker_SIGKILL",
    }.items()
    for name in names.split()
}
"""What people read of the kill_*.json beside them."""

OTHERS = {
    f"{engine}/{name}.txt"
    for engine, names in {
        "llamacpp": (
            "abort_client api_chat api_show api_tags health_np1_after health_np1_during1"
            " health_np1_during2 health_np1_during3 health_np8_after health_np8_during1"
            " health_np8_during2 health_np8_during3 loading_states slots slots_fail_on_no_slot"
            " slots_np1_after slots_np1_during1 slots_np1_during2 slots_np1_during3"
            " slots_np8_after slots_np8_during1 slots_np8_during2 slots_np8_during3 tokenize"
        ),
        "ollama": "abort_client delete_unknown headers_options load_only status unload",
        "vllm": "abort_client load ping responses tokenize",
    }.items()
    for name in names.split()
}
"""Paths and observations that a burst does not meet; the simulated engines are held to them."""
