"""Light, buzz and button: does the pin factory open, can each pin be had, and on request a pulse on each output."""

from __future__ import annotations

from collections.abc import Iterator

from firmware_host.check.finding import Finding, Result
from firmware_host.check.machine import Machine
from firmware_host.feedback.pins import Factory, PinError, backend_errors, open_factory
from firmware_host.feedback.trying import Trial, configured, pulse, try_pins
from firmware_host.settings import PinSettings

AREA = "pins"
ON_THE_BUS = {2: "SDA", 3: "SCL"}
"""GPIO numbers of I2C bus 1."""


def pins(
    machine: Machine, settings: PinSettings, uses_bus_1: bool, running: str, wants_pulse: bool
) -> Iterator[Finding]:
    used = configured(settings)
    if not used:
        yield _finding("pins", "ok", "none configured: no light, buzz or button", "")
        return
    clash = [f"{name} = {pin} ({ON_THE_BUS[pin]})" for name, pin in used.items() if uses_bus_1 and pin in ON_THE_BUS]
    if clash:
        yield _finding(
            "pins",
            "problem",
            f"{', '.join(clash)}: I2C bus 1 has that pin",
            "use another GPIO, such as 17, 18, 22, 23 or 24",
        )
    if running and settings.factory != "mock":
        yield _finding(
            "pins",
            "not checked",
            f"slowroll runs ({running}) and has them",
            "to have them checked stop it first: sudo systemctl stop slowroll, or Ctrl-C where it runs",
        )
        return
    try:
        factory = open_factory(settings.factory)
    except PinError as error:
        yield _finding("pins", "problem", str(error), "")
        return
    try:
        trials = try_pins(settings, factory)
        for trial in trials:
            yield _pin_line(trial, settings.factory, machine)
        if wants_pulse:
            yield _pulsed(machine, settings, factory, trials)
    finally:
        factory.close()


def _pin_line(trial: Trial, factory: str, machine: Machine) -> Finding:
    if not trial.error:
        words = " (a pin in memory only)" if factory == "mock" else ""
        return _finding(trial.name, "ok", f"GPIO{trial.pin} can be had{words}", "")
    says = f"GPIO{trial.pin} can't be had: {trial.error}"
    lower = trial.error.lower()
    if "busy" in lower:
        do = f"another program or an overlay has it; to see which: gpioinfo | grep -w GPIO{trial.pin}"
    elif "in use" in lower:
        do = "two settings in [pins] name the same GPIO: give each its own"
    elif "permission" in lower or "denied" in lower:
        do = f"sudo usermod -aG gpio {machine.user()}, then log in again"
    else:
        do = "is it a GPIO of this board? To see all: pinout (GPIO number, not the number of the header's pin)"
    return _finding(trial.name, "problem", says, do)


def _pulsed(machine: Machine, settings: PinSettings, factory: Factory, trials: list[Trial]) -> Finding:
    if any(trial.error for trial in trials):
        return _finding("pulse", "not checked", "a pin can't be had", "correct the lines above first")
    try:
        pulse(settings, factory, machine.clock.sleep)
    except backend_errors() as error:
        return _finding("pulse", "problem", f"the outputs can't be driven: {error}", "")
    motor = "the motor ran for 0.1 s" if settings.motor is not None else ""
    light = "the light was red, green, blue" if settings.led_red is not None else ""
    says = "; ".join(part for part in (motor, light) if part)
    if not says:
        return _finding("pulse", "not checked", "there is no motor and no light to pulse", "")
    do = "nothing felt or seen? Check the motor's transistor and its supply, and that the LED's common leg is on GND"
    return _finding("pulse", "ok", says, do)


def _finding(subject: str, result: Result, says: str, do: str) -> Finding:
    return Finding(area=AREA, subject=subject, result=result, says=says, do=do)
