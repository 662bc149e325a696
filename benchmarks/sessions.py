"""One simulated session through chips, drivers, bus and engine, beside its truth: what came out, how far off it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from cases import DEEP_AGO_S, SHORT_M, Case
from cue_scoring import Array, Course, CueScore, Limit, judge
from numpy.typing import NDArray
from scoring import Score, Span, score

from firmware_host.coaching import events
from firmware_host.coaching.contacts import MASK_TAIL_S
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Cue, Event, Pass, ShortPass
from firmware_host.coaching.inputs import Command, HapticRan, ImuSample, Input, Person
from firmware_host.coaching.setup import Setup
from firmware_host.profiles import load_profile
from firmware_host.simulator import conditions, truth
from firmware_host.simulator.path import BEGIN_M_S, Hold, near
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World

UNSCORED_S = 10.0
"""A session begun in motion is shown but not scored so long."""
EVERY = 5
"""Speed and position are compared at every fifth sample: 20 times a second."""


@dataclass
class Outcome:
    """One session, or many together."""

    passes: Score = field(default_factory=Score)
    shorts: Score = field(default_factory=Score)
    holds: Score = field(default_factory=Score)
    cues: CueScore = field(default_factory=CueScore)
    length: list[float] = field(default_factory=list)
    """Error as a share."""
    mean_speed: list[float] = field(default_factory=list)
    """Error as a share."""
    speed_m_s: Array = field(default_factory=lambda: np.zeros(0))
    position_m: Array = field(default_factory=lambda: np.zeros(0))
    """Errors, at every fifth sample on the body."""
    within_2_sd: int = 0
    sd_seen: int = 0
    off_body: int = 0
    passed: list[tuple[float, float]] = field(default_factory=list)
    held: list[tuple[float, float]] = field(default_factory=list)
    """(start, end) of the passes and holds that match the truth and are near no threshold."""
    notes: list[str] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        for mine, its in ((self.passes, other.passes), (self.shorts, other.shorts), (self.holds, other.holds)):
            mine.add(its)
        self.cues.add(other.cues)
        self.length += other.length
        self.mean_speed += other.mean_speed
        self.speed_m_s = np.concatenate((self.speed_m_s, other.speed_m_s))
        self.position_m = np.concatenate((self.position_m, other.position_m))
        self.within_2_sd += other.within_2_sd
        self.sd_seen += other.sd_seen
        self.off_body += other.off_body
        self.passed += other.passed
        self.held += other.held
        self.notes += other.notes


@dataclass
class Heard:
    """What the engine said."""

    events: list[Event] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    masks: list[tuple[float, float]] = field(default_factory=list)
    t: list[float] = field(default_factory=list)
    """Of the motion lines that are compared."""
    speed: list[float] = field(default_factory=list)
    position: list[float] = field(default_factory=list)
    sd: list[float] = field(default_factory=list)
    on: list[bool] = field(default_factory=list)


def run(case: Case, seed: int) -> Outcome:
    """Simulate, listen, compare."""
    told = conditions.find(case.condition)
    person = Person(height_m=SHORT_M) if case.strict else Person()

    def world() -> World:
        return World(case.scenario, seed, case.seconds, person=person, conditions=told)

    here, profile = world(), load_profile("article")
    engine = Engine(Setup(person=person, tools=(here.tool,), profile=profile))
    heard = listen(engine, simulate(case.scenario, seed, case.seconds, person, told), case)
    along: truth.Along = "muscle" if told.limb_pitch_deg or told.slip else "tool"
    least_m = {name: muscle.min_pass_m for name, muscle in profile.muscles.items()}
    true = truth.of_world(world(), case.scenario, seed, case.seconds, least_m, along)
    trace = truth.trace_of(world(), case.seconds, along)
    on = on_body(true, case.seconds)

    outcome = Outcome()
    pairs = _events(outcome, heard, true, least_m, UNSCORED_S if told.begin_in_motion else 0.0)
    outcome.length = [abs(said.length_m / want.length_m - 1) for said, want in pairs]
    outcome.mean_speed = [abs(said.mean_speed_m_s / want.mean_speed_m_s - 1) for said, want in pairs]
    rolled = np.hypot(trace.speed_m_s, trace.across_m_s) if trace.across_m_s else np.array(trace.speed_m_s)
    times = np.array(trace.t)
    _speeds(outcome, heard, times, rolled, on)
    if here.tool.kind != "massage_ball":
        _positions(outcome, heard, np.array(truth.positions(world(), heard.t, along)), on)
    counted = [one for one in heard.events if isinstance(one, Pass | ShortPass | events.Hold)]
    outcome.off_body = sum(_mostly_off(one, on) for one in counted)
    course = Course(times, np.where(_during(times, on), np.abs(rolled), 0.0), heard.limits)
    slow_downs = [one for one in heard.events if isinstance(one, Cue) and one.cue == "slow_down"]
    outcome.cues = judge(course, true, pairs, slow_downs, heard.masks, case.calm)
    parts = (outcome.passes, outcome.shorts, outcome.holds, outcome.cues)
    outcome.notes = [f"{case.name} seed {seed}: {note}" for part in parts for note in part.notes]
    return outcome


def listen(engine: Engine, inputs: Iterable[Input], case: Case) -> Heard:
    """Every input through the engine; what it said of the tool all along."""
    heard = Heard()
    tool = engine.setup.tools[0]
    if case.strict:
        heard.events += engine.feed(Command(t=0.0, command="run_finished", ago_s=DEEP_AGO_S, effort=6))
    samples = 0
    for given in inputs:
        heard.events += engine.feed(given)
        if isinstance(given, ImuSample):
            samples += 1
            line = engine.motion_of(tool.name) if samples % EVERY == 0 else None
            if line is not None:
                heard.t.append(line.t)
                heard.speed.append(line.speed_m_s)
                heard.position.append(line.position_m)
                heard.sd.append(line.position_sd_m)
                heard.on.append(line.on_body)
            continue
        if isinstance(given, HapticRan):
            heard.masks.append((given.t, given.t + given.seconds + MASK_TAIL_S))
        limits = engine.limits_for(tool)
        now = Limit(given.t, limits.mean_speed_m_s, limits.live_speed_m_s)
        if not heard.limits or heard.limits[-1][1:] != now[1:]:
            heard.limits.append(now)
    heard.events += engine.close()
    return heard


# --- events -----------------------------------------------------------------------------------------------------------


def _events(
    outcome: Outcome, heard: Heard, true: truth.Truth, least_m: dict[str, float], since: float
) -> list[tuple[Pass, truth.Stroke]]:
    """Score passes, short passes and holds that begin after `since`; the pairs of passes that count."""

    def clear(want: truth.Stroke | Hold) -> bool:
        return not want.near_threshold and want.start >= since

    def perhaps_pass(one: truth.Stroke) -> bool:
        return near(one.length_m, least_m.get(one.muscle or "", truth.UNKNOWN_MIN_LENGTH_M)) or slow(one)

    def slow(one: truth.Stroke) -> bool:
        """Its peak is so near the speed at which a movement begins that it may be none."""
        return near(one.peak_speed_m_s, BEGIN_M_S)

    said = [event for event in heard.events if event.t >= since]
    passes = [one for one in said if isinstance(one, Pass)]
    shorts = [one for one in said if isinstance(one, ShortPass)]
    holds = [one for one in said if isinstance(one, events.Hold)]
    begun: tuple[truth.Stroke | Hold, ...] = (*true.passes, *true.short_passes, *true.holds)
    early: list[Span] = [one for one in begun if one.start < since]
    short_misses = [miss for miss in true.near_misses if miss.kind == "short_pass"]
    hold_misses = [miss for miss in true.near_misses if miss.kind == "hold"]
    excused = [*early, *filter(perhaps_pass, true.short_passes)]
    outcome.passes, pairs = score(passes, true.passes, clear, excused, "pass")
    excused = [*early, *filter(perhaps_pass, true.passes), *short_misses]
    outcome.shorts, _ = score(shorts, true.short_passes, clear, excused, "short_pass")
    outcome.holds, held = score(holds, true.holds, clear, [*early, *hold_misses], "hold")
    outcome.passed = [(one.start, one.end) for one, _ in pairs]
    outcome.held = [(one.start, one.end) for one, _ in held]
    return pairs


def on_body(true: truth.Truth, seconds: float) -> list[tuple[float, float]]:
    """From when until when the tool was on the body."""
    spans: list[tuple[float, float]] = []
    since: float | None = None
    for change in true.contacts:
        if change.on:
            since = change.t
        elif since is not None:
            spans.append((since, change.t))
            since = None
    return spans if since is None else [*spans, (since, seconds)]


def _mostly_off(event: Span, on: Sequence[tuple[float, float]]) -> bool:
    """Off the body for more than half of it."""
    return 2 * sum(max(0.0, min(off, event.end) - max(to, event.start)) for to, off in on) < event.end - event.start


# --- speed and position -----------------------------------------------------------------------------------------------


def _during(t: Array, on: Sequence[tuple[float, float]]) -> NDArray[np.bool_]:
    inside = np.zeros(len(t), dtype=bool)
    for start, end in on:
        inside |= (t >= start) & (t < end)
    return inside


def _speeds(outcome: Outcome, heard: Heard, times: Array, speed: Array, on: Sequence[tuple[float, float]]) -> None:
    t, said = np.array(heard.t), np.array(heard.speed)
    inside = _during(t, on) & np.array(heard.on, dtype=bool)
    outcome.speed_m_s = np.abs(said - np.interp(t, times, speed))[inside]


def _positions(outcome: Outcome, heard: Heard, true: Array, on: Sequence[tuple[float, float]]) -> None:
    """Where it touched down each time nobody can know: one offset for each time on the body is taken out.

    The standard deviation is about where it is since the set began, so for the first time on the body nothing is.
    """
    t, said, sd, known = (np.array(part) for part in (heard.t, heard.position, heard.sd, heard.on))
    errors = [np.zeros(0)]
    for i, span in enumerate(on):
        inside = _during(t, [span]) & known.astype(bool)
        off = said[inside] - true[inside]
        if i == 0:
            outcome.within_2_sd = int(np.sum(np.abs(off) <= 2 * sd[inside]))
            outcome.sd_seen = len(off)
        if len(off):
            errors.append(np.abs(off - np.median(off)))
    outcome.position_m = np.concatenate(errors)
