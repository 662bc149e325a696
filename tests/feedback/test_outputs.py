"""Motor and light on gpiozero's mock pins."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from feedback_doubles import WritePin, until
from gpiozero import PWMOutputDevice
from gpiozero.exc import GPIOPinInUse
from gpiozero.pins.mock import MockFactory

from firmware_host.feedback.outputs import Motor, Outputs
from firmware_host.settings import PinSettings

PINS = PinSettings(factory="mock", motor=18, led_red=17, led_green=27, led_blue=22)


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory(pin_class=WritePin)
    yield made
    made.close()


def dead_men() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "motor dead-man"]


def test_values_are_scaled_and_only_changes_written(factory: MockFactory) -> None:
    outputs = Outputs(PinSettings(motor=18, led_red=17, led_green=27, led_blue=22, motor_level=0.5, led_level=0.5))
    outputs.open(factory)
    for pin in (18, 17, 27, 22):
        factory.pin(pin).writes.clear()
    for _ in range(3):
        assert outputs.motor(1.0)
        outputs.light((1.0, 0.5, 0.0))
    assert factory.pin(18).writes == [0.5]
    assert factory.pin(17).writes == [0.5]
    assert factory.pin(27).writes == [0.25]
    outputs.light((1.0, 0.501, 0.0))
    assert factory.pin(27).writes == [0.25]
    for _ in range(2):
        assert not outputs.motor(0.0)
    assert factory.pin(18).writes == [0.5, 0.0]
    outputs.close()


def test_the_motor_is_driven_by_pwm_above_100_hz(factory: MockFactory) -> None:
    outputs = Outputs(PINS)
    outputs.open(factory)
    assert factory.pin(18).frequency >= 100
    outputs.close()


def test_close_switches_off_and_gives_the_pins_back(factory: MockFactory) -> None:
    outputs = Outputs(PINS)
    outputs.close()
    outputs.open(factory)
    outputs.motor(1.0)
    outputs.light((1.0, 1.0, 1.0))
    outputs.close()
    outputs.close()
    assert [factory.pin(pin).state for pin in (18, 17, 27, 22)] == [0, 0, 0, 0]
    until(lambda: dead_men() == [], "timer ended")
    assert not outputs.motor(1.0)
    outputs.open(factory)  # free again
    outputs.close()


def test_what_is_not_named_is_not_used(factory: MockFactory) -> None:
    outputs = Outputs(PinSettings(led_red=17, led_green=27, led_blue=22))
    outputs.open(factory)
    assert not outputs.motor(1.0)
    outputs.close()
    outputs = Outputs(PinSettings(motor=18))
    outputs.open(factory)
    outputs.light((1.0, 0.0, 0.0))
    assert factory.pin(17).function == "input"
    outputs.close()


def test_a_pin_in_use_leaves_nothing_open(factory: MockFactory) -> None:
    taken = PWMOutputDevice(27, pin_factory=factory)
    outputs = Outputs(PINS)
    with pytest.raises(GPIOPinInUse):
        outputs.open(factory)
    taken.close()
    outputs.close()
    outputs.open(factory)
    outputs.close()


def test_the_dead_man_cuts_the_motor_and_latches(factory: MockFactory) -> None:
    device = PWMOutputDevice(18, pin_factory=factory)
    motor = Motor(device, level=1.0, max_on_s=0.02)
    assert motor.write(1.0)
    until(lambda: device.value == 0, "dead-man")
    assert not motor.write(1.0), "held off until commanded off"
    assert not motor.write(0.5)
    assert device.value == 0
    assert not motor.write(0.0)
    assert motor.write(1.0), "free again after it was commanded off"
    motor.write(0.0)


def test_a_change_of_level_does_not_feed_the_dead_man(factory: MockFactory) -> None:
    device = PWMOutputDevice(18, pin_factory=factory)
    motor = Motor(device, level=1.0, max_on_s=0.05)
    deadline = time.monotonic() + 5
    step = 0
    while motor.write(0.5 + 0.1 * (step % 2)):
        step += 1
        assert time.monotonic() < deadline
    assert step > 1
    assert device.value == 0


def test_a_burst_that_ends_in_time_leaves_no_timer(factory: MockFactory) -> None:
    motor = Motor(PWMOutputDevice(18, pin_factory=factory), level=1.0, max_on_s=30.0)
    for _ in range(20):
        motor.write(1.0)
        motor.write(0.0)
    until(lambda: dead_men() == [], "timers ended")


def test_an_old_timer_does_not_cut_a_newer_burst(factory: MockFactory) -> None:
    """A timer that fires just as its burst ends, and gets its turn only when the next burst runs."""
    device = PWMOutputDevice(18, pin_factory=factory)
    motor = Motor(device, level=1.0, max_on_s=30.0)
    motor.write(1.0)
    old = threading.Thread(target=motor._dead_man)
    old.start()
    old.join()
    assert device.value == 1.0
    assert motor.write(1.0), "not latched either"
    motor.write(0.0)


def test_the_motor_goes_off_though_the_light_fails(factory: MockFactory) -> None:
    outputs = Outputs(PINS)
    outputs.open(factory)
    outputs.motor(1.0)
    outputs.light((1.0, 1.0, 1.0))

    def broken(value: float) -> None:
        raise OSError(5, "Input/output error")

    red = factory.pin(17)
    red._set_state = broken
    with pytest.raises(OSError, match="Input/output"):
        outputs.close()
    assert factory.pin(18).state == 0
