"""Calibrating beside a running engine: steps by command, samples from its inputs, and what was found holds at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import radians
from pathlib import Path
from typing import Any

import msgspec
import pytest
from brokers import until

from firmware_host import calibrations
from firmware_host.calibrating.bench import Progress
from firmware_host.clock import ManualClock
from firmware_host.coaching.events import Pass
from firmware_host.coaching.inputs import Calibration, Command, ForceSample, ImuSample, Input
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.daemon import Daemon
from firmware_host.history.recording import read
from firmware_host.messaging.commands import CalibrateRequest, decode
from firmware_host.messaging.payloads import ResultPayload, live_payload, state_payload
from firmware_host.profiles import load_profile
from firmware_host.settings import parse
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World
from firmware_host.terminal import screen

pytestmark = pytest.mark.slow

TEXT = """
[mqtt]
broker = ""
[page]
enabled = false
[[tools]]
name = "roller"
stiffness_n_m = 20000
axis = [1, 0, 0]
pressure = "bladder"
imu = { driver = "mpu6050", bus = "1" }
force = { driver = "mprls", bus = "1" }
"""


class Station:
    """A daemon that is fed a simulated session by hand; its buses stay off."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.clock = ManualClock()
        self.said: list[Any] = []
        self.daemon = Daemon(
            parse(TEXT, "test"), load_profile("article"), self.clock, state, lambda _, e: self.said.extend(e)
        )
        self.daemon.historian.start()
        self.daemon._take(Command(t=0.0, command="acknowledge"))

    def live(self, inputs: Iterable[Input], each: Callable[[Input], None] | None = None) -> None:
        for one in inputs:
            if one.t > self.clock.now():
                self.clock.sleep(one.t - self.clock.now())
            self.daemon._take(one)
            if each is not None:
                each(one)

    def ask(self, **fields: Any) -> ResultPayload:
        request = decode("calibrate", msgspec.json.encode(fields), self.clock.now(), self.clock.wall())
        assert isinstance(request, CalibrateRequest), request
        return self.daemon.calibrating.request(request)

    def progress(self, **fields: Any) -> Progress:
        data = self.ask(**fields).data
        assert isinstance(data, Progress)
        # What goes over the wire is what the terminal makes of it again.
        return msgspec.convert(msgspec.json.decode(msgspec.json.encode(data)), Progress)

    @property
    def tool(self) -> Any:
        return self.daemon.station.engine.tracks["roller"].tool


@pytest.fixture
def station(tmp_path: Path) -> Any:
    one = Station(tmp_path)
    yield one
    one.daemon.historian.stop()


def test_the_bias_is_found_by_command_holds_at_once_and_is_kept(station: Station) -> None:
    answer = station.ask(what="gyro", id="a")
    assert (answer.id, answer.ok) == ("a", True)
    assert "four seconds" in answer.data.do
    station.live(simulate("still", 1, 8.0))
    done = station.progress(what="gyro", step="look")
    assert done.step == "done"
    assert done.found is not None
    bias = done.found.calibration.gyro_bias
    assert station.tool.calibration.gyro_bias == bias
    assert bias == pytest.approx(World("still", 1).gyro_bias(3.0), abs=radians(0.05))
    until(lambda: station.daemon.calibrating.notes, "the file is written")
    (note,) = station.daemon.services.diagnostics().calibrations
    assert (note.device, note.what, note.at) == ("roller imu", "gyro", done.found.at)
    kept = calibrations.sensors(station.state)["roller imu"]
    assert kept.driver == "mpu6050"
    assert kept.done["gyro"] == done.found
    again = Station(station.state)
    assert again.tool.calibration.gyro_bias == bias, "and after a restart"
    again.daemon.historian.stop()


def test_a_new_calibration_is_in_the_recording_and_what_was_pressed_for_it_is_not(station: Station) -> None:
    """Weights on the roller are no session; the recording has a gap, the calibration, and then the session."""
    station.progress(what="force")
    masses = {16.0: 5.0, 37.0: 10.0, 58.0: 20.0}

    def press(given: Input) -> None:
        for t, kg in masses.items():
            if given.t >= t and isinstance(given, ForceSample):
                del masses[t]
                assert station.ask(what="force", step="mark", kg=kg).ok
                return

    station.live((one for one in simulate("scale", 1, 70.0) if one.t < 66.0), press)
    assert station.daemon.station.engine.session is None
    assert station.progress(what="force", step="finish").step == "done"
    points = station.tool.calibration.points
    assert len(points) == 3
    lines = [
        b'{"format":"slowroll-recording","version":1,"person":{"mass_kg":75,"height_m":1.75},"tools":[{"name":"roller","kind":"foam_roller"}]}'
    ]
    lines += station.daemon.station._lines
    said = list(read(lines, "x").inputs())
    assert sum(type(one).__name__ == "Recalibrated" for one in said) == 1
    assert not [one for one in said if isinstance(one, ForceSample | ImuSample)]
    # The same roller is rolled on: newtons now.
    later = [msgspec.structs.replace(one, t=one.t + 70.0) for one in simulate("calm", 1, 40.0)]
    station.live(later)
    passes = [one for one in station.said if isinstance(one, Pass)]
    assert passes
    assert all(one.mean_force_n is not None and 100 < one.mean_force_n < 400 for one in passes)


def test_while_a_session_is_on_only_a_span_is_measured_and_the_session_goes_on(station: Station) -> None:
    station.live(one for one in simulate("ends", 1, 60.0) if one.t < 10.0)
    assert station.daemon.station.engine.session is not None
    refused = station.ask(what="radius")
    assert not refused.ok
    assert "cmd/end" in refused.why
    asked = station.ask(what="span")
    assert not asked.ok, "no muscle is chosen"
    assert "say which muscle" in asked.why
    station.live([Command(t=10.0, command="select", muscle="calves", side="left", tool="roller")])
    assert station.ask(what="span").ok
    rest = [one for one in simulate("ends", 1, 60.0) if 10.0 <= one.t < 32.0]

    def press(given: Input) -> None:
        if isinstance(given, ImuSample) and (abs(given.t - 12.0) < 0.005 or abs(given.t - 20.0) < 0.005):
            station.daemon._gesture("next")
            call: Any = station.daemon._inbox.get()
            call.work()

    passes = len([one for one in station.said if isinstance(one, Pass)])
    station.live(rest, press)
    assert station.tool.calibration.span_muscle == "calves"
    assert station.tool.calibration.span_m == pytest.approx(0.27, abs=0.02)
    counted = [one for one in station.said if isinstance(one, Pass)]
    assert len(counted) >= passes + 2
    assert counted[-1].coverage == pytest.approx(1.0, abs=0.05)


def test_the_button_is_a_button_again_once_the_span_is_over(station: Station) -> None:
    assert station.ask(what="span", muscle="calves").ok
    assert station.daemon.calibrating.wants_button
    station.daemon._gesture("pain")
    (pain,) = station.daemon._inbox.get()  # type: ignore[misc]
    assert pain.command == "pain", "the pain stop is nothing else, ever"
    assert station.ask(what="span", step="cancel").ok
    station.daemon._gesture("next")
    (command,) = station.daemon._inbox.get()  # type: ignore[misc]
    assert command.command == "next"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"what": "gyro", "tool": "stick"}, "there is no tool 'stick'"),
        ({"what": "axis", "step": "mark"}, "begin one first"),
        ({"what": "radius", "distance_m": 0.1}, "0.3 to 5 m"),
        ({"what": "span", "muscle": "calfs"}, "did you mean 'calves'"),
    ],
)
def test_what_can_not_be_is_refused_with_what_to_do(station: Station, fields: dict[str, Any], why: str) -> None:
    answer = station.ask(**fields)
    assert not answer.ok
    assert why in answer.why
    assert not station.daemon.calibrating.active


def test_a_disk_that_is_full_is_a_fault_and_the_calibration_holds_until_the_next_start(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("firmware_host.calibrations.save", full)
    station.ask(what="gyro")
    station.live(simulate("still", 1, 8.0))
    (fault,) = station.daemon._inbox.get(timeout=5.0)  # type: ignore[misc]
    assert fault.device == "calibrations"
    assert "No space left" in fault.hint
    assert station.tool.calibration.gyro_bias is not None


def test_what_the_engine_has_learned_stays_when_something_else_is_calibrated(station: Station) -> None:
    station.live(simulate("still", 1, 4.0))
    force = station.daemon.station.engine.tracks["roller"].force
    zero = force.zero
    assert zero is not None, "found by itself, at rest"
    station.ask(what="gyro")
    station.live(msgspec.structs.replace(one, t=one.t + 4.0) for one in simulate("still", 1, 8.0))
    assert force.zero == pytest.approx(zero, abs=20.0), "and is followed since"
    assert station.tool.calibration.zero == pytest.approx(zero, abs=1.0), "not an old one, nor none"


def test_the_simulated_owners_calibration_stays_beside_what_was_found(tmp_path: Path) -> None:
    def tool(scenario: str) -> Any:
        text = f'{TEXT.replace(chr(34) + "1" + chr(34), chr(34) + "sim" + chr(34))}[simulator]\nscenario = "{scenario}"'
        daemon = Daemon(parse(text, "test"), load_profile("article"), ManualClock(), tmp_path)
        return daemon.station.engine.tracks["roller"].tool

    found = calibrations.Done(calibration=Calibration(gyro_bias=(0.1, 0.0, 0.0)))
    calibrations.keep(tmp_path, "roller", "gyro", found, "mpu6050")
    assert tool("calm").calibration.gyro_bias == (0.1, 0.0, 0.0)
    assert tool("calm").calibration.points
    assert tool("scale").calibration == found.calibration, "this one came out of the box"


def test_never_calibrated_nobody_is_told_newtons(station: Station) -> None:
    """A bladder that presses on nothing known: share of its own maximum, in events, MQTT, terminal and cues."""
    shown: list[Snapshot] = []
    text: set[str] = set()

    def look(given: Input) -> None:
        snapshot = station.daemon.station.snapshot()
        if not shown or snapshot.t - shown[-1].t > 0.2:
            shown.append(snapshot)
            text.update(screen(snapshot, station.daemon.feedback.shown(), None, False, []))

    station.live(simulate("holding", 1, 70.0), look)
    told = [msgspec.to_builtins(one) for one in station.said]
    assert {one["event"] for one in told} >= {"pass", "hold", "cue", "contact", "set"}
    for event in told:
        forces = {name: value for name, value in event.items() if name.endswith("force_n")}
        assert set(forces.values()) <= {None}, event
        assert (event.get("reason") or {}).get("unit") != "N", event
        assert not {"too_hard", "too_light"} & set(event.get("flags", ()))
    assert {one["force_source"] for one in told if one["event"] == "set"} == {"uncalibrated"}
    tools = [tool for snapshot in shown for tool in snapshot.tools]
    assert {tool.force_n for tool in tools} == {None}
    assert max(tool.load or 0.0 for tool in tools) > 0.5
    live = [live_payload(tool, "", None, (0, 0, 0), 0.0) for tool in tools]
    assert {one.force_n for one in live} == {None}
    assert state_payload(shown[-1], "").tools[0].force_n is None
    lines = [line for line in text if "force" in line]
    assert any("of own maximum (not calibrated)" in line for line in lines)
    assert not [line for line in lines if "maximum" not in line and any(c.isdigit() for c in line.split("limit")[0])]
