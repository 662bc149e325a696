"""Recordings keep readings as the driver scaled them: with another calibration an old session has other newtons."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware_host.cli import main

CALM = Path(__file__).parent / "recordings" / "calm.jsonl.gz"


def replayed(
    capfdbinary: pytest.CaptureFixture[bytes], path: Path, change: Callable[[dict[str, Any]], None] = lambda _: None
) -> list[dict[str, Any]]:
    """`slowroll replay` of the calm session after `change` was made to its calibration."""
    head, _, rest = gzip.decompress(CALM.read_bytes()).partition(b"\n")
    header = msgspec.json.decode(head)
    change(header["tools"][0]["calibration"])
    path.write_bytes(msgspec.json.encode(header) + b"\n" + rest)
    assert main(["replay", str(path)]) == 0
    return [msgspec.json.decode(line) for line in capfdbinary.readouterr().out.splitlines()]


def of(events: list[dict[str, Any]], kind: str, field: str) -> list[Any]:
    return [event[field] for event in events if event["event"] == kind]


def test_a_better_force_calibration_gives_an_old_session_other_newtons(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    path = tmp_path / "calm.jsonl"

    def stronger(calibration: dict[str, Any]) -> None:
        calibration["points"] = [[above, force_n * 1.2] for above, force_n in calibration["points"]]

    before, after = replayed(capfdbinary, path), replayed(capfdbinary, path, stronger)
    was, now = of(before, "pass", "mean_force_n"), of(after, "pass", "mean_force_n")
    assert len(was) == len(now) > 3
    assert now == pytest.approx([1.2 * force_n for force_n in was], rel=0.01)
    set_was, set_now = of(before, "set", "mean_force_n"), of(after, "set", "mean_force_n")
    assert set_now == pytest.approx([1.2 * force_n for force_n in set_was], rel=0.02)


def test_without_points_the_same_session_has_no_newtons_at_all(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    def none(calibration: dict[str, Any]) -> None:
        calibration.pop("points")

    events = replayed(capfdbinary, tmp_path / "calm.jsonl", none)
    assert len(of(events, "pass", "mean_force_n")) > 3
    assert set(of(events, "pass", "mean_force_n")) == {None}
    assert set(of(events, "set", "force_source")) == {"uncalibrated"}


def test_a_better_radius_gives_an_old_session_other_lengths(
    capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    path = tmp_path / "calm.jsonl"

    def larger(calibration: dict[str, Any]) -> None:
        calibration["radius_m"] = 0.0825

    before, after = replayed(capfdbinary, path), replayed(capfdbinary, path, larger)
    was, now = of(before, "pass", "length_m"), of(after, "pass", "length_m")
    assert len(was) == len(now) > 3
    assert all(b / a == pytest.approx(1.1, abs=0.02) for a, b in zip(was, now, strict=True))
