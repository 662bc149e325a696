"""`slowroll calibrate gyro|axis|radius|force|span`: says what to do, shows what it sees, and keeps what it found.

Where a station runs, its own sensors are asked over its broker; only where none does are they read from here.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from pathlib import Path

    from firmware_host.calibrating.bench import Progress
    from firmware_host.commands.calibration_stations import CalibrationStation
    from firmware_host.settings import Settings

WHATS = {
    "gyro": "the gyroscope's bias: the roller lies still for four seconds",
    "axis": "which way the roller turns in the sensor: three free turns",
    "radius": "how far it rolls in a turn: a known distance there and back",
    "force": "newtons from pressure: known masses on it, or pressed on a bathroom scale",
    "span": "how long a muscle is: a mark at either end while rolling",
}


def add(commands: Any) -> None:
    sub = commands.add_parser("calibrate", help="measure bias, axis, radius, force or a muscle's length")
    inner = sub.add_subparsers(metavar="WHAT", dest="what", required=True)
    for what, words in WHATS.items():
        one = inner.add_parser(what, help=words, description=words[:1].upper() + words[1:] + ".")
        one.add_argument("--tool", metavar="NAME", help="which tool; not needed if there is one")
        if what == "radius":
            one.add_argument(
                "--distance", type=_metres, default=1.0, metavar="M", help="metres from mark to mark (default: 1)"
            )
        elif what == "force":
            one.add_argument(
                "--mass",
                type=_kilograms,
                action="append",
                metavar="KG",
                help="a mass that will be put on; give it for each (else they are asked one by one)",
            )
        elif what == "span":
            one.add_argument("--muscle", required=True, metavar="NAME", help="the muscle that is measured: calves, ...")
    sub.set_defaults(func=run)


def _number(text: str) -> float:
    """A comma is what half of the world writes."""
    return float(text.strip().removesuffix("kg").strip().replace(",", "."))


def _metres(text: str) -> float:
    from firmware_host.calibrating.radius import LEAST_M, MOST_M

    try:
        given = _number(text)
    except ValueError:
        given = 0.0
    if not LEAST_M <= given <= MOST_M:
        raise argparse.ArgumentTypeError(f"{text!r} is no distance of {LEAST_M:g} to {MOST_M:g} metres")
    return given


def _kilograms(text: str) -> float:
    from firmware_host.calibrating.force import LEAST_KG, MOST_KG

    try:
        given = _number(text)
    except ValueError:
        given = 0.0
    if not LEAST_KG <= given <= MOST_KG:
        raise argparse.ArgumentTypeError(f"{text!r} is no mass of {LEAST_KG:g} to {MOST_KG:g} kg")
    return given


def run(args: argparse.Namespace) -> int:
    """0 it was found and kept; 1 refused, or nobody there; 2 wrong use."""
    from firmware_host.commands.calibration_stations import station_for
    from firmware_host.commands.common import need_tools, settings_of

    settings, path = settings_of(args)
    need_tools(settings, path)
    _check_tool(args.tool, settings, path)
    fields = {
        "what": args.what,
        "tool": args.tool or settings.tools[0].name,
        **({"distance_m": args.distance} if args.what == "radius" else {}),
        **({"muscle": args.muscle} if args.what == "span" else {}),
    }
    with ExitStack() as stack:
        station = stack.enter_context(station_for(settings, path, fields))
        return _talk(station, list(getattr(args, "mass", None) or []))


def _check_tool(name: str | None, settings: Settings, path: Path | None) -> None:
    names = [tool.name for tool in settings.tools]
    if name is None and len(names) > 1:
        raise CommandError(f"{path} has several tools; say which: --tool {' | --tool '.join(names)}")
    if name is not None and name not in names:
        raise CommandError(f"{path} has no tool {name!r}; it has: {', '.join(names)}")


def _talk(station: CalibrationStation, masses: list[float]) -> int:
    """From the first step to a finding or a refusal."""
    from firmware_host.commands.calibration_view import Keys, View

    view, keys = View(sys.stderr, station.mark_with), Keys(sys.stdin)
    view.say(station.hello)
    progress = station.begin()
    asked = sorted(masses)
    given = bool(masses)
    try:
        while not progress.over:
            view.show(progress, asked[0] if asked else None, given)
            if _is_complete(progress, given, asked):
                progress = station.finish()
            elif progress.wants_mark and (line := keys.line()) is not None:
                progress = _marked(station, view, progress, line, asked)
            elif progress.wants_mark and keys.ended:
                progress = station.finish()
            else:
                measured = progress.step == "measure"
                progress = station.look()
                if given and asked and measured and progress.step == "load" and not progress.problem:
                    asked.pop(0)
    except KeyboardInterrupt:
        station.cancel()
        view.say("Nothing was changed.")
        raise
    view.close()
    if progress.step == "refused":
        raise CommandError(f"calibrate {progress.what}: {progress.problem}", exit_code=1)
    sys.stdout.write(f"{progress.tool}: {station.keep(progress)}\n")
    return 0


def _is_complete(progress: Progress, given: bool, asked: list[float]) -> bool:
    """All masses that were named are measured."""
    return given and not asked and progress.step == "load"


def _marked(station: CalibrationStation, view: Any, progress: Progress, line: str, asked: list[float]) -> Progress:
    """What the person has entered, as a mark or an end."""
    view.entered()
    if progress.what != "force":
        return station.mark(None)
    if asked:
        return station.mark(asked[0])
    if not line.strip():
        return station.finish()
    try:
        kg = _kilograms(line)
    except argparse.ArgumentTypeError as error:
        view.say(f"  ! {error}")
        return progress
    return station.mark(kg)
