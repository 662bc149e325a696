"""The real command, as an owner types it: a mistake ends in one clear sentence and its exit code, and no traceback."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from firmware_host.clock import SystemClock
from firmware_host.commands import NAMES
from firmware_host.dashboard.assets import built_page
from firmware_host.history.historian import Historian
from firmware_host.history.recording import RecordingError, read
from firmware_host.settings import HistorySettings, shipped_config

pytestmark = pytest.mark.slow

LIMIT_S = 60.0
SIMULATED = """
station = "bench"
[[tools]]
axis = [1, 0, 0]
pressure = "bladder"
imu = { driver = "mpu6050", bus = "sim" }
force = { driver = "mprls", bus = "sim" }
[pins]
factory = "mock"
"""
NO_PAGE = "[page]\nenabled = false\n"

needs_page = pytest.mark.skipif(
    not (built_page() / "index.html").is_file(), reason="the page is not built: python web/build.py"
)


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What is wrong, once: the one line that begins with "slowroll"."""
        lines = [line for line in self.err.splitlines() if line.startswith("slowroll")]
        assert len(lines) == 1, self.err
        return lines[0]


class Home:
    """A folder that is the owner's home, with the state folder in it, and nothing of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "PYTHONPATH"}}
        return {**kept, "HOME": str(self.folder), "STATE_DIRECTORY": str(self.state), **more}

    def popen(self, *words: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "firmware_host", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**more),
            cwd=self.folder,
        )

    def slowroll(self, *words: str, **more: str) -> Ran:
        process = self.popen(*words, **more)
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
        assert "Traceback" not in err, err
        return Ran(process.returncode, out, err)

    def write(self, name: str, content: str | bytes) -> str:
        """A file in the home, by its name: the command runs there."""
        self.folder.joinpath(name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return name


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- the command itself -------------------------------------------------------------------------------------------


def test_no_command_prints_the_help_and_the_help_names_every_command(home: Home) -> None:
    ran = home.slowroll()
    assert ran == home.slowroll("--help")
    assert ran.code == 0
    assert ran.err == ""
    assert [line.split()[0] for line in ran.out.splitlines() if re.match(r"    \w", line)] == list(NAMES)
    assert "not a diagnosis" in ran.out


def test_version(home: Home) -> None:
    ran = home.slowroll("--version")
    assert (ran.code, ran.err) == (0, "")
    assert re.fullmatch(r"slowroll \S.*\n", ran.out)


@pytest.mark.parametrize("words", [("--help",), ("--version",), ()])
def test_help_and_version_load_no_library(home: Home, words: tuple[str, ...]) -> None:
    told = home.folder / "modules"
    home.write(
        "try.py",
        f"import atexit, sys\natexit.register(lambda: open({str(told)!r}, 'w').write(' '.join(sys.modules)))\n"
        f"from firmware_host.cli import main\nsys.exit(main({list(words)!r}))\n",
    )
    subprocess.run(
        [sys.executable, "try.py"], cwd=home.folder, env=home.environment(PYTHONPATH=str(Path(__file__).parent.parent)),
        check=True, stdout=subprocess.DEVNULL, timeout=LIMIT_S,
    )  # fmt: skip
    loaded = {module.partition(".")[0] for module in told.read_text().split()}
    assert "firmware_host" in loaded
    heavy = {"numpy", "aiohttp", "gpiozero", "paho", "smbus2", "amqtt", "msgspec", "sensors", "asyncio", "sqlite3"}
    assert not loaded & heavy


@pytest.mark.parametrize(
    "words",
    [
        ("frobnicate",),
        ("config",),
        ("config", "mend"),
        ("replay",),
        ("record",),
        ("simulate", "demo"),
        ("sessions",),
        ("sessions", "show", "first"),
        ("report", "--days", "0"),
        ("report", "--json", "--html", "x"),
        ("replay", "x.jsonl", "--emit", "sound"),
        ("run", "--sped", "3"),
        ("record", "--out", "x", "--seconds", "0"),
        ("record", "--out", "x", "--seconds", "inf"),
        ("demo", "--seconds", "0"),
        ("demo", "--seconds", "soon"),
        ("simulate", "demo", "--out", "x", "--seconds", "0"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_understood_is_wrong_use(home: Home, words: tuple[str, ...]) -> None:
    ran = home.slowroll(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("usage: slowroll")
    assert "error: " in ran.sentence
    assert not (home.folder / "x").exists()


@pytest.mark.parametrize(
    "words", [("--speed", "0"), ("--speed", "nan"), ("--http-port", "0"), ("--mqtt-port", "65536")]
)
def test_a_demo_that_cannot_be(home: Home, words: tuple[str, str]) -> None:
    ran = home.slowroll("demo", "--headless", *words)
    assert ran.code == 2
    assert " ".join(words) in ran.sentence


def test_the_configuration_is_taken_before_and_after_a_second_word(home: Home) -> None:
    mine = home.write("mine.toml", SIMULATED)
    assert home.slowroll("sessions", "list", "--config", mine, "--debug").code == 0
    assert home.slowroll("drivers", "list", "--config", mine).code == 0
    for words in (("drivers", "list", "--config", "gone.toml"), ("drivers", "--config", "gone.toml", "list")):
        ran = home.slowroll(*words)
        assert ran.code == 2
        assert "gone.toml" in ran.sentence


def test_debug_adds_the_traceback(home: Home) -> None:
    process = home.popen("replay", "nothing.jsonl", "--debug")
    _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode != 0
    assert "Traceback" in err
    assert "nothing.jsonl" in err


# --- the configuration --------------------------------------------------------------------------------------------

WRONG_CONFIGS: list[tuple[str, str | bytes, tuple[str, ...]]] = [
    ("unknown-key", 'statoin = "x"', ("unknown key 'statoin'", "'station'")),
    ("unknown-key-inside", '[mqtt]\nbrokr = "x"', ("[mqtt]", "'brokr'", "'broker'")),
    ("unknown-key-deep", '[[tools]]\nimu = { driver = "mpu6050", adress = 104 }', ("tools[0].imu", "'address'")),
    ("key-of-another-table", 'broker = "localhost"', ("unknown key 'broker'", "[mqtt]")),
    ("text-for-a-number", '[page]\nport = "8080"', ("page.port", "a whole number", "'8080'")),
    ("number-for-text", "station = 3", ("station", "text in quotes")),
    ("one-bracket", '[tools]\nname = "roller"', ("tools", "[[")),
    ("out-of-bounds", "[person]\nmass_kg = 8", ("person.mass_kg", "at least 20", "8")),
    ("no-such-kind", '[[tools]]\nkind = "foam roller"', ("tools[0].kind", "'foam_roller'", "massage_ball")),
    ("not-a-name", 'station = "Living Room"', ("station", "'Living Room'", "lower-case")),
    ("missing-driver", "[[tools]]\nimu = { bus = 1 }", ("tools[0].imu", "driver is missing")),
    ("short-axis", "[[tools]]\naxis = [1, 0]", ("tools[0].axis", "a list of 3")),
    ("two-of-a-name", '[[tools]]\nname = "a"\n[[tools]]\nname = "a"', ("two tools", "'a'")),
    ("force-of-nothing", '[[tools]]\nforce = { driver = "mprls" }', ("pressure", "bladder")),
    ("half-an-led", "[pins]\nled_red = 3", ("led_red", "all three")),
    ("open-page", '[page]\nhost = "0.0.0.0"', ("page.host", "token_file")),
    ("not-toml", "station = = 3", ("not valid TOML", "line 1")),
    ("not-utf-8", b'station = "h\xf6me"', ("UTF-8", "byte 12")),
    ("utf-16", 'station = "x"'.encode("utf-16"), ("UTF-8",)),
    ("unknown-profile", '[coach]\nprofile = "artikle"', ("coach.profile", "'artikle'", "'article'")),
    ("unknown-routine", '[coach]\nroutine = "qick"', ("coach.routine", "'qick'", "did you mean 'quick'")),
    ("unknown-driver", '[[tools]]\nimu = { driver = "mpu605" }', ("tools.roller.imu.driver", "mpu6050")),
    ("wrong-role", '[[tools]]\nimu = { driver = "mprls" }', ("tools.roller.imu.driver", "[tools.force]")),
    ("wrong-rate", '[[tools]]\nimu = { driver = "mpu6050", rate = 90 }', ("tools.roller.imu.rate", "100")),
    ("unknown-scenario", SIMULATED + '[simulator]\nscenario = "demoo"', ("simulator.scenario", "'demo'")),
    ("no-drivers-folder", SIMULATED.replace("[[", 'drivers_dir = "nowhere"\n[[', 1), ("drivers_dir", "nowhere")),
]


@pytest.mark.parametrize(("content", "said"), [case[1:] for case in WRONG_CONFIGS], ids=[c[0] for c in WRONG_CONFIGS])
def test_a_wrong_configuration_is_the_checks_finding(home: Home, content: str | bytes, said: tuple[str, ...]) -> None:
    mine = home.write("mine.toml", content)
    ran = home.slowroll("config", "check", "--config", mine)
    assert (ran.code, ran.out) == (1, "")
    assert ran.sentence.startswith("slowroll: mine.toml: ")
    for words in said:
        assert words in ran.sentence


@pytest.mark.parametrize("command", ["run", "record --out x.jsonl"])
@pytest.mark.parametrize(
    "wrong", ["unknown-key", "unknown-profile", "unknown-routine", "unknown-driver", "wrong-role", "unknown-scenario"]
)
def test_what_needs_the_configuration_refuses_a_wrong_one(home: Home, command: str, wrong: str) -> None:
    content, said = next(case[1:] for case in WRONG_CONFIGS if case[0] == wrong)
    assert isinstance(content, str)
    tools = "" if "[[tools]]" in content else '[[tools]]\nimu = { driver = "mpu6050", bus = "sim" }\n'
    mine = home.write("mine.toml", f"{content}\n{tools}")
    ran = home.slowroll(*command.split(), "--config", mine)
    assert ran.code == 2
    assert ran.sentence.startswith("slowroll: mine.toml: ")
    assert said[0] in ran.sentence
    assert not (home.folder / "x.jsonl").exists()


def test_a_broken_driver_of_ones_own_keeps_nothing_else_from_running(home: Home) -> None:
    home.write("broken.py", "import nothing_like_this")
    tools = '[[tools]]\npressure = "bladder"\n' + "".join(
        f'{role} = {{ driver = "{driver}", bus = "sim" }}\n'
        for role, driver in (("imu", home.folder / "broken.py"), ("force", "mprls"))
    )
    mine = home.write("mine.toml", tools)
    checked = home.slowroll("config", "check", "--config", mine)
    assert checked.code == 1
    assert "broken.py can't be loaded: ModuleNotFoundError" in checked.sentence
    ran = home.slowroll("record", "--out", "x.jsonl", "--seconds", "2", "--config", mine)
    assert ran.code == 0
    lines = (home.folder / "x.jsonl").read_text().splitlines()
    assert sum('"pressure"' in line for line in lines[1:]) > 50
    assert sum("broken.py can't be loaded" in line for line in lines) == 1


@pytest.mark.parametrize("command", ["run", "record --out x.jsonl", "config check", "config show", "replay x.jsonl"])
def test_a_configuration_that_is_not_there(home: Home, command: str) -> None:
    home.write("x.jsonl", HEADER + "\n")
    ran = home.slowroll(*command.split(), "--config", "mine.toml")
    assert ran.code == 2
    assert ran.sentence.startswith("slowroll: --config: there is no file mine.toml")
    assert str(shipped_config() / "slowroll.toml") in ran.sentence


def test_the_environment_names_a_configuration_that_is_not_there(home: Home) -> None:
    ran = home.slowroll("run", SLOWROLL_CONFIG="~/gone.toml")
    assert ran.code == 2
    assert f"$SLOWROLL_CONFIG: there is no file {home.folder}/gone.toml" in ran.sentence


def test_a_folder_is_no_configuration(home: Home) -> None:
    ran = home.slowroll("config", "check", "--config", ".")
    assert ran.code == 2
    assert ". is a folder" in ran.sentence


def test_the_configuration_is_found_in_the_home(home: Home) -> None:
    folder = home.folder / ".config" / "slowroll"
    folder.mkdir(parents=True)
    (folder / "slowroll.toml").write_bytes(b'\xef\xbb\xbfstation = "attic"\n')  # with the mark some editors write
    assert f"# {folder / 'slowroll.toml'}\n" in home.slowroll("config", "show").out
    assert 'station = "attic"' in home.slowroll("config", "show").out


@pytest.mark.parametrize("command", ["run", "record --out x.jsonl"])
def test_without_tools_there_is_nothing_to_read(home: Home, command: str) -> None:
    for words in (command.split(), [*command.split(), "--config", home.write("mine.toml", "")]):
        ran = home.slowroll(*words)
        assert ran.code == 2
        assert "nothing to read" in ran.sentence
        assert "slowroll.toml" in ran.sentence
        assert "slowroll demo" in ran.sentence


def test_a_tool_without_sensors_records_nothing(home: Home) -> None:
    ran = home.slowroll("record", "--out", "x", "--config", home.write("mine.toml", "[[tools]]"))
    assert ran.code == 2
    assert "no tool has a sensor" in ran.sentence


# --- the machine --------------------------------------------------------------------------------------------------


@needs_page
def test_the_pages_port_is_in_use(home: Home, taken_port: int) -> None:
    mine = home.write("mine.toml", f"{SIMULATED}[page]\nport = {taken_port}\n")
    ran = home.slowroll("run", "--config", mine)
    assert ran.code == 2
    assert f"port {taken_port}" in ran.sentence
    assert "another program" in ran.sentence


@pytest.mark.parametrize("command", ["run --config mine.toml", "demo --headless --mqtt-port {port} --http-port {free}"])
def test_the_embedded_brokers_port_is_in_use(home: Home, taken_port: int, command: str) -> None:
    home.write("mine.toml", f'{SIMULATED}{NO_PAGE}[mqtt]\nbroker = "embedded"\nport = {taken_port}\n')
    ran = home.slowroll(*command.format(port=taken_port, free=free_port()).split())
    assert ran.code == 2
    assert f"port {taken_port} is in use" in ran.sentence
    assert "mqtt.port" in ran.sentence


@pytest.mark.parametrize("command", ["run --config mine.toml", "demo --headless"])
def test_the_state_folder_cannot_be_made(home: Home, command: str) -> None:
    home.write("mine.toml", SIMULATED + NO_PAGE)
    ran = home.slowroll(*command.split(), STATE_DIRECTORY=str(home.folder / "mine.toml" / "state"))
    assert ran.code == 2
    assert "mine.toml/state" in ran.sentence
    assert "$STATE_DIRECTORY" in ran.sentence


def test_run_tells_what_is_unplugged_and_ends_with_0_when_it_is_told_to(home: Home) -> None:
    mine = home.write("mine.toml", SIMULATED.replace('"sim"', '"/dev/no-such-bus"') + NO_PAGE)
    process = home.popen("run", "--config", mine)
    try:
        assert process.stderr is not None
        said = ""
        deadline = time.monotonic() + LIMIT_S
        while "roller force" not in said and time.monotonic() < deadline:
            line = process.stderr.readline()
            assert line, f"it ended by itself, with {process.wait(LIMIT_S)}, after: {said}"
            said += line
        assert "/dev/no-such-bus can't be opened" in said
        assert "roller imu" in said
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0
        assert "Traceback" not in rest
    finally:
        process.kill()
        process.wait(LIMIT_S)


# --- recordings ---------------------------------------------------------------------------------------------------

HEADER = json.dumps(
    {
        "format": "slowroll-recording",
        "version": 1,
        "tools": [{"name": "roller", "kind": "foam_roller", "axis": [1, 0, 0]}],
    }
)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A recording of a simulated session, line by line."""
    home = Home(tmp_path_factory.mktemp("recording"))
    assert home.slowroll("simulate", "calm", "--seconds", "14", "--out", "calm.jsonl").code == 0
    return (home.folder / "calm.jsonl").read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, ("can't be opened",), id="missing"),
        pytest.param(b"", ("the file is empty",), id="empty"),
        pytest.param(b"station = 3\n", ("line 1 is not a recording's header", "slowroll-recording"), id="toml"),
        pytest.param(bytes(range(256)), ("line 1 is not a recording's header",), id="bytes"),
        pytest.param(b'{"name": "x"}\n', ("line 1 says format ''", "a recording?"), id="other-json"),
        pytest.param(b"[1, 2]\n", ("line 1 is not a recording's header",), id="a-list"),
        pytest.param(b'{"format":"slowroll-rec', ("line 1 is not a recording's header",), id="cut-in-line-1"),
        pytest.param(b"\x1f\x8b\x08\x00", ("not a gzip file",), id="cut-in-gzip-header"),
        pytest.param(
            b'{"format":"slowroll-recording","version":2,"tools":{"roller":{}}}\n',
            ("version 2", "reads version 1", "Update slowroll"),
            id="newer",
        ),
        pytest.param(b'{"format":"slowroll-recording","version":1}\n', ("names no tool",), id="no-tool"),
    ],
)
def test_a_file_that_is_no_recording(home: Home, content: bytes | None, said: tuple[str, ...]) -> None:
    if content is not None:
        home.write("x.jsonl", content)
    ran = home.slowroll("replay", "x.jsonl")
    assert (ran.code, ran.out) == (2, "")
    assert ran.sentence.startswith("slowroll: x.jsonl: ")
    for words in said:
        assert words in ran.sentence


def test_a_folder_is_no_recording(home: Home) -> None:
    ran = home.slowroll("replay", ".")
    assert ran.code == 2
    assert "Is a directory" in ran.sentence


def test_a_recording_cut_in_mid_line_is_read_up_to_there(home: Home, lines: list[bytes]) -> None:
    whole = b"".join(lines[:1200])
    home.write("whole.jsonl", whole)
    home.write("cut.jsonl", whole + lines[1200][:20])
    cut, clean = home.slowroll("replay", "cut.jsonl"), home.slowroll("replay", "whole.jsonl")
    assert (cut.code, cut.out) == (0, clean.out)
    assert events_of(clean)
    assert clean.err == ""
    assert "cut.jsonl: cut off in mid-line" in cut.sentence


def test_a_compressed_recording_cut_in_the_middle_is_read_up_to_there(home: Home, lines: list[bytes]) -> None:
    packed = gzip.compress(b"".join(lines), mtime=0)
    home.write("cut.jsonl.gz", packed[: len(packed) * 3 // 4])
    home.write("whole.jsonl", b"".join(lines))
    cut, whole = home.slowroll("replay", "cut.jsonl.gz"), home.slowroll("replay", "whole.jsonl")
    assert cut.code == 0
    assert "cut.jsonl.gz: cut off" in cut.sentence
    contacts = [event for event in events_of(cut) if event["event"] == "contact"]
    assert contacts
    assert contacts == [event for event in events_of(whole) if event["event"] == "contact"][: len(contacts)]


def test_junk_lines_are_counted_and_named_and_change_nothing(home: Home, lines: list[bytes]) -> None:
    first_imu = next(line for line in lines if b'"accel"' in line)
    junk = {
        300: b'{"t":2.0,"tool":"roller","accel":[NaN,0,0],"gyro":[0,0,0]}\n',
        301: b'{"t":2.0,"tool":"roller","accel":[1e30,0,0],"gyro":[0,0,0]}\n',
        500: first_imu,
        700: b'{"t":4.0,"tool":"stick","accel":[0,0,9.8],"gyro":[0,0,0]}\n',
        701: b"half a line\n",
        900: b'{"t":1e30,"tool":"roller","pressure":101325}\n',
        901: b"\xff\xfe\x00\n",
    }
    home.write("clean.jsonl", b"".join(lines))
    dirty = list(lines)
    for number, line in sorted(junk.items()):
        dirty.insert(number - 1, line)
    home.write("dirty.jsonl", b"".join(dirty))
    clean, ran = home.slowroll("replay", "clean.jsonl"), home.slowroll("replay", "dirty.jsonl")
    assert (ran.code, ran.out) == (0, clean.out)
    assert events_of(ran)
    assert f"dirty.jsonl: {len(junk)} bad lines skipped" in ran.sentence
    named = dict(re.findall(r"line (\d+): (.*?)(?:; |$)", ran.sentence))
    assert [int(number) for number in named] == sorted(junk)
    assert "1e+30 is no measurement" in named["301"]
    assert "time runs back" in named["500"]
    assert "'stick'" in named["700"]


def test_a_disk_that_fails_on_the_way_is_told(lines: list[bytes]) -> None:
    def failing() -> Iterator[bytes]:
        yield from lines[:3]
        raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(RecordingError, match=r"x\.jsonl: can't be read on: Input/output error.*card"):
        list(read(failing(), "x.jsonl").inputs())


def test_a_recording_that_names_an_unknown_profile(home: Home) -> None:
    home.write("x.jsonl", HEADER[:-1] + ', "settings": {"profile": "artikle"}}\n')
    ran = home.slowroll("replay", "x.jsonl")
    assert ran.code == 2
    assert "x.jsonl: line 1: settings.profile" in ran.sentence
    assert "'article'" in ran.sentence


def test_a_reader_that_goes_away_is_no_error(home: Home, lines: list[bytes]) -> None:
    home.write("x.jsonl", b"".join(lines))
    process = home.popen("replay", "x.jsonl", "--emit", "all")
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["event"] == "motion"
    process.stdout.close()
    said = process.stderr.read()
    assert (process.wait(LIMIT_S), said) == (0, "")


def test_in_real_time_each_event_is_written_at_once(home: Home, lines: list[bytes]) -> None:
    """The last line comes an hour after the others: an event that is held back until then never shows."""
    late = b'{"t":3600.0,"tick":1}\n'
    home.write("x.jsonl", b"".join([*lines[:1200], late]))
    process = home.popen("replay", "x.jsonl", "--realtime")
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["event"] == "contact"
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate(timeout=LIMIT_S)


def events_of(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


# --- what is written ----------------------------------------------------------------------------------------------


def test_an_unknown_scenario_names_those_there_are(home: Home) -> None:
    ran = home.slowroll("simulate", "clam", "--out", "x.jsonl")
    assert ran.code == 2
    assert "'calm'" in ran.sentence
    assert "still" in ran.sentence


@pytest.mark.parametrize(
    "command",
    [
        "simulate calm --seconds 2 --out {out}",
        "simulate calm --seconds 2 --out x.jsonl --truth {out}",
        "record --config mine.toml --seconds 1 --out {out}",
        "sessions export --out {out}",
    ],
)
@pytest.mark.parametrize("place", ["nowhere/x.jsonl", "folder", "/dev/full"])
def test_a_place_that_cannot_be_written(home: Home, command: str, place: str) -> None:
    (home.folder / "folder").mkdir()
    home.write("mine.toml", SIMULATED)
    make_history(home)
    ran = home.slowroll(*command.format(out=place).split())
    assert ran.code == 2
    assert ran.sentence.startswith(f"slowroll: {place}: can't be written: ")


def test_record_writes_what_replay_reads(home: Home) -> None:
    mine = home.write("mine.toml", SIMULATED + '[simulator]\nscenario = "holding"\n')
    ran = home.slowroll("record", "--config", mine, "--seconds", "7", "--out", "x.jsonl.gz")
    assert (ran.code, ran.out) == (0, "")
    with gzip.open(home.folder / "x.jsonl.gz", "rt") as file:
        recorded = [json.loads(line) for line in file]
    header, inputs = recorded[0], recorded[1:]
    assert ran.err.startswith(f"{len(inputs)} lines, ")
    assert (header["station"], header["settings"]["profile"]["name"]) == ("bench", "article")
    for key in ("gyro", "pressure", "tick"):
        assert any(key in given for given in inputs), key
    assert max(given["t"] for given in inputs) <= 7.0
    again = home.slowroll("replay", "x.jsonl.gz")
    assert (again.code, again.err) == (0, "")
    assert [event["on"] for event in events_of(again) if event["event"] == "contact"][:1] == [True]
    assert [name.name for name in home.folder.iterdir() if name.name != "x.jsonl.gz"] == ["mine.toml"]


def test_record_without_an_end_stops_when_told_and_keeps_every_line(home: Home) -> None:
    mine = home.write("mine.toml", SIMULATED)
    process = home.popen("record", "--config", mine, "--out", "x.jsonl")
    try:
        deadline = time.monotonic() + LIMIT_S
        out = home.folder / "x.jsonl"
        while not (out.exists() and out.stat().st_size > 50_000) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == 0
    assert err.startswith(f"{len(out.read_bytes().splitlines()) - 1} lines, ")
    assert home.slowroll("replay", "x.jsonl").err == ""


def test_record_without_its_sensors_says_why_and_is_a_finding(home: Home) -> None:
    mine = home.write("mine.toml", SIMULATED.replace('"sim"', '"/dev/no-such-bus"'))
    ran = home.slowroll("record", "--config", mine, "--seconds", "1", "--out", "x.jsonl")
    assert ran.code == 1
    assert "roller imu: " in ran.err
    assert "/dev/no-such-bus can't be opened" in ran.err
    assert "no sample came" in ran.sentence
    assert home.slowroll("replay", "x.jsonl").code == 0


# --- sessions -----------------------------------------------------------------------------------------------------


def make_history(home: Home) -> None:
    """An empty history, as the first `slowroll run` leaves it."""
    home.state.mkdir(exist_ok=True)
    historian = Historian(home.state, SystemClock(), HistorySettings(), lambda fault: None)
    historian.start()
    historian.ask(lambda store: store.spots()).result(LIMIT_S)
    historian.stop()


def test_a_session_that_never_was(home: Home) -> None:
    assert "no session 999" in home.slowroll("sessions", "show", "999").sentence
    make_history(home)
    ran = home.slowroll("sessions", "show", "999")
    assert (ran.code, ran.out) == (2, "")
    assert "999" in ran.sentence
    assert "sessions list" in ran.sentence


def test_a_history_that_is_none_is_a_finding(home: Home) -> None:
    home.state.mkdir()
    (home.state / "history.sqlite3").write_bytes(b"no database at all, but long enough to be read as one" * 40)
    ran = home.slowroll("sessions", "list")
    assert ran.code == 1
    assert "history.sqlite3" in ran.sentence
