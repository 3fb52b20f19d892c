"""The config file."""

from __future__ import annotations

from pathlib import Path

import pytest

from burstview.config import Config, ConfiguredBackend, load, parse
from burstview.config_check import ConfigError
from burstview_engines.models.entry import ModelEntry

WHOLE = """\
theme = "burstview-light"

[defaults]
concurrency = 8
max_tokens = 32
prompt = "Count to ten."
prompt_tokens = 200
temperature = 0
thinking = "off"
equal_lengths = false
warm_up = false
give_up_after = 30
order = "together"

[[backends]]
name = "left"
url = "http://127.0.0.1:8000/v1"

[[backends]]
name = "right"
url = "http://127.0.0.1:11434"
engine = "ollama"
model = "qwen3:0.6b"
api_key_env = "RIGHT_KEY"

[[models]]
name = "ours"
ollama = "ours:latest"
huggingface = "us/ours-1b"
gguf = "us/ours-1b-GGUF:Q8_0"
quant_ollama = "Q4_K_M"
quant_vllm = "BF16"
"""


def test_every_key() -> None:
    """Every documented key is taken."""
    config = parse(WHOLE, "c.toml")
    assert config.theme == "burstview-light"
    assert config.defaults.concurrency == 8
    assert config.defaults.temperature == 0.0
    assert config.defaults.order == "together"
    assert config.backend("right") == ConfiguredBackend(
        "http://127.0.0.1:11434", "right", "ollama", "qwen3:0.6b", "RIGHT_KEY"
    )
    assert config.backend("other") is None
    assert config.models == (
        ModelEntry("ours", "ours:latest", "us/ours-1b", "us/ours-1b-GGUF:Q8_0", "Q4_K_M", "BF16"),
    )


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("theem = 'x'", "c.toml:1: there is no key theem; did you mean theme?"),
        (
            "\n[defaults]\nconcurency = 3",
            "c.toml:3: there is no key concurency in [defaults]; did you mean concurrency?",
        ),
        ("[defaults]\nprompt_tokens = 1000001", "c.toml:2: prompt_tokens must be a whole number"),
        ("[defaults]\nconcurrency = '3'", "c.toml:2: concurrency must be a whole number from 1 to"),
        (
            "[defaults]\nconcurrency = 5000",
            "c.toml:2: concurrency must be a whole number from 1 to",
        ),
        ("[defaults]\nwarm_up = 1", "c.toml:2: warm_up must be true or false"),
        ("[defaults]\ntemperature = true", "c.toml:2: temperature must be a number of at least 0"),
        ("[defaults]\ngive_up_after = nan", "c.toml:2: give_up_after must be a number above 0"),
        ("[defaults]\nthinking = 'no'", "c.toml:2: thinking must be one of 'as-is', 'on', 'off'"),
        (
            "[[backends]]\nurl = 'http://a'\n[[backends]]\nname = 'x'\nurl = 'ftp://b'",
            "c.toml:5: url must be a server's address",
        ),
        ("x = 1\n[[backends]]\nname = 'a'", "c.toml:1: there is no key x; the keys are"),
        ("\n[[backends]]\nname = 'a'", "c.toml:2: this backend has no url; add url = …"),
        (
            "[[backends]]\nurl = 'http://a'\napi_key_env = 'sk-123'",
            "c.toml:3: api_key_env must be the name of an environment variable",
        ),
        ("defaults = 3", "c.toml:1: defaults must be a table"),
        (
            "[backends]\nurl = 'http://a'",
            "c.toml:1: backends must be tables: [[backends]] and its keys on the lines below, once"
            " for each backend",
        ),
        ("[models]\nname = 'a'", "c.toml:1: models must be tables: [[models]]"),
        ("[[models]]\nollama = 'a'", "c.toml:1: this model has no name; add name = …"),
        (
            "[[models]]\nname = 'a'\nhugingface = 'b/c'",
            "c.toml:3: there is no key hugingface in [models]; did you mean huggingface?",
        ),
        (
            "[[backends]]\nurl = 'http://a'\n[[models]]\nname = 3",
            "c.toml:4: name must be text in quotes",
        ),
        ("a = ", "c.toml: not valid TOML: "),
    ],
)
def test_mistakes_have_a_place(text: str, sentence: str) -> None:
    """A wrong key or value is one sentence with file and line, and the nearest key."""
    with pytest.raises(ConfigError) as mistake:
        parse(text, "c.toml")
    assert str(mistake.value).startswith(sentence)


def test_a_key_is_never_repeated_in_the_error() -> None:
    """A key pasted in place of a variable's name does not appear in the message."""
    with pytest.raises(ConfigError) as mistake:
        parse("[[backends]]\nurl = 'http://a'\napi_key_env = 'sk-secret'", "c.toml")
    assert "sk-secret" not in str(mistake.value)


def test_missing_file(tmp_path: Path) -> None:
    """A file that was asked for must be there."""
    with pytest.raises(ConfigError, match=r"none\.toml: there is no such file"):
        load(tmp_path / "none.toml")


def test_not_text(tmp_path: Path) -> None:
    """A file that is no text is refused in one sentence."""
    path = tmp_path / "c.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(path)


def test_empty_file() -> None:
    """An empty file changes nothing."""
    assert parse("", "c.toml") == Config()
