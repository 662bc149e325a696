"""What a bus thread knows of each sensor, for `diagnostics` and `slowroll check`."""

from __future__ import annotations

from msgspec import Struct


class DeviceDiagnostics(Struct, frozen=True, kw_only=True):
    """One sensor, as its bus thread sees it."""

    device: str
    """Such as "roller imu"."""
    driver: str
    chip: str
    bus: str
    address: int | None
    running: bool
    rate_hz: float | None
    """Measured sample rate; None until known."""
    samples: int
    lost: int
    gaps: int
    faults: int
    last_fault: str
    told_hz: float | None = None
    """The rate that the driver says the chip was started at."""
    jitter_s: float | None = None
    """Standard deviation of how late its reads began, over the last ten seconds or so; None until some were made.

    A sample without a FIFO is as uneven as this; of one from a FIFO the sample clock takes most of it away.
    """
