"""Scripted lives for the coach: hand-made rolling with its own account of when what truly happened, and a way to say
which cues it should hear, in which order and when.
"""

from __future__ import annotations

from math import acos, asin, pi

from msgspec import structs
from rolling import PERSON, ROLLER, Rolling, setup, ticked

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Advice, Cue, Event
from firmware_host.coaching.inputs import Calibration, Command, Input, Tick, Tool
from firmware_host.coaching.setup import Carried, Setup
from firmware_host.routines import load_routines
from firmware_host.techniques import load_techniques

HOUR = 3600.0
DAY = 24 * HOUR
SPANNED = structs.replace(ROLLER, calibration=Calibration(span_m=0.30))
STICK = Tool(name="stick", kind="massage_stick", radius_m=0.02, axis=(1.0, 0.0, 0.0), pressure="force")
BALL = Tool(name="ball", kind="massage_ball", radius_m=0.032, pressure="force")
WEIGHT_N = PERSON.mass_kg * 9.80665
NOTHING = Carried()
TECHNIQUES = load_techniques()
ROUTINES = load_routines(None)[0]
EDGE_M_S = 0.008
"""docs/contract.md: a movement's start and end are where its speed crosses this."""


class Life(Rolling):
    """`at` keeps the moments that the script names, `work_s` the seconds it truly worked: moving, on the body."""

    def __init__(self, tool: Tool = ROLLER, force_n: float = 0.0) -> None:
        super().__init__(tool, force_n)
        self.at: dict[str, float] = {}
        self.worked_s = 0.0

    def mark(self, name: str) -> Life:
        self.at[name] = self.t
        return self

    def land(self, force_n: float, seconds: float = 0.3) -> Life:
        """Weight onto the resting tool."""
        self.press(force_n)
        self.rest(seconds)
        return self

    def lift(self, seconds: float = 1.5) -> Life:
        self.press(0.0)
        self.rest(seconds)
        return self

    def hold(self, seconds: float) -> Life:
        """Rest, and mark when it truly began."""
        self.at["hold"] = self.t
        self.rest(seconds)
        return self

    def idle(self, seconds: float) -> Life:
        """Time without a sample: the tool is away, or switched off."""
        self.t = round(self.t + seconds, 6)
        self.inputs.append(Tick(self.t))
        return self


def speed_over(length_m: float, seconds: float, speed_m_s: float) -> float:
    """Seconds into a half-sine stroke at which its speed rises above `speed_m_s`."""
    return seconds / pi * asin(speed_m_s / (length_m * pi / 2 / seconds))


def travelled(length_m: float, seconds: float, way_m: float) -> float:
    """Seconds into a half-sine stroke at which it has gone `way_m`."""
    return seconds / pi * acos(1 - 2 * way_m / length_m)


def when_worked(work_s: float, length_m: float = 0.25, seconds: float = 3.0) -> float:
    """Seconds into half-sine passes, one after the other, at which `work_s` seconds of them were movement: what lies
    below the edge speed at either end of each is none."""
    edge_s = speed_over(length_m, seconds, EDGE_M_S)
    passes, left_s = divmod(work_s, seconds - 2 * edge_s)
    return passes * seconds + edge_s + left_s


def coached(*tools: Tool, carried: Carried = NOTHING, thin_out: bool = False, timeout_s: float = 300.0) -> Setup:
    """With routines and techniques, as the daemon makes it."""
    return structs.replace(
        setup(),
        tools=tools or (ROLLER,),
        routines=ROUTINES,
        techniques=TECHNIQUES,
        session_timeout_s=timeout_s,
        carried=carried,
        thin_out=thin_out,
    )


def lived(life: Rolling | list[Input], made: Setup | None = None) -> list[Event]:
    """All events of a fresh engine, closed at the end."""
    return played(life, made)[1]


def played(life: Rolling | list[Input], made: Setup | None = None) -> tuple[Engine, list[Event]]:
    engine = Engine(made or coached())
    inputs = life if isinstance(life, list) else life.inputs
    events = [event for given in ticked(inputs) for event in engine.feed(given)]
    return engine, events + engine.close()


def so_far(life: Rolling, made: Setup | None = None) -> tuple[Engine, list[Event]]:
    """As `played`, without the closing: what is on stays on."""
    engine = Engine(made or coached())
    return engine, [event for given in ticked(life.inputs) for event in engine.feed(given)]


def told(events: list[Event], cue: str | None = None) -> list[Cue]:
    return [event for event in events if isinstance(event, Cue) and cue in (None, event.cue)]


def topics(events: list[Event]) -> list[str]:
    return [event.topic for event in events if isinstance(event, Advice)]


Expected = tuple[str, float, float]
"""A cue, and from when until when it may come."""


def expect(events: list[Event], expected: list[Expected]) -> None:
    """Exactly these cues, in this order, each in its time."""
    heard = told(events)
    shown = "\n".join(f"  {cue.t:8.3f} {cue.cue}: {cue.words}" for cue in heard)
    wanted = "\n".join(f"  {start:8.3f}-{end:.3f} {name}" for name, start, end in expected)
    account = f"heard:\n{shown}\nexpected:\n{wanted}"
    assert [cue.cue for cue in heard] == [name for name, _, _ in expected], account
    for cue, (_, start, end) in zip(heard, expected, strict=True):
        assert start - 1e-6 <= cue.t <= end + 1e-6, f"{cue.cue} at {cue.t}\n{account}"


def calf(force_n: float = 200.0, tool: Tool = ROLLER, muscle: str = "calves") -> Life:
    """Two quiet seconds, the left calf chosen, contact."""
    life = Life(tool)
    life.rest(2.0).say("select", muscle=muscle, side="left")
    return life.land(force_n).mark("on")


def ask(engine: Engine, t: float, command: str, **fields: object) -> list[object]:
    return list(engine.feed(Command(t=t, command=command, **fields)))  # type: ignore[arg-type]
