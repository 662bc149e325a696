"""Everything the engine can say: a closed set of frozen types, the same on stdout, MQTT, page and in rows.

Field names and units are docs/contract's: SI, `t` is when it was decided, `start` and `end` are back-dated.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Flag = Literal[
    "too_fast",
    "jerky",
    "too_hard",
    "too_light",
    "overshoot",
    "haptic_masked",
    "clipped",
    "saturated",
    "short",
    "long",
    "slow_over_spot",
]
State = Literal["off", "still", "rolling", "holding"]
ForceSource = Literal["measured", "not_measured", "uncalibrated"]
Ended = Literal["person", "time-out", "pain", "shutdown"]
How = Literal["measured", "declared"]
Moment = Literal["before", "after"]
Topic = Literal[
    "rest_muscle", "seek_help", "rating_high", "rating_rising", "pain_stop", "numbness", "timing", "plan", "resume"
]


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
    """A tender spot: marked, rated, or taken back."""

    position_m: float
    """Along the muscle from where the set began; its uncertainty beside it."""
    position_sd_m: float
    rating: int | None
    by: Literal["person", "hold"] = "person"
    """Whether somebody marked it, or a hold of 20 s and more did."""
    removed: bool = False
    """The mark was undone."""


class Rating(EventBase, frozen=True, kw_only=True, tag="rating"):
    """How the person says a muscle feels, 0-10; never inferred."""

    value: int
    when: Moment
    kind: Literal["rate", "soreness"] = "rate"
    """rate: this muscle; soreness: the legs as a whole, which muscle and side then leave out."""
    removed: bool = False


class PhaseChanged(EventBase, frozen=True, kw_only=True, tag="phase"):
    """The recovery phase became another one: band, speed, holds and set times with it."""

    phase: str
    before: str
    since_run_s: float | None
    words: str
    source: str


class Advice(EventBase, frozen=True, kw_only=True, tag="advice"):
    """Something to read rather than to do at once; no diagnosis."""

    topic: Topic
    words: str
    source: str


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
    in_guidance: float | None
    """None: nothing of it was measured, as by hand."""
    mean_force_n: float | None
    peak_force_n: float | None
    force_source: ForceSource
    verdicts: tuple[Verdict, ...]
    work_source: How = "measured"
    """declared: by hand, timed from begin to end."""
    prompted: tuple[str, ...] = ()
    """Lanes and rotations that were asked for; whether they were done is not measured."""
    belly_share: float | None = None
    """Share of the work in the middle of a calibrated span."""
    stacked: bool | None = None
    """Force rose for good by over 15 % of body weight, as when the other leg is put on top; None: not measured."""


class SessionDone(EventBase, frozen=True, kw_only=True, tag="session"):
    start: float
    end: float
    phase: str
    profile: str
    routine: str | None
    sets: tuple[SetDone, ...]
    per_leg_s: dict[str, float]
    work_s: float
    in_guidance: float | None
    """Of the work that was measured; None: none of it."""
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


Event = (
    Pass
    | ShortPass
    | Hold
    | Contact
    | Cue
    | Spot
    | Rating
    | PhaseChanged
    | Advice
    | SetDone
    | SessionDone
    | Fault
    | Recovered
    | Rejected
)
