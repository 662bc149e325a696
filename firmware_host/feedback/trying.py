"""Can each pin be had? And a pulse on each output, for a person to see and feel. For `slowroll check`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NamedTuple

from gpiozero import PWMLED, Button, PWMOutputDevice
from gpiozero.exc import GPIOZeroError

from firmware_host.feedback.outputs import MOTOR_PWM_HZ, Outputs
from firmware_host.feedback.pins import Factory, backend_errors
from firmware_host.settings import PinSettings

BUZZ_S = 0.1
LIGHT_S = 0.4
COLOURS = {"red": (1.0, 0.0, 0.0), "green": (0.0, 1.0, 0.0), "blue": (0.0, 0.0, 1.0)}


class Trial(NamedTuple):
    """One pin of the settings."""

    name: str
    """Such as "motor"."""
    pin: int
    error: str
    """Why it can't be had; empty if it can."""


def configured(settings: PinSettings) -> dict[str, int]:
    """The pins that are used, by name."""
    named = {name: getattr(settings, name) for name in ("motor", "led_red", "led_green", "led_blue", "button")}
    return {name: pin for name, pin in named.items() if pin is not None}


def try_pins(settings: PinSettings, factory: Factory) -> list[Trial]:
    """Take every pin, all at once as the coach does, and give them back. Nothing is switched on."""
    trials = []
    with ExitStack() as opened:
        for name, pin in configured(settings).items():
            try:
                opened.callback(_take(name, pin, factory).close)
            except (GPIOZeroError, *backend_errors()) as error:
                trials.append(Trial(name, pin, str(error) or type(error).__name__))
            else:
                trials.append(Trial(name, pin, ""))
    return trials


def pulse(settings: PinSettings, factory: Factory, sleep: Callable[[float], None]) -> None:
    """The motor for 0.1 s, then the light red, green, blue. Raises what `Outputs.open` does; all is off after."""
    outputs = Outputs(settings)
    outputs.open(factory)
    try:
        if outputs.motor(1.0):
            sleep(BUZZ_S)
            outputs.motor(0.0)
        if settings.led_red is not None:
            for colour in COLOURS.values():
                outputs.light(colour)
                sleep(LIGHT_S)
    finally:
        outputs.close()


def _take(name: str, pin: int, factory: Factory) -> Any:
    if name == "button":
        return Button(pin, pin_factory=factory)
    if name == "motor":
        return PWMOutputDevice(pin, frequency=MOTOR_PWM_HZ, pin_factory=factory)
    return PWMLED(pin, pin_factory=factory)
