"""Where `slowroll calibrate` gets its samples: a running station over its broker, or the sensors read from here."""

from __future__ import annotations

import sys
import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from firmware_host import calibrations
from firmware_host.calibrating.bench import Progress
from firmware_host.calibrating.desk import Ask, Desk
from firmware_host.clock import SystemClock, rfc3339
from firmware_host.coaching.inputs import DeviceFault, Input, Person, Tick
from firmware_host.commands import CommandError
from firmware_host.settings import Settings, state_dir

if TYPE_CHECKING:
    from firmware_host.daemon import Daemon
    from firmware_host.messaging.asking import Conversation

LOOK_S = 0.25
"""How often a running station is asked where it stands."""


class CalibrationStation(AbstractContextManager["CalibrationStation"]):
    """The steps of one calibration, wherever the samples come from. Each returns where it stands then."""

    hello = ""
    mark_with = "Enter"

    def begin(self) -> Progress:
        return self._step("begin")

    def mark(self, kg: float | None) -> Progress:
        return self._step("mark", kg=kg)

    def finish(self) -> Progress:
        return self._step("finish")

    def cancel(self) -> None:
        self._step("cancel")

    @abstractmethod
    def look(self) -> Progress:
        """A moment later."""

    @abstractmethod
    def keep(self, progress: Progress) -> str:
        """What was found is kept; the sentence that says so."""

    @abstractmethod
    def _step(self, step: str, kg: float | None = None) -> Progress: ...


def station_for(settings: Settings, path: Path | None, fields: dict[str, Any]) -> CalibrationStation:
    """The running station if there is one, else the sensors. CommandError if they are in use and can't be asked for."""
    from firmware_host.running import is_held

    away = "it has no broker (mqtt.broker) over which it could be asked"
    if settings.mqtt.broker:
        from firmware_host.messaging.asking import Conversation, NoAnswer
        from firmware_host.messaging.errors import MessagingError

        talk = Conversation(settings.mqtt, settings.station, "calibrate")
        try:
            talk.__enter__()
        except NoAnswer as error:
            away = str(error)
        except MessagingError as error:
            raise CommandError(str(error)) from error
        else:
            return Remote(talk, settings.station, fields)
    state = state_dir()
    if is_held(state):
        raise CommandError(
            f"a slowroll runs here and reads these sensors ({state}), and {away}. Stop it, calibrate, and start it "
            "again: sudo systemctl stop slowroll, or Ctrl-C where it runs",
            exit_code=1,
        )
    return Here(settings, path, fields, state)


class Remote(CalibrationStation):
    """A station that runs: it has the samples, and keeps what is found."""

    mark_with = "Enter, or the roller's button"

    def __init__(self, talk: Conversation, station: str, fields: dict[str, Any]) -> None:
        self._talk = talk
        self._station = station
        self._fields = fields
        self.hello = f"The station {station!r} runs: it is asked over its broker."

    def __exit__(self, *_: object) -> None:
        self._talk.__exit__()

    def look(self) -> Progress:
        time.sleep(LOOK_S)
        return self._step("look")

    def keep(self, progress: Progress) -> str:
        return f"{progress.words}. The station {self._station!r} has kept it, and goes by it from now on."

    def _step(self, step: str, kg: float | None = None) -> Progress:
        from firmware_host.messaging.errors import MessagingError

        only_begin = self._fields if step == "begin" else {name: self._fields[name] for name in ("what", "tool")}
        fields = {**only_begin, "step": step, **({"kg": kg} if kg is not None else {})}
        try:
            result = self._talk.ask(fields)
        except MessagingError as error:
            raise CommandError(str(error), exit_code=1) from error
        if result.data is None:
            raise CommandError(f"calibrate {fields['what']}: {result.why}", exit_code=1)
        return msgspec.convert(result.data, Progress)


class Here(CalibrationStation):
    """The sensors, read by this process: no engine, no outputs, no page."""

    def __init__(self, settings: Settings, path: Path | None, fields: dict[str, Any], state: Path) -> None:
        from firmware_host.calibrations import CalibrationsError
        from firmware_host.commands.common import check_sensors, profile_of
        from firmware_host.daemon import Daemon
        from firmware_host.recalibrating import least_passes

        check_sensors(settings, path)
        profile = profile_of(settings, path)
        self._clock = SystemClock()
        self._state = state
        try:
            self._daemon: Daemon = Daemon(settings, profile, self._clock, state)
        except CalibrationsError as error:
            raise CommandError(str(error)) from error
        self._desk = Desk(Person(mass_kg=settings.person.mass_kg, height_m=settings.person.height_m))
        self._fields = fields
        self._tools = {name: track.tool for name, track in self._daemon.station.engine.tracks.items()}
        self._muscles = least_passes(profile)
        self._inputs: Iterator[Input] = iter(())
        self.hello = "Reading the sensors here; no coach runs."

    def __exit__(self, *_: object) -> None:
        close = getattr(self._inputs, "close", None)
        if close is not None:
            close()

    def begin(self) -> Progress:
        progress = super().begin()
        self._inputs = self._daemon.measure(None)
        return progress

    def look(self) -> Progress:
        """Until the next tick, a tenth of a second later."""
        for given in self._inputs:
            if isinstance(given, DeviceFault):
                sys.stderr.write(f"\r{given.device}: {given.what}. {given.hint}".rstrip() + "\n")
            self._desk.take(given)
            if isinstance(given, Tick):
                break
        return self._step("look")

    def _step(self, step: str, kg: float | None = None) -> Progress:
        ask = msgspec.convert({**self._fields, "step": step, "kg": kg}, Ask)
        answer = self._desk.step(ask, self._tools, self._muscles)
        if isinstance(answer, str):
            raise CommandError(f"calibrate {ask.what}: {answer}")
        return answer

    def keep(self, progress: Progress) -> str:
        found = progress.found
        assert found is not None
        found = structs.replace(found, at=rfc3339(self._clock.wall()))
        driver = calibrations.drivers_of(self._daemon.settings.tools).get(
            calibrations.sensor_id(progress.tool, progress.what)
        )
        try:
            calibrations.keep(self._state, progress.tool, progress.what, found, driver)
        except OSError as error:
            raise CommandError(
                f"found {progress.words}, but {self._state / calibrations.NAME} can't be written: "
                f"{error.strerror or error}. Run this as the user that runs slowroll, or set $STATE_DIRECTORY",
                exit_code=1,
            ) from error
        return f"{progress.words}. Kept in {self._state / calibrations.NAME}; it holds from the next start on."
