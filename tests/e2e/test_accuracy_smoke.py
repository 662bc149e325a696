"""One session each of a few rows of benchmarks/accuracy.py reach their bars: every pass and hold found."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).resolve().parents[2] / "benchmarks" / "accuracy.py"


def _accuracy(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARK), "--seeds", "1", "--check", "--verbose", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_one_session_of_each_kind_reaches_its_bars() -> None:
    # Of so few passes the 95th percentile is the worst one: rows whose seed 1 has none at the edge of a definition.
    rows = ["calm", "fast, low limits", "holding", "ball", "mixed, bad_link"]
    done = _accuracy(*(part for row in rows for part in ("--only", row)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All bars met." in done.stdout
    assert [row for row in rows if f"\n{row} " not in done.stdout] == []


def test_a_row_that_is_not_there_is_wrong_use() -> None:
    done = _accuracy("--only", "claim")
    assert done.returncode == 2
    assert "calm, one_strip" in done.stderr
