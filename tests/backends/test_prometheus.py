"""The text format of /metrics."""

from __future__ import annotations

from burstview_engines.backends import sglang, vllm
from burstview_engines.backends.ollama_pull import PullProgress
from burstview_engines.backends.profile import Gauges
from burstview_engines.backends.prometheus import Sample, samples, total

TEXT = r"""
# HELP x A comment
x 1
x{a="1",b="two \"quoted\" {brace}"} 2.5e+01 1395066363000
x_created{a="1"} 9
not a sample
y NaN
z{broken 3
inf +Inf
"""


def test_samples_are_read() -> None:
    """Labels, escapes, stamps and exponents; anything else is left out."""
    found = list(samples(TEXT))
    assert found[:3] == [
        Sample("x", {}, 1.0),
        Sample("x", {"a": "1", "b": r"two \"quoted\" {brace}"}, 25.0),
        Sample("x_created", {"a": "1"}, 9.0),
    ]
    assert [sample.name for sample in found[3:]] == ["y", "inf"]


def test_a_total_is_of_exactly_one_name() -> None:
    """Over all labels; None when there is none."""
    assert total(TEXT, "x") == 26.0
    assert total(TEXT, "nope") is None


def test_data_parallel_engines_are_summed() -> None:
    """Requests add up, usage is the fullest one's; the old name of the gauge is known."""
    text = (
        'vllm:num_requests_running{engine="0"} 3\nvllm:num_requests_running{engine="1"} 4\n'
        'vllm:num_requests_waiting{engine="0"} 0\nvllm:gpu_cache_usage_perc{engine="0"} 0.5\n'
        'vllm:gpu_cache_usage_perc{engine="1"} 0.7\n'
    )
    assert vllm.gauges(text) == Gauges(7, 0, 0.7)


def test_tensor_parallel_ranks_are_not_summed() -> None:
    """Each repeats the same figure."""
    text = (
        'sglang:num_running_reqs{tp_rank="0"} 3\nsglang:num_running_reqs{tp_rank="1"} 3\n'
        'sglang:num_queue_reqs{tp_rank="0"} 2\nsglang:token_usage{tp_rank="0"} 0.25\n'
    )
    assert sglang.gauges(text) == Gauges(3, 2, 0.25)


def test_a_damaged_pull_line_changes_nothing() -> None:
    """And bytes never run backwards."""
    progress = PullProgress()
    for line in (
        b'{"status":"pulling a","digest":"d","total":10,"completed":7}',
        b"",
        b"{oops",
        b'{"status":"pulling a","digest":"d","total":10}',
    ):
        progress.feed(line)
    assert (progress.completed_bytes, progress.total_bytes, progress.done) == (7, 10, False)
    assert progress.status == "pulling a"
