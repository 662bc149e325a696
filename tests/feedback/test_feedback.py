"""Cues, moods and the button through `Feedback`, on mock pins: by `poll` on a clock that stands still, and with
the real thread where the thread is what is tested."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from feedback_doubles import WritePin, cue, snapshot, tool, until
from gpiozero.pins.mock import MockFactory
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firmware_host.clock import ManualClock, SystemClock
from firmware_host.feedback.calm import Calm, luminance
from firmware_host.feedback.feedback import Feedback, Shown
from firmware_host.feedback.patterns import BLUE, DARK, MAGENTA, PATTERNS, WHITE, burst_plan, pattern_named
from firmware_host.feedback.pins import PinError, open_factory
from firmware_host.settings import PinSettings

pytestmark = pytest.mark.slow

PINS = PinSettings(factory="mock", motor=18, led_red=17, led_green=27, led_blue=22, button=4, led_level=1.0)
LED = (17, 27, 22)


class Bench:
    """A `Feedback` on mock pins, driven by `poll` on a manual clock."""

    def __init__(self, pins: PinSettings = PINS) -> None:
        self.clock = ManualClock()
        self.factory = MockFactory(pin_class=WritePin)
        self.ran: list[tuple[float, float]] = []
        self.gestures: list[str] = []
        self.feedback = Feedback(
            pins,
            lambda: self.factory,
            self.clock,
            lambda t, seconds: self.ran.append((t, seconds)),
            self.gestures.append,
            max_on_s=30.0,
        )
        self.feedback._open()
        for number in (18, *LED):
            self.pin(number).writes.clear()

    def pin(self, number: int) -> Any:
        return self.factory.pin(number)

    def run(self, seconds: float) -> list[tuple[float, float, tuple[float, ...]]]:
        """Let time pass as the thread would: the outputs at the end of each step, as (t, motor, led)."""
        end = self.clock.now() + seconds
        steps = []
        while True:
            due = self.feedback.poll()
            led = tuple(self.pin(number).state for number in LED)
            steps.append((self.clock.now(), self.pin(18).state, led))
            if due is None or due > end:
                self.clock.sleep(end - self.clock.now())
                return steps
            self.clock.sleep(due - self.clock.now())


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.feedback.stop()


@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_each_cue_drives_the_pins_as_its_plan_says(bench: Bench, name: str) -> None:
    bench.clock.sleep(100.0)
    bench.feedback.show(cue(name))
    steps = bench.run(5.0)
    edges = [t for (t, motor, _), (_, before, _) in zip(steps[1:], steps, strict=False) if motor != before]
    if steps[0][1]:
        edges.insert(0, steps[0][0])
    planned = [edge for burst in burst_plan(name) for edge in (burst.start_s, burst.end_s)]
    assert edges == pytest.approx([100.0 + edge for edge in planned], abs=1e-4)
    assert bench.pin(18).writes == [1.0, 0.0] * len(burst_plan(name))
    assert [t for t, _ in bench.ran] == pytest.approx([100.0 + burst.start_s for burst in burst_plan(name)])
    assert [s for _, s in bench.ran] == pytest.approx([burst.seconds for burst in burst_plan(name)], abs=1e-4)
    for t, _, led in steps:
        expected = pattern_named(name).at(t - 100.0 + 1e-6).led
        assert led == pytest.approx(expected or DARK, abs=0.01)


def test_only_changes_are_written(bench: Bench) -> None:
    bench.feedback.show(cue("move_on"))
    for _ in range(3000):
        bench.feedback.poll()
        bench.clock.sleep(0.001)
    assert len(bench.pin(18).writes) == 6
    assert len(bench.pin(22).writes) == 6
    assert len(bench.ran) == 3, "each burst is told once"


def test_nothing_moves_and_nothing_is_due(bench: Bench) -> None:
    assert bench.feedback.poll() is None
    bench.feedback.mood(snapshot(tool()))
    assert bench.feedback.poll() is None
    bench.feedback.show(cue("spot_found"))
    bench.run(2.0)
    assert bench.feedback.poll() is None


def test_a_new_cue_replaces_the_running_one(bench: Bench) -> None:
    bench.feedback.show(cue("ease_off"))
    bench.run(0.05)
    bench.feedback.show(cue("slow_down"))
    bench.run(2.0)
    assert bench.pin(18).writes == [1.0, 0.0, 1.0, 0.0], "the first burst runs on into the new cue's, then one tap"
    assert [t for t, _ in bench.ran] == pytest.approx([0.0, 0.05, 0.25])


def test_the_same_cue_again_plays_again(bench: Bench) -> None:
    for _ in range(2):
        bench.feedback.show(cue("spot_found"))
        bench.run(2.0)
    assert len(bench.ran) == 2


def test_stop_pain_cuts_the_motor_in_mid_burst(bench: Bench) -> None:
    bench.feedback.show(cue("hold_done"))
    bench.run(0.05)
    assert bench.pin(18).state == 1.0
    bench.feedback.show(cue("stop_pain"))
    bench.feedback.poll()
    assert bench.pin(18).state == 0.0
    assert bench.feedback.shown() == Shown(MAGENTA, 0.0, "stop_pain")
    bench.run(5.0)
    assert bench.pin(18).writes == [1.0, 0.0]


def test_quiet_mutes_the_motor_and_leaves_the_light(bench: Bench) -> None:
    bench.feedback.show(cue("hold_done"))
    bench.run(0.05)
    bench.feedback.quiet(True)
    bench.feedback.poll()
    assert bench.pin(18).state == 0.0
    assert bench.feedback.shown() == Shown((1.0, 1.0, 1.0), 0.0, "hold_done")
    bench.run(2.0)
    assert len(bench.ran) == 1
    bench.feedback.quiet(False)
    bench.feedback.show(cue("spot_found"))
    bench.run(2.0)
    assert len(bench.ran) == 2


def test_safe_is_off_at_once_and_stays_off(bench: Bench) -> None:
    bench.feedback.mood(snapshot(tool()))
    bench.feedback.show(cue("ease_off"))
    bench.run(0.05)
    bench.feedback.safe()
    assert [bench.pin(number).state for number in (18, *LED)] == [0, 0, 0, 0]
    assert {step[1:] for step in bench.run(2.0)} == {(0.0, (0.0, 0.0, 0.0))}
    assert bench.feedback.shown() == Shown(DARK, 0.0, None)
    bench.feedback.show(cue("spot_found"))
    bench.feedback.poll()
    assert bench.pin(18).state == 1.0


def test_the_mood_shows_before_and_after_a_cue(bench: Bench) -> None:
    bench.feedback.mood(snapshot(tool()))
    blue = bench.run(0.1)[-1][2]
    assert blue[2] > 0
    bench.feedback.show(cue("slow_down"))
    assert bench.run(0.1)[0][2] == pytest.approx(MAGENTA)
    assert bench.run(3.0)[-1][2] == blue


def test_over_the_limit_blinks(bench: Bench) -> None:
    bench.feedback.mood(snapshot(tool(speed_m_s=0.3)))
    bench.run(2.0)
    reds = bench.pin(17).writes
    assert reds == [1.0, 0.0] * 5 or reds == [1.0, 0.0] * 5 + [1.0]


def test_a_hold_of_30_seconds_breathes_three_times_whatever_cues_come(bench: Bench) -> None:
    """Ten snapshots a second, each with a longer hold and two cues in between: no breath begins anew."""
    peaks, dark, before = 0, 0, 0.0
    rising = False
    for step in range(1, 300):
        held = step / 10
        bench.feedback.mood(snapshot(tool(state="holding", speed_m_s=0.0, hold_s=held)))
        if step in (80, 200):
            bench.feedback.show(cue("breathe" if step == 80 else "hold_done"))
        bench.run(0.1)
        if bench.feedback.shown().pattern is not None:
            continue
        level = bench.feedback.shown().led[0]
        peaks += rising and level < before
        dark += level < 0.03 <= before
        rising = level > before or (rising and level == before)
        before = level
    assert peaks == 3
    assert dark == 2, "as it nears 10 and 20 s; from the first mark on it does not go out any more"


STATES = {
    "fine": snapshot(tool()),
    "near": snapshot(tool(speed_m_s=0.15)),
    "over": snapshot(tool(speed_m_s=0.3)),
    "too_hard": snapshot(tool(force_n=400.0, force_high_n=322.0)),
    "start_light": replace(snapshot(tool(force_n=300.0, start_high_n=257.0)), starting_light=True),
    "hold": snapshot(tool(state="holding", speed_m_s=0.0, hold_s=5.0)),
    "off_body": snapshot(tool(state="off", on_body=False)),
    "fault": snapshot(faults=("roller imu",)),
}


@settings(deadline=None, max_examples=100)
@given(st.lists(st.sampled_from(sorted({*STATES, *PATTERNS} - {"stop_pain"})), min_size=20, max_size=40))
def test_no_order_of_states_and_cues_flashes_more_than_three_times_a_second(said: list[str]) -> None:
    """A flash as WCAG 2.2 has it: up by a tenth of full brightness or more."""
    bench = Bench()
    try:
        ups: list[float] = []
        before = 0.0
        for one in said:
            if one in STATES:
                bench.feedback.mood(STATES[one])
            else:
                bench.feedback.show(cue(one))
            for t, _, (red, green, blue) in bench.run(0.1):
                level = luminance((red, green, blue))
                ups += [t] if level - before >= 0.11 else []  # pins have whole percents
                before = level
        assert all(sum(start <= other < start + 0.999 for other in ups) <= 3 for start in ups), ups
    finally:
        bench.feedback.stop()


def test_a_flash_that_had_to_wait_comes_as_soon_as_it_may() -> None:
    calm = Calm()
    for n in range(3):
        assert calm.allow(n / 4, WHITE, False) == (WHITE, None)
        assert calm.allow(n / 4 + 0.1, DARK, False) == (DARK, None)
    assert calm.allow(0.75, WHITE, False) == (DARK, 1.0)
    assert calm.allow(0.8, BLUE, True) == (BLUE, None), "pain waits for nothing"
    assert calm.allow(0.9, DARK, False) == (DARK, None)
    assert calm.allow(1.0, WHITE, False) == (DARK, 1.25)
    assert calm.allow(1.25, WHITE, False) == (WHITE, None)


def test_a_breath_costs_few_writes(bench: Bench) -> None:
    for step in range(1, 200):
        bench.feedback.mood(snapshot(tool(state="holding", speed_m_s=0.0, hold_s=step / 10)))
        bench.run(0.1)
    assert 30 < len(bench.pin(17).writes) < 45


def test_a_mood_that_stays_wakes_nobody(bench: Bench) -> None:
    bench.feedback.mood(snapshot(tool()))
    assert bench.feedback._wake.is_set()
    bench.feedback._wake.clear()
    bench.feedback.mood(snapshot(tool(speed_m_s=0.051)))
    assert not bench.feedback._wake.is_set()


def test_an_unknown_pattern_is_refused_where_it_is_shown(bench: Bench) -> None:
    with pytest.raises(ValueError, match="no pattern 'wobble'"):
        bench.feedback.show(cue("wobble"))


@pytest.mark.parametrize(
    ("presses", "said"),
    [(((1.0, 1.1),), ["next"]), (((1.0, 1.1), (1.3, 1.4)), ["spot"]), (((1.0, 3.0),), ["pain"])],
)
def test_the_button_says_what_was_meant(
    bench: Bench, presses: tuple[tuple[float, float], ...], said: list[str]
) -> None:
    button = bench.pin(4)
    for down, up in presses:
        bench.run(down - bench.clock.now())
        button.drive_low()
        bench.run(up - bench.clock.now())
        button.drive_high()
    bench.run(5.0)
    assert bench.gestures == said


def test_pain_is_said_while_the_button_is_still_down(bench: Bench) -> None:
    bench.pin(4).drive_low()
    bench.run(0.9)
    assert bench.gestures == ["pain"]


def test_without_a_motor_nothing_ran_but_the_page_still_sees_it() -> None:
    bench = Bench(PinSettings(led_red=17, led_green=27, led_blue=22))
    bench.feedback.show(cue("slow_down"))
    bench.feedback.poll()
    assert bench.feedback.shown().haptic == 1.0
    assert bench.ran == []
    bench.feedback.stop()


# --- the thread -----------------------------------------------------------------------------------------------


def threaded(
    pins: PinSettings = PINS, factory: Callable[[], Any] | None = None, **changes: Any
) -> tuple[Feedback, list[tuple[float, float]], list[str]]:
    ran: list[tuple[float, float]] = []
    gestures: list[str] = []
    arguments: dict[str, Any] = {"ran": lambda t, seconds: ran.append((t, seconds)), "gesture": gestures.append}
    feedback = Feedback(pins, factory or (lambda: open_factory("mock")), SystemClock(), **{**arguments, **changes})
    return feedback, ran, gestures


def feedback_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "feedback"]


def test_a_cue_reaches_the_pin_and_stop_switches_off() -> None:
    factory = MockFactory(pin_class=WritePin)
    feedback, ran, gestures = threaded(factory=lambda: factory)
    feedback.start()
    motor, button = factory.pin(18), factory.pin(4)
    motor.writes.clear()
    feedback.mood(snapshot(tool()))
    feedback.show(cue("slow_down"))
    until(lambda: motor.writes == [1.0, 0.0, 1.0, 0.0], "double tap")
    assert len(ran) == 2
    button.drive_low()
    until(lambda: gestures == ["pain"], "held")
    feedback.show(cue("hold_done"))
    until(lambda: motor.state == 1.0, "a burst")
    feedback.stop()
    assert motor.state == 0.0
    assert feedback_threads() == []
    feedback.stop()


def test_stop_before_start_and_start_after_stop() -> None:
    feedback, ran, _ = threaded()
    feedback.stop()
    feedback.start()
    feedback.stop()
    feedback.start()
    feedback.show(cue("spot_found"))
    until(lambda: len(ran) == 1, "a burst after the second start")
    feedback.stop()


def test_without_pins_no_factory_is_asked_for() -> None:
    def none_here() -> Any:
        raise AssertionError("the factory was opened")

    feedback, ran, _ = threaded(PinSettings(), none_here)
    feedback.start()
    feedback.show(cue("stop_pain"))
    until(lambda: feedback.shown().pattern == "stop_pain", "shown for the page")
    feedback.stop()
    assert ran == []
    assert feedback.shown() == Shown(DARK, 0.0, None)


def test_pins_that_cannot_be_opened_say_so_and_leave_nothing_behind() -> None:
    def no_backend() -> Any:
        raise PinError("no GPIO")

    feedback, _, _ = threaded(factory=no_backend)
    with pytest.raises(PinError, match="no GPIO"):
        feedback.start()
    feedback.stop()
    closed: list[bool] = []

    class Factory(MockFactory):  # type: ignore[misc]
        def close(self) -> None:
            closed.append(True)
            super().close()

    twice = PinSettings(factory="mock", motor=18, button=18)
    feedback, _, _ = threaded(twice, lambda: Factory(pin_class=WritePin))
    with pytest.raises(PinError, match=r"motor = 18, button = 18.*two keys name the same one"):
        feedback.start()
    assert closed == [True]
    assert feedback_threads() == []
    feedback.stop()


def test_a_dying_thread_switches_off_and_is_not_hushed(monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    factory = MockFactory(pin_class=WritePin)
    seen: list[float] = []

    def broken(t: float, seconds: float) -> None:
        seen.append(factory.pin(18).state)
        raise KeyError("a bug in the daemon")

    feedback, _, _ = threaded(factory=lambda: factory, ran=broken)
    feedback.start()
    feedback.show(cue("ease_off"))
    until(lambda: died != [], "the thread's end")
    assert seen == [1.0]
    assert died[0].exc_type is KeyError
    assert factory.pin(18).state == 0.0
    feedback.safe()
    feedback.stop()


def test_a_pin_that_fails_ends_the_thread_with_the_rest_off(monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", died.append)
    factory = MockFactory(pin_class=WritePin)
    feedback, _, _ = threaded(factory=lambda: factory)
    feedback.start()

    def broken(value: float) -> None:
        raise OSError(5, "Input/output error")

    factory.pin(17)._set_state = broken
    feedback.show(cue("ease_off"))
    until(lambda: died != [], "the thread's end")
    assert died[0].exc_type is OSError
    assert factory.pin(18).state == 0.0
    feedback.stop()


def test_the_motor_goes_off_though_the_thread_hangs() -> None:
    """`ran` blocks for good with the motor on: the dead-man does not need the thread."""
    factory = MockFactory(pin_class=WritePin)
    let_go = threading.Event()
    feedback, _, _ = threaded(factory=lambda: factory, ran=lambda t, s: let_go.wait(), max_on_s=0.02)
    feedback.start()
    factory.pin(18).writes.clear()
    feedback.show(cue("ease_off"))
    until(lambda: factory.pin(18).writes == [1.0, 0.0], "the dead-man")
    let_go.set()
    feedback.stop()


def test_devices_are_closed_before_the_factory() -> None:
    order: list[str] = []

    class Factory(MockFactory):  # type: ignore[misc]
        def release_pins(self, reserver: Any, *pins: Any) -> None:
            order.append("device")
            super().release_pins(reserver, *pins)

        def close(self) -> None:
            order.append("factory")
            super().close()

    feedback, _, _ = threaded(factory=lambda: Factory(pin_class=WritePin))
    feedback.start()
    feedback.stop()
    assert order[-1] == "factory"
    assert order.count("device") >= 5
    assert order.count("factory") == 1
