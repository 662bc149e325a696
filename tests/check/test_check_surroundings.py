"""`slowroll check` on all that is not a sensor: file, pins, broker, page, disk, history, clock, service."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from check_doubles import FakeMachine
from gpiozero.pins.mock import MockFactory, MockPWMPin

from firmware_host import calibrations
from firmware_host.check import pins as pins_check
from firmware_host.check.machine import Ran
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Calibration
from firmware_host.feedback.pins import PinError
from firmware_host.history.historian import DATABASE
from firmware_host.history.store import Store
from firmware_host.messaging.embedded import free_port
from firmware_host.remembered import acknowledge

pytestmark = pytest.mark.slow

OFF = "[page]\nenabled = false\n"
PINS = OFF + '[pins]\nfactory = "mock"\nmotor = 18\nled_red = 22\nled_green = 23\nled_blue = 24\nbutton = 17\n'


@pytest.fixture
def machine(tmp_path: Path) -> FakeMachine:
    return FakeMachine(tmp_path)


# --- configuration ----------------------------------------------------------------------------------------------------


def test_no_file_yet_says_how_to_begin(machine: FakeMachine) -> None:
    file = machine.check().line("file")
    assert file.result == "warning"
    assert "mpu6050-bladder.toml ~/.config/slowroll/slowroll.toml" in file.do
    assert "slowroll demo" in file.do


@pytest.mark.parametrize(
    ("text", "subject", "words"),
    [
        ("[pagee]\n", "file", "did you mean 'page'?"),
        ("nonsense", "file", "not valid TOML"),
        ('[[tools]]\nimu = { driver = "mpu9999" }\n' + OFF, "sensors", "there is no driver called 'mpu9999'"),
        ('[coach]\nprofile = "artikel"\n' + OFF, "guidance", "article"),
        ('drivers_dir = "/nowhere"\n' + OFF, "sensors", "is not a folder"),
    ],
)
def test_a_broken_file_is_a_problem_and_the_rest_is_looked_at_all_the_same(
    machine: FakeMachine, text: str, subject: str, words: str
) -> None:
    found = machine.check(text)
    assert found.line(subject).result == "problem"
    assert words in found.line(subject).says
    assert "slowroll" in found.line(subject).do
    assert found.line("state folder").result == "ok"


def test_an_owners_routine_that_cant_be_used(machine: FakeMachine) -> None:
    (machine.root / "routines").mkdir()
    (machine.root / "routines" / "mine.toml").write_text("title = 1\n")
    found = machine.check(OFF).line("guidance")
    assert (found.result, "mine.toml" in found.says) == ("warning", True)


# --- pins -------------------------------------------------------------------------------------------------------------


def test_each_pin_is_tried(machine: FakeMachine) -> None:
    found = machine.check(PINS)
    for name, pin in (("motor", 18), ("led_red", 22), ("button", 17)):
        assert found.line(name).says == f"GPIO{pin} can be had (a pin in memory only)"
    assert found.none("pulse")


def test_a_pulse_on_request_leaves_everything_off(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    factory = kept(monkeypatch)
    before = machine.clock.now()
    pulse = machine.check(PINS, pulse=True).line("pulse")
    assert pulse.says == "the motor ran for 0.1 s; the light was red, green, blue"
    assert "transistor" in pulse.do
    assert machine.clock.now() - before >= 0.1 + 3 * 0.4
    motor = [state.state for state in factory.pin(18).states]
    assert 1.0 in motor
    assert [factory.pin(pin).state for pin in (18, 22, 23, 24)] == [0, 0, 0, 0]


def test_two_settings_for_one_pin_and_a_pin_of_the_bus(machine: FakeMachine) -> None:
    found = machine.check(PINS.replace("button = 17", "button = 18"))
    assert found.line("button").result == "problem"
    assert "each its own" in found.line("button").do
    text = '[[tools]]\nimu = { driver = "mpu6050", bus = 1 }\n' + PINS.replace("button = 17", "button = 3")
    assert found.none("pins")
    assert machine.check(text).line("pins").says == "button = 3 (SCL): I2C bus 1 has that pin"


def test_a_pin_that_another_program_has(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Taken(MockPWMPin):
        def _set_function(self, value: str) -> None:
            if self.info.name == "GPIO18" and value == "output":
                raise OSError("'GPIO busy'")
            super()._set_function(value)

    kept(monkeypatch, Taken)
    motor = machine.check(PINS).line("motor")
    assert (motor.result, motor.says) == ("problem", "GPIO18 can't be had: 'GPIO busy'")
    assert "gpioinfo | grep -w GPIO18" in motor.do


def test_no_gpio_at_all(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> Any:
        raise PinError("pins.factory: 'lgpio' found no GPIO to drive")

    monkeypatch.setattr(pins_check, "open_factory", refuse)
    assert machine.check(PINS).line("pins").result == "problem"


def test_pins_of_a_running_slowroll_are_left_alone(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.programs["systemctl is-active"] = Ran(0, "active")
    monkeypatch.setattr(pins_check, "open_factory", lambda _name: pytest.fail("a pin was touched"))
    found = machine.check(PINS.replace('"mock"', '"lgpio"'), pulse=True)
    assert found.line("pins").result == "not checked"
    assert "the service slowroll.service is active" in found.line("pins").says


def kept(monkeypatch: pytest.MonkeyPatch, pin_class: Any = MockPWMPin) -> MockFactory:
    """The factory that the check will open."""
    factory = MockFactory(pin_class=pin_class)
    monkeypatch.setattr(pins_check, "open_factory", lambda _name: factory)
    monkeypatch.setattr(factory, "close", lambda: None)  # its pins are looked at afterwards
    return factory


# --- network ----------------------------------------------------------------------------------------------------------


@contextmanager
def broker(connack: int | None, suback: int = 0) -> Iterator[int]:
    """Answers one CONNECT with that code, and one SUBSCRIBE; None: says nothing. Its port."""
    gate = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        end, _ = gate.accept()
        with end:
            end.recv(4096)
            if connack is None:
                end.recv(4096)
                return
            end.sendall(bytes([0x20, 2, 0, connack]))
            asked = end.recv(4096)
            if asked and connack == 0:
                end.sendall(bytes([0x90, 3, asked[2], asked[3], suback]))
                end.recv(4096)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield int(gate.getsockname()[1])
    gate.close()
    thread.join(10)


def mqtt(port: int, more: str = "") -> str:
    return OFF + f'[mqtt]\nbroker = "127.0.0.1"\nport = {port}\n{more}'


def test_the_broker_lets_us_in(machine: FakeMachine) -> None:
    with broker(0) as port:
        assert machine.check(mqtt(port)).line("broker").says == f"127.0.0.1:{port} lets us in (no user name)"
    with broker(0, suback=0x80) as port:
        assert machine.check(mqtt(port)).line("broker").result == "warning"


def test_the_broker_is_down(machine: FakeMachine) -> None:
    line = machine.check(mqtt(free_port())).line("broker")
    assert line.result == "problem"
    assert "no broker listens at 127.0.0.1:" in line.says
    assert line.do.startswith("sudo systemctl status mosquitto")


@pytest.mark.parametrize("code", [4, 5])
def test_a_wrong_password(machine: FakeMachine, code: int) -> None:
    secret = machine.root / "secret"
    secret.write_text("wrong\n")
    with broker(code) as port:
        line = machine.check(mqtt(port, f'username = "roller"\npassword_file = "{secret}"\n')).line("broker")
    assert line.result == "problem"
    assert "does not let us in with user roller" in line.says
    assert "sudo mosquitto_passwd /etc/mosquitto/passwd roller" in line.do
    with broker(code) as port:
        assert machine.check(mqtt(port)).line("broker").do.startswith("it wants a user: set username")


def test_a_broker_that_cant_be_used(machine: FakeMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = machine.check(mqtt(1883, 'username = "x"\npassword_file = "/nowhere"\n')).line("broker")
    assert "password_file /nowhere can't be read" in missing.says
    name = machine.check(OFF + '[mqtt]\nbroker = "no-such-machine.invalid"\n').line("broker")
    assert "there is no machine called no-such-machine.invalid" in name.says
    monkeypatch.setattr("firmware_host.messaging.trying.try_broker.__defaults__", (0.3,))
    with broker(None) as port:
        assert "no MQTT answer within" in machine.check(mqtt(port)).line("broker").says


def test_without_a_broker_the_page_is_empty(machine: FakeMachine) -> None:
    line = machine.check(f"[page]\nport = {free_port()}\n").line("broker")
    assert (line.result, line.says) == ("warning", "none is configured, so the page has nothing to show")
    assert machine.check(OFF).line("broker").result == "ok"


class Health(BaseHTTPRequestHandler):
    body = b"{}"

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body if self.path == "/health" else b"")

    def log_message(self, *_: Any) -> None:
        """Silent."""


@contextmanager
def page(body: bytes) -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), type("_", (Health,), {"body": body}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_the_pages_port(machine: FakeMachine) -> None:
    port = free_port()
    line = machine.check(f"[page]\nport = {port}\n").line("page port")
    assert (line.result, line.says) == ("ok", f"{port} on 127.0.0.1 is free for the page")
    with page(b'{"status": "ok"}') as port:
        found = machine.check(f"[page]\nport = {port}\n")
        assert "held by a slowroll that runs" in found.line("page port").says
    with page(b"<html>") as port:
        line = machine.check(f"[page]\nport = {port}\n").line("page port")
        assert (line.result, "another program has that port" in line.says) == ("problem", True)
        assert f"ss -ltnp 'sport = :{port}'" in line.do


def test_a_running_slowroll_keeps_its_sensors(machine: FakeMachine) -> None:
    wire = machine.wire("1", machine.imu())
    with page(b'{"status": "ok"}') as port:
        text = f'[[tools]]\nimu = {{ driver = "mpu6050", bus = 1 }}\n[page]\nport = {port}\n'
        found = machine.check(text)
    assert found.line("bus 1").result == "not checked"
    assert f"its page answers on port {port}" in found.line("measurement").says
    assert wire.transfers == []


# --- state ------------------------------------------------------------------------------------------------------------


def test_the_state_folder(machine: FakeMachine) -> None:
    found = machine.check(OFF)
    assert found.line("state folder").says == f"{machine.root / 'state'}: can be written"
    assert found.line("disk").says.startswith("20.0 GB free")
    assert list((machine.root / "state").iterdir()) == [], "nothing is left behind"


def test_a_full_disk(machine: FakeMachine) -> None:
    machine.free = 20_000_000
    disk = machine.check(OFF).line("disk")
    assert (disk.result, disk.says.startswith("20 MB free")) == ("problem", True)
    assert disk.do.startswith("make room: sudo journalctl --vacuum-size=50M")
    machine.free = 300_000_000
    assert machine.check(OFF).line("disk").result == "warning"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (PermissionError(13, "Permission denied"), "it belongs to roller: sudo -u roller STATE_DIRECTORY="),
        (OSError(28, "No space left on device"), "make room"),
        (OSError(30, "Read-only file system"), "mounted read-only"),
    ],
)
def test_a_folder_that_cant_be_written(
    machine: FakeMachine, monkeypatch: pytest.MonkeyPatch, fault: OSError, words: str
) -> None:
    def refuse(**_: Any) -> Any:
        raise fault

    monkeypatch.setattr("firmware_host.check.storage.NamedTemporaryFile", refuse)
    found = machine.check(OFF)
    assert found.line("state folder").result == "problem"
    assert words in found.line("state folder").do
    assert found.none("disk")


def test_history_checklist_and_calibration(machine: FakeMachine) -> None:
    tool = '[[tools]]\npressure = "bladder"\nforce = { driver = "mprls", bus = 7 }\n' + OFF
    found = machine.check(tool)
    assert found.line("history").says == "empty: no session was kept yet"
    assert (found.line("checklist").result, found.line("checklist").do[:20]) == ("warning", "slowroll acknowledge")
    assert "roller: never calibrated; force is told in per cent" in found.line("calibration").says
    state = machine.root / "state"
    acknowledge(state, datetime(2026, 5, 1, tzinfo=UTC))
    known = {"version": 1, "tools": {"roller": {"points": [[1.0, 2.0]], "radius_m": 0.07}}}
    (state / calibrations.NAME).write_text(json.dumps(known))
    store = Store(state / DATABASE, {})
    store.open()
    store.close()
    found = machine.check(tool)
    assert found.line("checklist").says == "acknowledged on 2026-05-01"
    assert found.line("calibration").says == "roller: force (date not kept), radius (date not kept)"
    cell = calibrations.Done(calibration=Calibration(points=((1.0, 2.0),)), at="2026-08-01T10:00:00.000Z")
    calibrations.keep(state, "roller", "force", cell, "nau7802")
    says = machine.check(tool).line("calibration").says
    assert says.startswith("roller: radius (date not kept); force not used: its sensor had another driver then")
    assert says.endswith("not in newtons")
    calibrations.keep(state, "roller", "force", cell, "mprls")
    says = machine.check(tool).line("calibration").says
    assert says == "roller: force (2026-08-01), radius (date not kept)"
    assert found.line("history").says == "sound; 0 session(s)"
    (state / DATABASE).write_bytes(b"not a database" * 100)
    (state / "acknowledged.json").write_text("{")
    (state / calibrations.NAME).write_text("{")
    found = machine.check(tool)
    assert found.line("history").result == found.line("calibration").result == "problem"
    assert found.line("checklist").result == "warning"
    assert (state / "acknowledged.json").read_text() == "{", "a check changes nothing"


# --- machine ----------------------------------------------------------------------------------------------------------


def test_the_clock(machine: FakeMachine) -> None:
    assert machine.check().line("clock").result == "not checked"
    machine.programs["timedatectl show"] = Ran(0, "no")
    line = machine.check().line("clock")
    assert (line.result, line.do.startswith("sudo timedatectl set-ntp true")) == ("warning", True)
    machine.programs["timedatectl show"] = Ran(0, "yes")
    assert machine.check().line("clock").says.endswith("synchronised")
    del machine.programs["timedatectl show"]
    (machine.root / "run/systemd/timesync").mkdir(parents=True)
    (machine.root / "run/systemd/timesync/synchronized").touch()
    assert machine.check().line("clock").result == "ok"
    machine.clock = ManualClock(datetime(1970, 1, 1, tzinfo=UTC))
    assert "it has not been set" in machine.check().line("clock").says


@pytest.mark.parametrize(
    ("said", "result", "words"),
    [
        ("LoadState=not-found\nActiveState=inactive", "ok", "is not installed"),
        ("LoadState=loaded\nActiveState=failed\nNRestarts=1", "problem", "has failed"),
        ("LoadState=loaded\nActiveState=activating\nNRestarts=9", "problem", "restarted 9 times"),
        ("LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nNRestarts=0", "ok", "runs"),
        ("LoadState=loaded\nActiveState=inactive\nUnitFileState=disabled", "ok", "does not run"),
    ],
)
def test_the_service(machine: FakeMachine, said: str, result: str, words: str) -> None:
    machine.programs["systemctl show"] = Ran(0, said)
    line = machine.check().line("service")
    assert line.result == result
    assert words in line.says
    assert result == "ok" or line.do == "journalctl -u slowroll -n 50 --no-pager"


def test_bluetooth(machine: FakeMachine) -> None:
    assert machine.check().line("Bluetooth").says.startswith("no adapter")
    (machine.root / "sys/class/bluetooth/hci0").mkdir(parents=True)
    assert machine.check().line("Bluetooth").says == "hci0 is there; Slowroll does not use it yet"


@pytest.mark.parametrize(("said", "result"), [("0x0", "ok"), ("0x50000", "warning"), ("0x50005", "problem")])
def test_the_supply_of_a_pi(machine: FakeMachine, said: str, result: str) -> None:
    assert machine.check().none("supply")
    machine.programs["vcgencmd get_throttled"] = Ran(0, f"throttled={said}")
    assert machine.check().line("supply").result == result


# --- on the simulator -------------------------------------------------------------------------------------------------


def test_everything_works_on_the_simulator(machine: FakeMachine) -> None:
    text = (
        '[[tools]]\npressure = "bladder"\nimu = { driver = "mpu6050", bus = "sim" }\n'
        'force = { driver = "mprls", bus = "sim" }\n[simulator]\nscenario = "still"\n' + PINS
    )
    found = machine.check(text)
    assert found.line("roller imu").result == "ok"
    assert [one for one in found if one.area in ("I2C", "sensors") and one.result != "ok"] == []
    assert {one.subject for one in found if one.area == "sensors"} == {
        "roller imu, stream",
        "roller imu, gravity",
        "roller imu, gyro",
        "roller force, stream",
        "roller force, force",
    }


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Table and JSON say the same; the exit code tells whether there is something to do."""
    from firmware_host.check import machine as machine_module
    from firmware_host.cli import main

    fake = FakeMachine(tmp_path)
    monkeypatch.setattr(machine_module, "Machine", lambda: fake)
    config = tmp_path / "slowroll.toml"
    config.write_text('[[tools]]\nimu = { driver = "mpu6050", bus = 1 }\n' + OFF)
    assert main(["check", "--config", str(config)]) == 1
    out = capsys.readouterr().out
    assert "  PROBLEM bus 1 " in out
    assert "-> sudo raspi-config nonint do_i2c 0" in out
    assert main(["check", "--config", str(config), "--json"]) == 1
    whole = json.loads(capsys.readouterr().out)
    assert whole["result"] == "problem"
    bus = next(one for one in whole["findings"] if one["subject"] == "bus 1")
    assert bus["do"] == "sudo raspi-config nonint do_i2c 0, then: sudo reboot"
    fake.wire("1", fake.imu())
    acknowledge(tmp_path / "state", datetime(2026, 5, 1, tzinfo=UTC))
    assert main(["check", "--config", str(config), "--seconds", "3"]) == 0
    assert "PROBLEM" not in capsys.readouterr().out
    with pytest.raises(SystemExit) as wrong:
        main(["check", "--seconds", "0.2"])
    assert wrong.value.code == 2
