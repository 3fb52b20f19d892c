"""What the client says about itself."""

from __future__ import annotations

from burstview_engines.burst.health import Launch, client_health
from burstview_engines.burst.wire import PhaseReport
from burstview_engines.core.events import ClientHealth


def report(loop_lag: float = 0.0, *, reads: int = 10, chunks: int = 10) -> PhaseReport:
    """One worker's report."""
    return PhaseReport(
        loop_lag_p95=loop_lag, loop_lag_max=2 * loop_lag, reads=reads, chunks=chunks, cpu=0.1
    )


def health(launches: list[Launch], *reports: PhaseReport) -> ClientHealth | None:
    """The health of these launches."""
    return client_health(
        at=9.0, run=1, transport="own", connections=2, launches=launches, reports=reports
    )


def test_figures_of_all_workers_are_merged() -> None:
    """Skew over all requests, the worst lag of any worker, sums of the rest."""
    launches = [Launch(1.0, 1.001, 1.5), Launch(1.0, 1.003, 1.6)]
    merged = health(launches, report(0.001), report(0.002))
    assert merged is not None
    assert (merged.workers, merged.reads, merged.chunks, merged.cpu) == (2, 20, 20, 0.2)
    assert (merged.launch_skew, merged.launch_lag_max) == (0.002, 0.003)
    assert (merged.loop_lag_p95, merged.loop_lag_max) == (0.002, 0.004)
    assert merged.warning is None


def test_nothing_launched_is_no_health() -> None:
    """Unknown, not zero."""
    assert health([], report()) is None
    assert health([Launch(1.0, 1.0, None)]) is None


def test_a_late_client_warns_in_any_case() -> None:
    """20 ms of own delay are told however long the server took."""
    late = health([Launch(1.0, 1.03, 90.0)], report())
    assert late is not None
    assert late.warning is not None
    assert "up to 30.0 ms late" in late.warning


def test_a_small_lag_counts_beside_a_small_ttft() -> None:
    """2 ms are nothing beside 200 ms and much beside 10."""
    slow = health([Launch(1.0, 1.0, 1.2)], report(0.002))
    fast = health([Launch(1.0, 1.0, 1.01)], report(0.002))
    assert slow is not None
    assert slow.warning is None
    assert fast is not None
    assert fast.warning is not None
    assert "median TTFT of 10.0 ms" in fast.warning


def test_coalesced_reads_warn_only_when_the_client_was_late() -> None:
    """Servers merge tokens too; a client that kept time is not to blame."""
    launches = [Launch(1.0, 1.0, 2.0)]
    late = health(launches, report(0.015, reads=10, chunks=90))
    prompt = health(launches, report(0.0, reads=10, chunks=90))
    assert late is not None
    assert "several chunks at once" in str(late.warning)
    assert prompt is not None
    assert prompt.warning is None
