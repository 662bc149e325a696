"""Is the gyroscope at the end of its range? Then the tool turns faster than it says.

With a declared full scale the range's end is known (ST gyroscopes clip at 28571 of 32767 counts: only the declared
range tells, docs/guidance.md S34). Without one, an axis that stays at the very same high value while another changes
has met its end.
"""

from __future__ import annotations

from firmware_host.coaching.inputs import Vector

END_SHARE = 0.98
"""A rate this close to full scale is taken for clipped."""
LOUD_RAD_S = 3.4
"""No gyroscope's range ends below 200 dps."""
ALIKE = 3
"""Repeats of the highest value so far, in a row, that make an end of it."""


class ClipWatch:
    """Ask it about samples whose squared norm (rad^2/s^2) is over `loud`; slower ones can't be clipped."""

    __slots__ = ("_alike", "_end", "_found", "_last", "_top", "loud")

    def __init__(self, full_scale_rad_s: float | None) -> None:
        self._end = None if full_scale_rad_s is None else END_SHARE * full_scale_rad_s
        self.loud = (self._end or LOUD_RAD_S) ** 2
        self._found = full_scale_rad_s is None
        self._last: Vector = (0.0, 0.0, 0.0)
        self._top = LOUD_RAD_S
        self._alike = 0

    def update(self, gyro: Vector) -> bool:
        """Whether the sample is clipped."""
        highest = max(abs(gyro[0]), abs(gyro[1]), abs(gyro[2]))
        if self._found:
            self._look_for_end(highest, gyro)
        return self._end is not None and highest >= self._end

    def _look_for_end(self, highest: float, gyro: Vector) -> None:
        last, self._last = self._last, gyro
        if highest > self._top:
            self._top, self._alike, self._end = highest, 0, None  # it can read more: that was no end
        elif highest < self._top:
            self._alike = 0
        elif gyro != last:
            self._alike += 1
            if self._alike >= ALIKE:
                self._end = highest
