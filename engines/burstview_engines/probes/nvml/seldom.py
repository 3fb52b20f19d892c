"""The gauges that cost more, or change seldom: asked every other second, on another thread."""

from __future__ import annotations

import msgspec

from burstview_engines.core.gpu import Gpu, MigInstance
from burstview_engines.probes.nvml import codes, plausible
from burstview_engines.probes.nvml.asking import Asking
from burstview_engines.probes.nvml.nvlink import LinkRates


class Seldom(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of `Gpu` by the same names."""

    fan_percent: float | None = None
    bar1_used_bytes: int | None = None
    pcie_width: int | None = None
    pcie_received_bytes_per_second: float | None = None
    pcie_sent_bytes_per_second: float | None = None
    nvlink_received_bytes_per_second: float | None = None
    nvlink_sent_bytes_per_second: float | None = None
    ecc_corrected: int | None = None
    ecc_uncorrected: int | None = None
    encoder_percent: float | None = None
    decoder_percent: float | None = None
    mig: tuple[MigInstance, ...] = ()

    def into(self, gpu: Gpu) -> Gpu:
        """The gauges with these added."""
        return msgspec.structs.replace(gpu, **msgspec.structs.asdict(self))


def seldom_gauges(ask: Asking, at: float, links: LinkRates, mig: tuple[MigInstance, ...]) -> Seldom:
    """For the PCIe rates the driver counts for 21 ms in each direction. Raises GpuLostError."""
    nvml = ask.nvml
    bar1 = ask(nvml.nvmlDeviceGetBAR1MemoryInfo)
    received, sent = links.look(ask, at)
    return Seldom(
        fan_percent=plausible.percent(ask(nvml.nvmlDeviceGetFanSpeed)),
        bar1_used_bytes=None if bar1 is None else plausible.size(bar1.bar1Used),
        pcie_width=plausible.count(ask(nvml.nvmlDeviceGetCurrPcieLinkWidth), 64),
        pcie_received_bytes_per_second=pcie_rate(ask, codes.PCIE_RECEIVED),
        pcie_sent_bytes_per_second=pcie_rate(ask, codes.PCIE_SENT),
        nvlink_received_bytes_per_second=received,
        nvlink_sent_bytes_per_second=sent,
        ecc_corrected=_errors(ask, codes.CORRECTED),
        ecc_uncorrected=_errors(ask, codes.UNCORRECTED),
        encoder_percent=_engine(ask(nvml.nvmlDeviceGetEncoderUtilization)),
        decoder_percent=_engine(ask(nvml.nvmlDeviceGetDecoderUtilization)),
        mig=mig,
    )


def pcie_rate(ask: Asking, direction: int) -> float | None:
    """Bytes a second over the 20 ms of the call; NVML's unit is a thousand bytes a second."""
    told = ask(ask.nvml.nvmlDeviceGetPcieThroughput, direction)
    return told * 1000.0 if told is not None and 0 <= told < 0xFFFFFFFF else None


def _errors(ask: Asking, kind: int) -> int | None:
    told = ask(ask.nvml.nvmlDeviceGetTotalEccErrors, kind, codes.VOLATILE)
    return told if told is not None and 0 <= told < 1 << 63 else None


def _engine(told: object) -> float | None:
    """Percent and sample period come together."""
    return plausible.percent(told[0]) if isinstance(told, list | tuple) and told else None
