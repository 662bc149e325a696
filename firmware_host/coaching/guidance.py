"""What good rolling is: the shape of a profile, and the limits it gives for one muscle, tool, phase and person.

The numbers live in config/profiles/*.toml, each with its source; nothing here knows one.
"""

from __future__ import annotations

from math import inf
from typing import Annotated, get_args

from msgspec import Meta, Struct

from firmware_host.coaching.inputs import Person, Tool, ToolKind

GRAVITY = 9.80665
TOOL_KINDS: tuple[str, ...] = get_args(ToolKind)
Share = Annotated[float, Meta(ge=0, le=1)]
Metres = Annotated[float, Meta(ge=0.005, le=1)]
Seconds = Annotated[float, Meta(gt=0, le=600)]
SessionSeconds = Annotated[float, Meta(gt=0, le=7200)]
Newtons = Annotated[float, Meta(ge=0, le=1000)]


class MuscleGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One muscle group (guidance 2.2)."""

    title: str
    min_pass_m: Metres
    length_of_height: Annotated[float, Meta(gt=0, le=0.5)]
    """Length of a pass as a share of the person's height."""
    force_low_bw: Share
    force_high_bw: Share
    """Band on a foam roller, as shares of body weight."""
    force_cap_bw: Share | None = None
    force_low_n: Newtons | None = None
    force_high_n: Newtons | None = None
    """Band in newtons for hand-held tools on this muscle; None: the tool's own."""
    set_s: Seconds
    tools: tuple[ToolKind, ...] = ()
    """Kinds of tool that suit it; none given: any does (recordings older than this field)."""
    instead: tuple[str, ...] = ()
    """Muscles that are better rolled in its place."""
    source: str


class ToolGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Force band of a hand-held tool, where it does not go by body weight (guidance 2.3)."""

    force_low_n: Newtons
    force_high_n: Newtons
    source: str


class PhaseGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recovery phase (guidance 2.4): half-open, from_s <= time since the run < until_s."""

    from_s: float | None = None
    until_s: float | None = None
    force_factor: Annotated[float, Meta(gt=0, le=3)]
    shortest_pass_s: Seconds
    hold_cues: bool = True
    """False: holds are allowed, but nobody is asked to stay."""
    set_s: Seconds | None = None
    """The phase's set time: it shortens the muscle's, or extends it where `extends` is set."""
    extends: bool = False
    hold_low_s: Annotated[float, Meta(ge=0, le=600)] | None = None
    """A hold left before this is short; 0: holds are not asked for; None: the profile's `hold.done_s`."""
    hold_high_s: Seconds | None = None
    """A hold beyond this is long; None: the profile's `hold.enough_s`."""
    holds_most: Annotated[int, Meta(ge=1, le=20)] | None = None
    """Holds a set beyond which nobody is asked to stay on a spot."""
    pain_most: Annotated[int, Meta(ge=0, le=10)] = 10
    """A rating over this asks for less."""
    pain_cap: Annotated[int, Meta(ge=0, le=10)] = 10
    """A rating over this ends the holds on that muscle."""
    unless_sore: str = ""
    """The phase that holds instead for someone who said not to be sore."""
    source: str


class CueGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When cues come, and when they come back."""

    too_fast_s: Seconds
    """Over the live limit this long is too fast."""
    ease_off_s: Seconds
    lean_in_s: Seconds
    no_signal_s: Seconds
    live_factor: Annotated[float, Meta(ge=1, le=5)]
    """Live speed limit over the mean limit."""
    jerky_peak_over_mean: Annotated[float, Meta(ge=1.2, le=10)]
    jerky_twitches: Annotated[int, Meta(ge=1, le=20)]
    jerky_smoothness: Annotated[float, Meta(ge=-20, le=0)]
    jerky_from_m_s: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """A stroke whose peak is slower is not judged by its smoothness: tremor alone lowers it."""
    pause_s: Seconds
    """An unheeded cue comes back after this, then after twice as long, and so on."""
    longest_pause_s: Seconds
    source: str


class StartGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Start light (guidance G4): the beginning of a set. The figures are those of recordings whose stored profile is
    older than this table, as are the next tables'."""

    seconds: Seconds = 15.0
    passes: Annotated[int, Meta(ge=1, le=50)] = 3
    """The beginning is over after this many seconds of work or passes, whichever comes first."""
    share: Share = 0.8
    """Of the force band's top."""
    source: str = "start light and gradually increase: the article; 15 s, 3 passes, 80 %: guidance G4 [drv]"


class JointGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Keep off the joints (guidance S3, S4): only with a calibrated span."""

    margin_m: Metres = 0.02
    speed_share: Share = 0.5
    """Of the mean speed limit: slower than this, the end of a stroke is reached with care."""
    belly_share: Share = 0.7
    """The middle of the span that counts as the belly of the muscle."""
    source: str = (
        "avoid bony prominences and joints: the article; 2 cm, half the mean limit: this project's choice [drv]"
    )


class SpotGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tender spot that is known (guidance G6, G7)."""

    near_m: Metres = 0.03
    """The spot is announced this far ahead, or at twice its uncertainty."""
    widest_m: Metres = 0.06
    """A spot known worse than this is not announced."""
    slow_share: Share = 0.5
    """Of the mean speed limit: rolling over it no faster is rolling over it slowly."""
    extra_s: Annotated[float, Meta(ge=0, le=120)] = 30.0
    """A plan gives a muscle with a tender spot up to this much more."""
    source: str = "hold it, or slowly roll over it: the article; half speed and up to 30 s more: guidance G6, G7 [drv]"


class RotateGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Turn the leg (guidance M1c, M2c, M3c, M3d, M5b)."""

    passes: Annotated[int, Meta(ge=1, le=50)] = 4
    source: str = "rotate the leg inward and outward: the article; every 4 passes: this project's choice [drv]"


class BreathGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The light's pace of breathing in holds and rests (guidance G8)."""

    in_s: Seconds = 5.0
    out_s: Seconds = 5.0
    after_s: Seconds = 8.0
    """A hold this long is worth a word about breathing."""
    source: str = "inhale and exhale slowly: the article; 5 s in, 5 s out: Kasap (S28) [abs]; word after 8 s [drv]"


class SessionGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much in a session (guidance G10, D1, finding 10)."""

    muscle_low_s: Seconds = 30.0
    """A plan gives no muscle less."""
    leg_low_s: SessionSeconds = 120.0
    leg_high_s: SessionSeconds = 180.0
    low_s: SessionSeconds = 300.0
    high_s: SessionSeconds = 600.0
    break_s: SessionSeconds = 1200.0
    """A session that has lasted this long is told to take a break."""
    overtime_s: Seconds = 15.0
    """A set is over its time once it lasts this much longer."""
    week: Annotated[int, Meta(ge=1, le=14)] = 3
    """Sessions a week to aim at."""
    significant: Annotated[int, Meta(ge=0, le=10)] = 5
    """A run of this effort and more asks for a session."""
    due_s: Annotated[float, Meta(gt=0, le=1209600)] = 172800.0
    """A session after a run is due this long."""
    source: str = (
        "30-60 s a muscle, 2-3 min a leg, 5-10 min a session: the article; 20 min: S13, S20 [abs]; "
        "3 a week: S27 [abs]; 15 s over time: this project's choice [drv]"
    )


class GoalGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A goal, and the recovery phase that fits it (guidance W4)."""

    title: str
    phase: str
    source: str


class SafetyGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ratings, soreness and what earlier sessions left (guidance S1, S6, W3)."""

    rest_s: Annotated[float, Meta(gt=0, le=1209600)] = 86400.0
    """A muscle that was stopped for pain rests this long."""
    help_days: Annotated[float, Meta(gt=0, le=366)] = 14.0
    help_count: Annotated[int, Meta(ge=1, le=20)] = 3
    help_rating: Annotated[int, Meta(ge=0, le=10)] = 7
    """This many pain stops, or ratings from this on, of one muscle within these days: seek professional help."""
    rising: Annotated[int, Meta(ge=1, le=10)] = 2
    """A rating so much above the first one of the session is rising pain."""
    sore_from: Annotated[int, Meta(ge=0, le=10)] = 4
    """Soreness from here on is pronounced."""
    sore_s: Annotated[float, Meta(gt=0, le=1209600)] = 86400.0
    """What was said of soreness holds this long, or until the next run."""
    eased: Share = 0.6
    """The force band's factor for a muscle that was rated over the phase's limit, for the rest of the session."""
    stacked_bw: Share = 0.15
    """Force that rose for good by so much of body weight: as when the other leg is put on top (guidance M1d)."""
    source: str = (
        "stop at sharp or increasing pain, seek help if it persists: the article; "
        "24 h, 14 days, 3 times, 7 and 4 of 10: this project's choice [drv]"
    )


class HoldGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    done_s: Seconds
    enough_s: Seconds
    source: str


class SetTimeGuide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a set's time is called low or high, whatever its target. The figures are those of recordings whose stored
    profile is older than this table."""

    low_s: Seconds = 30.0
    high_s: Seconds = 90.0
    source: str = "30-60 seconds per muscle group: the article"


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    about: str
    speed_m_s: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Mean speed limit of its own (the scan profile); None: pass length over shortest pass."""
    speed_source: str
    force_source: str
    length_source: str = "not stated"
    """Of every muscle's `length_of_height`; the default is that of older recordings, as is the next one's."""
    min_pass_source: str = "not stated"
    order: tuple[str, ...]
    """The article's order of muscles, for `next` without a routine."""
    hold: HoldGuide
    set_time: SetTimeGuide = SetTimeGuide()
    cues: CueGuide
    start: StartGuide = StartGuide()
    joint: JointGuide = JointGuide()
    spot: SpotGuide = SpotGuide()
    rotate: RotateGuide = RotateGuide()
    breath: BreathGuide = BreathGuide()
    session: SessionGuide = SessionGuide()
    safety: SafetyGuide = SafetyGuide()
    goals: dict[str, GoalGuide] = {}
    muscles: dict[str, MuscleGuide]
    unknown_muscle: MuscleGuide
    tools: dict[str, ToolGuide]
    phases: dict[str, PhaseGuide]


class Limits(Struct, frozen=True, kw_only=True):
    """What holds now, for one muscle, tool, phase and person."""

    min_pass_m: float
    mean_speed_m_s: float
    live_speed_m_s: float
    force_low_n: float | None
    force_high_n: float | None
    set_s: float
    set_low_s: float
    set_high_s: float
    """Work below and above which a set's time is called low and high."""
    overtime_s: float
    """Work from which on the set is over its time."""
    hold_cues: bool
    hold_low_s: float
    hold_high_s: float
    holds_most: int | None
    tools: tuple[ToolKind, ...]
    speed_source: str
    force_source: str
    set_source: str


def phase_of(profile: Profile, since_run_s: float | None, sore: bool | None = None) -> str:
    """The recovery phase `since_run_s` seconds after the run; "unknown" without a run, or before its end.

    `sore` is what the person said, None if nothing: then soreness is assumed where it would ask for less.
    """
    name = _window(profile, since_run_s)
    return profile.phases[name].unless_sore or name if sore is False else name


def _window(profile: Profile, since_run_s: float | None) -> str:
    if since_run_s is None or since_run_s < 0:
        return "unknown"
    for name, phase in profile.phases.items():
        if phase.from_s is None and phase.until_s is None:
            continue
        if (phase.from_s or 0.0) <= since_run_s and (phase.until_s is None or since_run_s < phase.until_s):
            return name
    return "unknown"


def next_window_s(profile: Profile, since_run_s: float | None) -> float:
    """Seconds after the run at which the phase may next be another one; infinity if never, or without a run."""
    edges = [edge for phase in profile.phases.values() for edge in (phase.from_s, phase.until_s) if edge is not None]
    if since_run_s is None:
        return inf
    return min((edge for edge in edges if edge > since_run_s), default=inf)


def limits(profile: Profile, person: Person, tool: Tool, muscle: str | None, phase_name: str) -> Limits:
    """The limits of `profile` for a muscle (None: not selected) with a tool in a phase."""
    guide = profile.muscles.get(muscle or "", profile.unknown_muscle)
    phase = profile.phases[phase_name]
    mean = profile.speed_m_s
    speed_source = profile.speed_source
    if mean is None:
        mean = guide.length_of_height * person.height_m / phase.shortest_pass_s
    low, high, force_source = _force_band(profile, person, tool, guide)
    if low is not None and high is not None:
        low, high = low * phase.force_factor, high * phase.force_factor
        if guide.force_cap_bw is not None and tool.kind == "foam_roller":
            high = min(high, guide.force_cap_bw * person.mass_kg * GRAVITY)
        elif guide.force_high_n is not None and tool.kind != "foam_roller":
            high = min(high, guide.force_high_n)
        low = min(low, high)
    set_s = guide.set_s
    if phase.set_s is not None and (phase.set_s < set_s or phase.extends):
        set_s = phase.set_s
    return Limits(
        min_pass_m=guide.min_pass_m,
        mean_speed_m_s=mean,
        live_speed_m_s=mean * profile.cues.live_factor,
        force_low_n=low,
        force_high_n=high,
        set_s=set_s,
        set_low_s=min(profile.set_time.low_s, set_s),
        set_high_s=profile.set_time.high_s,
        overtime_s=set_s + profile.session.overtime_s,
        hold_cues=phase.hold_cues,
        hold_low_s=profile.hold.done_s if phase.hold_low_s is None else phase.hold_low_s,
        hold_high_s=profile.hold.enough_s if phase.hold_high_s is None else phase.hold_high_s,
        holds_most=phase.holds_most,
        tools=guide.tools,
        speed_source=speed_source,
        force_source=force_source,
        set_source=guide.source,
    )


def _force_band(
    profile: Profile, person: Person, tool: Tool, guide: MuscleGuide
) -> tuple[float | None, float | None, str]:
    if tool.kind == "foam_roller":
        weight = person.mass_kg * GRAVITY
        return guide.force_low_bw * weight, guide.force_high_bw * weight, profile.force_source
    if guide.force_low_n is not None and guide.force_high_n is not None:
        return guide.force_low_n, guide.force_high_n, guide.source
    known = profile.tools.get(tool.kind)
    if known is None:
        return None, None, ""
    return known.force_low_n, known.force_high_n, known.source
