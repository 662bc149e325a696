"""A load cell's amplifier says V/V: a share of its own maximum until it is calibrated, newtons afterwards."""

from __future__ import annotations

import pytest

from firmware_host.coaching.force import ForceChannel
from firmware_host.coaching.inputs import Calibration, ForceSample, Person, Tool

CELL = 1e-6
"""V/V for each newton: 1 mV/V at 1000 N."""
UNLOADED = -3.7e-5


class Roller:
    def __init__(self, calibration: Calibration | None = None) -> None:
        tool = Tool(
            name="roller",
            kind="foam_roller",
            pressure="force",
            force_full_scale=0.5 / 128,
            calibration=calibration or Calibration(),
        )
        self.channel = ForceChannel(tool, Person(mass_kg=75))
        self.t = 0.0

    def press(self, newton: float, seconds: float = 0.5, zero: float = UNLOADED) -> ForceChannel:
        for _ in range(round(seconds * 40)):
            self.t += 0.025
            sample = ForceSample(self.t, "roller", "bridge", zero + newton * CELL)
            self.channel.on_body = self.channel.update(sample, 0.0)
        return self.channel


def test_never_calibrated_it_is_a_share_of_its_own_maximum_and_never_newtons() -> None:
    roller = Roller()
    roller.press(0.0, 3.0)
    assert not roller.channel.on_body
    assert roller.press(400.0).load == 1.0
    assert roller.channel.on_body
    assert roller.press(100.0).load == pytest.approx(0.25, abs=0.01)
    assert roller.channel.force_n is None
    assert not roller.press(0.0).on_body


def test_creep_and_noise_alone_are_no_load() -> None:
    roller = Roller()
    roller.press(0.0, 3.0)
    assert roller.press(5.0).load == 0.0
    assert not roller.channel.on_body


def test_calibrated_it_is_newtons_above_its_zero() -> None:
    roller = Roller(Calibration(zero=UNLOADED, points=((1e-4, 100.0), (3e-4, 300.0))))
    assert roller.press(250.0).force_n == pytest.approx(250.0)
    assert roller.channel.load is None
    assert roller.channel.on_body


def test_the_step_that_an_amplifier_makes_when_switched_on_is_taken_out_while_nothing_presses() -> None:
    """Up to 1 % of a cell of 1 mV/V: 10 N here."""
    roller = Roller(Calibration(zero=UNLOADED, points=((1e-4, 100.0), (3e-4, 300.0))))
    stepped = UNLOADED + 1e-5
    roller.press(0.0, 3.0, stepped)
    assert roller.press(200.0, 0.5, stepped).force_n == pytest.approx(200.0, abs=1.0)


def test_at_its_end_it_is_that_or_more() -> None:
    roller = Roller(Calibration(zero=0.0, points=((1e-4, 100.0),)))
    assert roller.press(0.5 / 128 / CELL, zero=0.0).saturated
    assert not roller.press(300.0, zero=0.0).saturated
