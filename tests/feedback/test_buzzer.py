"""With a motor that somebody else drives, its bursts are those of the patterns, and end when they must."""

from __future__ import annotations

import pytest
from feedback_doubles import WritePin, cue
from gpiozero.pins.mock import MockFactory

from firmware_host.clock import ManualClock
from firmware_host.feedback.feedback import Feedback
from firmware_host.feedback.patterns import PATTERNS, burst_plan
from firmware_host.settings import PinSettings


class Bench:
    """A `Feedback` with a buzzer that keeps what it is told, as (t, level, seconds)."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.told: list[tuple[float, float, float]] = []
        self.ran: list[float] = []
        self.factory = MockFactory(pin_class=WritePin)
        self.feedback = Feedback(
            PinSettings(factory="mock", motor=18, motor_level=0.7, led_red=17, led_green=27, led_blue=22),
            lambda: self.factory,
            self.clock,
            lambda t, _: self.ran.append(t),
            lambda _: None,
            buzzer=self,
        )
        self.feedback._open()

    def run(self, level: float, seconds: float) -> None:
        self.told.append((self.clock.now(), level, seconds))

    def off(self) -> None:
        self.told.append((self.clock.now(), 0.0, 0.0))

    def play(self, seconds: float) -> None:
        end = self.clock.now() + seconds
        while True:
            due = self.feedback.poll()
            if due is None or due > end:
                self.clock.sleep(end - self.clock.now())
                return
            self.clock.sleep(due - self.clock.now())


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_its_bursts_are_the_patterns(name: str) -> None:
    bench = Bench()
    bench.feedback.show(cue(name))
    bench.play(5.0)
    assert [(t, seconds) for t, _, seconds in bench.told] == [
        (pytest.approx(burst.start_s), pytest.approx(burst.seconds)) for burst in burst_plan(name)
    ]
    assert {level for _, level, _ in bench.told} <= {0.7}
    assert bench.ran == []  # who drives it tells


def test_it_takes_the_place_of_the_motor_on_a_pin() -> None:
    bench = Bench()
    bench.feedback.show(cue("slow_down"))
    bench.play(2.0)
    assert 18 not in bench.factory.pins
    assert bench.feedback.shown().led == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("how", ["quiet", "replaced", "safe", "stop"])
def test_a_burst_ends_early_where_the_motor_would(how: str) -> None:
    bench = Bench()
    bench.feedback.show(cue("ease_off"))
    bench.play(0.05)
    if how == "quiet":
        bench.feedback.quiet(True)
    elif how == "replaced":
        bench.feedback.show(cue("breathe"))
    elif how == "safe":
        bench.feedback.safe()
    else:
        bench.feedback.stop()
    bench.play(0.01)
    assert bench.told[-1] == (pytest.approx(0.05), 0.0, 0.0)


def test_the_same_cue_twice_buzzes_twice() -> None:
    bench = Bench()
    for _ in range(2):
        bench.feedback.show(cue("spot_found"))
        bench.play(0.03)
    assert [level for _, level, _ in bench.told] == [0.7, 0.7]
