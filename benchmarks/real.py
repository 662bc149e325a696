"""Real recordings with a truth beside them: how far it turned, and when it rested."""

from __future__ import annotations

from math import degrees
from pathlib import Path
from statistics import median

import msgspec

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Hold, Motion, Pass, ShortPass
from firmware_host.coaching.inputs import ImuSample, Input
from firmware_host.coaching.replay import replay
from firmware_host.coaching.setup import Setup
from firmware_host.coaching.stillness import NEEDED, WINDOW_S, Stillness
from firmware_host.history.recording import open_recording
from firmware_host.profiles import load_profile

STILL_DEG = 1.0
"""What lies still may seem to have turned by this."""
EDGE_S = 0.5
"""The optical reference's flag of a rest, and a hand that settles, are no sharper than this."""


class RealTruth(msgspec.Struct, frozen=True, kw_only=True):
    """The file beside a recording; what it doesn't know is absent."""

    turned_deg: float | None = None
    by_hand_within_deg: float = STILL_DEG
    vertical_axis: bool = False
    """Gravity says nothing about turning; the gyroscope alone is as good as its scale: shown without a bar."""
    movement_edges_s: tuple[float, ...] = ()
    """Moving from the first to the second, from the third to the fourth, and so on."""


def real_rows(folder: Path) -> tuple[list[str], list[str]]:
    """A line for each recording with a truth in `folder`, and the bars missed."""
    lines = [f"Real recordings of {folder}"]
    missed: list[str] = []
    for path in sorted(folder.glob("*.truth.json")):
        name = path.name.removesuffix(".truth.json")
        true = msgspec.json.decode(path.read_bytes(), type=RealTruth)
        lines += _compare(name, folder / f"{name}.jsonl.gz", true, missed)
    if len(lines) == 1:
        lines.append("  none there: --recordings names a folder of name.jsonl.gz with name.truth.json beside it")
    return lines, missed


def _compare(name: str, path: Path, true: RealTruth, missed: list[str]) -> list[str]:
    recording, file = open_recording(path)
    with file:
        inputs = list(recording.inputs())
    header = recording.header
    engine = Engine(Setup(person=header.person, tools=header.tools, profile=load_profile("article")))
    lines: list[Motion] = []
    events = 0
    for given in replay(engine, inputs, events=True, motion=True):
        if isinstance(given, Motion):
            lines.append(given)
        else:
            events += isinstance(given, Pass | ShortPass | Hold)
    seconds = inputs[-1].t - inputs[0].t
    said: list[str] = []
    if true.turned_deg is not None:
        turned = degrees(abs(lines[-1].angle_rad - lines[0].angle_rad))
        fine = true.vertical_axis or abs(turned - true.turned_deg) <= true.by_hand_within_deg
        said.append(
            f"turned {turned:.1f} of {true.turned_deg:g} +- {true.by_hand_within_deg:g} degrees" + "!" * (not fine)
        )
        if true.turned_deg == 0:
            said[-1] += f", {events} passes and holds"
        if true.vertical_axis:
            said[-1] += ", about the vertical: no bar"
        if not fine:
            missed.append(f"{name}: {said[-1]}")
    if true.movement_edges_s:
        said += _rests(name, inputs, lines, true.movement_edges_s, missed)
    return [f"  {name:24} {seconds:5.0f} s: {said[0]}", *(f"  {'':24} {more}" for more in said[1:])]


def _rests(
    name: str, inputs: list[Input], lines: list[Motion], edges: tuple[float, ...], missed: list[str]
) -> list[str]:
    """What `Stillness` proves of the rests between the movements, and of the one before and after."""
    first, last = inputs[0].t, inputs[-1].t
    bounds = (first, *edges, last)
    rests = [(bounds[i], bounds[i + 1]) for i in range(0, len(bounds) - 1, 2)]
    proven = _proven(inputs)
    said: list[str] = []
    false = [t for t in proven if not any(start - EDGE_S <= t - WINDOW_S and t <= end + EDGE_S for start, end in rests)]
    for start, end in rests:
        inside = [t for t in proven if start <= t <= end + EDGE_S]
        speed = median(abs(line.speed_m_s) for line in lines if start + 1 <= line.t <= end)
        seen = f"proven after {inside[0] - start:.1f} s, {len(inside)} windows" if inside else "not found!"
        said.append(f"rest {start:5.1f}-{end:5.1f} s: {seen}; median speed then {100 * speed:.2f} cm/s")
        if not inside and end - start >= NEEDED * WINDOW_S + 1.0:
            missed.append(f"{name}: rest {start:.1f}-{end:.1f} not found")
    said.append(f"rests proven while it moved: {len(false)}" + "!" * bool(false))
    if false:
        missed.append(f"{name}: rest proven while it moved, at {', '.join(f'{t:.1f}' for t in false[:5])}")
    return said


def _proven(inputs: list[Input]) -> list[float]:
    """Ends of the windows that prove rest."""
    stillness = Stillness()
    return [
        given.t
        for given in inputs
        if isinstance(given, ImuSample)
        and given.gyro is not None
        and stillness.update(given.t, given.gyro, given.accel) is not None
    ]
