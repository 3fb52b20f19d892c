"""How an engine gets its API key and a Hugging Face token: by files that nobody else can read."""

from __future__ import annotations

from burstview_engines.launch.profile import LaunchProfile

TOKEN_PATH = "/run/secrets/hf_token"
KEY_PATH = "/run/secrets/api_key"


def takes_key(profile: LaunchProfile) -> bool:
    """Whether a key can be handed to a container of it without showing it to others."""
    return profile.api_key_file_flag is not None or profile.api_key_env is not None


def key_program(profile: LaunchProfile) -> tuple[str, ...] | None:
    """The entrypoint and first words of a container that reads its key into a variable.

    A variable of the container itself would be shown by `docker inspect` and handed to every
    `docker exec`; an argument would be in the process list. None where a flag names the file.
    """
    if profile.api_key_file_flag is not None or profile.api_key_env is None:
        return None
    return ("python3", "-c", _SCRIPT.format(path=KEY_PATH, name=profile.api_key_env))


_SCRIPT = (
    "import os,sys;"
    'os.environ["{name}"]=open("{path}").read().strip();'
    "os.execvp(sys.argv[1],sys.argv[1:])"
)
