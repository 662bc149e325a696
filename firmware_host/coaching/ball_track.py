"""A ball's track: holds and work time, no passes (docs/contract.md, Words).

Movements are those of the speed along the path, which has no direction and so no reversals; the position they go by is
the way along it. Holds go by the place on the plane.
"""

from __future__ import annotations

from math import hypot

from firmware_host.coaching.ball import BallMotion
from firmware_host.coaching.guidance import Limits
from firmware_host.coaching.inputs import Person, Tool
from firmware_host.coaching.movements import EDGE_M_S
from firmware_host.coaching.spots import SpotTracker
from firmware_host.coaching.track import STEADIED_S, ToolTrack, Waiting


class BallTrack(ToolTrack):
    """As `ToolTrack`, for a tool that rolls in any direction."""

    __slots__ = ("_ball", "_spots")

    def __init__(self, tool: Tool, person: Person, limits: Limits, fast_s: float, hard_s: float) -> None:
        super().__init__(tool, person, limits, fast_s, hard_s)
        self.motion = self._ball = BallMotion(tool)
        self.holds = self._spots = SpotTracker(self._ball)

    @property
    def position_m(self) -> float:
        """How far it is from where the set began, in whatever direction."""
        (x, y), origin = self._ball.place, self._spots.origin
        return hypot(x - origin[0], y - origin[1])

    def begin_set(self, kept_s: float) -> None:
        self.watch.begin_set(kept_s)
        self._spots.origin = self._ball.place

    def _left_from(self, speed: float) -> float | None:
        """Without directions a movement may have begun long before: the last rise of the speed counts."""
        return self.movements.about_to_start if speed >= EDGE_M_S else None

    def _steadied(self, waiting: list[Waiting], i: int) -> float:
        return self._ball.steadied_speed(waiting[i][0], STEADIED_S)


def track_for(tool: Tool, person: Person, limits: Limits, fast_s: float, hard_s: float) -> ToolTrack:
    """The track that a tool of this kind needs."""
    kind = BallTrack if tool.kind == "massage_ball" else ToolTrack
    return kind(tool, person, limits, fast_s, hard_s)
