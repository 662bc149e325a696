"""Few pressure strips on a roller that turns: each says something only while it points to the body.

A strip in the skin turns with the roller and is loaded once a turn (docs/guidance.md, finding 8). Six and more around
it hand the load over to each other, and their sum is the load. With fewer there are angles at which none can know,
and "no load" there means nothing. So the angle at which each strip points to the body is learned from where it is
loaded, and a reading counts only there; in between the last one stands. A whole turn without any load is no contact.
"""

from __future__ import annotations

from math import atan2, cos, pi, sin

ENOUGH = 6
"""So many strips, evenly around, leave no angle unseen: each is loaded for 50-70 degrees."""
FELT = 0.02
"""Sum of readings (0..1) that is a load at all."""
FACES_RAD = 0.26
"""15 degrees to either side of pointing to the body a strip takes the whole load."""
SWEPT_RAD = 0.9
"""A strip's angle is believed after so much turning under load: about one time across."""


class StripGate:
    """Feed it readings with the roller's angle; it says what the load is when a strip can know."""

    __slots__ = ("_angle", "_high", "_low", "_swept", "_towards")

    def __init__(self) -> None:
        self._towards: list[tuple[float, float]] = []  # per strip: sum over the angle of load x direction
        self._swept: list[float] = []
        self._angle: float | None = None
        self._low = self._high = 0.0  # angles since the last load

    def read(self, values: tuple[float, ...], angle: float) -> float | None:
        """The load (0..1) at `angle` rad, or None where no strip points to the body."""
        if len(values) >= ENOUGH:
            return sum(values)
        if len(self._swept) != len(values):
            self._swept = [0.0] * len(values)
            self._towards = [(0.0, 0.0)] * len(values)
        turned = abs(angle - self._angle) if self._angle is not None else 0.0
        self._angle = angle
        loaded = sum(values)
        if loaded > FELT:
            self._low = self._high = angle
            self._learn(values, angle, min(turned, 0.5))
        else:
            self._low, self._high = min(self._low, angle), max(self._high, angle)
            if self._high - self._low >= 2 * pi:
                return 0.0
        return self._faced(values, angle, loaded)

    def _learn(self, values: tuple[float, ...], angle: float, turned: float) -> None:
        c, s = cos(angle) * turned, sin(angle) * turned
        for i, value in enumerate(values):
            if value > FELT:
                x, y = self._towards[i]
                self._towards[i] = (x + value * c, y + value * s)
                self._swept[i] += turned

    def _faced(self, values: tuple[float, ...], angle: float, loaded: float) -> float | None:
        """What the strip that points to the body says; before that is learned, any load is one."""
        for value, swept, (x, y) in zip(values, self._swept, self._towards, strict=True):
            if swept >= SWEPT_RAD:
                off = angle - atan2(y, x)
                if abs(off - 2 * pi * round(off / (2 * pi))) < FACES_RAD:
                    return value
        return loaded if loaded > FELT and max(self._swept) < SWEPT_RAD else None
