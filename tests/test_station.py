"""Recordings stand alone: each replays to the events that were said live, and an idle roller writes none."""

from __future__ import annotations

from argparse import Namespace

import msgspec
import pytest
from msgspec import structs
from rolling import Rolling, setup, ticked

from firmware_host.clock import ManualClock
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event, SessionDone
from firmware_host.coaching.inputs import Command, Input
from firmware_host.coaching.replay import replay
from firmware_host.coaching.setup import Carried, Setup
from firmware_host.commands import CommandError
from firmware_host.commands.replay import setup_for
from firmware_host.history.recording import Header, encode_header, new_header, read
from firmware_host.profiles import load_profile, other_profiles, profile_from_recording, profiles_from_recording
from firmware_host.routines import load_routines, routines_from_recording
from firmware_host.station import Station, header_of
from firmware_host.techniques import load_techniques, techniques_from_recording


class Disk:
    """A recorder in memory."""

    def __init__(self) -> None:
        self.files: list[list[bytes]] = []
        self.open = False

    def begin(self, header: Header, lines: list[bytes]) -> None:
        self.files.append([encode_header(header), *lines])
        self.open = True

    def line(self, line: bytes) -> None:
        assert self.open
        self.files[-1].append(line)

    def finish(self) -> None:
        self.open = False


def live(inputs: list[Input], made: Setup | None = None) -> tuple[list[Event], Disk]:
    disk = Disk()
    station = Station(made or setup(), "test", ManualClock(), disk)
    events = [event for one in ticked(inputs) for event in station.feed(one)]
    return events + station.close(), disk


def replayed(lines: list[bytes]) -> list[Event]:
    recording = read(lines, "x")
    stored = recording.header.settings or {}
    made = Setup(
        person=recording.header.person,
        tools=recording.header.tools,
        profile=msgspec.convert(stored["profile"], type(setup().profile)),
        profiles=profiles_from_recording(stored["profiles"], "line 1"),
        routines=routines_from_recording(stored["routines"], "line 1"),
        routine=stored["routine"],
        techniques=techniques_from_recording(stored["techniques"], "line 1"),
        thin_out=stored["thin_out"],
        session_timeout_s=stored["session_timeout_s"],
        carried=msgspec.convert(stored["carried"], Carried),
    )
    return list(replay(Engine(made), recording.inputs(), events=True, motion=False))  # type: ignore[misc]


def test_an_idle_roller_writes_nothing_however_long() -> None:
    _, disk = live(Rolling(force_n=0.0).rest(200.0).inputs)
    assert disk.files == []


def test_two_sessions_are_two_recordings_and_each_replays_to_what_was_said() -> None:
    rolling = Rolling(force_n=0.0, bias=(0.02, 0.01, 0.0)).rest(70.0)
    rolling.say("run_finished", ago_s=3 * 3600.0).rest(40.0)
    for muscle in ("calves", "glutes"):
        rolling.say("select", muscle=muscle, side="right").press(200.0).rest(1.0).passes(4).rest(4.0)
        rolling.press(0.0).rest(1.0).say("end").rest(45.0)
    said, disk = live(rolling.inputs)
    assert len(disk.files) == 2
    again = [replayed(lines) for lines in disk.files]
    between = [type(event).__name__ for event in said[:2]]
    assert between == ["PhaseChanged", "Advice"], "said between sessions, so in no recording"
    assert msgspec.json.encode([*again[0], *again[1]]) == msgspec.json.encode(said[2:])
    sessions = [event for event in said if type(event).__name__ == "SessionDone"]
    assert [session.phase for session in sessions] == ["deep", "deep"]


def test_a_pain_stop_lasts_over_the_change_of_engines() -> None:
    rolling = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left").press(200.0).passes(2)
    rolling.say("pain").passes(2)
    said, _ = live(rolling.inputs)
    stop = next(event.t for event in said if getattr(event, "cue", "") == "stop_pain")
    assert not [event for event in said if event.t > stop and type(event).__name__ in ("Pass", "SetDone", "Cue")]
    rolling.inputs.append(Command(t=rolling.t, command="start"))
    said, _ = live(rolling.passes(2).rest(1.0).inputs)
    assert [event for event in said if event.t > stop and type(event).__name__ == "Pass"]


def test_a_profile_switched_to_lasts_over_the_change_of_engines_and_replays() -> None:
    made = structs.replace(setup(), profiles=other_profiles("article")[0])
    rolling = Rolling(force_n=0.0).rest(2.0)
    for name in ("scan", None, "article"):  # in the first session, kept in the second, taken back in the third
        rolling.say("select", muscle="calves", side="left").press(200.0).rest(1.0).passes(2)
        if name is not None:
            rolling.say("profile", profile=name)
        rolling.passes(2).rest(1.0).press(0.0).rest(1.0).say("end").rest(45.0)
    said, disk = live(rolling.inputs, made)
    sessions = [event for event in said if isinstance(event, SessionDone)]
    assert [session.profile for session in sessions] == ["scan", "scan", "article"]
    begun_with = [(read(lines, "x").header.settings or {})["profile"] for lines in disk.files]
    assert [profile["name"] for profile in begun_with] == ["article", "scan", "scan"]
    assert profile_from_recording(begun_with[1], "line 1") == load_profile("scan"), "the merged profile"
    again = [event for lines in disk.files for event in replayed(lines)]
    assert msgspec.json.encode(again) == msgspec.json.encode(said)


def test_the_first_line_gives_back_the_whole_setup() -> None:
    """A recording stands alone: nothing an engine is made of is left to the files of whoever replays it."""
    made = structs.replace(
        setup(),
        profiles=other_profiles("article")[0],
        routines=load_routines(None)[0],
        routine="quick",
        techniques=load_techniques(),
        thin_out=True,
        session_timeout_s=99.0,
        carried=Carried(now=3.0, quiet=True),
    )
    header = read([encode_header(header_of(made, "test", "2026-01-01T00:00:00Z"))], "x").header
    assert setup_for(Namespace(config=None), header, "x") == made
    assert setup_for(Namespace(config=None), structs.replace(header, settings=None), "x").routines == made.routines


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"routine": "qick"}, "settings.routine: there is no routine 'qick'; did you mean 'quick'"),
        ({"routine": 3}, "settings.routine 3 is no name of a routine"),
        ({"routines": {"mine": {}}, "routine": "mine"}, "settings.routines.mine: "),
        ({"techniques": {"calves": 3}}, "settings.techniques: must be a table of muscles"),
        ({"thin_out": 1}, "settings.thin_out 1 is neither true nor false"),
    ],
)
def test_a_wrong_first_line_is_explained(stored: dict[str, object], words: str) -> None:
    header = new_header("test", "2026-01-01T00:00:00Z", setup().person, setup().tools, stored)
    with pytest.raises(CommandError, match="x: line 1: ") as error:
        setup_for(Namespace(config=None), header, "x")
    assert words in str(error.value)
