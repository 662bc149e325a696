"""The haptic motor in the tool: what it does to the sensors beside it, while it runs and while it runs down."""

from __future__ import annotations

import random
from collections.abc import Iterator
from math import exp, pi, sin
from typing import NamedTuple

from firmware_host.simulator.plan import KEPT_S

VIBRATION_HZ = 180.0
VIBRATION_M_S2 = 30.0
VIBRATION_RAD_S = 0.15
RUN_DOWN_S = 0.2
RUN_DOWN_DECAY_S = 0.06
FORCE_TAIL_S = 0.5
FORCE_TAIL_DECAY_S = 0.15
"""Foam and flesh ring on for longer than the board."""
FORCE_SHAKE_N = 4.0
FORCE_SHAKE_SHARE = 0.05

FIRST_BURST_S = 4.0
BURST_EVERY_S = (2.5, 5.0)
BURST_S = (0.15, 0.3)


class Buzz(NamedTuple):
    """The haptic motor running, from `start` until `end` (None: still on)."""

    start: float
    end: float | None
    level: float


class Motor:
    """Off until `run` says otherwise."""

    def __init__(self) -> None:
        self.buzzes: tuple[Buzz, ...] = ()
        """Those whose shaking may still be asked about."""

    def run(self, level: float, t: float) -> bool:
        """It runs at `level` (0..1) from `t` on; 0 is off. True if that started it."""
        buzzes = tuple(buzz for buzz in self.buzzes if buzz.end is None or buzz.end > t - 2 * KEPT_S)
        running = buzzes[-1] if buzzes and buzzes[-1].end is None else None
        if running is not None:
            buzzes = (*buzzes[:-1], running._replace(end=t))
        if level > 0:
            buzzes = (*buzzes, Buzz(t, None, level))
        self.buzzes = buzzes
        return level > 0 and running is None

    def shake(self, t: float) -> tuple[float, float]:
        """Shake (m/s2) and twist (rad/s) of the board at `t`."""
        wave = self._strength(t, RUN_DOWN_S, RUN_DOWN_DECAY_S) * sin(2 * pi * VIBRATION_HZ * t)
        return VIBRATION_M_S2 * wave, VIBRATION_RAD_S * wave

    def ripple_n(self, t: float, force_n: float) -> float:
        """What it adds to the force on the sensor at `t`."""
        strength = self._strength(t, FORCE_TAIL_S, FORCE_TAIL_DECAY_S)
        return strength * (FORCE_SHAKE_N + FORCE_SHAKE_SHARE * force_n) * sin(2 * pi * VIBRATION_HZ * t + 1.0)

    def _strength(self, t: float, tail_s: float, decay_s: float) -> float:
        strength = 0.0
        for start, end, level in self.buzzes:
            if end is None or t <= end:
                if t >= start:
                    strength = max(strength, level)
            elif t < end + tail_s:
                strength = max(strength, level * exp((end - t) / decay_s))
        return strength


def bursts(seed: int) -> Iterator[tuple[float, float]]:
    """Start and length (s) of one burst after the other, as a coach may sound them."""
    rng = random.Random(f"{seed}:bursts")
    t = FIRST_BURST_S
    while True:
        seconds = round(rng.uniform(*BURST_S), 3)
        yield round(t, 6), seconds
        t += seconds + rng.uniform(*BURST_EVERY_S)
