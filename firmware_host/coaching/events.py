"""Everything the engine can say: a closed set of frozen types, the same on stdout, MQTT, page and in rows.

Field names and units are docs/contract's: SI, `t` is when it was decided, `start` and `end` are back-dated.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Flag = Literal[
    "too_fast", "jerky", "too_hard", "too_light", "overshoot", "haptic_masked", "clipped", "saturated", "short", "long"
]
State = Literal["off", "still", "rolling", "holding"]
ForceSource = Literal["measured", "not_measured", "uncalibrated"]
Ended = Literal["person", "time-out", "pain", "shutdown"]


class EventBase(Struct, frozen=True, kw_only=True, tag_field="event"):
    """What every event carries."""

    t: float
    tool: str | None = None
    muscle: str | None = None
    side: str | None = None


class Stroke(EventBase, frozen=True, kw_only=True):
    """What a pass and a short pass have in common: one movement in one direction on the body."""

    start: float
    end: float
    direction: int
    length_m: float
    mean_speed_m_s: float
    peak_speed_m_s: float
    smoothness: float | None
    """SPARC (Balasubramanian 2015): 0 is perfectly smooth, more negative is less; None if too short to say."""
    mean_force_n: float | None
    peak_force_n: float | None
    coverage: float | None
    flags: tuple[Flag, ...]


class Pass(Stroke, frozen=True, kw_only=True, tag="pass"):
    """A movement of at least the muscle's minimum length."""


class ShortPass(Stroke, frozen=True, kw_only=True, tag="short_pass"):
    """A movement longer than the hold window, shorter than a pass."""


class Hold(EventBase, frozen=True, kw_only=True, tag="hold"):
    start: float
    end: float
    duration_s: float
    position_m: float
    position_sd_m: float
    excursion_m: float
    mean_force_n: float | None
    flags: tuple[Flag, ...]


class Contact(EventBase, frozen=True, kw_only=True, tag="contact"):
    """The tool came onto the body, or left it."""

    on: bool


class Reason(Struct, frozen=True, kw_only=True):
    """Why a cue was given: what was seen, what the limit is, and where the limit is from."""

    value: float | None
    limit: float | None
    unit: str
    source: str


class Cue(EventBase, frozen=True, kw_only=True, tag="cue"):
    cue: str
    reason: Reason
    pattern: str
    """Name of the haptic and LED pattern (firmware_host/feedback/patterns.py)."""
    words: str
    repeat_after_s: float
    """While unheeded it comes back no sooner than this."""


class Spot(EventBase, frozen=True, kw_only=True, tag="spot"):
    position_m: float
    position_sd_m: float
    rating: int | None


class Verdict(Struct, frozen=True, kw_only=True, rename={"is_": "is"}):
    rule: str
    is_: Literal["ok", "low", "high", "not_measured"]
    value: float | None
    limit: float | None


class SetDone(EventBase, frozen=True, kw_only=True, tag="set"):
    start: float
    end: float
    duration_s: float
    work_s: float
    passes: int
    short_passes: int
    holds: int
    hold_s: float
    distance_m: float
    mean_speed_m_s: float
    in_guidance: float
    mean_force_n: float | None
    peak_force_n: float | None
    force_source: ForceSource
    verdicts: tuple[Verdict, ...]


class SessionDone(EventBase, frozen=True, kw_only=True, tag="session"):
    start: float
    end: float
    phase: str
    profile: str
    routine: str | None
    sets: tuple[SetDone, ...]
    per_leg_s: dict[str, float]
    work_s: float
    in_guidance: float
    ended: Ended
    advice: tuple[str, ...]


class Fault(EventBase, frozen=True, kw_only=True, tag="fault"):
    device: str
    what: str
    hint: str


class Recovered(EventBase, frozen=True, kw_only=True, tag="recovered"):
    device: str
    what: str
    hint: str


class Rejected(EventBase, frozen=True, kw_only=True, tag="rejected"):
    """An engine input that was refused; nothing changed."""

    input: str
    why: str
    id: str | None = None


class Motion(EventBase, frozen=True, kw_only=True, tag="motion"):
    """One line of `replay --emit motion`."""

    angle_rad: float
    speed_m_s: float
    position_m: float
    position_sd_m: float
    force_n: float | None
    on_body: bool
    state: State


Event = Pass | ShortPass | Hold | Contact | Cue | Spot | SetDone | SessionDone | Fault | Recovered | Rejected
