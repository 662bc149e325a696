"""No more than three flashes in any second (WCAG 2.2, 2.3.1), whatever comes together. Pure.

Every rhythm keeps to that by itself. But a force that trembles about its limit, or a cue in the middle of a rhythm, can
put the flashes of two side by side; then the fourth waits, and what was shown stays until it may come.
"""

from __future__ import annotations

from collections import deque

from firmware_host.feedback.patterns import DARK, Rgb

MOST = 3
WITHIN_S = 1.0
RISE = 0.1
"""Of full brightness: a smaller step, such as those of a breath, is no flash."""


def luminance(colour: Rgb) -> float:
    """Relative luminance, 0..1."""
    red, green, blue = colour
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


class Calm:
    """Between what is wanted and what is shown."""

    def __init__(self) -> None:
        self._rises: deque[float] = deque(maxlen=MOST)
        self._shown = DARK

    def allow(self, now: float, wanted: Rgb, at_once: bool) -> tuple[Rgb, float | None]:
        """What to show, and when to ask again, if that is not what is wanted. `at_once`: this waits for nothing."""
        if luminance(wanted) - luminance(self._shown) >= RISE:
            if len(self._rises) == MOST and not at_once and now < self._rises[0] + WITHIN_S:
                return self._shown, self._rises[0] + WITHIN_S
            self._rises.append(now)
        self._shown = wanted
        return wanted, None
