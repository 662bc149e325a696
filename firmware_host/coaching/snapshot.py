"""What the engine shows of itself between events: the source of MQTT `state` and `live`, page and terminal."""

from __future__ import annotations

from msgspec import Struct

from firmware_host.coaching.events import Cue, State
from firmware_host.coaching.inputs import ToolKind


class ToolSnapshot(Struct, frozen=True, kw_only=True):
    """One tool now."""

    tool: str
    kind: ToolKind
    t: float
    """Time of the newest IMU sample, or 0."""
    state: State
    on_body: bool
    speed_m_s: float
    """Signed along the muscle; the sign is the direction of the rate about the axis."""
    mean_speed_limit_m_s: float
    live_speed_limit_m_s: float
    force_n: float | None
    force_low_n: float | None
    force_high_n: float | None
    """The band for this muscle, tool, phase and person; None where there is none."""
    load: float | None
    """0..1 of the uncalibrated sensor's own maximum; None where force is known or there is no sensor."""
    position_m: float
    position_sd_m: float
    hold_s: float
    """Seconds of the hold that is running, else 0."""


class SetSnapshot(Struct, frozen=True, kw_only=True):
    started_t: float
    work_s: float
    target_s: float
    passes: int
    short_passes: int
    holds: int
    hold_s: float
    in_guidance: float


class SetBrief(Struct, frozen=True, kw_only=True):
    """A finished set of the running session, so that a page opened late shows the whole session."""

    muscle: str | None
    side: str | None
    tool: str | None
    work_s: float
    passes: int
    holds: int
    in_guidance: float


class SessionSnapshot(Struct, frozen=True, kw_only=True):
    started_t: float
    work_s: float
    in_guidance: float
    sets: tuple[SetBrief, ...]


class Snapshot(Struct, frozen=True, kw_only=True):
    t: float
    tools: tuple[ToolSnapshot, ...]
    muscle: str | None
    side: str | None
    tool: str | None
    """The tool selected, if any."""
    phase: str
    profile: str
    routine: str | None
    set: SetSnapshot | None
    session: SessionSnapshot | None
    last_cue: Cue | None
    pain: bool
    quiet: bool
    faults: tuple[str, ...]
    hold_done_s: float
    hold_enough_s: float
    """The hold timer's two marks (20 s and 30 s in the article)."""
