"""What the engine shows of itself between events: the source of MQTT `state` and `live`, page and terminal."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from firmware_host.coaching.events import Advice, Cue, State
from firmware_host.coaching.inputs import ToolKind
from firmware_host.coaching.techniques import Card


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
    start_high_n: float | None = None
    """Over this is too much while the set is in its light beginning; None where there is no band."""
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
    in_guidance: float | None


class SetBrief(Struct, frozen=True, kw_only=True):
    """A finished set of the running session, so that a page opened late shows the whole session."""

    muscle: str | None
    side: str | None
    tool: str | None
    work_s: float
    passes: int
    holds: int
    in_guidance: float | None


class SessionSnapshot(Struct, frozen=True, kw_only=True):
    started_t: float
    work_s: float
    in_guidance: float | None
    sets: tuple[SetBrief, ...]


class StepSnapshot(Struct, frozen=True, kw_only=True):
    """One set of the plan."""

    muscle: str
    side: str
    tool: str
    kind: ToolKind
    set_s: float
    state: Literal["done", "skipped", "now", "next"]
    """next: everything that is still to come."""
    why: str


class PlanSnapshot(Struct, frozen=True, kw_only=True):
    """The routine as it was planned for today, and how far it is."""

    routine: str
    title: str
    steps: tuple[StepSnapshot, ...]
    explained: tuple[str, ...]
    total_s: float
    left_s: float


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
    acknowledged: bool = True
    """The checklist before the first use was read; until then no session begins."""
    plan: PlanSnapshot | None = None
    card: Card | None = None
    """Of the muscle that is on, or comes next."""
    lane: str | None = None
    """The rotation or lane that was asked for last in this set."""
    advice: tuple[Advice, ...] = ()
    """What holds at this moment: muscles that rest, ratings over the limit; newest last."""
    starting_light: bool = False
    """The set is in its light beginning."""
    resting: bool = False
    """In a session, between two sets or in a break."""
    breathe_in_s: float = 5.0
    breathe_out_s: float = 5.0
    run_ago_s: float | None = None
    sore: bool | None = None
    """What the person said of the legs; None: not asked, or too long ago."""
    due: bool = False
    """A significant run ended, and no session since."""
    ask_soreness: bool = False
    """In this phase soreness decides, and nobody has said yet."""
