"""People who still learn, through the real drivers from register-level chips: which cues they hear, and when.

When each cue is due is worked out here from what truly happened (the simulated world, not what the sensors said of
it), by docs/contract.md's definitions. Calves, 75 kg, 1.75 m, no run known: mean limit 0.14 m/s, live 0.28 m/s, band
147-257 N, 80 % of its top 206 N.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache

import msgspec
import pytest
from coached import coached, expect, lived, told
from rolling import only

from firmware_host.coaching.events import Hold, Pass, Spot
from firmware_host.coaching.inputs import Command, ForceSample, ImuSample, Input, Tick
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.truth import of_world
from firmware_host.simulator.world import World

pytestmark = pytest.mark.slow

SECONDS = {
    "rushed": 24.0,
    "heavy": 33.0,
    "eager": 26.0,
    "fitful": 28.0,
    "impatient": 92.0,
    "shin": 24.0,
    "knee": 24.0,
    "tender": 29.5,
}
MEAN, LIVE = 0.14, 0.28
BAND, LIGHTLY = (147.1, 257.4), 205.9
ON_N = 0.05 * 75 * 9.80665
Moment = tuple[float, float, float, float]
"""Time, speed along the muscle, force, place since contact: as they truly were."""


@cache
def truth(name: str) -> tuple[Moment, ...]:
    world = World(name, 1, SECONDS[name])
    found: list[Moment] = []
    place = 0.0
    for i in range(int(SECONDS[name] * 100)):
        now = world.motion(i / 100)
        if now.force_n >= ON_N:
            place += now.muscle_speed_m_s / 100
        found.append((i / 100, now.muscle_speed_m_s, now.force_n, place))
    return tuple(found)


@cache
def heard(name: str) -> tuple[list[Input], list[object]]:
    inputs = list(simulate(name, 1, SECONDS[name]))
    return inputs, list(lived(inputs, coached(World(name, 1).tool)))


def first(name: str, true: Callable[[Moment], bool], after: float = 0.0, lasts_s: float = 0.0) -> float:
    """When `true` first began to hold for `lasts_s`, after `after`."""
    since: float | None = None
    for moment in truth(name):
        if moment[0] < after or not true(moment):
            since = None
            continue
        since = moment[0] if since is None else since
        if moment[0] - since >= lasts_s:
            return since
    raise AssertionError(f"{name}: never after {after}")


def strokes(name: str) -> list[tuple[float, float]]:
    """Start and end of each stroke on the body, where its speed crosses 0.8 cm/s."""
    found: list[tuple[float, float]] = []
    start: float | None = None
    for t, speed, force_n, _ in truth(name):
        fast = abs(speed) > 0.008 and force_n > ON_N
        if fast and start is None:
            start = t
        elif not fast and start is not None:
            if t - start > 0.5:
                found.append((start, t))
            start = None
    return found


def turned(name: str, passes: int) -> tuple[float, float]:
    """From when until when a pass can be decided: 0.7 s of rest after it, or 1 cm into the next; and a second more
    where another cue came just before."""
    ends = strokes(name)
    return ends[passes - 1][1], ends[passes - 1][1] + 1.9


def test_who_rolls_too_fast_is_told_within_0_8_s_and_again_after_4_s() -> None:
    events = heard("rushed")[1]
    over = first("rushed", lambda m: abs(m[1]) > LIVE, lasts_s=0.3)
    again = first("rushed", lambda m: abs(m[1]) > MEAN, after=over + 4.0)
    expect(
        events,
        [
            ("slow_down", over + 0.3, over + 0.8),
            ("rotate_leg", *turned("rushed", 4)),
            ("slow_down", again, again + 1.0),
            ("rotate_leg", *turned("rushed", 8)),
        ],
    )
    fast = [("too_fast" in one.flags) for one in only(events, Pass)]  # type: ignore[arg-type]
    assert fast[:8] == [False] * 2 + [True] * 6
    assert told(events)[0].reason.limit == LIVE  # type: ignore[arg-type]


def test_who_presses_too_hard_is_told_after_half_a_second() -> None:
    events = heard("heavy")[1]
    over = first("heavy", lambda m: m[2] > BAND[1], lasts_s=0.5)
    still = first("heavy", lambda m: m[2] > BAND[1], after=over + 4.5)
    expect(
        events,
        [
            ("rotate_leg", *turned("heavy", 4)),
            # A bladder is 2 % soft: a tenth of a second of the rise.
            ("ease_off", over + 0.4, over + 1.6),
            ("ease_off", still - 0.1, still + 0.7),
        ],
    )
    hard = [("too_hard" in one.flags) for one in only(events, Pass)]  # type: ignore[arg-type]
    assert hard[:6] == [False] * 4 + [True] * 2


def test_who_begins_too_hard_is_asked_to_begin_lighter() -> None:
    events = heard("eager")[1]
    over = first("eager", lambda m: m[2] > LIGHTLY, lasts_s=0.5)
    again = first("eager", lambda m: m[2] > LIGHTLY, after=over + 4.5, lasts_s=0.5)
    expect(
        events,
        [
            ("start_lighter", over + 0.4, over + 0.8),
            ("start_lighter", again + 0.3, again + 0.8),
            ("rotate_leg", *turned("eager", 4)),
        ],
    )


def test_who_rolls_in_jumps_is_asked_for_smoothness_after_the_first_of_them() -> None:
    events = heard("fitful")[1]
    passes = of_world(World("fitful", 1, SECONDS["fitful"]), "fitful", 1, SECONDS["fitful"]).passes
    jumped = passes[2].end
    turned_s = passes[3].end
    expect(
        events,
        [
            ("smooth_out", jumped, jumped + 0.9),
            # The next one is over within the pause of 4 s: not said twice.
            ("rotate_leg", turned_s, turned_s + 0.9),
        ],
    )
    flags = [("jerky" in one.flags) for one in only(events, Pass)]  # type: ignore[arg-type]
    assert flags[:6] == [False, False, True, True, False, False]


def rests(name: str, least_s: float) -> list[tuple[float, float]]:
    """Stretches on the body in which nothing moved over 1.5 cm/s: holds, from the stop before to the start after."""
    found: list[tuple[float, float]] = []
    for (_, end), (start, _) in zip(strokes(name), strokes(name)[1:], strict=False):
        if start - end >= least_s:
            found.append((end, start))
    return found


def test_who_leaves_a_spot_early_exactly_or_too_late_hears_what_fits() -> None:
    events = heard("impatient")[1]
    early, exact, late = rests("impatient", 5.0)[:3]
    expected = []
    for start, end in (early, exact, late):
        for cue, after_s in (("spot_found", 3.0), ("breathe", 8.0), ("hold_done", 20.0), ("hold_enough", 30.0)):
            if start + after_s < end:
                expected.append((cue, start + after_s - 0.2, start + after_s + 0.3))
        if (start, end) == early:
            # Told once she has moved on 2 cm and the hold is known to be over.
            expected.append(("hold_on", end, end + 1.0))
    # She has worked 45 s long before; who holds is sent on only once the hold's own time is over.
    expected.append(("move_on", late[0] + 30.0, late[0] + 31.5))
    expected.append(("move_on", late[0] + 34.0, late[0] + 35.5))
    away = first("impatient", lambda m: abs(m[1]) > MEAN / 2, after=late[1])
    expected.append(("spot_near", away, away + 1.5))
    expect(events, expected)
    holds = only(events, Hold)  # type: ignore[arg-type]
    assert [one.flags for one in holds] == [("short",), (), ("long",)]  # type: ignore[attr-defined]
    for one, (start, end) in zip(holds, (early, exact, late), strict=True):
        assert one.duration_s == pytest.approx(end - start, abs=0.4)  # type: ignore[attr-defined]
    assert [one.by for one in only(events, Spot)] == ["hold", "hold"]  # type: ignore[arg-type, attr-defined]


def test_the_shin_on_a_foam_roller_is_warned_of_once_and_rolled_all_the_same() -> None:
    events = heard("shin")[1]
    expect(events, [("change_tool", 3.0, 3.2)])
    assert told(events)[0].words == "For the shin rather: massage stick, hands."  # type: ignore[arg-type]
    assert len(only(events, Pass)) >= 4  # type: ignore[arg-type]


def test_who_rolls_over_the_joint_is_told_at_two_centimetres() -> None:
    events = heard("knee")[1]
    edge = 0.26 - 0.02

    def beyond(after: float) -> float:
        """When she first was a span less 2 cm from the other end of where she had been, and went on at speed."""
        lowest = highest = 0.0
        for t, speed, _, place in truth("knee"):
            lowest, highest = min(lowest, place), max(highest, place)
            way = place - lowest if speed > 0 else highest - place
            if t > after and abs(speed) > MEAN / 2 and way >= edge:
                return t
        raise AssertionError("never")

    # Who has once gone over one end is near the other where she began: 1.5 cm of it were beyond.
    one = beyond(0.0)
    two = beyond(one + 4.0)
    warned = [cue for cue in told(events) if cue.cue == "near_joint"]  # type: ignore[arg-type]
    assert len(warned) == 2
    for cue, due in zip(warned, (one, two), strict=True):
        assert due - 0.1 <= cue.t <= due + 0.25
    expect(
        [event for event in events if event not in warned],  # type: ignore[arg-type]
        [("rotate_leg", *turned("knee", 4))],
    )
    over = [("overshoot" in one.flags) for one in only(events, Pass)]  # type: ignore[arg-type]
    assert over[:3] == [False, False, True]


def test_a_marked_spot_is_announced_when_rolled_over_fast_and_not_when_slowly() -> None:
    inputs, events = heard("tender")
    (said,) = [one for one in inputs if isinstance(one, Command) and one.command == "spot"]
    (spot,) = only(events, Spot)  # type: ignore[arg-type]
    place = next(m[3] for m in truth("tender") if m[0] >= said.t)
    assert spot.position_m == pytest.approx(place, abs=0.01)  # type: ignore[attr-defined]
    near = first("tender", lambda m: m[1] < -MEAN / 2 and 0 <= m[3] - place <= 0.03, after=said.t)
    back = first("tender", lambda m: m[1] < -MEAN / 2 and 0 <= m[3] - place <= 0.03, after=near + 8.0)
    expect(
        events,
        [
            ("spot_near", near - 0.15, near + 0.2),
            ("rotate_leg", *turned("tender", 4)),
            ("spot_near", back - 0.15, back + 0.2),
        ],
    )
    slow = [("slow_over_spot" in one.flags) for one in only(events, Pass)]  # type: ignore[arg-type]
    assert slow.count(True) == 1
    assert slow[3] is True


@pytest.mark.parametrize("name", ["eager", "tender"])
def test_the_same_person_hears_the_same_byte_for_byte(name: str) -> None:
    inputs, events = heard(name)
    again = lived(inputs, coached(World(name, 1).tool))
    assert msgspec.json.encode(events) == msgspec.json.encode(again)


@pytest.mark.parametrize("name", ["rushed", "knee"])
def test_how_the_bus_delivers_its_batches_changes_no_cue(name: str) -> None:
    """Force before the samples of its batch, as one bus reads one chip after the other; commands and ticks stay."""
    inputs, events = heard(name)
    rng = random.Random(4)
    batched: list[Input] = []
    batch: list[Input] = []
    for one in inputs:
        if isinstance(one, Tick | Command) or rng.random() < 0.15:
            batched += _in_batch(batch)
            batch = []
        batch.append(one)
    batched += _in_batch(batch)
    shifted = lived(batched, coached(World(name, 1).tool))
    expect(shifted, [(cue.cue, cue.t - 0.15, cue.t + 0.15) for cue in told(events)])  # type: ignore[arg-type]


def _in_batch(batch: Sequence[Input]) -> list[Input]:
    streams = (ForceSample, ImuSample)
    others = [one for one in batch if not isinstance(one, streams)]
    return others + [one for kind in streams for one in batch if isinstance(one, kind)]
