"""Hand-made rolling: smooth strokes, holds and lift-offs whose passes and holds are known on paper."""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, sin

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event
from firmware_host.coaching.inputs import Command, ForceSample, ImuSample, Input, Person, Tick, Tool, Vector
from firmware_host.coaching.setup import Setup
from firmware_host.profiles import load_profile

G = 9.80665
RADIUS = 0.075
PERSON = Person(mass_kg=75.0, height_m=1.75)
ARTICLE = load_profile("article")
ROLLER = Tool(name="roller", kind="foam_roller", radius_m=RADIUS, axis=(1.0, 0.0, 0.0), pressure="force")


class Rolling:
    """Builds a session step by step at 100 Hz: `t` and `x` move along, `inputs` grows."""

    def __init__(self, tool: Tool = ROLLER, force_n: float = 200.0, bias: Vector = (0.0, 0.0, 0.0)) -> None:
        self.tool = tool
        self.t = 0.0
        self.x = 0.0
        self.force_n = force_n
        self.bias = bias
        self.inputs: list[Input] = []

    def sample(self, speed: float) -> None:
        """One IMU sample with this speed (m/s), and a force reading every second one."""
        self.t = round(self.t + 0.01, 6)
        self.x += speed * 0.01
        angle = self.x / RADIUS
        gyro = (speed / RADIUS + self.bias[0], self.bias[1], self.bias[2])
        self.inputs.append(ImuSample(self.t, self.tool.name, (0.0, G * sin(angle), G * cos(angle)), gyro))
        if self.tool.pressure == "force" and len(self.inputs) % 3 == 1:
            self.inputs.append(ForceSample(self.t, self.tool.name, "force", self.force_n))

    def rest(self, seconds: float) -> Rolling:
        for _ in range(round(seconds * 100)):
            self.sample(0.0)
        return self

    def stroke(self, length: float, seconds: float) -> Rolling:
        """A half-sine stroke of this signed length."""
        steps = round(seconds * 100)
        peak = length * pi / 2 / seconds
        for i in range(steps):
            self.sample(peak * sin(pi * (i + 0.5) / steps))
        return self

    def steady(self, speed: float, seconds: float) -> Rolling:
        for _ in range(round(seconds * 100)):
            self.sample(speed)
        return self

    def passes(self, count: int, length: float = 0.25, seconds: float = 3.0) -> Rolling:
        for i in range(count):
            self.stroke(length if i % 2 == 0 else -length, seconds)
        return self

    def press(self, force_n: float) -> Rolling:
        self.force_n = force_n
        return self

    def say(self, command: str, **fields: object) -> Rolling:
        self.inputs.append(Command(t=self.t, command=command, **fields))  # type: ignore[arg-type]
        return self


def setup(tool: Tool = ROLLER) -> Setup:
    return Setup(person=PERSON, tools=(tool,), profile=ARTICLE)


def ticked(inputs: list[Input]) -> Iterator[Input]:
    """The inputs with 10 Hz ticks in between, as a live run has them."""
    count = 1
    for given in inputs:
        while given.t > count * 0.1:
            yield Tick(round(count * 0.1, 6))
            count += 1
        yield given


def run(inputs: list[Input], tool: Tool = ROLLER) -> list[Event]:
    """All events of a fresh engine, closed at the end."""
    engine = Engine(setup(tool))
    events = [event for given in ticked(inputs) for event in engine.feed(given)]
    return events + engine.close()


def only(events: list[Event], kind: type) -> list[Event]:
    return [event for event in events if type(event) is kind]


def cues(events: list[Event]) -> list[str]:
    return [event.cue for event in events if hasattr(event, "cue")]
