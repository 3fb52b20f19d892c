"""Texts of the form and what becomes of them: specs, sentences, rows. All pure."""

from __future__ import annotations

import dataclasses
import shlex

import msgspec
import pytest
from rich.cells import cell_len
from tests.tui.scripted_control import FOREIGN, GIB, OLLAMA_READY
from tests.tui.scripted_launch import CHOICES, SMALL, PlanningControl

from burstview import launch_form, launch_words, model_choices, pairing
from burstview.draw.choices import choice_at, choices_row
from burstview.draw.command_rows import command_rows
from burstview.draw.finding_rows import Found, finding_rows
from burstview.draw.memory_bar import bar_row, legend_rows
from burstview.draw.runs import plain
from burstview.launch_fields import lan_warning, of_option
from burstview.launch_form import LaunchForm
from burstview_engines.control import Finding, LaunchPreview
from burstview_engines.core.backend import Engine
from burstview_engines.core.events import GpuSampled
from burstview_engines.core.gpu import Gpu
from burstview_engines.core.views import Snapshot
from burstview_engines.launch.registry import LAUNCH
from burstview_engines.launch.spec import ALL_GPUS, NO_GPU, LaunchSpec

HOME = "/home/anna"
FULL = LaunchSpec(
    engine="vllm",
    name="mine",
    image="vllm/vllm-openai:v0.33.0",
    model="Qwen/Qwen3-0.6B",
    options={"max-num-seqs": "128", "enforce-eager": "on", "kv-cache-dtype": "fp8"},
    arguments=("--seed", "7", "--chat-template", "two words"),
    environment={"VLLM_LOGGING_LEVEL": "DEBUG", "SAID": "it's here"},
    gpus=("0", "GPU-8f1c2d3e-aaaa-bbbb-cccc-0123456789ab"),
    port=8010,
    lan=True,
    offline=True,
    token_file="/home/anna/token",
    api_key_env="MY_KEY",
    weights="/models",
)


def errors_of(engine: Engine = "vllm", **texts: object) -> dict[str, str]:
    """What is wrong with these fields."""
    form = dataclasses.replace(LaunchForm(engine=engine, model="some/model"), **texts)
    return dict(launch_form.read(form, LAUNCH[engine], HOME).errors)


@pytest.mark.parametrize(
    "spec",
    [
        FULL,
        msgspec.structs.replace(FULL, gpus=ALL_GPUS, environment={}, arguments=()),
        msgspec.structs.replace(FULL, gpus=NO_GPU, lan=False, offline=False, port=None),
        LaunchSpec(engine="ollama"),
        LaunchSpec(engine="ollama", place="process", options={"num-parallel": "4"}),
        LaunchSpec(engine="llamacpp", model="/models/a.gguf"),
        LaunchSpec(engine="sglang", model="a/b"),
    ],
)
def test_a_spec_comes_back_from_its_fields_as_it_was(spec: LaunchSpec) -> None:
    """Nothing is lost or added."""
    reading = launch_form.read(launch_form.from_spec(spec), LAUNCH[spec.engine], HOME)
    assert reading.errors == {}
    assert reading.spec == spec


def test_an_option_that_the_profile_does_not_know_is_kept() -> None:
    """As it came."""
    spec = LaunchSpec(engine="ollama", options={"of-tomorrow": "7"})
    reading = launch_form.read(launch_form.from_spec(spec), LAUNCH["ollama"], HOME)
    assert reading.spec == spec


def test_an_image_is_nothing_for_a_process() -> None:
    """It is kept in the form, not in the spec."""
    form = LaunchForm(engine="ollama", place="process", image="ollama/ollama:1")
    assert launch_form.read(form, LAUNCH["ollama"], HOME).spec.image is None


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("port", "0", "A port is a whole number from 1 to 65535"),
        ("port", "65536", "A port is"),
        ("port", "8" * 5000, "A port is"),
        ("port", "http", "not “http”"),
        ("name", "q", "two or more letters"),
        ("name", "-x", "two or more letters"),
        ("gpus", "0,x", "GPUs: all, none, numbers"),
        ("gpus", "٣", "GPUs:"),
        ("image", "two words", "An image's name is one word"),
        ("model", "--trust", "A model's name is one word"),
        ("model", "", "vLLM needs a model"),
        ("arguments", "--a 'b", "A quote is opened"),
        ("arguments", "--api-key abc", "--api-key could be read by everyone"),
        ("arguments", "--x hf_abcdefghijklmnopqrstuvwxyz", "could be read by everyone"),
        ("environment", "VLLM", "Variables are written NAME=value"),
        ("environment", "1A=2", "Variables are written NAME=value"),
        ("environment", "HF_TOKEN=x", "HF_TOKEN could be read"),
        ("environment", "A=hf_abcdefghijklmnopqrstuvwxyz", "A could be read"),
        ("api_key_env", "sk-abcdefghijklmnopqrstuv", "the name of a variable"),
        ("api_key_env", "two words", "the name of a variable"),
        ("token_file", "hf_abcdefghijklmnopqrstuvwxyz", "That is a token"),
        ("token_file", "token", "Give the whole path"),
        ("weights", "./models", "Give the whole path"),
    ],
)
def test_a_text_that_makes_no_sense_is_a_sentence_at_its_field(
    field: str, text: str, said: str
) -> None:
    """And at no other; a secret is not repeated."""
    found = errors_of(**{field: text})
    assert list(found) == [field]
    assert said in found[field]
    assert "hf_abc" not in found[field]


@pytest.mark.parametrize(
    "text", ["--max-num-batched-tokens 8192", "--tokenizer a", "--ssl-keyfile /k"]
)
def test_words_that_only_look_like_secrets_are_taken(text: str) -> None:
    """Tokens are counted, too."""
    assert errors_of(arguments=text) == {}


def test_several_wrong_fields_are_all_told() -> None:
    """The others are still read."""
    form = LaunchForm(engine="vllm", options={"max-num-seqs": "many"}, port="x", name="fine")
    reading = launch_form.read(form, LAUNCH["vllm"], HOME)
    assert set(reading.errors) == {"model", "option-max-num-seqs", "port"}
    assert reading.spec.name == "fine"
    assert reading.spec.port is None


@pytest.mark.parametrize("engine", list(LAUNCH))
def test_every_option_has_words_and_refuses_nonsense(engine: Engine) -> None:
    """Beside the field that it belongs to."""
    for option in LAUNCH[engine].options:
        words = of_option(option)
        assert words.meaning
        assert words.empty
        assert f"after a {option.effect}" in words.hint
        nonsense = "" if option.kind == "text" else "no such thing"
        text = nonsense or "\x07"
        found = errors_of(engine, options={option.name: text})
        assert list(found) == [f"option-{option.name}"]


def test_a_tilde_is_home() -> None:
    """Docker wants the whole path."""
    form = LaunchForm(engine="vllm", model="m", weights="~/models", token_file="~/.token")
    spec = launch_form.read(form, LAUNCH["vllm"], HOME).spec
    assert (spec.weights, spec.token_file) == ("/home/anna/models", "/home/anna/.token")


def test_a_secret_of_an_adopted_engine_never_stands_in_a_field() -> None:
    """It is masked, and must be handed over another way."""
    spec = LaunchSpec(
        engine="vllm",
        model="m",
        arguments=("--api-key", "geheim"),
        environment={"HF_TOKEN": "geheim", "A": "1"},
    )
    form = launch_form.from_spec(spec)
    assert "geheim" not in f"{form}"
    assert set(launch_form.read(form, LAUNCH["vllm"], HOME).errors) == {"arguments", "environment"}


def test_a_model_is_translated_to_the_other_engines_words() -> None:
    """Where one name stands for both."""
    assert model_choices.translated(CHOICES, "qwen3:8b", "ollama", "vllm") == "Qwen/Qwen3-8B"
    assert model_choices.translated(CHOICES, "my/own", "vllm", "ollama") is None
    assert model_choices.translated(CHOICES, "", "vllm", "ollama") is None


def test_models_stand_in_columns_and_give_way_to_the_width() -> None:
    """What is here already is never cut off."""
    here = dataclasses.replace(SMALL, here={"ollama": 522_000_000}, is_looked_for=True)
    gated = dataclasses.replace(CHOICES[2], is_looked_for=True)
    wide = model_choices.rows([here, gated], "ollama", "qwen3:0.6b", 120)
    assert wide[0].startswith("● qwen3:0.6b   = Qwen/Qwen3-0.6B")
    assert "Q4_K_M against BF16" in wide[0]
    assert "40,960 tokens" in wide[0]
    assert wide[0].endswith("✓ here, 522 MB")
    assert wide[1].startswith("  llama3.2:1b")
    assert wide[1].endswith("↓ download")
    for width in (100, 76, 50, 34):
        narrow = model_choices.rows([here, gated], "ollama", "", width)
        assert max(map(cell_len, narrow)) <= width
        assert narrow[0].endswith("✓ here, 522 MB")
    (asking,) = model_choices.rows([gated], "vllm", "", 120)
    assert asking.endswith("↓ download, token")


def test_a_bar_tells_its_parts_by_shape() -> None:
    """Each part is seen however small; the widths add up."""
    parts = [("weights", GIB // 2), ("KV cache", 4 * GIB), ("graphs and buffers", GIB)]
    row = plain(bar_row([*parts, ("other programs", GIB), ("free", 60 * GIB)], 60))
    assert len(row) == 60
    assert [row.index(glyph) for glyph in "█▓▒░·"] == sorted(row.index(g) for g in "█▓▒░·")
    assert row.count("·") > 40


def test_a_bar_that_does_not_fit_shows_the_limit() -> None:
    """What is behind it is crossed, and the legend says how much it is."""
    parts = [("weights", 8 * GIB), ("KV cache", 24 * GIB), ("free", -8 * GIB)]
    row = plain(bar_row(parts, 40))
    assert row.index("┃") == 30
    assert row.endswith("✗" * 9)
    assert "✗ too much 8.0 GiB" in plain(legend_rows(parts, 80)[0])


def test_a_pairs_bar_shows_where_the_second_engine_begins() -> None:
    """Without colour."""
    parts = [("Ollama's weights", GIB), ("vLLM's weights", GIB), ("free", GIB)]
    assert plain(bar_row(parts, 30)) == "█" * 10 + "│" + "█" * 9 + "│" + "·" * 9


def test_a_bar_of_nothing_is_empty() -> None:
    """No share of zero is taken."""
    assert plain(bar_row([("free", 0)], 10)) == " " * 10
    assert legend_rows([("free", 0)], 10) == []


def test_a_legend_takes_as_many_rows_as_it_needs() -> None:
    """No entry is cut."""
    parts = [("weights", GIB), ("KV cache", GIB), ("free", GIB)]
    assert len(legend_rows(parts, 80)) == 1
    rows = [plain(row).rstrip() for row in legend_rows(parts, 24)]
    assert rows == ["█ weights 1.0 GiB", "▓ KV cache 1.0 GiB", "· free 1.0 GiB"]


def test_the_worst_finding_comes_first_and_wraps() -> None:
    """With what to do about it; what is well is one row."""
    found = [
        Found("daemon", "ok", "It answers. " * 10),
        Found("port", "problem", "Port 8000 is taken by a container.", "Choose another one."),
        Found("lan", "warning", "Open."),
    ]
    rows = [plain(row).rstrip() for row in finding_rows(found, 44)]
    assert rows[0].startswith(" ✗ problem port     Port 8000 is")
    assert "→ Choose another one." in "\n".join(rows)
    assert rows[-2].startswith(" ⚠ warning lan")
    assert rows[-1].startswith(" ✓ ok      daemon")
    assert rows[-1].endswith("…")
    assert all(len(row) <= 44 for row in rows)


def test_a_command_is_wrapped_between_words_and_can_be_pasted() -> None:
    """Flags keep their values; a shell reads the rows as the whole."""
    command = "docker run -d --name some-name -p 127.0.0.1:8000:8000 image --model Qwen/Qwen3-0.6B"
    rows = [plain(row).rstrip() for row in command_rows(command, 40)]
    assert all(row.endswith(" \\") for row in rows[:-1])
    joined = " ".join(row.removesuffix("\\").strip() for row in rows)
    assert " ".join(joined.split()) == command
    ends = [row.removesuffix(" \\").split()[-1] for row in rows]
    assert not {"--name", "-p", "--model"} & set(ends)


def test_a_quoted_word_is_not_wrapped() -> None:
    """Within quotes a backslash at the end of a row would be a part of the word."""
    command = """run -e 'A=one two three' -e "it's four five" image -- 'x  y'"""
    rows = [plain(row).strip().removesuffix("\\").strip() for row in command_rows(command, 28)]
    joined = " ".join(rows)
    assert joined == command
    assert shlex.split(joined) == shlex.split(command)


def test_a_word_longer_than_a_row_is_shown_whole() -> None:
    """In pieces."""
    rows = [plain(row).strip() for row in command_rows("run " + "x" * 100, 40)]
    assert sum(row.count("x") for row in rows) == 100


def test_choices_show_all_or_the_chosen_one() -> None:
    """And a click finds what it points at."""
    labels = ["Ollama", "vLLM", "SGLang"]
    assert plain(choices_row(labels, 1, 40)).rstrip() == "○ Ollama   ● vLLM   ○ SGLang"
    assert plain(choices_row(labels, 1, 20)).rstrip() == "‹ vLLM › 2 of 3"
    assert plain(choices_row(labels, 1, 9)).rstrip() == "‹ vLLM ›"
    assert choice_at(labels, 0, 40, 12) == 1
    assert choice_at(labels, 0, 40, 9) is None
    assert choice_at(labels, 0, 20, 0) == 2
    assert choice_at(labels, 0, 20, 7) == 1


def preview(*findings: Finding, seconds: float | None = None, first: bool = True) -> LaunchPreview:
    """With these findings."""
    spec = LaunchSpec(engine="ollama")
    return LaunchPreview(spec, "", findings, expected_seconds=seconds, is_first_start=first)


def test_the_verdict_says_what_counts() -> None:
    """The first problem, or the warnings, and how long it takes."""
    problem, warning = Finding("a", "problem", "No."), Finding("b", "warning", "Hm.")
    assert launch_words.of_findings([warning, problem], "").words == "✗ cannot start: No."
    assert (
        launch_words.of_findings([warning], "≈ 9.0 s").words == "⚠ can start, 1 warning · ≈ 9.0 s"
    )
    assert launch_words.of_findings([], "soon", verb="replace").words == "✓ can replace · soon"


def test_the_time_is_the_last_starts() -> None:
    """A first start is said to be one."""
    assert launch_words.time_words(preview(seconds=95.0)) == "≈ 1 m 35 s last time"
    assert "first start" in launch_words.time_words(preview())
    assert "unknown" in launch_words.time_words(preview(first=False))


def test_a_replacement_is_not_kept_from_its_own_name_and_port() -> None:
    """Another port may still be taken by somebody."""
    before = LaunchSpec(engine="vllm", name="x", port=8000)
    found = (
        Finding("name", "problem", "x is taken."),
        Finding("port", "problem", "8000 is taken."),
        Finding("gpu", "problem", "None."),
        Finding("name", "ok", "fine"),
    )
    names = [f.name for f in launch_words.of_replacement(found, before, before)]
    assert names == ["gpu", "name"]
    moved = msgspec.structs.replace(before, port=8001)
    kept = launch_words.of_replacement(found, before, moved)
    assert [f.name for f in kept if f.level == "problem"] == ["port", "gpu"]


def test_the_question_before_a_replacement_says_what_is_lost() -> None:
    """A foreign engine's name must be typed."""
    ours = launch_words.replacing(OLLAMA_READY, 3, ["num-parallel 1 → 4"])
    assert ours.typed is None
    assert "3 requests are in flight at it and will break off." in ours.consequences
    assert "num-parallel 1 → 4" in ours.consequences
    theirs = launch_words.replacing(FOREIGN, 0, [])
    assert theirs.typed == "ollama"
    assert any("volumes stay" in sentence for sentence in theirs.consequences)


def test_gpus_are_named_where_they_are_seen() -> None:
    """Simulated ones are not offered."""
    gpu = Gpu(index=0, name="NVIDIA H200", memory_used_bytes=42 * GIB, memory_total_bytes=140 * GIB)
    seen = Snapshot(gpu=GpuSampled(at=0.0, gpus=(gpu,)))
    assert launch_words.gpu_words(seen) == "0: H200, 42.0/140 GiB used"
    assert launch_words.gpu_words(Snapshot()) == ""


def test_the_network_warning_says_whether_a_key_is_asked_for() -> None:
    """Ollama knows none."""
    assert "no key is asked for" in lan_warning(LAUNCH["vllm"], " ")
    assert "who has the key" in lan_warning(LAUNCH["vllm"], "MY_KEY")
    assert "Ollama knows no keys" in lan_warning(LAUNCH["ollama"], "")


async def test_findings_of_a_pair_say_whose_they_are() -> None:
    """What both share is said once."""
    assert SMALL.pair is not None
    planned = await PlanningControl().preview_pair(SMALL.pair, ("0",))
    sentences = [finding.sentence for finding in pairing.findings_of(planned)]
    assert sentences.count("412 GB are free.") == 1
    assert "vLLM: burstview-ai-vllm is free." in sentences
    assert not pairing.has_problem(planned)
    taken = await PlanningControl().preview_pair(SMALL.pair, ("1",))
    assert pairing.has_problem(taken)
