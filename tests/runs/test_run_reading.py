"""What a run file says, and what is said of files that are none: empty, cut off, huge, hostile, misnamed."""

from __future__ import annotations

import os
import struct
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from run_files import END, bomb, definition, fit, framed, gpx, tcx

from firmware_host.messaging.commands import CLOCK_SKEW_S
from firmware_host.runs import fit as fit_reader
from firmware_host.runs import reading
from firmware_host.runs.ending import OLDEST, SKEW, Run, RunFileError, spoken, why_not
from firmware_host.runs.reading import Request, Stopped, read

HOME = timezone(timedelta(hours=2))


def run_of(tmp_path: Path, content: bytes, name: str = "run") -> Run:
    path = tmp_path / name
    path.write_bytes(content)
    found = read(path)
    assert isinstance(found, Run)
    return found


def refusal(tmp_path: Path, content: bytes, name: str = "run") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RunFileError) as caught:
        read(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "kind", "sport"),
    [(fit(), "FIT", "running"), (gpx(), "GPX", "running"), (tcx(), "TCX", "Running")],
    ids=["fit", "gpx", "tcx"],
)
@pytest.mark.parametrize("name", ["run.fit", "run.gpx", "run.xml", "no-extension"])
def test_the_end_is_that_of_the_last_point_whatever_the_file_is_called(
    tmp_path: Path, content: bytes, kind: str, sport: str, name: str
) -> None:
    found = run_of(tmp_path, content, name)
    assert (found.end, found.kind, found.sport) == (END, kind, sport)
    assert found.note == ""


def test_the_end_does_not_depend_on_the_order_of_points(tmp_path: Path) -> None:
    early, late = gpx(END - timedelta(hours=1)), gpx(END)
    first, second = (text.partition(b"<trk>")[2].partition(b"</gpx>")[0] for text in (late, early))
    both = gpx().partition(b"<trk>")[0] + b"<trk>" + first + b"<trk>" + second + b"</gpx>"
    assert run_of(tmp_path, both).end == END
    assert run_of(tmp_path, fit(END - timedelta(days=1)) + fit(END)).end == END
    assert run_of(tmp_path, fit(END) + fit(END - timedelta(days=1))).end == END


@pytest.mark.parametrize(("zone", "end"), [("+02:00", END.replace(tzinfo=HOME)), ("", END), (".250Z", END)])
def test_times_have_their_zone_and_without_one_are_utc(tmp_path: Path, zone: str, end: datetime) -> None:
    assert abs(run_of(tmp_path, tcx(zone=zone)).end - end) < timedelta(seconds=1)


def test_a_fit_file_without_records_ends_with_its_summary(tmp_path: Path) -> None:
    assert run_of(tmp_path, fit(records=0)).end == END + timedelta(seconds=40)


def test_a_fit_record_with_a_compressed_time_counts(tmp_path: Path) -> None:
    # Bit 7: a compressed header; bits 5-6: local message 1; bits 0-4: the low five bits of the time.
    whole = fit(records=1, session=False)
    later = END + timedelta(seconds=9)
    low = int((later - datetime(1989, 12, 31, tzinfo=UTC)).total_seconds()) & 0x1F
    body = whole[14:-2] + definition(1, 20, (3, 1, 0x02)) + bytes([0x80 | 1 << 5 | low, 140])
    assert run_of(tmp_path, framed(body)).end == later


@pytest.mark.parametrize(
    ("content", "sport"),
    [(fit(sport=2), "cycling"), (gpx(kind="Open Water Swimming"), "Swimming"), (tcx(sport="Biking"), "Biking")],
)
def test_another_sport_is_taken_and_said(tmp_path: Path, content: bytes, sport: str) -> None:
    found = run_of(tmp_path, content)
    assert found.end == END
    assert sport in found.note


@pytest.mark.parametrize("kind", ["running", "trail_running", "Trail Run", "Walking", "hiking", "9", ""])
def test_runs_and_walks_need_no_word(tmp_path: Path, kind: str) -> None:
    assert run_of(tmp_path, gpx(kind=kind)).note == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"hello", "neither FIT, TCX nor GPX"),
        (b"\x00" * 600, "neither FIT, TCX nor GPX"),
        (b"\x1f\x8b\x08\x00", "packed"),
        (b"PK\x03\x04....", "packed"),
        (fit()[:-10], "cut off"),
        (fit()[:-1], "cut off"),
        (fit()[:40] + b"\xff" + fit()[41:], "checksum"),
        (fit(end=None), "no times"),
        (fit(kind=6), "course"),
        (gpx()[:-30], "not whole XML"),
        (gpx(end=None), "points have no times"),
        (gpx(points=0), "no track"),
        (gpx().replace(b"<time>2026-08-01", b"<time>yesterday"), "points have no times"),
        (b"<html><body/></html>", "neither TCX nor GPX"),
        (b"<?xml version='1.0' encoding='no-such'?><gpx/>", "XML"),
        (b"<gpx>" + b"<a>" * 1000, "nested"),
        (bomb(), "entities"),
        (gpx(head='<!DOCTYPE gpx SYSTEM "file:///etc/passwd">'), "document type"),
        (b"{" + b" " * 5000 + b"}", "at most 4096 bytes"),
    ],
)
def test_what_is_no_run_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in refusal(tmp_path, content)


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "run.gpx"
    with path.open("wb") as file:
        file.write(gpx())
        file.truncate(reading.MAX_BYTES + 1)  # a hole: it takes no room on the disk
    with pytest.raises(RunFileError, match="MB"):
        read(path)


def test_a_fit_file_of_countless_messages_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_reader, "MAX_FRAMES", 1000)
    assert "messages" in refusal(tmp_path, framed(definition(3, 20) + b"\x03" * 2000))


def test_a_pipe_or_folder_is_no_file_and_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.gpx")
    with pytest.raises(RunFileError, match="no file"):
        read(tmp_path / "pipe.gpx")
    with pytest.raises((RunFileError, IsADirectoryError)):
        read(tmp_path)


@pytest.mark.parametrize("content", [fit(), gpx()])
def test_reading_can_be_ended(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run"
    path.write_bytes(content)
    with pytest.raises(Stopped):
        read(path, lambda: False)


def test_json_is_a_request(tmp_path: Path) -> None:
    path = tmp_path / "ask.json"
    path.write_bytes(b' {"minutes_ago": 5}')
    assert read(path) == Request(b' {"minutes_ago": 5}')


changes = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.sampled_from([fit(), gpx(), tcx(), bomb()]), changes, st.integers(0, 10_000), st.booleans())
def test_no_broken_file_does_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory,
    content: bytes,
    changes: list[tuple[int, int]],
    cut: int,
    mended: bool,
) -> None:
    """`mended`: the FIT frame around the damage is whole, so that its checksum does not hide the rest from the test."""
    data = bytearray(content)
    for place, value in changes:
        data[place % len(data)] = value
    broken = bytes(data)
    if mended and content[8:12] == b".FIT":
        broken = framed(broken[14:-2])
    elif cut % 3 == 0:
        broken = broken[: cut % len(broken)]
    path = tmp_path_factory.mktemp("broken") / "run"
    path.write_bytes(broken)
    try:
        found = read(path)
    except RunFileError:
        return
    assert isinstance(found, Request) or found.end.tzinfo is not None


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400))
def test_no_fit_body_does_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, body: bytes) -> None:
    path = tmp_path_factory.mktemp("fit") / "run.fit"
    path.write_bytes(framed(fit()[14:-2] + body))
    try:
        found = read(path)
    except RunFileError:
        return
    assert isinstance(found, Run)


def test_a_record_whose_time_is_no_time_of_day_counts_for_nothing(tmp_path: Path) -> None:
    # Below 0x10000000 FIT means seconds since the watch was switched on.
    body = fit(records=1, session=False)[14:-2] + struct.pack("<BI", 1, 1000)
    assert run_of(tmp_path, framed(body)).end == END


WALL = END + timedelta(hours=3)


@pytest.mark.parametrize(
    ("end", "wall", "said"),
    [
        (WALL, WALL, ""),
        (WALL + SKEW, WALL, ""),
        (WALL + SKEW + timedelta(seconds=1), WALL, "future"),
        (WALL - OLDEST, WALL, ""),
        (WALL - OLDEST - timedelta(seconds=1), WALL, "14 days"),
        (END, datetime(1970, 1, 1, tzinfo=UTC), "--minutes-ago"),
        (END, datetime(2023, 12, 31, tzinfo=UTC), "clock has not been set"),
        (END.astimezone(HOME), WALL, ""),
    ],
)
def test_when_a_run_can_be_used(end: datetime, wall: datetime, said: str) -> None:
    why = why_not(end, wall)
    assert said in why
    assert bool(why) is bool(said)


def test_a_watch_ahead_is_forgiven_alike_by_file_and_over_mqtt() -> None:
    assert SKEW.total_seconds() == CLOCK_SKEW_S


@pytest.mark.parametrize(
    ("ago_s", "text"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 min"),
        (5520, "1 h 32 min"),
        (90000, "1 d 1 h"),
        (7200, "2 h"),
    ],
)
def test_time_as_people_say_it(ago_s: float, text: str) -> None:
    assert spoken(ago_s) == text
