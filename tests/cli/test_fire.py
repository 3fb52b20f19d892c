"""`fire` and `duel` as processes of their own, against good servers and hostile ones."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from tests.cli.report_check import check_duel, check_run
from tests.cli.servers import Server, finished, refusal, serving, sse, start, tool

from burstview_engines.core.events import GpuSampled, HostSampled, RunStarted
from burstview_engines.core.recording import read

FAST = ("-c", "3", "-n", "4", "--no-warm-up")


async def test_embedded_duel(tmp_path: Path) -> None:
    """The demo's duel: one side one at a time, the other all together, and it says SIMULATED."""
    ended = await tool(tmp_path, "duel", "--demo", "-c", "4", "-n", "8", "--json")
    assert (ended.status, ended.report["error"]) == (0, None), ended.err
    one, other = check_duel(ended.report)
    assert one["verdict"]["label"] == "all-together"
    assert other["verdict"]["label"] == "one-at-a-time"
    assert one["simulated"]
    assert str(ended.report["sentence"]).startswith("SIMULATED")
    assert one["warm_up"]["succeeded"]
    assert one["verdict"]["gain"] > other["verdict"]["gain"]
    assert one["plan"]["tag"] != other["plan"]["tag"]
    assert ended.report["differences"]


async def test_plain_lines(tmp_path: Path) -> None:
    """Without a terminal: a line for each phase and request, then the verdict; no escape codes."""
    ended = await tool(tmp_path, "fire", "--demo", "-c", "2", "-n", "4")
    assert ended.status == 0
    lines = ended.out.splitlines()
    assert "vLLM SIMULATED: 2 burst" in lines
    assert sum("done" in line for line in lines) == 2
    assert any("all together, gain ×" in line for line in lines)
    assert "\x1b" not in ended.out


async def test_record_and_replay(tmp_path: Path) -> None:
    """A recording replays to the very same report, and holds gauges for the monitor."""
    fired = await tool(
        tmp_path, "fire", "--demo", "-c", "2", "-n", "4", "--json", "--record", "r.jsonl"
    )
    replayed = await tool(tmp_path, "replay", "r.jsonl", "--json")
    assert replayed.status == fired.status == 0
    assert replayed.report == fired.report
    kinds = {type(event) for event in read(tmp_path / "r.jsonl")}
    assert {HostSampled, GpuSampled} <= kinds
    again = await tool(tmp_path, "fire", "--demo", "--record", "r.jsonl", "--json")
    assert again.status == 2
    assert "exists already" in str(again.report["error"])


async def test_good_server(tmp_path: Path) -> None:
    """A plain OpenAI-compatible server: its only model is taken, its /v1 is as good as its root."""
    async with serving(Server(answer=sse("So", " it", " is", "."))) as server:
        ended = await tool(tmp_path, "fire", "--url", f"{server.url}/v1", *FAST, "--json")
    assert ended.status == 0, ended.err
    report = check_run(ended.report)
    assert report["backend"]["model"] == "m"
    assert [r["output_tokens"] for r in report["requests"]] == [4, 4, 4]
    assert (report["warm_up"], report["verdict"]["gain"]) == (None, None)


async def test_nothing_listens(tmp_path: Path) -> None:
    """A refused connection fails every request in one sentence and exits with 1."""
    async with serving(Server()) as server:
        url = server.url
    ended = await tool(tmp_path, "fire", "--url", url, *FAST, "--json")
    report = check_run(ended.report)
    assert (ended.status, len(report["requests"])) == (1, 3)
    assert all(r["status"] is None and "Nothing listens" in r["error"] for r in report["requests"])
    assert report["makespan_s"] is None
    assert "Traceback" not in ended.err


async def test_a_web_page(tmp_path: Path) -> None:
    """A server that answers everything with HTML is told apart, without a traceback."""
    page = refusal("200 OK", b"<html>hello</html>", "text/html")
    async with serving(Server(everything=page)) as server:
        ended = await tool(tmp_path, "fire", "--url", server.url, *FAST, "--json")
    assert ended.status == 1
    assert "no OpenAI-compatible server" in str(ended.report["error"])
    assert "Traceback" not in ended.err


async def test_silent_server(tmp_path: Path) -> None:
    """A server that never answers a chat ends after --give-up-after, with what is known."""
    async with serving(Server()) as server:
        ended = await tool(
            tmp_path, "fire", "--url", server.url, *FAST, "--give-up-after", "0.5", "--json"
        )
    report = check_run(ended.report)
    assert (ended.status, report["outcome"]) == (1, "gave-up")
    assert len(report["requests"]) == 3


async def test_failed_warm_up(tmp_path: Path) -> None:
    """A failed warm-up is told in `warm_up`, and the burst is fired all the same."""
    error = refusal("500 Internal Server Error", b'{"error":{"message":"out of seats"}}')
    async with serving(Server(answer=error)) as server:
        ended = await tool(tmp_path, "fire", "--url", server.url, "-c", "2", "--json")
    report = check_run(ended.report)
    assert ended.status == 1
    assert "out of seats" in report["warm_up"]["error"]
    assert [r["status"] for r in report["requests"]] == [500, 500]
    assert all("out of seats" in r["error"] for r in report["requests"])


async def test_models(tmp_path: Path) -> None:
    """Several models and no --model: the list and exit 2; one that is not listed: a warning."""
    async with serving(Server(models=("left", "right"), answer=sse("a", "b"))) as server:
        url = server.url
        unnamed = await tool(tmp_path, "fire", "--url", url, *FAST, "--json")
        unknown = await tool(tmp_path, "fire", "--url", url, "--model", "up", *FAST, "--json")
    assert (unnamed.status, unnamed.report["requests"]) == (2, [])
    assert "left, right" in str(unnamed.report["error"])
    assert unknown.status == 0, unknown.err
    assert "up is not among" in unknown.err


async def test_key_stays_out(tmp_path: Path) -> None:
    """The key is sent, but is in no output and no recording, even if the server repeats it."""
    error = refusal("401 Unauthorized", b'{"error":{"message":"bad key sk-secret-1"}}')
    async with serving(Server(answer=error)) as server:
        ended = await tool(
            tmp_path,
            *("fire", "--url", server.url, *FAST, "--json", "--record", "r.jsonl"),
            *("--api-key-env", "MY_KEY"),
            MY_KEY="sk-secret-1",
        )
    assert any(b"Bearer sk-secret-1" in request for request in server.heard if b"POST" in request)
    everything = ended.out + ended.err + (tmp_path / "r.jsonl").read_text()
    assert "sk-secret-1" not in everything
    assert "bad key [key]" in everything


async def test_key_that_is_not_set(tmp_path: Path) -> None:
    """A variable that is not set is one sentence."""
    async with serving(Server()) as server:
        ended = await tool(
            tmp_path, "fire", "--url", server.url, "--api-key-env", "NOT_SET_1", "--json"
        )
    assert ended.status == 1
    assert "NOT_SET_1 is not set" in str(ended.report["error"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_cancelled(tmp_path: Path, number: signal.Signals) -> None:
    """A signal in mid-burst: what was seen is told, the status is 130 and no process is left."""
    async with serving(Server()) as server:
        process = await start(tmp_path, "fire", "--url", server.url, *FAST, "--json")
        await asyncio.wait_for(server.asked.wait(), 20)
        workers = children(process.pid)
        process.send_signal(number)
        ended = await finished(process)
    report = check_run(ended.report)
    assert (ended.status, report["outcome"]) == (130, "cancelled")
    assert {r["state"] for r in report["requests"]} == {"cancelled"}
    assert workers
    assert not any(is_alive(pid) for pid in workers)


async def test_killed_in_mid_burst(tmp_path: Path) -> None:
    """After SIGKILL the recording is readable up to the last moment, and the workers end."""
    async with serving(Server()) as server:
        process = await start(tmp_path, "fire", "--url", server.url, *FAST, "--record", "r.jsonl")
        await asyncio.wait_for(server.asked.wait(), 20)
        ends = [process_end(pid) for pid in children(process.pid)]
        process.kill()
        await finished(process)
        assert ends
        await asyncio.wait_for(asyncio.gather(*ends), 5)
    events = list(read(tmp_path / "r.jsonl"))
    assert any(isinstance(event, RunStarted) for event in events)
    replayed = await tool(tmp_path, "replay", "r.jsonl", "--json")
    check_run(replayed.report)


async def test_duel_with_a_dead_side(tmp_path: Path) -> None:
    """The side that answers is fired at; the dead one fails every request with the reason."""
    async with serving(Server()) as server:
        dead = server.url
    async with serving(Server(answer=sse("a", "b"))) as server:
        ended = await tool(tmp_path, "duel", server.url, dead, *FAST, "--json")
    one, other = check_duel(ended.report)
    assert ended.status == 1
    assert [r["state"] for r in one["requests"]] == ["done"] * 3
    assert all("Nothing listens" in r["error"] for r in other["requests"])


async def test_duel_of_one_machine(tmp_path: Path) -> None:
    """Two servers of one machine are fired in turns; together only by choice, then CONTENDED."""
    async with serving(Server(answer=sse("a"))) as a, serving(Server(answer=sse("b"))) as b:
        turns = await tool(tmp_path, "duel", a.url, b.url, *FAST, "--json")
        both = await tool(tmp_path, "duel", a.url, b.url, *FAST, "--order", "together")
    assert "one after the other" in turns.err
    assert not any(run["contended"] for run in check_duel(turns.report))
    assert both.status == 0
    assert "CONTENDED" in both.out


def children(pid: int) -> list[int]:
    """The processes that a process started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(number) for number in listed.split()]


def process_end(pid: int) -> asyncio.Future[None]:
    """Done when the process, which need not be a child, has ended."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    handle = os.pidfd_open(pid)

    def over() -> None:
        loop.remove_reader(handle)
        os.close(handle)
        ended.set_result(None)

    loop.add_reader(handle, over)
    return ended


def is_alive(pid: int) -> bool:
    """Whether it still runs; a zombie that init has not taken yet does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


async def test_reader_that_leaves(tmp_path: Path) -> None:
    """When the reader of the output is gone the burst is cancelled, in silence."""
    async with serving(Server()) as server:
        process = await start(tmp_path, "fire", "--url", server.url, *FAST)
        assert process.stdout is not None
        assert process.stderr is not None
        await asyncio.wait_for(server.asked.wait(), 20)
        process.stdout._transport.close()  # type: ignore[attr-defined]  # no public way to close it
        process.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(process.wait(), 10) == 130
        said = (await process.stderr.read()).decode()
    assert "Traceback" not in said
    assert "Exception ignored" not in said


async def test_cancelled_before_anything_was_sent(tmp_path: Path) -> None:
    """A signal while the server is still asked who it is: the object is there all the same."""
    listening = asyncio.Event()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        listening.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    process = await start(tmp_path, "fire", "--url", url, *FAST, "--json")
    await asyncio.wait_for(listening.wait(), 20)
    process.send_signal(signal.SIGINT)
    ended = await finished(process)
    server.close()
    report = check_run(ended.report)
    assert (ended.status, report["requests"]) == (130, [])
    assert report["backend"]["url"] == url
