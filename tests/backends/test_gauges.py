"""What real engines told of themselves, and what is read of it."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
import pytest

from burstview_engines.backends import (
    llamacpp_gauges,
    ollama_gauges,
    sglang_gauges,
    vllm_gauges,
)
from burstview_engines.backends.gauges import Gauges, UnreadableGauges, together
from burstview_engines.core.engine_gauges import Slot
from burstview_engines.core.events import EngineSampled
from tests.burst import captures

H200 = Path(__file__).parents[1] / "data" / "metrics" / "vllm-0.26-h200.txt.gz"


def body(name: str) -> str:
    """Of a captured response; some have no head, and a line of their own after the body."""
    data = captures.raw(name).replace(b"\r\n", b"\n")
    text = (data.partition(b"\n\n")[2] if data.startswith(b"HTTP/") else data).decode()
    return text.partition("# time ")[0]


def vllm(name: str) -> Gauges:
    """Of one of its captures."""
    return vllm_gauges.read(captures.raw(f"vllm/{name}").decode())


def test_gauges_have_the_events_names() -> None:
    """So that an event can be made of them."""
    assert set(Gauges.__struct_fields__) <= set(EngineSampled.__struct_fields__)


def test_a_real_vllm_on_an_h200_is_read_without_loss() -> None:
    """After some bursts with the prefix cache on; the figures were read from the file by eye."""
    told = vllm_gauges.read(gzip.decompress(H200.read_bytes()).decode())
    assert told == Gauges(
        running=0,
        waiting=0,
        kv_usage=0.0,
        kv_capacity_tokens=900_576,
        kv_block_tokens=16,
        preemptions=0,
        prompt_tokens=49_944,
        output_tokens=294_852,
        prefix_queries=49_944,
        prefix_hits=28_864,
        steps=5950,
        step_tokens=315_932,
        queue_seconds=pytest.approx(200.36785),
        queue_count=2061,
        prefill_seconds=pytest.approx(48.6998),
        prefill_count=2061,
        decode_seconds=pytest.approx(909.25189),
        decode_count=2061,
    )


def test_vllms_steps_compute_what_it_read_and_made() -> None:
    """Prompts that the cache does not hold, and every token of the answers."""
    told = vllm_gauges.read(gzip.decompress(H200.read_bytes()).decode())
    assert told.prompt_tokens is not None
    assert told.prefix_hits is not None
    assert told.output_tokens is not None
    assert told.step_tokens == told.prompt_tokens - told.prefix_hits + told.output_tokens


def test_a_starved_vllm_on_a_cpu_tells_its_preemptions() -> None:
    """12 blocks of 128 tokens, 8 seats, in mid-burst."""
    told = vllm("metrics_smallkv_during.txt")
    assert (told.running, told.waiting, told.preemptions) == (1, 8, 11)
    assert (told.kv_capacity_tokens, told.kv_block_tokens) == (1536, 128)
    assert told.kv_usage == pytest.approx(4 / 11)
    assert (told.steps, told.step_tokens) == (1147, 194 + 4601)


def test_counters_of_a_vllm_grow_over_a_burst() -> None:
    """Captured before bursts, after them, and in a later one."""
    before, after, during = (
        vllm(f"metrics_seqs1_{when}.txt") for when in ("before", "after", "during")
    )
    assert (during.running, during.waiting) == (1, 5)
    for name in ("output_tokens", "prompt_tokens", "steps", "step_tokens", "queue_count"):
        grown = [getattr(told, name) for told in (before, after, during)]
        assert grown == sorted(set(grown))


def test_data_parallel_engines_are_summed() -> None:
    """Requests and capacity add up, usage is the fullest one's."""
    told = vllm_gauges.read(
        'vllm:num_requests_running{engine="0"} 3\nvllm:num_requests_running{engine="1"} 4\n'
        'vllm:num_requests_waiting{engine="0"} 0\nvllm:kv_cache_usage_perc{engine="0"} 0.5\n'
        'vllm:kv_cache_usage_perc{engine="1"} 0.7\n'
        'vllm:cache_config_info{engine="0",block_size="16",num_gpu_blocks="100"} 1\n'
        'vllm:cache_config_info{engine="1",block_size="16",num_gpu_blocks="50"} 1\n'
    )
    assert (told.running, told.waiting, told.kv_usage) == (7, 0, 0.7)
    assert (told.kv_capacity_tokens, told.kv_block_tokens) == (2400, 16)


def test_old_names_of_vllm_are_known() -> None:
    """Usage and the prefix cache were the GPU's until 2025."""
    told = vllm_gauges.read(
        "vllm:gpu_cache_usage_perc 0.25\nvllm:gpu_prefix_cache_queries_total 80\n"
        "vllm:gpu_prefix_cache_hits_total 60\n"
    )
    assert told == Gauges(kv_usage=0.25, prefix_queries=80, prefix_hits=60)


def test_a_restarted_vllm_counts_anew() -> None:
    """The smaller figure is told as it is: who reckons differences sees it."""
    assert vllm_gauges.read("vllm:num_preemptions_total 3\n").preemptions == 3
    assert vllm_gauges.read("vllm:num_preemptions_total 0\n").preemptions == 0


def test_llamacpps_metrics_are_read_without_loss() -> None:
    """Of 8 slots in mid-burst: prompts from the cache count as prompts too."""
    told = llamacpp_gauges.read_metrics(body("llamacpp/metrics_np8_during2.txt"))
    assert told == Gauges(
        running=8,
        waiting=0,
        prompt_tokens=2908 + 3889,
        output_tokens=89_421,
        prefix_queries=2908 + 3889,
        prefix_hits=3889,
        steps=18_871,
        rows_per_step=4.75937,
        prefill_seconds=3.11346,
        decode_seconds=428.294,
    )


def test_one_slot_and_who_waits_for_it() -> None:
    """The queue of a llama.cpp with one slot."""
    told = llamacpp_gauges.read_metrics(body("llamacpp/metrics_np1_during1.txt"))
    assert (told.running, told.waiting) == (1, 13)


def test_slots_tell_reserved_and_used_context() -> None:
    """Prompt and answer are in it: 71 tokens, of which 55 were made."""
    told = llamacpp_gauges.read_slots(body("llamacpp/slots_np8_during2.txt"))
    assert (told.running, told.seats, told.context_tokens) == (8, 8, 4096)
    assert told.slots is not None
    assert told.slots[0] == Slot(
        id=0, is_busy=True, task=18962, context_tokens=4096, used_tokens=71, prompt_tokens=16
    )


def test_an_idle_slot_keeps_what_its_last_request_left() -> None:
    """But not the request."""
    told = llamacpp_gauges.read_slots(body("llamacpp/slots_np8_after.txt"))
    assert told.running == 0
    assert told.slots is not None
    assert told.slots[0] == Slot(id=0, context_tokens=4096, used_tokens=1516)


def test_a_slots_progress_may_be_a_bare_object() -> None:
    """In builds by some compilers."""
    text = (
        '[{"id":0,"n_ctx":64,"is_processing":true,"id_task":7,"n_prompt_tokens":30,'
        '"next_token":{"n_decoded":10}},{"id":1,"is_processing":false}]'
    )
    told = llamacpp_gauges.read_slots(text)
    assert told.slots == (
        Slot(id=0, is_busy=True, task=7, context_tokens=64, used_tokens=30, prompt_tokens=20),
        Slot(id=1),
    )


def test_what_slots_and_metrics_tell_is_put_together() -> None:
    """Each figure once, the first one's where both have it."""
    metrics = llamacpp_gauges.read_metrics("llamacpp:requests_processing 2\n")
    slots = llamacpp_gauges.read_slots('[{"id":0,"n_ctx":64,"is_processing":true}]')
    told = together([metrics, slots])
    assert (told.running, told.seats, told.context_tokens) == (2, 1, 64)
    assert told.slots == (Slot(id=0, is_busy=True, context_tokens=64),)


def test_tensor_parallel_ranks_are_not_summed_but_replicas_are() -> None:
    """Each rank repeats the same figure; replicas share the requests."""
    told = sglang_gauges.read(
        'sglang:num_running_reqs{tp_rank="0",dp_rank="0"} 3\n'
        'sglang:num_running_reqs{tp_rank="1",dp_rank="0"} 3\n'
        'sglang:num_running_reqs{tp_rank="0",dp_rank="1"} 2\n'
        'sglang:num_queue_reqs{tp_rank="0"} 2\nsglang:num_queue_reqs{tp_rank="1"} 2\n'
        'sglang:token_usage{tp_rank="0"} 0.25\n'
    )
    assert (told.running, told.waiting, told.kv_usage) == (5, 2, 0.25)


def test_sglangs_own_names_are_known() -> None:
    """As its source has them."""
    told = sglang_gauges.read(
        "sglang:max_total_num_tokens 900000\nsglang:page_size 1\nsglang:cache_hit_rate 0.5\n"
        "sglang:gen_throughput 1234.5\nsglang:num_retracted_requests_total 2\n"
        "sglang:prompt_tokens_total 100\nsglang:generation_tokens_total 200\n"
        'sglang:cached_tokens_total{cache_source="device"} 30\n'
        'sglang:cached_tokens_total{cache_source="host"} 10\n'
        "sglang:queue_time_seconds_sum 1.5\nsglang:queue_time_seconds_count 4\n"
    )
    assert told == Gauges(
        kv_capacity_tokens=900_000,
        kv_block_tokens=1,
        prefix_hit_rate=0.5,
        output_tokens_per_second=1234.5,
        preemptions=2,
        prompt_tokens=100,
        output_tokens=200,
        prefix_queries=100,
        prefix_hits=40,
        queue_seconds=1.5,
        queue_count=4,
    )


def test_ollama_tells_memory_and_when_it_lets_the_model_go() -> None:
    """Of a model on the CPU; nanoseconds of the stamp are cut."""
    told = ollama_gauges.read(body("ollama/ps_loaded.txt"), "qwen3:0.6b")
    assert told == Gauges(
        model_bytes=93_354_720,
        model_gpu_bytes=0,
        context_tokens=4096,
        expires_wall=pytest.approx(1795447987.554239, abs=1e-3),
    )


def test_an_ollama_without_the_model_takes_no_memory_for_it() -> None:
    """That is known: 0, not unknown. Another model that is loaded is not ours."""
    empty = ollama_gauges.read(body("ollama/ps_empty.txt"), "qwen3:0.6b")
    assert empty == Gauges(model_bytes=0, model_gpu_bytes=0)
    assert ollama_gauges.read(body("ollama/ps_loaded.txt"), "other") == empty


@pytest.mark.parametrize(
    "stamp",
    [None, "", "tomorrow", "2318-03-01T10:00:00Z", "0001-01-01T00:00:00Z", "2026-11-23T15:33:07"],
)
def test_no_expiry_is_none(stamp: str | None) -> None:
    """Never, unset, or damaged."""
    assert ollama_gauges.expiry(stamp) is None


def test_json_that_no_server_writes_is_no_answer() -> None:
    """Nested without end, or with more slots than there can be."""
    slot = '{"id":0,"is_processing":true}'
    deep = "[" * 200_000 + "]" * 200_000
    with pytest.raises(UnreadableGauges, match="no list of slots"):
        llamacpp_gauges.read_slots(f'[{{"id":0,"is_processing":true,"x":{deep}}}]')
    with pytest.raises(UnreadableGauges, match="5,000 slots"):
        llamacpp_gauges.read_slots("[" + ",".join([slot] * 5000) + "]")
    with pytest.raises(UnreadableGauges, match="no list of loaded models"):
        ollama_gauges.read(f'{{"models":[],"x":{deep}}}')


def test_numbers_that_no_server_can_mean_are_unknown() -> None:
    """Whoever draws or records them need not fear them."""
    huge = str(10**30)
    slots = llamacpp_gauges.read_slots(
        f'[{{"id":0,"is_processing":true,"n_ctx":{huge},"n_prompt_tokens":{huge}}}]'
    ).slots
    assert slots is not None
    assert (slots[0].context_tokens, slots[0].used_tokens) == (None, None)
    told = ollama_gauges.read(
        f'{{"models":[{{"name":"a","size":{huge},"size_vram":-1,"context_length":{huge}}}]}}'
    )
    assert (told.model_bytes, told.model_gpu_bytes, told.context_tokens) == (None, None, None)


@pytest.mark.parametrize(
    ("read", "text", "instead"),
    [
        (vllm_gauges.read, "<html><body>Login</body></html>", "a web page"),
        (vllm_gauges.read, '{"detail":"Not Found"}', "JSON"),
        (vllm_gauges.read, "", "an empty answer"),
        (vllm_gauges.read, "python_info 1\n", "no metrics of this engine"),
        (sglang_gauges.read, "vllm:num_requests_running 1\n", "no metrics of this engine"),
        (llamacpp_gauges.read_metrics, "<html>", "a web page"),
        (llamacpp_gauges.read_slots, "<html>", "no list of slots"),
        (llamacpp_gauges.read_slots, '{"error":1}', "no list of slots"),
        (llamacpp_gauges.read_slots, '[{"id":"x"}]', "no list of slots"),
        (ollama_gauges.read, "<html>", "no list of loaded models"),
        (ollama_gauges.read, "[]", "no list of loaded models"),
    ],
)
def test_an_answer_of_another_kind_is_told(read, text: str, instead: str) -> None:
    """In words."""
    with pytest.raises(UnreadableGauges, match=instead):
        read(text, None)


def test_every_capture_becomes_an_event_that_can_be_recorded() -> None:
    """And comes back the same."""
    for name in ("metrics_smallkv_during.txt", "metrics_seqs128_during.txt"):
        event = EngineSampled(at=1.0, backend="b", **msgspec.structs.asdict(vllm(name)))
        assert msgspec.json.decode(msgspec.json.encode(event), type=EngineSampled) == event
