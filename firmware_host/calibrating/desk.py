"""One calibration at a time, step by step: the same for the terminal and for `cmd/calibrate`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from firmware_host.calibrating import radius
from firmware_host.calibrating.axis import AxisBench
from firmware_host.calibrating.bench import Bench, Progress
from firmware_host.calibrating.force import ForceBench
from firmware_host.calibrating.gyro import GyroBench
from firmware_host.calibrating.radius import RadiusBench
from firmware_host.calibrating.span import SpanBench
from firmware_host.calibrations import What
from firmware_host.coaching.inputs import Input, Person, Tool

Step = Literal["begin", "look", "mark", "finish", "cancel"]
"""begin anew; say where it stands; now (a key, the button); that is all; never mind."""


class Ask(Struct, frozen=True, kw_only=True):
    """One step of one calibration."""

    what: What
    tool: str | None = None
    """May be left out where there is one tool."""
    step: Step = "begin"
    kg: float | None = None
    distance_m: float | None = None
    muscle: str | None = None


class Desk:
    """The calibration that is on, if any. `muscles`: name -> least length of a pass there (m)."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self.bench: Bench | None = None

    @property
    def active(self) -> bool:
        """Samples are wanted."""
        return self.bench is not None and not self.bench.over

    def take(self, given: Input) -> Bench | None:
        """One input; the bench, if this was what ended it."""
        bench = self.bench
        if bench is None or bench.over:
            return None
        bench.take(given)
        return bench if bench.over else None

    def step(self, ask: Ask, tools: Mapping[str, Tool], muscles: Mapping[str, float]) -> Progress | str:
        """Take one step: where it stands then, or why that can't be."""
        if ask.step == "begin":
            return self._begin(ask, tools, muscles)
        bench = self.bench
        if bench is None or bench.what != ask.what or ask.tool not in (None, bench.tool.name):
            return f"no calibration of {ask.what} is on; begin one first (step: begin)"
        if ask.step == "cancel":
            self.bench = None
            return bench.progress
        if not bench.over:
            if ask.step == "mark":
                bench.mark(ask.kg)
            elif ask.step == "finish":
                bench.finish()
        return bench.progress

    def _begin(self, ask: Ask, tools: Mapping[str, Tool], muscles: Mapping[str, float]) -> Progress | str:
        tool = chosen_tool(ask.tool, tools)
        if isinstance(tool, str):
            return tool
        bench = bench_for(ask, tool, self._person, muscles)
        if isinstance(bench, str):
            return bench
        self.bench = bench
        return bench.progress


def chosen_tool(name: str | None, tools: Mapping[str, Tool]) -> Tool | str:
    """The tool of that name, or the only one; or why there is none."""
    if name is None:
        if len(tools) == 1:
            return next(iter(tools.values()))
        return f"say which tool: {', '.join(tools) or 'this station has none'}"
    if name in tools:
        return tools[name]
    return f"there is no tool {name!r} at this station{_near(name, tools)}: it has {', '.join(tools) or 'none'}"


def bench_for(ask: Ask, tool: Tool, person: Person, muscles: Mapping[str, float]) -> Bench | str:
    """A new bench for that tool, or why it can't be calibrated so."""
    what = ask.what
    if tool.kind == "massage_ball" and what in ("axis", "radius", "span"):
        return f"a ball rolls about any axis, so it has no {what} to be found by rolling" + (
            ": measure its diameter and put half of it into tools.radius_m" if what == "radius" else ""
        )
    if what == "gyro":
        return GyroBench(tool)
    if what == "axis":
        return AxisBench(tool)
    if what == "radius":
        distance_m = 1.0 if ask.distance_m is None else ask.distance_m
        if not radius.LEAST_M <= distance_m <= radius.MOST_M:
            return f"the distance has to be {radius.LEAST_M:g} to {radius.MOST_M:g} m, not {distance_m:g}"
        return RadiusBench(tool, person, distance_m)
    if what == "force":
        return _force_bench(tool)
    if ask.muscle is None:
        return f"say which muscle is measured: {', '.join(muscles)}"
    if ask.muscle not in muscles:
        return f"there is no muscle {ask.muscle!r}{_near(ask.muscle, muscles)}: there are {', '.join(muscles)}"
    return SpanBench(tool, person, ask.muscle, muscles[ask.muscle])


def _force_bench(tool: Tool) -> Bench | str:
    if tool.pressure == "none":
        return f'{tool.name} has no force sensor (tools.pressure is "none"), so there is nothing to calibrate'
    if tool.pressure == "contact":
        return (
            "a contact pad says pressed or not pressed, and nothing in between: it can't be calibrated to newtons. "
            "The coach goes by its own maximum"
        )
    return ForceBench(tool)


def _near(name: str, names: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
