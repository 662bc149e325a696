"""Recordings as files: names, compression, pruning."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firmware_host.history.recorder import Recorder

AT = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "recordings")


def never() -> bool:
    return False


def test_a_recording_is_named_by_utc(recorder: Recorder, tmp_path: Path) -> None:
    recorder.begin(AT.astimezone(), [b"header\n", b"one\n"])
    assert recorder.name == "20261122T193000Z"
    recorder.write(b"two\n")
    recorder.flush()
    path = tmp_path / "recordings" / "20261122T193000Z.jsonl"
    assert path.read_bytes() == b"header\none\ntwo\n"
    assert recorder.path == path
    recorder.finish()
    assert recorder.path is None
    assert recorder.name == "20261122T193000Z"
    recorder.finish()
    recorder.write(b"nobody listens\n")
    assert path.read_bytes() == b"header\none\ntwo\n"


def test_two_of_the_same_second_do_not_overwrite_each_other(recorder: Recorder, tmp_path: Path) -> None:
    for number in range(3):
        recorder.begin(AT, [b"%d\n" % number])
        path = recorder.path
        recorder.finish()
        if number == 0:
            assert path is not None
            recorder.compress(path, never)
    names = sorted(path.name for path in (tmp_path / "recordings").iterdir())
    assert names == ["20261122T193000Z-2.jsonl", "20261122T193000Z-3.jsonl", "20261122T193000Z.jsonl.gz"]


def test_compressing_keeps_the_content_and_removes_the_original(recorder: Recorder) -> None:
    recorder.begin(AT, [b"line\n"] * 200_000)
    path = recorder.path
    assert path is not None
    recorder.finish()
    recorder.compress(path, never)
    assert [one.name for one in path.parent.iterdir()] == ["20261122T193000Z.jsonl.gz"]
    assert gzip.decompress((path.parent / "20261122T193000Z.jsonl.gz").read_bytes()) == b"line\n" * 200_000


def test_compressing_that_is_given_up_changes_nothing(recorder: Recorder) -> None:
    recorder.begin(AT, [b"line\n"])
    path = recorder.path
    assert path is not None
    recorder.finish()
    recorder.compress(path, lambda: True)
    assert [one.name for one in path.parent.iterdir()] == ["20261122T193000Z.jsonl"]


def test_leftovers_are_found_and_half_written_archives_removed(recorder: Recorder, tmp_path: Path) -> None:
    assert recorder.leftovers() == []
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("20261122T193000Z.jsonl", "20261122T193000Z.jsonl.gz.tmp", "20261121T193000Z.jsonl.gz", "mine.jsonl"):
        (folder / name).write_bytes(b"")
    assert [path.name for path in recorder.leftovers()] == ["20261122T193000Z.jsonl"]
    assert not (folder / "20261122T193000Z.jsonl.gz.tmp").exists()


def test_pruning_goes_by_the_name_and_leaves_other_files(recorder: Recorder, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    assert recorder.prune(AT, 30) == 0
    folder.mkdir()
    old, kept = "20260101T000000Z.jsonl.gz", "20261120T000000Z.jsonl.gz"
    others = ["20260101.txt", "my-session.jsonl", "20261399T999999Z.jsonl"]
    for name in (old, "20260102T000000Z-2.jsonl", kept, *others):
        (folder / name).write_bytes(b"")
    assert recorder.prune(AT, 30) == 2
    assert sorted(path.name for path in folder.iterdir()) == sorted([kept, *others])


def test_what_is_being_written_is_not_pruned(recorder: Recorder) -> None:
    recorder.begin(AT, [b"x\n"])
    assert recorder.prune(AT + timedelta(days=400), 30) == 0
    recorder.finish()


def test_remove_takes_a_recording_in_either_form(recorder: Recorder, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for name in ("a.jsonl", "b.jsonl.gz", "c.jsonl"):
        (folder / name).write_bytes(b"")
    for name in ("a", "b", "nothing"):
        recorder.remove(name)
    assert [path.name for path in folder.iterdir()] == ["c.jsonl"]
