"""What a track finds out: strokes, holds and contacts, with what was watched during them."""

from __future__ import annotations

from firmware_host.coaching.holds import HoldSpan
from firmware_host.coaching.movements import Movement


class Doing:
    """What is being watched in one movement or hold."""

    __slots__ = ("_before_n", "_before_sum", "clipped", "hard", "masked", "mean_n", "peak_n", "saturated", "too_fast")

    def __init__(self, before_n: int = 0, before_sum: float = 0.0) -> None:
        self._before_n = before_n
        self._before_sum = before_sum
        self.mean_n: float | None = None
        """Mean force, known once it is over; None: not measured."""
        self.peak_n = 0.0
        self.too_fast = self.hard = self.masked = self.clipped = self.saturated = False

    def over(self, n: int, force_sum: float) -> Doing:
        """Itself, with the mean force: `n` forces with that sum were read up to its end."""
        if n > self._before_n:
            self.mean_n = (force_sum - self._before_sum) / (n - self._before_n)
        return self


class Stroke:
    """A movement that ended, with what was watched during it."""

    __slots__ = ("doing", "movement")

    def __init__(self, movement: Movement, doing: Doing) -> None:
        self.movement = movement
        self.doing = doing


class HoldBegun:
    __slots__ = ("span",)

    def __init__(self, span: HoldSpan) -> None:
        self.span = span


class HoldEnded:
    __slots__ = ("doing", "span")

    def __init__(self, span: HoldSpan, doing: Doing) -> None:
        self.span = span
        self.doing = doing


class Touched:
    """Contact began or ended at `t`."""

    __slots__ = ("on", "t")

    def __init__(self, t: float, on: bool) -> None:
        self.t = t
        self.on = on


class Refused:
    """A sample that is no number, or older than the one before it."""

    __slots__ = ()


Finding = Refused | Stroke | HoldBegun | HoldEnded | Touched
