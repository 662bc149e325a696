"""Calibrating while the daemon runs: steps come by command, samples from the engine's inputs, and what was found goes
to the engine (recorded), into the state file, and into the answer.

Everything here happens in the engine's thread, except the file, which the historian's thread writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import structs

from firmware_host import calibrations
from firmware_host.calibrating.bench import Bench
from firmware_host.calibrating.desk import Ask, Desk
from firmware_host.clock import rfc3339
from firmware_host.coaching.inputs import (
    Calibration,
    DeviceFault,
    ForceSample,
    ImuSample,
    Input,
    Person,
    Recalibrated,
    StreamGap,
    Tool,
)
from firmware_host.messaging.payloads import CalibrationNote, ResultPayload

if TYPE_CHECKING:
    from firmware_host.daemon import Daemon
    from firmware_host.messaging.commands import CalibrateRequest

DEVICE = "calibrations"


def overlaid(base: Calibration, found: Calibration) -> Calibration:
    """`base` with what the file knows in its place, one calibrated thing at a time."""
    for what in calibrations.WHATS:
        if any(getattr(found, field) not in (None, ()) for field in calibrations.FIELDS[what]):
            base = calibrations.merged(base, what, found)
    return base


def least_passes(profile: Any) -> dict[str, float]:
    """Muscle -> least length of a pass there, m."""
    return {name: muscle.min_pass_m for name, muscle in profile.muscles.items()}


class Recalibrating:
    """One daemon's. `request` may come from any thread, through `Daemon.call`."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        person = daemon.settings.person
        self._desk = Desk(Person(mass_kg=person.mass_kg, height_m=person.height_m))
        self._notes = notes(daemon)
        self._kept_from_engine: str | None = None
        """The tool whose samples the bench alone sees."""

    @property
    def active(self) -> bool:
        """Samples are wanted."""
        return self._desk.active

    @property
    def wants_button(self) -> bool:
        """A press of the roller's button is a mark now."""
        bench = self._desk.bench
        return bench is not None and bench.what == "span" and not bench.over

    @property
    def notes(self) -> tuple[CalibrationNote, ...]:
        """What is calibrated, as the diagnostics tell it."""
        return self._notes

    def take(self, given: Input) -> bool:
        """One input on its way to the engine; whether it is kept from it."""
        kept = isinstance(given, ImuSample | ForceSample) and given.tool == self._kept_from_engine
        ended = self._desk.take(given)
        if ended is not None and ended.found is not None:
            self._found(ended)
        return kept

    def press(self) -> None:
        """The roller's button."""
        bench = self._desk.bench
        if bench is not None and self.wants_button:
            bench.mark()
            self._ended(bench)

    def request(self, request: CalibrateRequest) -> ResultPayload:
        """One step by command; the answer."""
        ask = msgspec.convert(
            {name: value for name, value in structs.asdict(request.asked).items() if name != "id"}, Ask
        )
        engine = self._daemon.station.engine
        if ask.step == "begin" and ask.what != "span" and engine.session is not None:
            why = "a session is on, and what is rolled and pressed now counts in it: end it first (cmd/end)"
            return ResultPayload(id=request.id, ok=False, why=why)
        if ask.step == "begin" and ask.what == "span" and ask.muscle is None:
            ask = structs.replace(ask, muscle=engine.selection.muscle)
        before = self._desk.bench
        was_over = before is not None and before.over
        answer = self._desk.step(ask, self._tools(), least_passes(engine.profile))
        if isinstance(answer, str):
            return ResultPayload(id=request.id, ok=False, why=answer)
        bench = self._desk.bench
        if bench is not None and ask.step == "begin":
            self._keep_from_engine(bench.tool.name)
        elif bench is not None and not was_over:
            self._ended(bench)
        refused = answer.step == "refused"
        return ResultPayload(id=request.id, ok=not refused, why=answer.problem if refused else "", data=answer)

    def _keep_from_engine(self, tool: str) -> None:
        """Weights and free turns are no session: between sessions the tool's samples go to the bench alone.

        To the engine, and in its recording, that is a stream that was interrupted.
        """
        daemon = self._daemon
        self._kept_from_engine = None
        if daemon.station.engine.session is not None:
            return  # a span, measured in the midst of it
        self._kept_from_engine = tool
        streams: tuple[Literal["imu", "force"], ...] = ("imu", "force")
        for of in streams:
            daemon.feed(StreamGap(daemon.station.engine.now, tool, "calibrating", of))

    def _ended(self, bench: Bench) -> None:
        if bench.over and bench.found is not None:
            self._found(bench)

    def _tools(self) -> dict[str, Tool]:
        return {name: track.learned() for name, track in self._daemon.station.engine.tracks.items()}

    def _found(self, bench: Bench) -> None:
        """It holds from here on: what the engine has learned besides stays as it is."""
        daemon, found = self._daemon, bench.found
        assert found is not None
        bench.found = found = structs.replace(found, at=rfc3339(daemon.clock.wall()))
        tool = bench.tool.name
        known = daemon.station.engine.tracks[tool].learned().calibration
        calibration = calibrations.merged(known, bench.what, found.calibration)
        daemon.feed(Recalibrated(daemon.station.engine.now, tool, calibration))
        driver = calibrations.drivers_of(daemon.settings.tools).get(calibrations.sensor_id(tool, bench.what))
        what = bench.what
        daemon.historian.do(lambda: self._keep(tool, what, found, driver))

    def _keep(self, tool: str, what: calibrations.What, found: calibrations.Done, driver: str | None) -> None:
        daemon = self._daemon
        try:
            calibrations.keep(daemon.state, tool, what, found, driver)
        except (OSError, calibrations.CalibrationsError) as error:
            said = f"the calibration of {what} holds until the next start only"
            hint = f"{calibrations.NAME} in {daemon.state} can't be written: {error}"
            daemon.put([DeviceFault(daemon.clock.now(), tool, DEVICE, said, hint, ok=False)])
            return
        self._notes = notes(daemon)


def notes(daemon: Daemon) -> tuple[CalibrationNote, ...]:
    """What the file says; nothing where it can't be read, which the start has said already."""
    try:
        known = calibrations.described(daemon.state, calibrations.drivers_of(daemon.settings.tools))
    except calibrations.CalibrationsError:
        return ()
    fields = CalibrationNote.__struct_fields__
    return tuple(CalibrationNote(**{name: getattr(one, name) for name in fields}) for one in known)
