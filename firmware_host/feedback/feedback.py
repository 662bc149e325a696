"""Cues and moods to motor and light, button to gestures: one thread, and nothing that blocks its callers.

The thread evaluates pure patterns (patterns.py, mood.py), writes only what changed, and sleeps to the next
edge; with nothing moving it does not wake at all. A new cue replaces the one that plays and wakes it at
once.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import NamedTuple, Protocol

from gpiozero import DigitalInputDevice
from gpiozero.exc import GPIOZeroError
from msgspec.structs import replace

from firmware_host.clock import Clock
from firmware_host.coaching.events import Cue
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.feedback.button import Gesture, Gestures
from firmware_host.feedback.calm import Calm
from firmware_host.feedback.mood import Mood, mood_of
from firmware_host.feedback.outputs import MAX_ON_S, Outputs
from firmware_host.feedback.patterns import DARK, Burst, Output, Pattern, Rgb, pattern_named
from firmware_host.feedback.pins import Factory, PinError, backend_errors
from firmware_host.settings import PinSettings

COMMANDS: Mapping[Gesture, str] = {"short": "next", "double": "spot", "held": "pain"}
"""What each gesture of the button means, as the engine's command."""
TINY_S = 1e-6
"""Woken at an edge, a clock may read a rounding error less; this much counts as being there."""
JOIN_S = 0.9
"""`stop` waits no longer than this for the thread."""


class Shown(NamedTuple):
    """What the outputs do now, whether pins are connected or not."""

    led: Rgb
    haptic: float
    pattern: str | None


class _Play(NamedTuple):
    """One call of `show`; the same pattern shown twice plays twice."""

    pattern: Pattern


class Buzzer(Protocol):
    """A motor that somebody else drives. Neither call blocks."""

    def run(self, level: float, seconds: float) -> None:
        """Run at `level` (0..1) for `seconds`, in place of what runs."""

    def off(self) -> None:
        """Nothing runs any more."""


class Feedback:
    """Plays cues on the pins that `settings` name.

    `factory` opens the pin factory (`lambda: open_factory(settings.factory)`); it is called by `start`,
    only if a pin is named, and what it returns is closed with the devices. `ran(t, seconds)` is called from
    the feedback thread as each burst of the motor really starts, `gesture(command)` with "next", "spot" or
    "pain"; neither may block. `max_on_s` is the motor's dead-man time in real seconds.

    With a `buzzer` the bursts are its to run, in place of a motor on a pin, and to tell of: `ran` is not called.

    With no pin named the patterns are evaluated all the same, for the page.
    """

    def __init__(
        self,
        settings: PinSettings,
        factory: Callable[[], Factory],
        clock: Clock,
        ran: Callable[[float, float], None],
        gesture: Callable[[str], None],
        max_on_s: float = MAX_ON_S,
        buzzer: Buzzer | None = None,
    ) -> None:
        self._buzzer = buzzer
        if buzzer is not None:
            settings = replace(settings, motor=None)
        self._settings = settings
        self._factory = factory
        self._clock = clock
        self._ran = ran
        self._gesture = gesture
        self._outputs = Outputs(settings, max_on_s)
        self._closing = ExitStack()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._wake = threading.Event()
        # Written by callers, read by the thread; each is one reference, replaced whole.
        self._wanted: _Play | None = None
        self._mood = Mood("dark")
        self._quiet = False
        self._edges: deque[tuple[float, bool]] = deque()
        # Held while outputs are written, so that after `safe()` nothing older can switch them on again.
        self._writing = threading.Lock()
        self._playing: _Play | None = None
        self._began = 0.0
        self._burst: Burst | None = None
        self._buzz_until = 0.0
        self._lit = self._mood
        self._lit_since = 0.0
        self._gestures = Gestures()
        self._calm = Calm()
        self._shown = Shown(DARK, 0.0, None)

    def start(self) -> None:
        """Open the pins and start the thread. Raises PinError, with nothing left open, if a pin can't be
        had; a `Feedback` whose settings name no pin then still serves the page.
        """
        self._open()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="feedback", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Outputs off, pins given back, thread ended; may be called twice, and from any thread."""
        self._stopping.set()
        self._wake.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(JOIN_S)
        self._close()

    def show(self, cue: Cue) -> None:
        """Play the cue's pattern from its beginning, now, in place of what plays. Never blocks.

        Raises ValueError for a pattern that is not in the table.
        """
        self._wanted = _Play(pattern_named(cue.pattern))
        self._wake.set()

    def mood(self, snapshot: Snapshot) -> None:
        """Set the light between cues; cheap, and wakes the thread only if the light is to change."""
        mood = mood_of(snapshot)
        if mood != self._mood:
            self._mood = mood
            self._wake.set()

    def quiet(self, on: bool) -> None:
        """Mute the motor, a running burst included, or allow it again. The light stays."""
        self._quiet = on
        self._wake.set()

    def safe(self) -> None:
        """Motor and light off before this returns; they stay off until the next `show` or `mood`."""
        with self._writing:
            self._wanted = None
            self._mood = Mood("dark")
            self._silence()
            self._outputs.off()
            self._shown = Shown(DARK, 0.0, None)
        self._wake.set()

    def shown(self) -> Shown:
        """What the outputs do at this moment."""
        return self._shown

    def poll(self) -> float | None:
        """Do what is due now. Returns the clock time of the next change, None if it takes a caller or an
        edge.

        The thread is a loop around this.
        """
        now = self._clock.now()
        for gesture in self._recognised(now):
            self._gesture(COMMANDS[gesture])
        with self._writing:
            started, next_edge = self._write(now)
        if started is not None:
            self._ran(now, started)
        return min((t for t in (next_edge, self._gestures.due()) if t is not None), default=None)

    def _recognised(self, now: float) -> list[Gesture]:
        said: list[Gesture] = []
        while self._edges:
            said += self._gestures.edge(*self._edges.popleft())
        return said + self._gestures.advance(now)

    def _write(self, now: float) -> tuple[float | None, float | None]:
        """Bring the outputs to where they should be at `now`: the seconds of a burst that just started, if
        one did, and the time of the next edge.
        """
        if self._wanted is not self._playing:
            self._playing, self._began, self._burst = self._wanted, now, None
        if self._mood is not self._lit:
            self._lit, self._lit_since = self._mood, now
        output, burst, name, due = self._evaluate(now)
        runs = self._outputs.motor(output.motor)
        if self._buzzer is not None:
            self._buzz(self._buzzer, burst, now)
        at_once = "pain" in (name or self._lit.kind)
        led, later = self._calm.allow(now + TINY_S, output.led or DARK, at_once)
        if later is not None:
            due = later if due is None else min(due, later)
        self._outputs.light(led)
        self._shown = Shown(led, output.motor, name)
        started = burst is not None and runs and burst is not self._burst
        self._burst = burst
        return (burst.end_s - (now - self._began) if burst is not None and started else None), due

    def _buzz(self, buzzer: Buzzer, burst: Burst | None, now: float) -> None:
        """Hand a burst that begins to the buzzer, which ends it by itself; one that is to end before its time, here."""
        if burst is not None and burst is not self._burst:
            seconds = burst.end_s - (now - self._began)
            self._buzz_until = now + seconds
            buzzer.run(self._settings.motor_level, seconds)
        elif burst is None and now + TINY_S < self._buzz_until:
            self._silence()

    def _silence(self) -> None:
        self._buzz_until = 0.0
        if self._buzzer is not None:
            self._buzzer.off()

    def _evaluate(self, now: float) -> tuple[Output, Burst | None, str | None, float | None]:
        """What the outputs are to do at `now`, the burst and the pattern that run, and the next edge's
        time."""
        elapsed = now - self._began + TINY_S
        if self._playing is not None and elapsed < self._playing.pattern.duration_s:
            pattern = self._playing.pattern
            burst = None if self._quiet else pattern.burst_at(elapsed)
            output = Output(0.0 if burst is None else 1.0, pattern.at(elapsed).led)
            return output, burst, pattern.name, _later(self._began, pattern.next_edge(elapsed))
        lit_for = now - self._lit_since + TINY_S
        return (
            Output(0.0, self._lit.at(lit_for)),
            None,
            None,
            _later(self._lit_since, self._lit.next_edge(lit_for)),
        )

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._wake.clear()  # before looking, so that nothing set meanwhile is missed
                due = self.poll()
                if self._stopping.is_set():
                    break
                if due is None:
                    self._wake.wait()
                else:
                    self._clock.wait(self._wake, due - self._clock.now())
        finally:
            self._close()

    def _open(self) -> None:
        pins = self._settings
        if pins.motor is None and pins.led_red is None and pins.button is None:
            return
        with ExitStack() as opened:
            factory = self._factory()
            opened.callback(factory.close)
            try:
                opened.callback(self._outputs.close)
                self._outputs.open(factory)
                if pins.button is not None:
                    # Not gpiozero's Button: that brings a thread to time long presses, which Gestures does.
                    button = DigitalInputDevice(pins.button, pull_up=True, pin_factory=factory)
                    opened.callback(button.close)
                    button.when_activated = lambda: self._edge(True)
                    button.when_deactivated = lambda: self._edge(False)
            except (GPIOZeroError, *backend_errors()) as error:
                raise PinError(
                    f"pins: {error} (factory {pins.factory!r}: {_named(pins)}). Likely another program holds "
                    "the pin, two keys name the same one, or the number is not a GPIO of the header: give each "
                    "its own BCM number, 0 to 27, and see what else uses GPIO"
                ) from error
            self._closing = opened.pop_all()

    def _edge(self, pressed: bool) -> None:
        """Called by gpiozero, in its own thread."""
        self._edges.append((self._clock.now(), pressed))
        self._wake.set()

    def _close(self) -> None:
        """Outputs off, then devices, then the factory: the reverse of opening, all of it whatever fails."""
        with self._writing:
            self._silence()
            self._closing.close()
            self._shown = Shown(DARK, 0.0, None)


def _named(pins: PinSettings) -> str:
    """The pins in use, as the file has them."""
    keys = ("motor", "led_red", "led_green", "led_blue", "button")
    return ", ".join(f"{key} = {getattr(pins, key)}" for key in keys if getattr(pins, key) is not None)


def _later(since: float, edge: float | None) -> float | None:
    return None if edge is None else since + edge
