"""Recordings with the events they gave: what the engine says of them changes only on purpose.

A recording moves in here by `slowroll replay X.jsonl.gz > X.events.jsonl`, after reading what it says.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from product import slowroll

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "recordings"
RECORDINGS = sorted(FOLDER.glob("*.jsonl.gz"))


def test_there_are_recordings() -> None:
    assert len(RECORDINGS) >= 3


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name.split(".")[0])
def test_a_recording_says_what_it_said(path: Path) -> None:
    done = slowroll("replay", str(path))
    assert done.returncode == 0
    assert done.stderr == b""
    expected = path.with_name(path.name.replace(".jsonl.gz", ".events.jsonl")).read_bytes()
    assert done.stdout == expected


@pytest.mark.parametrize("path", RECORDINGS[:1], ids=["first"])
def test_motion_lines_are_one_a_sample_and_all_is_both(path: Path) -> None:
    motion = slowroll("replay", str(path), "--emit", "motion").stdout.splitlines()
    events = slowroll("replay", str(path)).stdout.splitlines()
    both = slowroll("replay", str(path), "--emit", "all").stdout.splitlines()
    assert len(motion) > 2000
    assert all(b'"event":"motion"' in line for line in motion)
    assert sorted(both) == sorted(motion + events)
