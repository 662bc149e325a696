"""Jitter is the spread of the lateness, not the lateness, and old stalls are forgotten."""

from __future__ import annotations

import random
import statistics

import pytest
from acquisition_doubles import Bench

from firmware_host.acquisition.jitter import Jitter


def test_it_is_the_standard_deviation() -> None:
    rng = random.Random(1)
    late = [rng.gauss(0.004, 0.001) for _ in range(100)]
    jitter = Jitter(0.05)
    for one in late:
        jitter.add(one)
    assert jitter.sd_s == pytest.approx(statistics.pstdev(late), rel=1e-6)


def test_it_is_not_told_before_it_is_known_and_forgets() -> None:
    jitter = Jitter(0.05)
    jitter.add(0.3)
    assert jitter.sd_s is None
    for _ in range(1500):
        jitter.add(0.0)
    assert jitter.sd_s is not None
    assert jitter.sd_s < 0.001


def test_diagnostics_tell_how_unevenly_a_sensor_is_read() -> None:
    bench = Bench(force=True)
    bench.run(5.0)
    even = bench.bus.diagnostics()
    assert all(one.jitter_s is not None and one.jitter_s < 0.004 for one in even)
    turn = 0

    def stall() -> None:
        nonlocal turn
        turn += 1
        if turn % 10 == 0:
            bench.clock.sleep(0.03)

    bench.run(10.0, stall)
    assert all(one.jitter_s is not None and one.jitter_s > 0.004 for one in bench.bus.diagnostics())
    bench.imu.unplugged = True
    bench.run(1.0)
    assert bench.bus.diagnostics()[0].jitter_s is None
