"""Questions to one GPU: each can fail on its own, and what it cannot answer is not asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from burstview_engines.probes.nvml import codes
from burstview_engines.probes.nvml.calls import FieldValue, Number, Nvml

P = ParamSpec("P")
T = TypeVar("T")


class GpuLostError(Exception):
    """The driver says that the GPU itself is gone; `code` is its number for that."""

    def __init__(self, code: int | None) -> None:
        super().__init__(code)
        self.code = code


class Asking:
    """One thread uses it at a time."""

    def __init__(self, nvml: Nvml, handle: object) -> None:
        self.nvml, self.handle = nvml, handle
        self._unanswerable: set[object] = set()

    def __call__(
        self, question: Callable[Concatenate[object, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """None where it is not known, this time or ever. Raises GpuLostError."""
        key = (question, args)
        if key in self._unanswerable:
            return None
        try:
            return question(self.handle, *args, **kwargs)
        except self.nvml.NVMLError as error:
            self._learn(key, code_of(error))
            return None
        except UnicodeDecodeError:  # a name that is none: pynvml decodes it
            return None

    def knows(self, question: Callable[..., object], *args: object) -> bool:
        """Whether asking may still bring an answer."""
        return (question, args) not in self._unanswerable

    def fields(self, *wanted: int | tuple[int, int]) -> tuple[float | None, ...]:
        """Field values, each with an error of its own. Raises GpuLostError."""
        asked = tuple(one for one in wanted if one not in self._unanswerable)
        seen = self(self.nvml.nvmlDeviceGetFieldValues, asked) if asked else None
        found = dict(zip(asked, map(self._field, asked, seen), strict=True)) if seen else {}
        return tuple(found.get(one) for one in wanted)

    def _field(self, asked: object, answer: FieldValue) -> float | None:
        if answer.nvmlReturn == codes.SUCCESS:
            return number_of(answer.valueType, answer.value)
        self._learn(asked, answer.nvmlReturn)
        return None

    def _learn(self, key: object, code: int | None) -> None:
        if code in codes.GONE:
            raise GpuLostError(code)
        if code in codes.FINAL:
            self._unanswerable.add(key)


def code_of(error: Exception) -> int | None:
    """NVML's number of a pynvml exception."""
    value = getattr(error, "value", None)
    return value if isinstance(value, int) else None


def number_of(kind: int, value: Number) -> float | None:
    """The member of the union that counts; None for a kind that is not known."""
    match kind:
        case 0:
            return value.dVal
        case 1:
            return value.uiVal
        case 2:
            return value.ulVal
        case 3:
            return value.ullVal
        case 4:
            return value.sllVal
        case 5:
            return value.siVal
        case 6:
            return value.usVal
        case _:
            return None
