"""What a track finds out: strokes, holds and contacts, with what was watched during them."""

from __future__ import annotations

from firmware_host.coaching.holds import HoldSpan
from firmware_host.coaching.movements import Movement


class Doing:
    """What is being watched in one movement or hold."""

    __slots__ = ("clipped", "force_sum", "hard", "masked", "n", "peak_n", "too_fast")

    def __init__(self) -> None:
        self.n = 0
        self.force_sum = self.peak_n = 0.0
        self.too_fast = self.hard = self.masked = self.clipped = False

    @property
    def mean_n(self) -> float | None:
        return self.force_sum / self.n if self.n else None


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


Finding = Stroke | HoldBegun | HoldEnded | Touched
