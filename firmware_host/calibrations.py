"""Calibrations, kept by the machine: one JSON file in the state folder, never the owner's configuration.

What was found stands under the sensor that it was found with ("roller imu"), with its date, how far it may be off, and
the raw points it was made of. A tool's `Calibration` is what its sensors' findings say together. A sensor that was
exchanged for one with another driver takes nothing over: its findings stay in the file and are not used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct, structs

from firmware_host.coaching.inputs import Calibration

NAME = "calibrations.json"
VERSION = 2

What = Literal["gyro", "axis", "radius", "force", "span"]
WHATS: tuple[What, ...] = get_args(What)
Role = Literal["imu", "force"]
ROLES: dict[What, Role] = {"gyro": "imu", "axis": "imu", "radius": "imu", "force": "force", "span": "imu"}
"""Which of a tool's sensors each is found with."""
FIELDS: dict[What, tuple[str, ...]] = {
    "gyro": ("gyro_bias",),
    "axis": ("axis",),
    "radius": ("radius_m",),
    "force": ("zero", "points"),
    "span": ("span_m", "span_muscle"),
}
"""The fields of `Calibration` that each of them fills."""


class CalibrationsError(Exception):
    """The file is there and can't be used."""


class Done(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that was calibrated on one sensor."""

    calibration: Calibration
    """Only the fields of that one thing."""
    at: str | None = None
    """RFC 3339; None: from before dates were kept."""
    residual: float | None = None
    """How far the readings it was made of disagree with it; None: nothing to tell it from."""
    unit: str = ""
    """The residual's."""
    raw: tuple[tuple[float, ...], ...] = ()
    """What it was made of; docs/calibrate.md says what the numbers are."""


class Sensor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found with one sensor."""

    driver: str | None = None
    """The driver it was read with; None: not known, believed."""
    done: dict[What, Done] = {}


class Described(Struct, frozen=True, kw_only=True):
    """One line of what is calibrated, for `slowroll check` and the diagnostics."""

    device: str
    """Such as "roller imu"."""
    what: What
    at: str | None
    residual: float | None
    unit: str
    words: str
    used: bool = True
    """False: the sensor is read with another driver now."""
    newtons: bool = False
    """Newtons are known by it."""


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = VERSION
    sensors: dict[str, Sensor] = {}


class _FileV1(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int
    tools: dict[str, Calibration] = {}


class _Versioned(Struct):
    version: int = 1


def sensor_id(tool: str, what: What) -> str:
    """Which sensor of `tool` that is found with, as the diagnostics name it."""
    return f"{tool} {ROLES[what]}"


def drivers_of(tools: Iterable[Any]) -> dict[str, str]:
    """Sensor -> the driver that reads it, of the settings' tools: what `load` and `described` go by."""
    return {
        f"{tool.name} {role}": sensor.driver
        for tool in tools
        for role, sensor in (("imu", tool.imu), ("force", tool.force))
        if sensor is not None
    }


def load(state: Path, drivers: Mapping[str, str] | None = None) -> dict[str, Calibration]:
    """Tool name -> calibration; empty if nothing was calibrated yet.

    `drivers`: sensor -> the driver it is read with now; what was found with another one is left out.
    """
    tools: dict[str, Calibration] = {}
    for name, sensor in sensors(state).items():
        if _unused_words(sensor, name, drivers):
            continue
        tool, _, _ = name.rpartition(" ")
        for what, done in sensor.done.items():
            tools[tool] = merged(tools.get(tool, Calibration()), what, done.calibration)
    return tools


def merged(known: Calibration, what: What, found: Calibration) -> Calibration:
    """`known` with what was just found in its place."""
    fields: dict[str, Any] = {field: getattr(found, field) for field in FIELDS[what]}
    return structs.replace(known, **fields)


def sensors(state: Path) -> dict[str, Sensor]:
    """Everything in the file, whatever its version; empty without one."""
    path = state / NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CalibrationsError(f"{path}: can't be read: {error.strerror or error}") from error
    try:
        version = msgspec.json.decode(raw, type=_Versioned).version
        if version == 1:
            return _from_v1(msgspec.json.decode(raw, type=_FileV1).tools)
        if version == VERSION:
            return dict(msgspec.json.decode(raw, type=_File).sensors)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CalibrationsError(
            f"{path}: not a calibration file ({error}); move it away and calibrate again"
        ) from error
    raise CalibrationsError(f"{path}: version {version}; this slowroll knows {VERSION}. Update slowroll.")


def _from_v1(tools: Mapping[str, Calibration]) -> dict[str, Sensor]:
    """The first version had a calibration for a tool as a whole, without dates."""
    found: dict[str, Sensor] = {}
    for tool, calibration in tools.items():
        for what in WHATS:
            part = merged(Calibration(), what, calibration)
            if part == Calibration():
                continue
            name = sensor_id(tool, what)
            before = found.get(name, Sensor())
            found[name] = structs.replace(before, done={**before.done, what: Done(calibration=part)})
    return found


def keep(state: Path, tool: str, what: What, done: Done, driver: str | None) -> None:
    """Put one finding into the file, in the place of the last one. Raises OSError and CalibrationsError.

    Findings of a sensor that was read with another driver are dropped: that sensor is gone.
    """
    known = sensors(state)
    name = sensor_id(tool, what)
    before = known.get(name, Sensor(driver=driver))
    if None not in (before.driver, driver) and before.driver != driver:
        before = Sensor(driver=driver)
    known[name] = Sensor(driver=driver or before.driver, done={**before.done, what: done})
    save(state, known)


def save(state: Path, known: Mapping[str, Sensor]) -> None:
    """Write all of them, atomically: a power cut leaves the old file or the new one. Raises OSError."""
    path = state / NAME
    state.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".tmp")
    with part.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_File(sensors=dict(known)))) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def described(state: Path, drivers: Mapping[str, str] | None = None) -> tuple[Described, ...]:
    """What is calibrated, and since when; raises CalibrationsError. Nothing of it: an empty tuple.

    `drivers` as for `load`: what is not used says so.
    """
    return tuple(
        Described(
            device=name,
            what=what,
            at=done.at,
            residual=done.residual,
            unit=done.unit,
            words=f"{value_words(done.calibration)}{_residual_words(done)}, {_date_words(done.at)}"
            + _unused_words(sensor, name, drivers),
            used=not _unused_words(sensor, name, drivers),
            newtons=bool(done.calibration.points),
        )
        for name, sensor in sorted(sensors(state).items())
        for what, done in sensor.done.items()
    )


def value_words(found: Calibration) -> str:
    """What was found, in the units that people see."""
    said: list[str] = []
    if found.gyro_bias is not None:
        said.append(f"gyroscope bias {_three(found.gyro_bias, 57.29578, 2)} dps")
    if found.axis is not None:
        said.append(f"rolling axis {_three(found.axis, 1.0, 3)}")
    if found.radius_m is not None:
        said.append(f"radius {found.radius_m * 100:.2f} cm")
    if found.points:
        said.append(f"force up to {found.points[-1][1]:.0f} N by {len(found.points)} points")
    elif found.zero is not None:
        said.append("the unloaded reading only")
    if found.span_m is not None:
        said.append(f"{found.span_muscle or 'muscle'} {found.span_m * 100:.0f} cm from end to end")
    return ", ".join(said) or "nothing"


def _residual_words(done: Done) -> str:
    if done.residual is None:
        return ""
    value, unit = done.residual, done.unit
    if unit == "m":
        value, unit = value * 100, "cm"
    elif unit == "rad/s":
        value, unit = value * 57.29578, "dps"
    elif unit == "share":
        value, unit = value * 100, "%"
    return f" (within {value:.2g} {unit})"


def _unused_words(sensor: Sensor, name: str, drivers: Mapping[str, str] | None) -> str:
    """Why the findings of a sensor are not used, if they are not: it is read with another driver now."""
    then = sensor.driver
    now = (drivers or {}).get(name, then)
    if then is None or now is None or now == then:
        return ""
    return f"; not used: found with {then}, and it is {now} now"


def _date_words(at: str | None) -> str:
    return f"on {at[:10]}" if at is not None else "date not kept"


def _three(vector: tuple[float, float, float], scale: float, digits: int) -> str:
    return "(" + ", ".join(f"{component * scale:.{digits}f}" for component in vector) + ")"
