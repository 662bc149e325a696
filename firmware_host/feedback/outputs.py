"""The motor and the light as gpiozero devices: only changes are written, and the motor has a dead-man.

The dead-man is a timer of its own: should the feedback thread hang with the motor on, the motor still goes
off after `MAX_ON_S`, and stays off until it has been commanded off.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Any

from gpiozero import RGBLED, PWMOutputDevice

from firmware_host.feedback.patterns import DARK, Rgb
from firmware_host.feedback.pins import Factory
from firmware_host.settings import PinSettings

MAX_ON_S = 0.5
"""The longest the motor may run without a break: over three times the longest burst of any pattern. Real
seconds, not the product's clock: what it guards is hardware."""
MOTOR_PWM_HZ = 200
"""Well above what a motor's rotor can follow (chips: 100 Hz and more), and within what software PWM can
do."""


class Motor:
    """The vibration motor behind `device`, a gpiozero PWMOutputDevice; `level` is what "fully on" means
    (0..1)."""

    def __init__(self, device: Any, level: float, max_on_s: float = MAX_ON_S) -> None:
        self._device = device
        self._level = level
        self._max_on_s = max_on_s
        self._lock = threading.Lock()
        self._written = 0.0
        self._timer: threading.Timer | None = None
        self._cut = False

    def write(self, value: float) -> bool:
        """Run at `value` (0..1) of the level; True if the motor now runs. False while the dead-man holds it
        off."""
        with self._lock:
            if value <= 0:
                self._cut = False
                self._off()
            elif not self._cut:
                self._on(value * self._level)
            return self._written > 0

    def _on(self, duty: float) -> None:
        # The pin first: a person waits for it, and a thread takes up to some milliseconds to start. Should none
        # start, the error ends the feedback thread, which switches off.
        if duty != self._written:
            self._device.value = duty
            self._written = duty
        if self._timer is None:
            self._timer = threading.Timer(self._max_on_s, self._dead_man)
            self._timer.name = "motor dead-man"
            self._timer.daemon = True
            self._timer.start()

    def _off(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._written > 0:
            self._device.value = 0.0
            self._written = 0.0

    def _dead_man(self) -> None:
        with self._lock:
            # A timer that fired just as it was replaced has nothing to say about the newer burst.
            if self._timer is threading.current_thread():
                self._cut = True
                self._off()


class Light:
    """The RGB light behind `device`, a gpiozero RGBLED; `level` scales its brightness (0..1)."""

    def __init__(self, device: Any, level: float) -> None:
        self._device = device
        self._level = level
        self._written = DARK

    def write(self, colour: Rgb) -> None:
        # lgpio's PWM has whole percents: finer steps would be writes that change nothing
        red, green, blue = (round(part * self._level, 2) for part in colour)
        if (red, green, blue) != self._written:
            self._device.color = (red, green, blue)
            self._written = (red, green, blue)


class Outputs:
    """Whatever outputs `settings` name, on pins of `factory`; what is not named is not written.

    `open` raises what gpiozero and its backend raise (see `pins.backend_errors`), with nothing left open.
    `close` switches everything off and gives the pins back; it may be called twice, and before `open`.
    """

    def __init__(self, settings: PinSettings, max_on_s: float = MAX_ON_S) -> None:
        self._settings = settings
        self._max_on_s = max_on_s
        self._motor: Motor | None = None
        self._light: Light | None = None
        self._close = ExitStack()

    def open(self, factory: Factory) -> None:
        with ExitStack() as opened:
            pins = self._settings
            if pins.motor is not None:
                device = PWMOutputDevice(pins.motor, frequency=MOTOR_PWM_HZ, pin_factory=factory)
                opened.callback(device.close)
                self._motor = Motor(device, pins.motor_level, self._max_on_s)
            if pins.led_red is not None:
                led = RGBLED(pins.led_red, pins.led_green, pins.led_blue, pin_factory=factory)
                opened.callback(led.close)
                self._light = Light(led, pins.led_level)
            opened.callback(self.off)
            self._close = opened.pop_all()

    def motor(self, value: float) -> bool:
        """Run the motor at `value` (0..1); True if a motor now runs."""
        return self._motor is not None and self._motor.write(value)

    def light(self, colour: Rgb) -> None:
        if self._light is not None:
            self._light.write(colour)

    def off(self) -> None:
        """Motor and light off, the motor even if the light can't be."""
        try:
            self.motor(0.0)
        finally:
            self.light(DARK)

    def close(self) -> None:
        try:
            self._close.close()
        finally:
            self._motor = None
            self._light = None
