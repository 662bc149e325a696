"""Who rolls, how, and with which tool: every scenario by name. All but `still` go on for ever if they are let."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from msgspec import Struct

from firmware_host.coaching.inputs import Command, ToolKind
from firmware_host.simulator import calibrators, learners
from firmware_host.simulator.learners import FIRST_REST_S
from firmware_host.simulator.person import Person
from firmware_host.simulator.plan import Act, Say

Behaviour = Callable[[Person], Iterator[Act]]

ROTA = (
    ("calves", "left"),
    ("calves", "right"),
    ("hamstrings", "left"),
    ("hamstrings", "right"),
    ("quadriceps", "left"),
    ("quadriceps", "right"),
    ("glutes", "left"),
    ("glutes", "right"),
)
STICK_ROTA = (
    ("calves", "left"),
    ("calves", "right"),
    ("tibialis_anterior", "left"),
    ("tibialis_anterior", "right"),
    ("quadriceps", "left"),
    ("quadriceps", "right"),
)
BALL_ROTA = (("glutes", "left"), ("glutes", "right"))
Rota = tuple[tuple[str, str], ...]


class Scenario(Struct, frozen=True):
    name: str
    seconds: float
    """How long it takes unless told otherwise."""
    behaviour: Behaviour
    tool: ToolKind = "foam_roller"
    span_m: float | None = None
    """Length of muscle that the tool's owner has marked; None: never."""
    calibrated: bool = True
    """The owner has calibrated the tool; False: it is as it came out of the box."""


class UnknownScenario(Exception):
    """There is no scenario of that name; the text lists those there are."""


def _sets(person: Person, work: Callable[[Person], Iterator[Act]], rota: Rota = ROTA) -> Iterator[Act]:
    """One muscle and side after the other, `work` on each."""
    yield from person.lie(FIRST_REST_S)
    while True:
        for muscle, side in rota:
            yield from person.select(muscle, side)
            yield from person.lie(person.rng.uniform(0.8, 1.6))
            yield from person.touch_down()
            yield from work(person)
            yield from person.lift_off()


def calm(person: Person) -> Iterator[Act]:
    """As the article asks: 3-5 s a pass."""

    def work(person: Person) -> Iterator[Act]:
        for _ in range(2):
            yield from person.passes(person.rng.randint(4, 6), (3.0, 5.0), (0.05, 0.5))
            yield from person.pause((0.9, 1.8))

    return _sets(person, work)


def fast(person: Person) -> Iterator[Act]:
    """As people do when nobody guides them: 1.0-1.8 s a pass (guidance 1.2)."""

    def work(person: Person) -> Iterator[Act]:
        yield from person.passes(person.rng.randint(16, 24), (1.0, 1.8), (0.0, 0.2))

    return _sets(person, work)


def brisk(person: Person) -> Iterator[Act]:
    """As fast as the guidance lets one: 1.8-2.6 s a pass."""

    def work(person: Person) -> Iterator[Act]:
        yield from person.passes(person.rng.randint(12, 18), (1.8, 2.6), (0.05, 0.4))

    return _sets(person, work)


def scan(person: Person) -> Iterator[Act]:
    """An inch a second over whole muscles (guidance 1.5)."""

    def work(person: Person) -> Iterator[Act]:
        for _ in range(person.rng.randint(4, 6)):
            yield from person.scan()

    return _sets(person, work)


def stick(person: Person) -> Iterator[Act]:
    """Passes with a massage stick, two to three turns each, and a spot pressed for a while."""

    def work(person: Person) -> Iterator[Act]:
        rng = person.rng
        yield from person.passes(rng.randint(5, 8), (2.2, 4.0), (0.05, 0.5))
        yield from person.go_to_spot(rng.uniform(-0.3, 0.3) * person.muscle.stroke_m)
        yield from person.hold(rng.uniform(6, 14), rng.uniform(0.004, 0.007) if rng.random() < 0.3 else 0.0)
        yield from person.passes(rng.randint(3, 5), (2.2, 4.0), (0.05, 0.5))

    return _sets(person, work, STICK_ROTA)


def ball(person: Person) -> Iterator[Act]:
    """From spot to spot on a massage ball; each is pressed without moving, or worked in small circles."""

    def work(person: Person) -> Iterator[Act]:
        rng = person.rng
        for _ in range(3):
            yield from person.roll_to_spot()
            seconds = rng.uniform(6, 14) if rng.random() < 0.4 else rng.uniform(20, 30)
            yield from person.circle(seconds) if rng.random() < 0.5 else person.stay(seconds)

    return _sets(person, work, BALL_ROTA)


def jerky(person: Person) -> Iterator[Act]:
    def work(person: Person) -> Iterator[Act]:
        for _ in range(person.rng.randint(8, 12)):
            yield from person.jerky_stroke(person.rng.uniform(2.0, 4.0))
            yield from person.pause((0.05, 0.5))

    return _sets(person, work)


def holding(person: Person) -> Iterator[Act]:
    """From one tender spot to the next; some are left too early, some worked in small circles."""

    def work(person: Person) -> Iterator[Act]:
        rng = person.rng
        reach_m = person.muscle.stroke_m / 2
        yield from person.passes(2, (3.0, 4.5), (0.1, 0.4))
        for place in rng.sample((-0.7, -0.35, 0.0, 0.35, 0.7), 2):
            yield from person.go_to_spot(place * reach_m + rng.uniform(-0.01, 0.01))
            seconds = rng.uniform(8, 15) if rng.random() < 0.3 else rng.uniform(22, 33)
            yield from person.hold(seconds, rng.uniform(0.004, 0.008) if rng.random() < 0.4 else 0.0)
        yield from person.passes(1, (3.0, 4.5), (0.1, 0.4))

    return _sets(person, work)


def mixed(person: Person) -> Iterator[Act]:
    """Some of everything, a few moves of each kind at a time."""

    def work(person: Person) -> Iterator[Act]:
        for _ in range(4):
            yield from person.rng.choice(_HABITS)(person)

    return _sets(person, work)


def _few_calm(person: Person) -> Iterator[Act]:
    return person.passes(person.rng.randint(3, 5), (3.0, 5.0), (0.05, 0.6))


def _few_fast(person: Person) -> Iterator[Act]:
    return person.passes(person.rng.randint(3, 5), (1.0, 1.9), (0.0, 0.2))


def _few_jerky(person: Person) -> Iterator[Act]:
    for _ in range(2):
        yield from person.jerky_stroke(person.rng.uniform(2.0, 4.0))
        yield from person.pause((0.1, 0.5))


def _few_short(person: Person) -> Iterator[Act]:
    for _ in range(3):
        yield from person.short_stroke()


def _one_creep(person: Person) -> Iterator[Act]:
    return person.creep()


def _one_hold(person: Person) -> Iterator[Act]:
    rng = person.rng
    yield from person.go_to_spot(rng.uniform(-0.35, 0.35) * person.muscle.stroke_m)
    yield from person.hold(rng.uniform(8, 28), rng.uniform(0.004, 0.008) if rng.random() < 0.4 else 0.0)


def _lift_and_return(person: Person) -> Iterator[Act]:
    yield from person.fly_off(person.rng.uniform(2.0, 4.0))
    if person.rng.random() < 0.5:
        yield from person.nudge()
    yield from person.touch_down()


def _press_hard(person: Person) -> Iterator[Act]:
    before = person.pressing
    yield from person.press(person.rng.uniform(0.42, 0.52))
    yield from person.passes(2, (3.0, 4.5), (0.1, 0.4))
    yield from person.press(before)


_HABITS: tuple[Behaviour, ...] = (
    _few_calm,
    _few_calm,
    _few_fast,
    _few_jerky,
    _few_short,
    _one_creep,
    _one_hold,
    _one_hold,
    _lift_and_return,
    _press_hard,
)


def demo(person: Person) -> Iterator[Act]:
    """A routine, followed hands-free three hours after a run: lifting off moves on. Afterwards calm sets for whoever is
    still watching.
    """
    yield Say(Command(t=0.0, command="run_finished", ago_s=3 * 3600.0, effort=6))
    yield from person.lie(FIRST_REST_S)
    yield Say(Command(t=0.0, command="routine", routine="post-run-legs"))
    yield from _demo_left_calf(person)
    yield from _demo_right_calf(person)
    for muscle in ("hamstrings", "quadriceps", "tfl", "glutes"):
        for _ in range(2):
            yield from _demo_as_it_should_be(person, muscle)
    yield from person.lie(70.0)  # the shins, by hand
    yield from calm(person)


def _demo_left_calf(person: Person) -> Iterator[Act]:
    """Begins too fast, slows down, finds a tender spot, gives it its time, and rolls over it again."""
    yield from person.turn_to("calves")
    person.pressing = 0.22
    yield from person.lie(2.5)
    yield from person.touch_down(-0.12)
    yield from person.passes(7, (1.5, 1.8), (0.05, 0.15))
    yield from person.press(0.30)
    yield from person.passes(4, (3.4, 4.4), (0.1, 0.4))
    yield from person.go_to_spot(0.04)
    yield Say(Command(t=0.0, command="spot"))
    yield from person.pause((0.8, 0.9))
    yield from person.hold(20.0, 0.005)
    yield from person.pause((0.9, 1.2))
    yield from person.passes(2, (3.4, 4.4), (0.1, 0.4))
    yield from _lift_off_and_move_on(person)
    yield Say(Command(t=0.0, command="rate", value=4, when="after"))


def _demo_right_calf(person: Person) -> Iterator[Act]:
    """Begins too hard, lifts the leg in mid-stroke, leaves a spot too early, loses patience."""
    yield from person.turn_to("calves")
    person.pressing = 0.24
    yield from person.lie(1.0)
    yield from person.touch_down(-0.12)
    yield from person.passes(1, (3.4, 4.2), (0.1, 0.3))
    yield from person.press(0.50, 1.2)
    yield from person.passes(2, (3.4, 4.2), (0.1, 0.3))
    yield from person.press(0.30)
    yield from person.fly_off(3.4)
    yield from person.touch_down(0.12)
    yield from person.go_to_spot(-0.03)
    yield from person.hold(11.0)
    yield from person.jerky_stroke(3.0)
    yield from person.pause((0.2, 0.4))
    yield from person.passes(3, (3.4, 4.2), (0.1, 0.3))
    yield from _lift_off_and_move_on(person)


def _demo_as_it_should_be(person: Person, muscle: str) -> Iterator[Act]:
    """Light first, then as firm as the guidance has it, until the coach says that it is enough."""
    yield from person.turn_to(muscle)
    firm = 0.6 * person.muscle.low_share + 0.5 * person.muscle.high_share
    person.pressing = 0.8 * firm
    yield from person.lie(2.0)
    yield from person.touch_down()
    yield from person.passes(3, (4.2, 5.0), (0.1, 0.4))
    yield from person.press(firm)
    yield from person.passes(6, (4.2, 5.0), (0.1, 0.4))
    yield from _lift_off_and_move_on(person)


def _lift_off_and_move_on(person: Person) -> Iterator[Act]:
    """Off the muscle, and towards the next one."""
    yield from person.lift_off()
    yield from person.lie(1.5)


def still(person: Person) -> Iterator[Act]:
    """The roller lies on the floor and nobody comes."""
    while True:
        yield from person.lie(10.0)


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario("calm", 120.0, calm),
        Scenario("fast", 90.0, fast),
        Scenario("jerky", 90.0, jerky),
        Scenario("brisk", 90.0, brisk),
        Scenario("holding", 180.0, holding),
        Scenario("mixed", 180.0, mixed),
        Scenario("demo", 180.0, demo),
        Scenario("long", 600.0, mixed),
        Scenario("scan", 180.0, scan),
        Scenario("stick", 120.0, stick, "massage_stick"),
        Scenario("ball", 180.0, ball, "massage_ball"),
        Scenario("still", 60.0, still),
        Scenario("rushed", 45.0, learners.rushed),
        Scenario("heavy", 50.0, learners.heavy),
        Scenario("eager", 40.0, learners.eager),
        Scenario("fitful", 40.0, learners.fitful),
        Scenario("impatient", 105.0, learners.impatient),
        Scenario("shin", 40.0, learners.shin),
        Scenario("knee", 45.0, learners.knee, span_m=learners.SPAN_M),
        Scenario("tender", 50.0, learners.tender),
        Scenario("turns", 40.0, calibrators.turns, calibrated=False),
        Scenario("metre", 60.0, calibrators.metre, calibrated=False),
        Scenario("scale", 90.0, calibrators.scale, calibrated=False),
        Scenario("ends", 60.0, calibrators.ends, calibrated=False),
    )
}


def find(name: str) -> Scenario:
    """The scenario called `name`; `UnknownScenario` names the nearest one and lists them all."""
    scenario = SCENARIOS.get(name)
    if scenario is None:
        near = difflib.get_close_matches(name, SCENARIOS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownScenario(f"there is no scenario {name!r}.{hint} The scenarios are: {', '.join(SCENARIOS)}")
    return scenario
