"""Model of a DS3231 clock: no sensor, but at the address of half of the IMUs, and writing to it sets the time.

Source: Maxim 19-5170 rev 10 (DS3231 data sheet), timekeeping registers. Only what a probe can meet: date and time in
BCD, the few registers behind them, and a pointer that wraps after 0x12.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sensors.chips.model import Now, no_answer

REGISTERS = 0x13


class Ds3231Chip:
    """One clock that showed `shows` when it was made; `written` is everything that anybody ever wrote to it."""

    def __init__(self, now: Now, shows: datetime, *, address: int = 0x68, twelve_hours: bool = False) -> None:
        self.address = address
        self.unplugged = False
        self.written: list[bytes] = []
        self._now = now
        self._began_t = now()
        self._shows = shows
        self._twelve_hours = twelve_hours
        self._pointer = 0

    def power_cycle(self) -> None:
        """It has a battery: the time goes on."""
        self._pointer = 0

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer; the time is that of its start, as the chip's own buffer makes it."""
        if self.unplugged:
            raise no_answer()
        if write:
            self._pointer = write[0] % REGISTERS
            if len(write) > 1:
                self.written.append(write)
        registers = self._registers()
        answer = bytes(registers[(self._pointer + i) % REGISTERS] for i in range(read_count))
        self._pointer = (self._pointer + read_count) % REGISTERS
        return answer

    def _registers(self) -> bytes:
        time = self._shows + timedelta(seconds=self._now() - self._began_t)
        hour = _bcd(time.hour)
        if self._twelve_hours:  # bit 6; bit 5 is the afternoon
            hour = 0x40 | (0x20 if time.hour >= 12 else 0) | _bcd((time.hour + 11) % 12 + 1)
        century = 0x80 if time.year >= 2100 else 0
        clock = (time.second, time.minute, time.isoweekday(), time.day, time.month, time.year % 100)
        second, minute, weekday, day, month, year = map(_bcd, clock)
        alarms_control_status_aging = bytes(7) + b"\x1c\x00\x00"
        return (
            bytes((second, minute, hour, weekday, day, month | century, year))
            + alarms_control_status_aging
            + (
                b"\x19\x00"  # 25 degC
            )
        )


def _bcd(value: int) -> int:
    return value // 10 << 4 | value % 10
