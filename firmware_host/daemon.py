"""The daemon: the only wiring. Builds the rooms, runs the engine's loop, and stops everything in order.

The engine's loop is the main thread: it takes what the rooms put into the inbox, feeds the engine, and hands out
what follows, the feedback first. Nothing in it blocks. A room whose thread dies of anything but an expected fault
ends the daemon: outputs off, exit 1.
"""

from __future__ import annotations

import gc
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any

from msgspec.structs import replace

from firmware_host import calibrations
from firmware_host.acquisition.actuation import SupervisedActuator
from firmware_host.acquisition.devices import actuator_for, devices_for
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.acquisition.smbus_io import Bus, open_linux_bus
from firmware_host.clock import Clock
from firmware_host.coaching.events import Cue, Event, Rating, Rejected, SessionDone, Spot
from firmware_host.coaching.guidance import Profile
from firmware_host.coaching.inputs import Calibration, Command, DeviceFault, HapticRan, Input, Person, Tick, Tool
from firmware_host.coaching.routine import Routine
from firmware_host.coaching.setup import Setup
from firmware_host.feedback.feedback import Feedback
from firmware_host.feedback.pins import PinError, open_factory
from firmware_host.history.historian import Historian
from firmware_host.history.past import past_of
from firmware_host.recalibrating import Recalibrating, overlaid
from firmware_host.remembered import Remembered
from firmware_host.running import hold
from firmware_host.services import Services
from firmware_host.settings import PinSettings, Settings, SettingsError, ToolSettings
from firmware_host.station import Station
from firmware_host.techniques import load_techniques
from sensors.catalog import Catalog

log = logging.getLogger("slowroll")

TICK_S = 0.1
SIMULATED = "sim"
MARKING = ("next", "spot")
"""Gestures that mark an end of the muscle while its span is calibrated; the pain stop is none of them."""


class _Stop:
    """Put into the inbox to end the loop."""


class _Call:
    """Put into the inbox to be carried out in the engine's thread; no input, so never recorded."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work


class Daemon:
    """One run of the product. `run` returns the exit code.

    `watch` is shown every event and snapshot, in the engine's thread: the demo's terminal view. `others` are the
    profiles besides `profile` that a person may switch to, `routines` what can be followed, by name.
    """

    def __init__(
        self,
        settings: Settings,
        profile: Profile,
        clock: Clock,
        state: Path,
        watch: Callable[[Daemon, list[Event]], None] | None = None,
        others: Mapping[str, Profile] | None = None,
        routines: Mapping[str, Routine] | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.state = state
        self._watch = watch
        self._inbox: SimpleQueue[list[Input] | _Stop | _Call] = SimpleQueue()
        self._stopping = threading.Event()
        self._failed: BaseException | None = None
        self.simulation = self._simulation()
        kinds = {tool.name: tool.kind for tool in settings.tools}
        self.historian = Historian(state, clock, settings.history, self._put_one, kinds)
        self.remembered = Remembered(state, clock, self._put_one, self.historian.do)
        self._devices = devices_for(settings.tools, self._catalog())
        self._haptic = self._actuator()
        self.feedback = self._feedback(settings.pins)
        self.station = Station(
            self._setup(profile, others or {}, routines or {}), settings.station, clock, self.historian
        )
        self.buses = self._buses()
        self.calibrating = Recalibrating(self)
        self.services = Services(self, state)

    # --- building --------------------------------------------------------------------------------------------

    def _simulation(self) -> Any:
        """The simulated person and roller, if any tool is on the simulated bus."""
        sensors = [sensor for tool in self.settings.tools for sensor in (tool.imu, tool.force) if sensor is not None]
        if not any(sensor.bus == SIMULATED for sensor in sensors):
            return None
        from firmware_host.simulator.live import Simulation
        from firmware_host.simulator.scenarios import UnknownScenario

        try:
            return Simulation(self.settings.simulator, self.clock, self.settings.person)
        except UnknownScenario as error:
            raise SettingsError(f"simulator.scenario: {error}") from error

    def _setup(self, profile: Profile, others: Mapping[str, Profile], routines: Mapping[str, Routine]) -> Setup:
        known = calibrations.load(self.state, calibrations.drivers_of(self.settings.tools))
        if self.simulation is not None:
            for tool in self.settings.tools:
                known[tool.name] = overlaid(self.simulation.calibration, known.get(tool.name, Calibration()))
        person = self.settings.person
        days = max(profile.safety.help_days, profile.safety.rest_s / 86400)
        past = past_of(self.state, self.clock.wall(), self.clock.now(), days, profile.safety.help_rating)
        return Setup(
            person=Person(mass_kg=person.mass_kg, height_m=person.height_m),
            tools=tuple(self._tool(tool, known) for tool in self.settings.tools),
            profile=profile,
            profiles=dict(others),
            routines=dict(routines),
            routine=self.settings.coach.routine,
            techniques=load_techniques(),
            goal=self.settings.coach.goal,
            thin_out=self.settings.coach.thin_out,
            session_timeout_s=self.settings.coach.session_timeout_s,
            carried=replace(
                self.remembered.carried, troubles=past.troubles, spots=past.spots, session_t=past.session_t
            ),
        )

    def _tool(self, tool: ToolSettings, known: dict[str, Any]) -> Tool:
        devices = [device for on_bus in self._devices.values() for device in on_bus if device.tool == tool.name]
        imu = next((device.driver for device in devices if device.role == "imu"), None)
        force = next((device.driver for device in devices if device.role == "force"), None)
        return Tool(
            name=tool.name,
            kind=tool.kind,
            radius_m=tool.radius_m,
            stiffness_n_m=tool.stiffness_n_m,
            axis=tool.axis,
            pressure=tool.pressure,
            gyro_full_scale_rad_s=imu.gyro_full_scale_rad_s if imu is not None else None,
            force_full_scale=force.force_full_scale if force is not None else None,
            calibration=known.get(tool.name, Calibration()),
        )

    def _catalog(self) -> Catalog:
        folder = self.settings.drivers_dir
        return Catalog(Path(folder).expanduser() if folder is not None else None)

    def _buses(self) -> list[I2CBus]:
        moved = (self._haptic,) if self._haptic is not None else ()
        return [
            I2CBus(
                name,
                self._opener(name),
                found,
                self.clock,
                self._inbox.put,
                actuators=moved if name == str(self.settings.haptic.bus) else (),
            )
            for name, found in self._devices.items()
        ]

    def _actuator(self) -> SupervisedActuator | None:
        """The motor driver on I2C, if the owner has one; its bus is among `_devices` then."""
        driver = actuator_for(self.settings.haptic, self._devices)
        if driver is None:
            return None
        return SupervisedActuator(driver, self.settings.haptic.address, self.clock, self._haptic_ran)

    def _feedback(self, pins: PinSettings) -> Feedback:
        return Feedback(
            pins,
            lambda: open_factory(pins.factory),
            self.clock,
            self._haptic_ran,
            self._gesture,
            buzzer=self._haptic,
        )

    def _opener(self, name: str) -> Callable[[], Bus]:
        if name == SIMULATED and self.simulation is not None:
            opener: Callable[[], Bus] = self.simulation.open_bus
            return opener
        return lambda: open_linux_bus(name)

    # --- what the rooms call, from their threads ---------------------------------------------------------------

    def put(self, given: list[Input]) -> None:
        """Inputs for the engine, from any thread."""
        self._inbox.put(given)

    def call(self, work: Callable[[], None]) -> None:
        """Carry `work` out in the engine's thread; from any thread."""
        self._inbox.put(_Call(work))

    def _put_one(self, given: DeviceFault) -> None:
        self._inbox.put([given])

    def _haptic_ran(self, t: float, seconds: float) -> None:
        if self.settings.tools:
            self._inbox.put([HapticRan(t, self.settings.tools[0].name, seconds)])
        if self.simulation is not None:
            self.simulation.buzz(t, seconds)

    def _gesture(self, command: str) -> None:
        if self.calibrating.wants_button and command in MARKING:
            self.call(self.calibrating.press)
        else:
            self._inbox.put([Command(t=self.clock.now(), command=command)])

    def stop(self) -> None:
        """End the run; from any thread or a signal handler."""
        self._inbox.put(_Stop())

    # --- running ----------------------------------------------------------------------------------------------

    def run(self) -> int:
        """Start, loop until `stop` or a signal, stop. 0 after an orderly end, 1 after a fault of ours."""
        before = threading.excepthook
        threading.excepthook = self._thread_died
        handlers = self._take_signals()
        lock = hold(self.state)
        try:
            try:
                self.start()
                # What is loaded by now stays: a full collection over all of it would stop every thread, with a cue
                # waiting (measured: 37 ms on a fast core, so some tenths of a second on a Pi Zero).
                gc.freeze()
                self._loop()
            finally:
                self.shut_down()
        finally:
            if lock is not None:
                lock.close()
            gc.unfreeze()
            threading.excepthook = before
            for number, handler in handlers.items():
                signal.signal(number, handler)
        if self._failed is not None:
            log.error("slowroll: stopped by a fault of its own: %r. Outputs are off. Please report it.", self._failed)
            return 1
        return 0

    def measure(self, seconds: float | None) -> Iterator[Input]:
        """What the sensors and the clock say, with no engine: until `stop`, or for `seconds`."""
        before = threading.excepthook
        threading.excepthook = self._thread_died
        for bus in self.buses:
            bus.start()
        threading.Thread(target=self._tick, name="ticker", daemon=True).start()
        try:
            while True:
                batch = self._inbox.get()
                if isinstance(batch, _Call):
                    continue
                if isinstance(batch, _Stop) or (seconds is not None and self.clock.now() >= seconds):
                    break
                yield from batch
                if self.simulation is not None and isinstance(batch[-1], Tick):
                    yield from self.simulation.take_commands()
        finally:
            threading.excepthook = before
            self._stopping.set()
            for bus in self.buses:
                bus.stop()
        if self._failed is not None:
            raise self._failed

    def start(self) -> None:
        """Start the rooms: what shows and keeps first, what measures last."""
        self.historian.start()
        self._start_feedback()
        self.services.start()
        for bus in self.buses:
            bus.start()
        threading.Thread(target=self._tick, name="ticker", daemon=True).start()

    def _start_feedback(self) -> None:
        try:
            self.feedback.start()
        except PinError as error:
            # A coach without a buzz still counts, shows and tells; the owner is told what is missing.
            self._put_one(DeviceFault(self.clock.now(), None, "pins", "no light and no buzz", str(error), ok=False))
            pins = PinSettings(factory=self.settings.pins.factory, motor_level=self.settings.pins.motor_level)
            self.feedback = self._feedback(pins)
            self.feedback.start()

    def _tick(self) -> None:
        while not self.clock.wait(self._stopping, TICK_S):
            self._inbox.put([Tick(round(self.clock.now(), 6))])

    def _loop(self) -> None:
        while True:
            batch = self._inbox.get()
            if isinstance(batch, _Stop):
                return
            if isinstance(batch, _Call):
                batch.work()
                continue
            for given in batch:
                self._take(given)

    def _take(self, given: Input) -> None:
        """One input, in the engine's thread."""
        if self.calibrating.active and self.calibrating.take(given):
            return
        self.feed(given)

    def feed(self, given: Input) -> None:
        """One input to the engine, and what follows from it handed out; in the engine's thread."""
        events = self.station.feed(given)
        for event in events:
            self._hand_out(event)
        if isinstance(given, Command):
            self._answer(given, events)
        elif isinstance(given, Tick):
            self._every_tick()
        if self._watch is not None and (events or isinstance(given, Tick)):
            self._watch(self, events)

    def _hand_out(self, event: Event) -> None:
        """To the pins first: a person waits for them."""
        if isinstance(event, Cue):
            self.feedback.show(event)
        at = self.clock.wall()
        self.historian.event(event, at)
        self.services.event(event)
        stopped = isinstance(event, Cue) and event.cue == "stop_pain"
        if stopped or isinstance(event, SessionDone | Spot | Rating):
            self.services.history_changed(event)

    def _answer(self, given: Command, events: list[Event]) -> None:
        refused = next((event for event in events if isinstance(event, Rejected)), None)
        if given.command == "quiet" and refused is None:
            self.feedback.quiet(self.station.engine.quiet)
        if refused is None:
            self.remembered.took(given, self.station.engine.successor().carried)
        self.services.answer(given, refused.why if refused is not None else "")

    def _every_tick(self) -> None:
        if self.simulation is not None:
            for command in self.simulation.take_commands():
                self._take(command)
        for command in self.remembered.look():
            self._take(command)
        snapshot = self.station.snapshot()
        self.feedback.mood(snapshot)
        self.services.snapshot(snapshot, self.feedback.shown())

    # --- stopping ---------------------------------------------------------------------------------------------

    def shut_down(self) -> None:
        """Outputs off first, then the sources, then what is open is closed and told; may be called twice."""
        self._stopping.set()
        self.feedback.stop()
        for bus in self.buses:
            bus.stop()
        for event in self.station.close():
            at = self.clock.wall()
            self.historian.event(event, at)
            self.services.event(event)
        self.services.stop()
        self.historian.stop()

    def _thread_died(self, args: threading.ExceptHookArgs) -> None:
        """A room's thread ended with a fault nobody expected: everything stops, and the service manager restarts us."""
        name = args.thread.name if args.thread is not None else "?"
        self.feedback.safe()
        self._failed = args.exc_value or RuntimeError(f"thread {name} died")
        log.error("slowroll: the %s thread died", name, exc_info=(args.exc_type, self._failed, args.exc_traceback))
        self._inbox.put(_Stop())

    def _take_signals(self) -> dict[signal.Signals, Any]:
        """SIGTERM and Ctrl-C end the loop; only the main thread may take them."""
        if threading.current_thread() is not threading.main_thread():
            return {}
        return {number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGINT)}

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._inbox.put(_Stop())


def serve(
    settings: Settings,
    profile: Profile,
    clock: Clock,
    state: Path,
    watch: Callable[[Daemon, list[Event]], None] | None = None,
    others: Mapping[str, Profile] | None = None,
    routines: Mapping[str, Routine] | None = None,
) -> int:
    """Build a daemon and run it."""
    sys.setswitchinterval(0.001)  # a cue must not wait 5 ms for a thread that only computes
    return Daemon(settings, profile, clock, state, watch, others, routines).run()
