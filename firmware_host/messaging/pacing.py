"""When `state` is worth sending: on a change that somebody would see, at most once a second, and every 5 s."""

from __future__ import annotations

from math import inf

import msgspec

from firmware_host.coaching.events import Cue
from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot

AT_MOST_S = 1.0
AT_LEAST_S = 5.0
CUE_SHOWN_S = 2.0

SPEED_STEP_M_S = 0.01
FORCE_STEP_N = 5.0
LOAD_STEP = 0.05
"""Noise of a sensor at rest stays inside these steps, so that rest is not a change."""


class StatePacing:
    """Pure but for what it remembers; times are the snapshots' own."""

    def __init__(self) -> None:
        self._sent_t: float | None = None
        self._sent: Snapshot | None = None

    def due(self, snapshot: Snapshot) -> bool:
        """True if this one is to be sent; it then counts as sent."""
        age_s = inf if self._sent_t is None else snapshot.t - self._sent_t
        if age_s < AT_MOST_S:
            return False
        coarse = _coarse(snapshot)
        if age_s < AT_LEAST_S and coarse == self._sent:
            return False
        self._sent_t, self._sent = snapshot.t, coarse
        return True


def cue_shown(snapshot: Snapshot) -> str | None:
    """The cue of the last two seconds, if any."""
    cue: Cue | None = snapshot.last_cue
    return cue.cue if cue is not None and snapshot.t - cue.t <= CUE_SHOWN_S else None


def _coarse(snapshot: Snapshot) -> Snapshot:
    """Without what always changes: times, position, and the noise of sensors."""
    return msgspec.structs.replace(snapshot, t=0.0, tools=tuple(map(_coarse_tool, snapshot.tools)))


def _coarse_tool(tool: ToolSnapshot) -> ToolSnapshot:
    return msgspec.structs.replace(
        tool,
        t=0.0,
        position_m=0.0,
        position_sd_m=0.0,
        speed_m_s=_step(tool.speed_m_s, SPEED_STEP_M_S),
        force_n=None if tool.force_n is None else _step(tool.force_n, FORCE_STEP_N),
        load=None if tool.load is None else _step(tool.load, LOAD_STEP),
    )


def _step(value: float, step: float) -> float:
    return round(value / step) * step
