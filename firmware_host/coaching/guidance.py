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
    pause_s: Seconds
    """An unheeded cue comes back after this, then after twice as long, and so on."""
    longest_pause_s: Seconds
    source: str


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
    hold_cues: bool
    speed_source: str
    force_source: str
    set_source: str


def phase_of(profile: Profile, since_run_s: float | None) -> str:
    """The recovery phase `since_run_s` seconds after the run; "unknown" without a run, or before its end."""
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
        hold_cues=phase.hold_cues,
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
