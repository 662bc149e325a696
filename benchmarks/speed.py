"""What an input costs the engine, how fast a recording replays, and what hours of it do to memory.

    .venv/bin/python benchmarks/speed.py [--runs 7] [--check]

One simulated session (`mixed`, 180 s: IMU at 100 Hz, pressure at 50 Hz, ticks), taken into memory first; the garbage
collector frozen as the daemon does it; every figure the median of several runs, the fastest one beside it.

(a) Microseconds of `Engine.feed` for an IMU sample, a force reading and a tick; the sample that ends a pass, apart.
(b) The stages alone: what each was told during the session, told again to a fresh one; the calls' own cost taken off.
(c) `vqf.VQF.update` and `imufusion.Ahrs.update_no_magnetometer` on the same samples, called from Python. Both make an
    orientation of a sample, and nothing of what follows from it; they need the `bench` extra.
(d) `slowroll replay` of one hour from a .jsonl file, as a process of its own, start included.
(e) Resident memory after 1, 2 and 3 hours of one session fed to one engine.
(f) Cost of an IMU sample with 1, 2 and 4 rollers at one engine.

Bars: (a) 8 us an IMU sample, the end of a pass apart; (d) 5 s; (e) under 2 MB more after three hours than after one.
`--check`: exit 1 if one is not met. A shared machine changes its pace by a factor of two from one second to the next;
the first and last line say how fast it was.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from footprint import memory_mb
from msgspec import structs

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Pass
from firmware_host.coaching.holds import HoldTracker
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, Tick
from firmware_host.coaching.motion import Motion
from firmware_host.coaching.movements import MovementTracker
from firmware_host.coaching.setup import Setup
from firmware_host.coaching.watch import Watch
from firmware_host.history.recording import encode, encode_header, new_header
from firmware_host.profiles import load_profile
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World

SCENARIO, SECONDS, SEED = "mixed", 180.0, 1
SAMPLE_BAR_US = 8.0
REPLAY_BAR_S = 5.0
GROWTH_BAR_MB = 2.0
REPLAY_RUNS = 3
HOUR_S = 3600.0
TOOL = World(SCENARIO, SEED, SECONDS).tool
now = time.perf_counter


def setup(rollers: int = 1) -> Setup:
    tools = tuple(structs.replace(TOOL, name=roller(i)) for i in range(rollers))
    return Setup(person=World(SCENARIO, SEED, SECONDS).person, tools=tools, profile=load_profile("article"))


def roller(number: int) -> str:
    return TOOL.name if number == 0 else f"{TOOL.name}-{number + 1}"


def on_and_on(session: list[Input], seconds: float) -> Iterator[Input]:
    """The session again and again, moved on in time."""
    start = 0.0
    while start < seconds:
        for given in session:
            if given.t + start >= seconds:
                return
            yield structs.replace(given, t=round(given.t + start, 6))
        start += SECONDS


def pace_ns() -> float:
    """A pass through an empty loop, at the moment; the fastest of five tries."""
    best = 1.0
    for _ in range(5):
        start = now()
        for _ in range(20000):
            pass
        best = min(best, (now() - start) / 20000)
    return best * 1e9


class Runs:
    """The same figure from several runs."""

    def __init__(self, values: Iterable[float]) -> None:
        self.values = sorted(values)

    @property
    def median(self) -> float:
        return median(self.values)

    def __str__(self) -> str:
        return f"{self.median:7.2f}  (fastest {self.values[0]:.2f})"


# --- (a) the whole engine --------------------------------------------------------------------------------------------


def fed(session: list[Input]) -> tuple[dict[type, float], list[float]]:
    """One run: microseconds of each kind of input, passes' ends apart; and of those that ended a pass of 2 to 4 s."""
    feed = Engine(setup()).feed
    spent = {ImuSample: 0.0, ForceSample: 0.0, Tick: 0.0}
    count = dict.fromkeys(spent, 0)
    ends = []
    bracket = _bracket()
    for given in session:
        start = now()
        events = feed(given)
        took = now() - start - bracket
        kind = given.__class__
        if any(hasattr(event, "smoothness") for event in events):
            ends += [took * 1e6 for event in events if isinstance(event, Pass) and 2 <= event.end - event.start <= 4]
        elif kind in spent:
            spent[kind] += took
            count[kind] += 1
    return {kind: spent[kind] / count[kind] * 1e6 for kind in spent}, ends


def _bracket() -> float:
    """Seconds that taking the time twice takes."""
    return median(-now() + now() for _ in range(5000))


def show_whole(runs: list[tuple[dict[type, float], list[float]]]) -> Runs:
    """Print (a); an IMU sample's cost."""
    costs = {kind: Runs(run[kind] for run, _ in runs) for kind in (ImuSample, ForceSample, Tick)}
    names = {ImuSample: "an IMU sample", ForceSample: "a force reading", Tick: "a tick"}
    print("(a) the whole engine, us an input")
    for kind, cost in costs.items():
        print(f"  {names[kind]:34} {cost}")
    ends = Runs(median(ends) / 1000 for _, ends in runs)
    print(f"  {'the end of a pass of about 3 s':34} {ends} ms, {len(runs[0][1])} passes")
    return costs[ImuSample]


# --- (b) the stages --------------------------------------------------------------------------------------------------


STAGES: dict[str, tuple[Any, Callable[[], Any]]] = {
    "Motion.update": (Motion, lambda: Motion(TOOL)),
    "movements": (MovementTracker, MovementTracker),
    "holds": (HoldTracker, HoldTracker),
    "watch (limits and tallies)": (Watch, lambda: Watch(Engine(setup()).tracks[TOOL.name].watch.limits, 0.3, 0.5)),
}
Calls = list[tuple[str, tuple[Any, ...], dict[str, Any]]]


@contextmanager
def overheard(kind: Any) -> Iterator[Calls]:
    """Everything that is asked of a class's objects from outside meanwhile."""
    calls: Calls = []
    inside = [False]

    def tapped(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, *args: Any, **named: Any) -> Any:
            if inside[0]:
                return method(self, *args, **named)
            calls.append((name, args, named))
            inside[0] = True
            try:
                return method(self, *args, **named)
            finally:
                inside[0] = False

        return call

    methods = {name: one for name, one in vars(kind).items() if callable(one) and not name.startswith("_")}
    for name, method in methods.items():
        setattr(kind, name, tapped(name, method))
    try:
        yield calls
    finally:
        for name, method in methods.items():
            setattr(kind, name, method)


def told(calls: Calls, made: Any) -> float:
    """Seconds of telling it everything again."""
    bound = [(getattr(made, name), args, named) for name, args, named in calls]
    start = now()
    for method, args, named in bound:
        method(*args, **named)
    return now() - start


class Deaf:
    """Takes every call and does nothing: the measure of what calling costs."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return self.hear

    def hear(self, *args: Any, **named: Any) -> None:
        pass


def hear(session: list[Input]) -> dict[str, Calls]:
    """What each stage is told during the session."""
    with ExitStack() as stack:
        heard = {name: stack.enter_context(overheard(kind)) for name, (kind, _) in STAGES.items()}
        feed = Engine(setup()).feed
        for given in session:
            feed(given)
    return heard


def alone(calls: Calls, make: Callable[[], Any]) -> float:
    """Seconds a stage takes of its own: with and without it, one right after the other, as the pace changes."""
    pairs = [(told(calls, make()), told(calls, Deaf())) for _ in range(3)]
    return min(whole for whole, _ in pairs) - min(calling for _, calling in pairs)


def show_stages(runs: list[dict[str, float]], engine: Runs, heard: dict[str, Calls], samples: int) -> Runs:
    """Print (b); Motion.update's cost."""
    print("(b) the stages alone, us an IMU sample")
    costs = {name: Runs(run[name] / samples * 1e6 for run in runs) for name in STAGES}
    for name, cost in costs.items():
        print(f"  {name:34} {cost}   asked {len(heard[name]) / samples:.2f} times a sample")
    rest = engine.median - sum(cost.median for cost in costs.values())
    print(f"  {'the rest: calls, order, advice':34} {rest:7.2f}")
    return costs["Motion.update"]


# --- (c) the peers ---------------------------------------------------------------------------------------------------


def peers(session: list[Input]) -> dict[str, Callable[[], float]]:
    """Orientation filters written in C and C++, called once a sample from Python: microseconds a sample, of each."""
    try:
        import imufusion
        import numpy as np
        from vqf import VQF
    except ImportError as error:
        print(f"(c) not measured: {error.name} is not installed; pip install -e '.[bench]'")
        return {}
    imu = [one for one in session if isinstance(one, ImuSample) and one.accel is not None and one.gyro is not None]
    gyro = [np.array(one.gyro) for one in imu]
    accel = [np.array(one.accel) for one in imu]
    degrees, gs = [np.degrees(one) for one in gyro], [one / 9.80665 for one in accel]
    step = SECONDS / len(imu)

    def timed(update: Callable[[Any, Any], Any], rates: list[Any], forces: list[Any]) -> float:
        start = now()
        for rate, force in zip(rates, forces, strict=True):
            update(rate, force)
        return (now() - start) / len(imu) * 1e6

    return {
        "vqf.VQF.update": lambda: timed(VQF(step).update, gyro, accel),
        "imufusion.Ahrs.update": lambda: timed(imufusion.Ahrs().update_no_magnetometer, degrees, gs),
    }


def show_peers(runs: list[dict[str, float]], engine: Runs, motion: Runs) -> None:
    """Print (c), from the same runs as (a) and (b)."""
    if runs[0]:
        print("(c) from PyPI, us an IMU sample (orientation alone)")
    for name in runs[0]:
        cost = Runs(run[name] for run in runs)
        print(
            f"  {name:34} {cost}   the engine: {engine.median / cost.median:.1f} x, "
            f"Motion.update: {motion.median / cost.median:.1f} x"
        )


# --- (d) replay ------------------------------------------------------------------------------------------------------


def replay(session: list[Input]) -> Runs:
    """Seconds for an hour."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.jsonl"
        header = new_header("bench", "2026-01-01T00:00:00Z", setup().person, (TOOL,), None)
        with path.open("wb") as file:
            file.write(encode_header(header))
            file.writelines(encode(given) for given in on_and_on(session, HOUR_S))
        size_mb = path.stat().st_size / 1e6
        took = Runs(_replayed_s(path) for _ in range(REPLAY_RUNS))
    print(f"(d) slowroll replay of one hour, {size_mb:.0f} MB of .jsonl, s")
    print(f"  {'one hour':34} {took}   {HOUR_S / took.median:.0f} x real time")
    return took


def _replayed_s(path: Path) -> float:
    start = now()
    subprocess.run([sys.executable, "-m", "firmware_host", "replay", str(path)], stdout=subprocess.DEVNULL, check=True)
    return now() - start


# --- (e) memory ------------------------------------------------------------------------------------------------------


def resident(session: list[Input]) -> list[float]:
    """MB after each of three hours; the session never ends, its sets are kept."""
    feed = Engine(setup()).feed
    gc.freeze()
    found = []
    hour = 1
    for given in on_and_on(session, 3 * HOUR_S + 1.0):
        if given.t >= hour * HOUR_S:
            gc.collect()
            found.append(memory_mb("self"))
            hour += 1
        feed(given)
    return found


def memory() -> float:
    """MB that three hours take more than one."""
    words = [sys.executable, __file__, "--part", "memory"]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
    after: list[float] = json.loads(done.stdout.splitlines()[-1])
    growth = after[-1] - after[0]
    print("(e) resident after 1, 2 and 3 hours: " + ", ".join(f"{mb:.1f}" for mb in after) + f" MB: {growth:+.1f} MB")
    return growth


# --- (f) several rollers ---------------------------------------------------------------------------------------------


def rollers(session: list[Input], runs: int) -> None:
    print("(f) several rollers at one engine, us an IMU sample")
    first = 0.0
    for count in (1, 2, 4):
        inputs: list[Input] = []
        for given in session:
            named = count if isinstance(given, ImuSample | ForceSample) else 1
            inputs += [given, *(structs.replace(given, tool=roller(i)) for i in range(1, named))]
        samples = sum(given.__class__ is ImuSample for given in inputs)
        cost = Runs(_all_fed_s(inputs, count) / samples * 1e6 for _ in range(max(3, runs // 2)))
        first = first or cost.median
        print(f"  {count} {'and everything else that came':32} {cost}   {cost.median / first:.2f} x")


def _all_fed_s(inputs: list[Input], count: int) -> float:
    feed = Engine(setup(count)).feed
    start = now()
    for given in inputs:
        feed(given)
    return now() - start


def report(runs: int) -> bool:
    """Measure and print everything; True if all bars are met."""
    session = list(simulate(SCENARIO, SEED, SECONDS))
    gc.collect()
    gc.freeze()
    print(f"{len(session)} inputs in {SECONDS:.0f} s; the machine takes {pace_ns():.0f} ns for an empty loop's turn")
    heard, others = hear(session), peers(session)
    samples = sum(given.__class__ is ImuSample for given in session)
    fed(session)  # warm
    wholes, parts, besides = [], [], []
    for _ in range(runs):  # in turn, so that all of them see the same machine
        wholes.append(fed(session))
        parts.append({name: alone(heard[name], make) for name, (_, make) in STAGES.items()})
        besides.append({name: measure() for name, measure in others.items()})
    engine = show_whole(wholes)
    motion = show_stages(parts, engine, heard, samples)
    show_peers(besides, engine, motion)
    took = replay(session)
    growth = memory()
    rollers(session, runs)
    print(f"the machine takes {pace_ns():.0f} ns for an empty loop's turn")
    bars = [
        (f"an IMU sample in {SAMPLE_BAR_US:.0f} us", engine.median <= SAMPLE_BAR_US),
        (f"an hour's replay in {REPLAY_BAR_S:.0f} s", took.median <= REPLAY_BAR_S),
        (f"under {GROWTH_BAR_MB:.0f} MB more after three hours", growth < GROWTH_BAR_MB),
    ]
    for what, met in bars:
        print(f"bar: {what}: {'met' if met else 'NOT met'}")
    return all(met for _, met in bars)


def main() -> int:
    parser = argparse.ArgumentParser(description="Cost of the engine, of replay, and of long sessions.")
    parser.add_argument("--runs", type=int, default=7, metavar="N", help="runs of each measurement (7)")
    parser.add_argument("--check", action="store_true", help="exit 1 if a bar is not met")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part == "memory":
        print(json.dumps(resident(list(simulate(SCENARIO, SEED, SECONDS)))))
        return 0
    met = report(args.runs)
    return 1 if args.check and not met else 0


if __name__ == "__main__":
    sys.exit(main())
