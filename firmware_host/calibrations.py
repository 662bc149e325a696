"""Calibrations, kept by the machine: one JSON file in the state folder, never the owner's configuration."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import Struct

from firmware_host.coaching.inputs import Calibration

NAME = "calibrations.json"
VERSION = 1


class CalibrationsError(Exception):
    """The file is there and can't be used."""


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    version: int = VERSION
    tools: dict[str, Calibration] = {}


def load(state: Path) -> dict[str, Calibration]:
    """Tool name -> calibration; empty if nothing was calibrated yet."""
    path = state / NAME
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CalibrationsError(f"{path}: can't be read: {error.strerror or error}") from error
    try:
        stored = msgspec.json.decode(raw, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CalibrationsError(
            f"{path}: not a calibration file ({error}); move it away and calibrate again"
        ) from error
    if stored.version != VERSION:
        raise CalibrationsError(f"{path}: version {stored.version}; this slowroll knows {VERSION}. Update slowroll.")
    return dict(stored.tools)


def save(state: Path, tools: dict[str, Calibration]) -> None:
    """Write all of them, atomically: a power cut leaves the old file or the new one. Raises OSError."""
    path = state / NAME
    state.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".tmp")
    with part.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(_File(tools=tools))) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
