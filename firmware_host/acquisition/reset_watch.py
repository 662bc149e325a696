"""Is the chip still the one that was started? Its identity and a configuration register, read again each second.

A wire that opens for a moment resets a chip without an error on the bus. Most then sleep, which shows as silence; one
that wakes by itself goes on sampling, with the range it has after a reset.
"""

from __future__ import annotations

from sensors.driver import I2CDriver, I2CIo, SensorFault

CHECK_S = 1.0


class ChipReset(SensorFault):
    """The chip answers, and has forgotten what `start` told it."""


class ResetWatch:
    """What was read after `start` must be read from then on; a driver that names no register has nothing to check."""

    def __init__(self, driver: I2CDriver) -> None:
        ident = driver.ident
        self._looks = [] if ident is None else [(ident.register, ident.mask)]
        self._looks += [] if driver.witness is None else [(driver.witness, 0xFF)]
        self._started: list[int] = []
        self._due = 0.0

    def begin(self, io: I2CIo, now: float) -> None:
        """The chip was started: remember how it is. Raises `OSError` as the bus does."""
        self._started = self._seen(io)
        self._due = now + CHECK_S

    def check(self, io: I2CIo, now: float) -> None:
        """Raises `ChipReset` if the chip is not as it was started, `OSError` as the bus does."""
        if now < self._due or not self._looks:
            return
        if self._seen(io) != self._started and (seen := self._seen(io)) != self._started:  # twice: a bit may flip once
            raise ChipReset(
                f"the chip is not as it was started: {self._words(seen)}",
                "it probably lost power for a moment and was reset: check the VCC and GND wires",
            )
        self._due = now + CHECK_S

    def _seen(self, io: I2CIo) -> list[int]:
        return [io.read(register, 1)[0] & mask for register, mask in self._looks]

    def _words(self, seen: list[int]) -> str:
        return ", ".join(
            f"register 0x{register:02x} reads 0x{now:02x}, not 0x{was:02x}"
            for (register, _), now, was in zip(self._looks, seen, self._started, strict=True)
            if now != was
        )
