"""Time, as the one thing every room is handed.

`now()` is monotonic seconds since the run began, `sleep()` waits on the same scale; `demo --speed` scales
both. The wall clock is asked only where something is written down or published: a Pi has no battery-backed
clock, so the wall may jump by years when the network comes up.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a room may know of time."""

    def now(self) -> float:
        """Seconds since the run began; never runs back."""

    def sleep(self, seconds: float) -> None:
        """Return when `now()` has advanced by `seconds` (0 or less: at once)."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait up to `seconds` on this clock's scale for `event`; True if it was set."""

    def wall(self) -> datetime:
        """The wall clock, UTC, for what is written down or published."""


class SystemClock:
    """The machine's monotonic clock, counted from when this object was made.

    `speed` runs the product's time faster than the machine's (`slowroll demo --speed 4`).
    """

    def __init__(self, speed: float = 1.0) -> None:
        if not speed > 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self._speed = speed
        self._zero = time.monotonic()

    def now(self) -> float:
        return (time.monotonic() - self._zero) * self._speed

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds / self._speed)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds) / self._speed)

    def wall(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when it is told to, or slept on: `simulate` and the tests run on it."""

    def __init__(self, started_at: datetime | None = None) -> None:
        self._now = 0.0
        self._started_at = started_at or datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += max(0.0, seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.sleep(seconds)
        return event.is_set()

    def wall(self) -> datetime:
        return self._started_at + timedelta(seconds=self._now)


def rfc3339(moment: datetime) -> str:
    """`moment` as the wire has it: UTC, milliseconds, a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
