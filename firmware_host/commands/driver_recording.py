"""The recording of a bench test: written once with the real chip, judged again in every test of the driver since.

from firmware_host.commands.driver_recording import replayed

def test_the_recording_of_the_chip():
    assert replayed("gy521-imu.jsonl", "gy521.py") == []
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from firmware_host.clock import rfc3339
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, Person, PressureKind, Tool
from firmware_host.commands import CommandError
from firmware_host.history.recording import RecordingError, encode, encode_header, new_header, open_recording
from sensors.conformance.live import (
    Reading,
    Stream,
    bias_of,
    common_factor,
    judge_force,
    judge_still,
    judge_stream,
    judge_turns,
    turned,
)
from sensors.driver import I2CDriver


class Span(NamedTuple):
    """From when to when, on the recording's clock."""

    start: float
    end: float


class Loaded(NamedTuple):
    """When a known mass was on it."""

    mass_kg: float
    span: Span


class Bench(Struct, frozen=True, kw_only=True):
    """What the recording's first line keeps of the test (`settings.bench`)."""

    driver: str
    role: str
    chip: str
    told_hz: float
    measured_hz: float | None
    lost: int
    fifo: bool
    still: Span
    turns: Span | None = None
    load: Loaded | None = None
    factors: dict[str, int] = {}
    """Of each channel the greatest number that divided all its counts (`live.common_factor`)."""

    def with_turns(self, span: Span) -> Bench:
        return msgspec.structs.replace(self, turns=span)

    def with_load(self, load: Loaded) -> Bench:
        return msgspec.structs.replace(self, load=load)


def readings_in(inputs: Iterable[Input], span: Span) -> list[Reading]:
    """The IMU's samples of that time."""
    return [
        Reading(given.t, given.accel, given.gyro)
        for given in inputs
        if isinstance(given, ImuSample) and span.start <= given.t <= span.end
    ]


def forces_in(inputs: Iterable[Input], span: Span) -> list[float]:
    """The force sensor's readings of that time; of strips the sum."""
    return [
        sum(given.value) if isinstance(given.value, tuple) else given.value
        for given in inputs
        if isinstance(given, ForceSample) and span.start <= given.t <= span.end
    ]


def save(path: Path, driver: I2CDriver, bench: Bench, inputs: list[Input], at: datetime) -> None:
    """Write the recording; `CommandError` if it can't be written."""
    bench = msgspec.structs.replace(bench, factors=_factors(driver, bench.chip, inputs))
    header = new_header(
        "bench", rfc3339(at), Person(), (_tool(driver, bench, inputs),), {"bench": msgspec.to_builtins(bench)}
    )
    try:
        with path.open("xb") as file:
            file.write(encode_header(header))
            file.writelines(encode(given) for given in inputs)
    except OSError as error:
        raise CommandError(
            f"{path}: can't be written: {error.strerror or error}. Name another place with --out FILE"
        ) from error


def _tool(driver: I2CDriver, bench: Bench, inputs: list[Input]) -> Tool:
    axis = None
    if bench.turns is not None:
        total = turned(readings_in(inputs, bench.turns), bias_of(readings_in(inputs, bench.still)))
        size = sum(part * part for part in total) ** 0.5
        axis = (total[0] / size, total[1] / size, total[2] / size)
    pressure: PressureKind = "none"
    if driver.role == "force":
        names = {channel.name for channel in driver.channels(bench.chip)}
        pressure = "bladder" if "pressure" in names else "strips" if "strip_0" in names else "force"
    return Tool(
        name="bench",
        kind="foam_roller",
        axis=axis,
        pressure=pressure,
        gyro_full_scale_rad_s=driver.gyro_full_scale_rad_s,
        force_full_scale=driver.force_full_scale,
    )


def lines_of_test(path: Path, driver: str) -> str:
    """The test to put beside the driver."""
    return (
        "  from firmware_host.commands.driver_recording import replayed\n"
        "  def test_the_recording_of_the_chip():\n"
        f'      assert replayed("{path}", "{driver}") == []\n'
    )


def replayed(path: str | Path, driver: str) -> list[str]:
    """What is wrong with the recording at `path` as one of `driver` (name or file); empty if nothing is.

    It must hold what a chip on the bench must show, in whole counts of the scale that the driver has now: a scale, sign
    or order of channels that was changed since shows here.
    """
    from sensors.catalog import Catalog

    made = Catalog().make(driver)
    recording, file = open_recording(Path(path))
    with file:
        inputs = list(recording.inputs())
    try:
        bench = msgspec.convert((recording.header.settings or {}).get("bench"), Bench)
    except msgspec.ValidationError as error:
        raise RecordingError(f"{path}: line 1: settings.bench: not the recording of a bench test ({error})") from error
    wrong = recording.warnings()
    if made.role != bench.role:
        return [*wrong, f"role: {driver} is for {made.role}, the recording is of {bench.role}."]
    still = readings_in(inputs, bench.still)
    unloaded = forces_in(inputs, bench.still)
    if not still and not unloaded:
        return [*wrong, "still: no readings of the time in which it lay still are in it."]
    measured = _rate(inputs, bench.still)
    found = judge_stream(Stream(bench.told_hz, measured, len(still) or len(unloaded), bench.lost, bench.fifo))
    if bench.role == "imu":
        found += judge_still(still)
        if bench.turns is not None:
            found += judge_turns(readings_in(inputs, bench.turns), bias_of(still))
    else:
        load = bench.load
        weighed = forces_in(inputs, load.span) if load is not None else None
        mass_kg = load.mass_kg if load is not None else None
        found += judge_force(unloaded, weighed, mass_kg, has_strips(made, bench.chip))
    wrong += [f"{finding.check}: {finding.says}" for finding in found if finding.result == "failed"]
    now = _factors(made, bench.chip, inputs)
    return wrong + [
        f"scale: {name} was recorded in other steps than channels() says now: its scale or offset was changed."
        for name, factor in bench.factors.items()
        if now.get(name) != factor
    ]


def _rate(inputs: list[Input], span: Span) -> float | None:
    times = [
        given.t for given in inputs if isinstance(given, ImuSample | ForceSample) and span.start <= given.t <= span.end
    ]
    return (len(times) - 1) / (times[-1] - times[0]) if len(times) > 2 else None


def _factors(driver: I2CDriver, chip: str, inputs: list[Input]) -> dict[str, int]:
    columns: dict[str, list[float]] = {}
    for given in inputs:
        if isinstance(given, ImuSample):
            for kind, vector in (("accel", given.accel), ("gyro", given.gyro)):
                for axis, value in zip("xyz", vector or (), strict=False):
                    columns.setdefault(f"{kind}_{axis}", []).append(value)
        elif isinstance(given, ForceSample):
            strips = given.value if isinstance(given.value, tuple) else ()
            for number, value in enumerate(strips):
                columns.setdefault(f"strip_{number}", []).append(value)
            if not isinstance(given.value, tuple):
                columns.setdefault(given.unit, []).append(given.value)
    channels = {channel.name: channel for channel in driver.channels(chip)}
    return {
        name: common_factor(values, channels[name].scale, channels[name].offset) if name in channels else 0
        for name, values in columns.items()
    }


def has_strips(driver: I2CDriver, chip: str) -> bool:
    return any(channel.name == "strip_0" for channel in driver.channels(chip))
