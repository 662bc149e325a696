"""Model of the Honeywell MPRLS (MPR series, 0-25 psi absolute): a command, a wait, a status byte and 24 bits.

Source: Honeywell MPR series data sheet 32332628 (output "A" calibration: 10 % to 90 % of 2^24 counts).
"""

from __future__ import annotations

import random

from sensors.chips.model import Now, PressureSource, Specimen, Truth, no_answer

POWERED = 0x40
BUSY = 0x20
INTEGRITY_FAILED = 0x04
SATURATED = 0x01

COUNTS_AT_ZERO = 0x19999A
COUNTS_AT_FULL = 0xE66666
FULL_SCALE_PA = 25 * 6894.757293168
"""25 psi."""
CONVERSION_S = 0.005
NOISE_PA = 5.0
"""Half of a count at the data sheet's 14 bits of resolution."""


class MprlsChip:
    """One pressure sensor; `pressure` is asked for the truth when a conversion is started.

    Faults from outside: `unplugged`, `power_cycle()`, `integrity_failed` (its memory check does not add up),
    and `status_mask` (bits that are stuck at 1, as another chip at this address would answer).
    """

    def __init__(
        self, now: Now, pressure: PressureSource, *, address: int = 0x18, noise: float = 1.0, seed: int = 1
    ) -> None:
        self.address = address
        self.unplugged = False
        self.integrity_failed = False
        self.status_mask = 0x00
        self._now = now
        self._pressure = pressure
        self._noise = noise
        self._random = random.Random(seed)
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after the supply was lost: no conversion running, none to read."""
        self._counts = 0
        self._saturated = False
        self._pending: tuple[float, int, bool] | None = None

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: AA 00 00 starts a conversion, a read gives status and counts."""
        if self.unplugged:
            raise no_answer()
        t = self._now()
        if self._pending is not None and t >= self._pending[0]:
            _, self._counts, self._saturated = self._pending
            self._pending = None
        if write == b"\xaa\x00\x00" and self._pending is None:
            self._pending = (t + CONVERSION_S, *self._convert(t))
        counts = 0 if self._pending is not None else self._counts  # while it is busy the data means nothing
        answer = bytes([self._status()]) + counts.to_bytes(3, "big")
        return (answer + bytes(read_count))[:read_count]

    def _convert(self, t: float) -> tuple[int, bool]:
        """Counts and whether the reading is pinned at full scale."""
        pascal = self._pressure(t)[0]
        if self._noise:
            pascal += self._random.gauss(0, self._noise * NOISE_PA)
        share = pascal / FULL_SCALE_PA
        pinned = max(0.0, min(1.0, share))
        counts = COUNTS_AT_ZERO + round(pinned * (COUNTS_AT_FULL - COUNTS_AT_ZERO))
        return counts, share > 1.0

    def _status(self) -> int:
        status = POWERED | self.status_mask
        if self._pending is not None:
            status |= BUSY
        if self.integrity_failed:
            status |= INTEGRITY_FAILED
        if self._saturated:
            status |= SATURATED
        return status


def _build(now: Now, truth: Truth, _identity: int) -> MprlsChip:
    return MprlsChip(now, truth.pressure, noise=0.0)


SPECIMEN = Specimen(driver="mprls", identities=(0,), build=_build)
