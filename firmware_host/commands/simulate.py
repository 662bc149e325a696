"""`slowroll simulate SCENARIO`: a simulated session, read by the real drivers, as a recording; and what truly was."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firmware_host.history.recording import Header
    from firmware_host.simulator.conditions import Conditions
    from firmware_host.simulator.world import World

SAY_AFTER_S = 2.0
SAY_EVERY_S = 0.2
SHORTEST_S, LONGEST_S = 1.0, 24 * 3600.0


def add(subparsers: Any) -> None:
    sub = subparsers.add_parser(
        "simulate",
        help="write a recording of a simulated person, and the truth about it",
        description="Write a recording of a simulated person with a simulated tool, and what truly happened.",
    )
    sub.add_argument(
        "scenario",
        metavar="SCENARIO",
        help="calm, fast, jerky, brisk, holding, mixed, demo, long, scan or still with a foam roller; stick; ball; "
        "people who still learn: rushed, heavy, eager, fitful, impatient, shin, knee, tender; people who "
        "calibrate: turns, metre, scale, ends",
    )
    sub.add_argument("--out", metavar="FILE", required=True, help="the recording: .jsonl, or .jsonl.gz")
    sub.add_argument("--truth", metavar="FILE", help="passes, holds and contacts as they truly were, as JSON")
    sub.add_argument("--seed", type=_seed, default=1, metavar="N", help="another seed is another person (default 1)")
    sub.add_argument("--seconds", type=_seconds, metavar="N", help="how long (default: as long as the scenario)")
    sub.add_argument(
        "--condition",
        default="clean",
        metavar="NAME",
        help="what is wrong with sensors, mounting, link or limb: clean (default), scale_2pct_misaligned_4deg, "
        "bias_drift, begin_in_motion, off_axis, clipped, strips, one_strip, haptic, bad_link or limb_pitch_slip",
    )
    sub.set_defaults(func=run)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 up")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not SHORTEST_S <= seconds <= LONGEST_S:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 1 to 86400")
    return seconds


def run(args: argparse.Namespace) -> int:
    from firmware_host.simulator import conditions, truth
    from firmware_host.simulator.scenarios import UnknownScenario, find

    try:
        seconds: float = args.seconds if args.seconds is not None else find(args.scenario).seconds
        header, world, least_m = _begin(args, seconds, conditions.find(args.condition))
    except (UnknownScenario, conditions.ConditionError) as error:
        raise CommandError(str(error)) from error
    out, truth_path = Path(args.out), Path(args.truth) if args.truth else None
    if truth_path is not None and truth_path.resolve() == out.resolve():
        raise CommandError(f"--out and --truth both name {out}: the recording and the truth are two files")
    if truth_path is not None:
        text = truth.to_json(truth.of_world(world, args.scenario, args.seed, seconds, least_m))
        _write(truth_path, lambda file: file.write(text))
    say = _progress(f"simulating {args.scenario}", seconds)
    _write(out, lambda file: _record(file, header, args, seconds, say, world.conditions))
    say(math.inf)
    return 0


def _begin(
    args: argparse.Namespace, seconds: float, conditions: Conditions
) -> tuple[Header, World, Mapping[str, float]]:
    """The recording's first line, the world it is about, and the length in m from which each muscle's pass counts.

    Person and profile are those of `--config`; nobody's own configuration is looked for, so that the same command
    gives the same bytes everywhere.
    """
    import msgspec

    from firmware_host.clock import ManualClock, rfc3339
    from firmware_host.coaching.inputs import Person
    from firmware_host.commands.common import profile_of, settings_of
    from firmware_host.history.recording import new_header
    from firmware_host.simulator.truth import MIN_LENGTH_M
    from firmware_host.simulator.world import World

    person, station, stored, least_m = Person(), "simulated", None, MIN_LENGTH_M
    if args.config is not None:
        settings, path = settings_of(args)
        profile = profile_of(settings, path)
        person = Person(mass_kg=settings.person.mass_kg, height_m=settings.person.height_m)
        station = settings.station
        stored = {"profile": msgspec.to_builtins(profile), "session_timeout_s": settings.coach.session_timeout_s}
        least_m = {name: guide.min_pass_m for name, guide in profile.muscles.items()}
    world = World(args.scenario, args.seed, seconds, person=person, conditions=conditions)
    started_at = rfc3339(ManualClock().wall())
    return new_header(station, started_at, person, (world.tool,), stored), world, least_m


def _record(
    file: IO[bytes],
    header: Header,
    args: argparse.Namespace,
    seconds: float,
    say: Callable[[float], None],
    conditions: Conditions,
) -> None:
    from firmware_host.history.recording import encode, encode_header
    from firmware_host.simulator.rig import simulate

    file.write(encode_header(header))
    for given in simulate(args.scenario, args.seed, seconds, header.person, conditions):
        file.write(encode(given))
        say(given.t)


def _write(path: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Create `path` and let `fill` write into it, compressed if the name says so."""
    import gzip

    try:
        with path.open("wb") as file:
            if path.suffix == ".gz":
                # No name and no time inside: the same content gives the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0) as packed:
                    fill(cast(IO[bytes], packed))
            else:
                fill(file)
    except OSError as error:
        raise CommandError(
            f"{path}: can't be written: {error.strerror or error}. Check that its folder exists, that you may write "
            "there and that the disk is not full, or name another file."
        ) from error


def _progress(what: str, seconds: float) -> Callable[[float], None]:
    """Says on a terminal how far it has come, once it has taken over two seconds; infinity wipes the line."""
    from firmware_host.clock import SystemClock

    if not sys.stderr.isatty():
        return lambda t: None
    clock = SystemClock()
    next_at = SAY_AFTER_S

    def say(t: float) -> None:
        nonlocal next_at
        if t == math.inf and next_at > SAY_AFTER_S:
            sys.stderr.write("\r\x1b[K")
        elif t != math.inf and clock.now() >= next_at:
            next_at = clock.now() + SAY_EVERY_S
            sys.stderr.write(f"\r{what}: {t:.0f} of {seconds:.0f} s ")
            sys.stderr.flush()

    return say
