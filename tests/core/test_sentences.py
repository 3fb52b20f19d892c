"""Gain, sentences, differences and the report say what the stamps say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burstview_engines.core import metrics
from burstview_engines.core.differences import differences
from burstview_engines.core.report import duel_report, run_report
from burstview_engines.core.sentences import duel_sentence, sentence
from tests.core.bursts import Streamed, backend, run_of, staircase, wall


def test_the_gain_compares_with_the_median_request_alone() -> None:
    """Sixteen at once in the time of one is a gain of about sixteen."""
    run = run_of(wall(16), alone=[*wall(1), *wall(1), Streamed(9.0, (9.5, 19.0), 19.0)])
    assert metrics.gain(run) == pytest.approx(16, rel=0.1)
    assert metrics.gain(run_of(staircase(16), alone=wall(1))) == pytest.approx(1, rel=0.1)
    assert metrics.gain(run_of(wall(16))) is None


def test_together_without_gain_is_said() -> None:
    """All together and faster are two findings."""
    slow = run_of(wall(16, seconds=8.0), alone=wall(1))
    assert "together, but hardly faster" in sentence(slow)
    assert "hardly" not in sentence(run_of(wall(16), alone=wall(1)))


def test_a_staircase_names_the_setting_behind_it() -> None:
    """The sentence ends with what to change."""
    run = run_of(staircase(16), on=backend("ollama", name="Ollama", seats=1))
    assert "one at a time" in sentence(run)
    assert "OLLAMA_NUM_PARALLEL=1" in sentence(run)


def test_a_setting_is_named_only_where_it_is_the_reason() -> None:
    """An untold one is named without a value; a limit that was not reached is not blamed."""
    untold = run_of(staircase(16), on=backend("ollama", name="Ollama"))
    assert "(OLLAMA_NUM_PARALLEL sets how many)" in sentence(untold)
    starved = run_of(staircase(16, seats=4), on=backend("vllm", seats=128))
    assert "max-num-seqs" not in sentence(starved)


def test_a_duel_says_both_shapes_and_the_distance() -> None:
    """One sentence for both sides, SIMULATED where either is."""
    one = run_of(wall(16), on=backend("vllm", name="vLLM"))
    other = run_of(staircase(16), on=backend("ollama", name="Ollama", simulated=True))
    said = duel_sentence(one, other)
    assert said.startswith("SIMULATED: vLLM's 16 answers ran in one batch")
    assert "Ollama's 16 answers waited in line" in said
    assert "Ollama took 16.4 times as long" in said


def test_a_duel_without_answers_claims_no_shape() -> None:
    """Below two answered requests there is nothing to compare, only a count."""
    one = run_of([replace(wall(1)[0], error="boom")] * 2, on=backend("vllm", name="vLLM"))
    other = run_of(wall(1), on=backend("ollama", name="Ollama"))
    said = duel_sentence(one, other)
    assert said.startswith("vLLM answered 0 of 2 requests; Ollama answered 1 of 1 request")
    assert "shape" not in said


def test_failures_and_reasons_are_told() -> None:
    """A sentence never hides that requests failed."""
    burst = [replace(wall(1)[0], error="boom"), *wall(3)]
    assert "1 request failed" in sentence(run_of(burst))


def test_differences_list_only_what_differs() -> None:
    """Alike sides differ in nothing; a quantisation against none known differs."""
    one, same = run_of(wall(4)), run_of(wall(4))
    assert differences(one, same) == ()
    other = run_of(wall(4), on=backend(quant="Q4_K_M", context_tokens=40960))
    assert differences(one, other) == (
        "quantisation — against Q4_K_M",
        "context — against 40,960",
    )


def test_the_report_holds_the_stamps() -> None:
    """Each request is told with its number and seconds; unknown is null."""
    report = run_report(run_of([wall(2)[0], Streamed(0.0, (), 0.2, error="refused")]))
    requests = report["requests"]
    assert isinstance(requests, list)
    good, bad = requests
    assert good["ttft_s"] == pytest.approx(1 / 33, abs=1e-6)
    assert good["tpot_s"] == pytest.approx(1 / 33, abs=1e-6)
    assert (bad["error"], bad["ttft_s"], bad["output_tokens"]) == ("refused", None, None)
    assert report["warm_up"] is None
    assert report["client"] is None


def test_a_duel_report_holds_both_runs() -> None:
    """runs, sentence, differences."""
    report = duel_report(run_of(wall(2)), run_of(staircase(2)))
    assert set(report) == {"runs", "sentence", "differences"}


def test_a_model_partly_on_the_cpu_is_said_with_the_verdict() -> None:
    """It explains a slow side better than its engine does; all or nothing on the GPU is no news."""
    split = run_of(staircase(16), on=backend("ollama", name="Ollama", on_gpu=0.43))
    told = "Only 43 % of Ollama's model is on the GPU: the CPU computes the rest."
    assert sentence(split).endswith(told)
    other = run_of(wall(16), on=backend("vllm", name="vLLM"))
    assert duel_sentence(other, split).endswith(told)
    assert "on the GPU all against 43 % of the model" in differences(other, split)
    lost = run_of(staircase(16), on=backend("ollama", name="Ollama", on_gpu=0.0))
    assert sentence(lost).endswith("Ollama's model is on the CPU: no GPU computes it.")
    for share in (None, 1.0):
        whole = run_of(staircase(16), on=backend("ollama", name="Ollama", on_gpu=share))
        assert "GPU" not in sentence(whole)
