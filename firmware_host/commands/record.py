"""`slowroll record`: sensors to a recording, without coaching, outputs, broker or page."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from firmware_host.commands import CommandError
from firmware_host.commands.common import seconds

if TYPE_CHECKING:
    from firmware_host.coaching.inputs import DeviceFault
    from firmware_host.daemon import Daemon

SAY_EVERY_S = 0.5


def add(commands: Any) -> None:
    sub = commands.add_parser("record", help="write what the sensors say into a recording")
    sub.add_argument("--out", metavar="FILE", required=True, help="the recording to write (.jsonl or .jsonl.gz)")
    sub.add_argument("--seconds", type=seconds, metavar="N", help="stop after N seconds (default: Ctrl-C)")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    daemon = _daemon(args)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: daemon.stop())
    out = Path(args.out)
    try:
        with out.open("wb") as plain:
            if out.suffix != ".gz":
                return _record(daemon, plain, args.seconds)
            import gzip

            with gzip.open(plain, "wb") as packed:
                return _record(daemon, cast(IO[bytes], packed), args.seconds)
    except OSError as error:
        raise CommandError(
            f"{out}: can't be written: {error.strerror or error}. Check that its folder exists, that you may write "
            "there and that the disk is not full, or name another file"
        ) from error


def _daemon(args: argparse.Namespace) -> Daemon:
    """The daemon that would run here: it is never started, only its sensors are."""
    from firmware_host.calibrations import CalibrationsError
    from firmware_host.clock import SystemClock
    from firmware_host.commands.common import check_sensors, need_tools, profile_of, routines_of, settings_of
    from firmware_host.daemon import Daemon
    from firmware_host.settings import state_dir

    settings, path = settings_of(args)
    need_tools(settings, path)
    if not any(tool.imu or tool.force for tool in settings.tools):
        raise CommandError(f"{path}: no tool has a sensor, so there is nothing to record: give one an imu or a force")
    profile = profile_of(settings, path)
    check_sensors(settings, path)
    routines = routines_of(settings, path, [profile])
    try:
        return Daemon(settings, profile, SystemClock(), state_dir(), routines=routines)
    except CalibrationsError as error:
        raise CommandError(str(error)) from error


def _record(daemon: Daemon, file: IO[bytes], until_s: float | None) -> int:
    """Write every input as it comes; faults are shown, and recorded."""
    from firmware_host.coaching.inputs import DeviceFault, ForceSample, ImuSample
    from firmware_host.history.recording import encode, encode_header

    file.write(encode_header(daemon.station.header))
    samples = lines = 0
    said = 0.0
    terminal = sys.stderr.isatty()
    for given in daemon.measure(until_s):
        file.write(encode(given))
        lines += 1
        samples += isinstance(given, ImuSample | ForceSample)
        if isinstance(given, DeviceFault):
            sys.stderr.write(_words(given))
        if terminal and given.t - said > SAY_EVERY_S:
            said = given.t
            sys.stderr.write(f"\r{given.t:6.1f} s  {samples} samples  {lines} lines")
    sys.stderr.write(f"{chr(13) if terminal else ''}{lines} lines, {samples} samples\n")
    if samples == 0:
        sys.stderr.write("slowroll: no sample came from any sensor; the faults above say why\n")
        return 1
    return 0


def _words(given: DeviceFault) -> str:
    return f"{given.device}: {given.what}. {given.hint}".rstrip() + "\n"
