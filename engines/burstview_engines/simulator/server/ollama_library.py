"""What a simulated Ollama has on disk and in memory: one simulated runner for every model."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from burstview_engines.simulator.presets import MODELS, QUANTS, Model
from burstview_engines.simulator.server.body import Body
from burstview_engines.simulator.server.ollama_ask import refusal
from burstview_engines.simulator.server.served import Served, serve
from burstview_engines.simulator.spec import SpecError

LIBRARY_QUANT = "q4_k_m"
"""What a tag without a quantisation means in Ollama's library."""
BY_TAG = {model.tag: model for model in MODELS.values()}


class Library:
    """The models of one Ollama. A pulled one gets a simulated GPU's step model at its first use."""

    def __init__(self, first: Served) -> None:
        self._pulled: dict[str, Model] = {}
        self._served = {first.model: first}
        self._first = first

    @property
    def names(self) -> tuple[str, ...]:
        """On disk, the one it was started with first."""
        return tuple(dict.fromkeys((self._first.model, *self._pulled)))

    def add(self, model: Model) -> None:
        """A pull has ended."""
        self._pulled[model.tag] = model

    def remove(self, name: str) -> None:
        """Forget a pulled model; raises RequestError for one that is not there."""
        if self._pulled.pop(name, None) is None:
            raise refusal(404, f"model '{name}' not found", native=True)
        if runner := self._served.pop(name, None):
            runner.driver.close()

    def find(self, body: Body, *, native: bool) -> Served:
        """The runner of the asked model; raises RequestError. No tag means `:latest`."""
        name = body.get("model")
        if not name:
            raise refusal(400, "model is required", native=native)
        if name not in self.names:
            raise refusal(404, f"model '{name}' not found", native=native)
        if str(name) not in self._served:
            self._served[str(name)] = self._start(self._pulled[str(name)], native=native)
        return self._served[str(name)]

    def loaded(self) -> tuple[Served, ...]:
        """Those in memory."""
        return tuple(runner for runner in self._served.values() if runner.driver.loaded)

    def model(self, name: str) -> Model:
        """The preset behind a name on disk."""
        return self._first.parts.model if name == self._first.model else self._pulled[name]

    def size(self, name: str) -> int:
        """Bytes on disk: the weights."""
        if name == self._first.model:
            return self._first.capacity.weight_bytes
        return int(QUANTS[LIBRARY_QUANT].stored_bytes(self.model(name)))

    def quant_label(self, name: str) -> str:
        """As /api/tags spells it."""
        if name == self._first.model:
            return self._first.parts.quant.label
        return QUANTS[LIBRARY_QUANT].label

    def _start(self, model: Model, *, native: bool) -> Served:
        spec = replace(self._first.spec, model=model.name, quant=LIBRARY_QUANT)
        try:
            return serve(spec, self._first.faults)
        except SpecError as error:
            raise refusal(500, f"model failed to load: {error}", native=native) from error


LIBRARY: web.AppKey[Library] = web.AppKey("library", Library)
"""Where an Ollama application keeps its models."""
