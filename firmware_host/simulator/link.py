"""A poor radio link to the tool, as a pure transform of the input stream: what it does to IMU samples.

- Samples come in bunches with shaken time stamps: about 8 ms off (standard deviation), still in order.
- Some are lost, singly and in bursts of up to 0.3 s, 4 % in all; a few come twice.
- About once a minute nothing comes for 0.6 to 1.5 s. Acquisition names such a hole with a gap line, and a movement
  ends there (docs/contract.md), so truth.py asks for `holes`.
- About once a minute one sample holds a wild value, as a checksum of 16 bits lets through.

The other inputs pass unchanged. Everything is decided by the seed and by the samples' own times.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import msgspec

from firmware_host.coaching.inputs import ImuSample, Input, StreamGap, Vector

BUNCH = 3
BUNCH_S = 0.035
"""So many samples come together, if they were taken within this time."""
BUNCHED = 0.2
"""Samples of a bunch are stamped so much closer together than they were taken."""
JITTER_S = 0.0045
"""Of a bunch as a whole; with the bunching it makes 8 ms at 100 Hz."""
LEAST_STEP_S = 1e-4
LOST_SINGLY = 0.014
BURST_BEGINS = 0.0017
BURST_S = (0.05, 0.28)
CALM_S = 0.35
"""Losses keep so far from holes and from each other's bursts that they do not make a hole of their own."""
TWICE = 0.002
HOLE_S = (0.6, 1.5)
FIRST_HOLE_S = (15.0, 45.0)
HOLE_EVERY_S = (40.0, 80.0)
FIRST_WILD_S = (5.0, 45.0)
WILD_EVERY_S = (40.0, 80.0)
WILD_RAD_S = 30.0
WILD_M_S2 = 300.0
LATE_S = 0.1
"""An input is passed on when nothing can come before it any more."""

Hole = tuple[float, float]


def holes(seed: int, seconds: float) -> tuple[Hole, ...]:
    """From when until when (s) the link is down, up to `seconds`."""
    rng = random.Random(f"{seed}:holes")
    found: list[Hole] = []
    t = rng.uniform(*FIRST_HOLE_S)
    while t < seconds:
        end = t + rng.uniform(*HOLE_S)
        found.append((t, end))
        t = end + rng.uniform(*HOLE_EVERY_S)
    return tuple(found)


def worsened(inputs: Iterable[Input], seed: int, seconds: float) -> Iterator[Input]:
    """`inputs` (in order of time, one tool, up to `seconds`) as they come over the link, again in order of time."""
    samples = _Samples(seed, holes(seed, seconds))
    waiting: list[Input] = []
    for given in inputs:
        if not isinstance(given, ImuSample):
            waiting.append(given)
            continue
        came = samples.take(given)
        if came:
            waiting += came
            waiting.sort(key=lambda one: one.t)
            ready = sum(one.t < came[0].t - LATE_S for one in waiting)
            yield from waiting[:ready]
            del waiting[:ready]
    yield from sorted((*waiting, *samples.rest()), key=lambda one: one.t)


class _Samples:
    """One tool's IMU samples on their way."""

    def __init__(self, seed: int, down: tuple[Hole, ...]) -> None:
        self._rng = random.Random(f"{seed}:link")
        self._down = list(down)
        self._bunch: list[ImuSample] = []
        self._last_t = 0.0
        self._lost_until = 0.0
        self._calm_until = 0.0
        self._wild_t = self._rng.uniform(*FIRST_WILD_S)
        self._hole: Hole | None = None
        """The hole that has not been named yet."""

    def take(self, sample: ImuSample) -> list[Input]:
        """What arrives now that this sample was sent: nothing, or a bunch."""
        if self._in_hole(sample.t):
            return self._deliver()
        if self._hole is not None:
            return self._after_hole(sample)
        late = self._bunch and sample.t - self._bunch[0].t > BUNCH_S
        came = self._deliver() if late else []
        if not self._is_lost(sample.t):
            self._bunch.append(self._perhaps_wild(sample))
        return came + self._deliver() if len(self._bunch) == BUNCH else came

    def rest(self) -> list[Input]:
        """What is still under way."""
        return self._deliver()

    def _in_hole(self, t: float) -> bool:
        while self._down and self._down[0][1] <= t:
            self._hole = self._down.pop(0)
        return bool(self._down) and self._down[0][0] <= t

    def _after_hole(self, sample: ImuSample) -> list[Input]:
        """The gap line that acquisition writes just before the first sample it gets again."""
        came = self._deliver()
        assert self._hole is not None
        self._last_t = max(self._last_t, sample.t - LEAST_STEP_S)
        gap = StreamGap(self._last_t, sample.tool, "samples lost", "imu")
        self._calm_until = self._hole[1] + CALM_S
        self._hole = None
        self._bunch.append(sample)
        return [*came, gap]

    def _is_lost(self, t: float) -> bool:
        if t < self._lost_until:
            return True
        near_hole = bool(self._down) and t > self._down[0][0] - CALM_S
        chance = self._rng.random()
        if near_hole or t < self._calm_until:
            return False
        if chance < BURST_BEGINS:
            self._lost_until = t + self._rng.uniform(*BURST_S)
            self._calm_until = self._lost_until + CALM_S
        return chance < BURST_BEGINS + LOST_SINGLY

    def _perhaps_wild(self, sample: ImuSample) -> ImuSample:
        if sample.t < self._wild_t:
            return sample
        self._wild_t = sample.t + self._rng.uniform(*WILD_EVERY_S)
        axis, sign = self._rng.randrange(3), self._rng.choice((-1, 1))
        if self._rng.random() < 0.5:
            return msgspec.structs.replace(sample, gyro=_with(sample.gyro, axis, sign * WILD_RAD_S))
        return msgspec.structs.replace(sample, accel=_with(sample.accel, axis, sign * WILD_M_S2))

    def _deliver(self) -> list[Input]:
        """The bunch with the times it is given on arrival, some of it twice."""
        bunch, self._bunch = self._bunch, []
        came: list[Input] = []
        if not bunch:
            return came
        middle = bunch[len(bunch) // 2].t
        late = self._rng.gauss(0, JITTER_S)
        for sample in bunch:
            t = max(middle + late + BUNCHED * (sample.t - middle), self._last_t + LEAST_STEP_S)
            self._last_t = t
            stamped = msgspec.structs.replace(sample, t=t)
            came.append(stamped)
            if self._rng.random() < TWICE:
                came.append(stamped)
        return came


def _with(vector: Vector | None, axis: int, value: float) -> Vector:
    """`vector` with one component replaced."""
    x, y, z = vector or (0.0, 0.0, 0.0)
    return (value if axis == 0 else x, value if axis == 1 else y, value if axis == 2 else z)
