"""What the embedded engines answer: what is on the screen, in words true for each engine."""

from __future__ import annotations

from burstview_engines.core.backend import Engine

COMMON = (
    "This answer was not written by a language model. It is a prepared text, sent by a simulated "
    "engine, one piece for every token, at the moment a model on the simulated GPU would have "
    "produced that token. The words are prepared; the waiting and the rhythm are computed, step "
    "by step, from the size of the model, the speed of the memory and the rules by which the "
    "engine picks the next request.",
    "A model writes one token at a time. For every token the GPU has to read all the weights "
    "from its memory once, and for a single request that reading is nearly all it does: the "
    "arithmetic units mostly wait. If several requests take part in the same step, the weights "
    "are read once for all of them. That is why a batch of sixteen costs little more time than a "
    "batch of one, as long as the engine is able and allowed to form it.",
    "Watch two moments of every request. The first is the time to first token: how long the "
    "person looked at an empty screen. It is made of waiting for a seat and of reading the "
    "prompt. The second is the end. Between the two, tokens come at a steady pace, and the "
    "average gap between them is the time per output token. A request that waits long and then "
    "writes fast feels very different from one that starts at once and writes at half the speed.",
    "The prompt is handled differently from the answer. All its tokens are known, so many of "
    "them pass through the layers in one step, and the arithmetic units are busy for once. This "
    "part is called prefill. The answer, called decode, can only go token by token, because each "
    "token depends on the one before it. Long prompts therefore cost computation, long answers "
    "cost memory traffic.",
    "For every token that the model has seen, it keeps a key and a value in each layer, so that "
    "it need not compute them again. Together they are the KV cache. It grows with every token "
    "of every request in progress, and it competes with the weights for the memory of the GPU. "
    "How an engine hands out that memory decides how many requests it can serve at once.",
    "A closed burst, where all requests are sent in the same instant and no others follow, is the "
    "simplest experiment. It shows queueing at a glance, because everybody is in line from the "
    "beginning. Real traffic comes and goes, and then a queue can hide between two quiet "
    "moments. Read the picture as what it is: the worst instant of a busy day, drawn large.",
    "The bars share one time axis that begins when the first request was written. A dim part "
    "means waiting, a bright part means that text is arriving. Compare the places where the "
    "bright parts begin. If they all begin before the first one ends, nobody had to stand in "
    "line. If each begins where another one ends, there were fewer seats than requests.",
    "Every request of this burst carries a number of its own in front of its prompt. Without it "
    "all prompts would be equal, and an engine that remembers the beginnings of prompts could "
    "skip work that a real crowd of people would cause.",
    "Two findings are easily confused. One is the shape: did the requests run all together, or "
    "did some wait until others were done? The other is the gain: how many tokens per second the "
    "burst got, compared with one request alone. Requests can run all together and still gain "
    "little, if something other than the memory of the GPU is the narrow place, for example the "
    "processor core that picks the next word for every request.",
)

OWN: dict[Engine, tuple[str, ...]] = {
    "vllm": (
        "You are reading one of the answers of a simulated vLLM. It serves up to {seats} requests "
        "at once. Look at the lanes: all requests that found a seat write at the same time and "
        "end nearly at the same time, so the picture is a wall. This is continuous batching. The "
        "batch is not fixed when it starts. Before every single step the scheduler looks at who "
        "is there: whoever is finished leaves, whoever waits may join.",
        "A scheduler step has a budget of tokens. Requests that are already writing take one "
        "token each. What is left of the budget goes to the prompts of those who wait, in the "
        "order of their arrival, and a long prompt is cut into chunks over several steps. So a "
        "newcomer with a long prompt slows the others down for a few steps, but it does not stop "
        "them.",
        "The KV cache is paged here, like the memory of an operating system. It is cut into small "
        "blocks of {block} tokens, and a request takes a new block only when its last one is "
        "full. Nothing is set aside for an answer that might become long. This engine holds "
        "{kv} tokens in its cache, and all requests share them.",
        "When the blocks run out in the middle of a step, vLLM does not fail. It takes the "
        "request that came last, frees its blocks and puts it back at the head of the queue; "
        "later its tokens are computed again. That is a preemption. On the screen the lane "
        "pauses and then goes on, and a counter among the metrics goes up.",
        "vLLM sends the headers of its response at once, also to a request that still has to "
        "wait. A status of 200 says nothing about a first token, so the lanes only begin to "
        "write when text arrives.",
    ),
    "ollama": (
        "You are reading one of the answers of a simulated Ollama. It serves {seats} at a time, "
        "the setting called OLLAMA_NUM_PARALLEL, which is one unless somebody raises it. Look at "
        "the lanes: with one seat, each request begins when the one before it has ended, and the "
        "picture is a staircase. The last one in line waits for all the others, although each "
        "single answer is as quick as ever.",
        "The staircase is a choice of settings, not a weakness of the machinery. Behind Ollama "
        "runs the server of llama.cpp, which can write several answers in the same step. Raise "
        "OLLAMA_NUM_PARALLEL to four and the stairs become four times wider. The price is "
        "memory: every seat has the whole context of {context} tokens set aside for it, whether "
        "it is used or not.",
        "A waiting request hears nothing here. There is no status line and there are no headers "
        "until its first token exists, so the time to the headers holds the waiting, the "
        "loading of the model and the reading of the prompt together. The queue in front of a "
        "loaded model has no limit: a thousand requests would simply wait.",
        "If the model is not in memory, the first request has to wait until it is loaded, and "
        "all the others wait behind it. Ollama keeps a model for five minutes after its last "
        "use. That is why a fair comparison warms the server up first and throws the times of "
        "the warm-up away.",
        "A prompt that does not fit into the context is not refused. Ollama cuts it and "
        "answers what is left. Only the number of prompt tokens in the usage tells that "
        "something is missing.",
    ),
    "llamacpp": (
        "You are reading one of the answers of a simulated llama.cpp server. It has {seats} "
        "slots. A slot is a seat with its own part of the KV cache. Requests that got a slot "
        "write at the same time, the others wait until a slot is free; in the lanes you see "
        "waves as wide as the number of slots.",
        "In every step the server first takes one token of each slot that is writing, and then "
        "fills the batch with the prompts of slots that have just begun. So the answers are "
        "really batched and the weights are read once for all slots.",
        "Each slot owns a fixed part of the context, here {context} tokens, from its start to "
        "its end, however short the conversation is. That makes the memory easy to plan, and it "
        "is the reason why the number of slots is small: reserved room that nobody uses cannot "
        "be lent to another slot.",
        "Picking the next word is work for the processor here. For every request and every "
        "token one core looks at the scores of the whole vocabulary. With a small model and "
        "many slots this takes longer than the GPU needs for the whole step, and the GPU waits.",
        "A slot remembers what it held last. If the next request begins with the same words, "
        "llama.cpp's server can skip reading them again. This simulation leaves that out: every "
        "prompt is read from its first token, as it is with prompts that have nothing in common.",
        "The headers of a response come when its slot begins to read the prompt. A request in "
        "the queue has no status line yet. A prompt that is longer than a slot's context is "
        "refused with status 400 and an error that names both numbers.",
    ),
}
"""By engine; `{seats}`, `{context}`, `{kv}` and `{block}` stand for the engine's own figures."""

THINKING = (
    "These words stand in the place of a model's reasoning. They are prepared, like the answer "
    "after them: the first third of the tokens is sent as reasoning, the rest as answer. A model "
    "that thinks spends tokens before it says anything useful, and every one of them costs as "
    "much time as a token of the answer. So the time to the first token can be short while the "
    "time to the first answer token is long. The screen draws the two in different glyphs, and "
    "it shows both times. Thinking also holds the seat and the KV cache for longer, which the "
    "requests that wait will notice. ",
    "Nothing is being thought here; the engine only keeps the rhythm. Each piece of this text "
    "takes the time of one token of the simulated model. With thinking switched off, the answer "
    "would have begun at the very moment at which this line of reasoning began. ",
)
"""Sent as reasoning when thinking was asked for."""


def paragraphs(engine: Engine, figures: dict[str, str]) -> tuple[str, ...]:
    """The engine's own and the common paragraphs in turn, beginning with its own."""
    own = [text.format_map(figures) for text in OWN[engine]]
    rest = list(COMMON)
    woven = []
    while own or rest:
        woven += own[:1] + rest[:1]
        own, rest = own[1:], rest[1:]
    return tuple(woven)
