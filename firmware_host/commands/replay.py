"""`slowroll replay FILE`: a recording through the very engine that `run` runs; JSON Lines on stdout."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from firmware_host.coaching.setup import Carried, Setup
    from firmware_host.history.recording import Header


HELD_BYTES = 1 << 16


def add(commands: Any) -> None:
    sub = commands.add_parser("replay", help="run a recording through the engine")
    sub.add_argument("file", metavar="FILE", help="a recording (.jsonl or .jsonl.gz)")
    sub.add_argument("--emit", choices=("events", "motion", "all"), default="events", help="what to print")
    sub.add_argument("--realtime", action="store_true", help="as slowly as it was recorded")
    sub.add_argument(
        "--publish", action="store_true", help="publish the events over MQTT as well, as station <name>-replay"
    )
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.coaching.engine import Engine
    from firmware_host.coaching.replay import replay
    from firmware_host.history.recording import RecordingError, open_recording

    try:
        recording, file = open_recording(Path(args.file))
        with file:
            engine = Engine(setup_for(args, recording.header, args.file))
            inputs = with_progress(recording.inputs())
            if args.realtime:
                inputs = paced(inputs)
            lines = replay(engine, inputs, events=args.emit != "motion", motion=args.emit != "events")
            if args.publish:
                publish(args, engine, lines)
            else:
                write(lines, held_bytes=0 if args.realtime else HELD_BYTES)
    except RecordingError as error:
        raise CommandError(str(error)) from error
    for warning in recording.warnings():
        sys.stderr.write(f"slowroll: {warning}\n")
    return 0


def setup_for(args: argparse.Namespace, header: Header, name: str) -> Setup:
    """The recording's own settings, unless `--config` is given; what an older recording lacks is as shipped."""
    from firmware_host.coaching.setup import Setup
    from firmware_host.settings import SettingsError

    stored = header.settings or {}
    where = f"{name}: line 1: settings"
    _check_plain(stored, where)
    try:
        guided = _configured(args) if args.config is not None else _recorded(stored, where)
    except SettingsError as error:
        raise CommandError(str(error)) from error
    guided = {"session_timeout_s": float(stored.get("session_timeout_s", 300.0)), **guided}
    return Setup(person=header.person, tools=header.tools, carried=carried_of(stored, name), **guided)


def _check_plain(stored: dict[str, Any], where: str) -> None:
    timeout = stored.get("session_timeout_s", 300.0)
    if not isinstance(timeout, int | float) or not 1 <= timeout <= 86400:
        raise CommandError(f"{where}.session_timeout_s {timeout!r} is no number of seconds")
    if not isinstance(stored.get("thin_out", False), bool):
        raise CommandError(f"{where}.thin_out {stored['thin_out']!r} is neither true nor false")
    for key in ("routine", "goal"):
        if not isinstance(stored.get(key), str | None):
            raise CommandError(f"{where}.{key} {stored[key]!r} is no name of a {key}")


def _configured(args: argparse.Namespace) -> dict[str, Any]:
    """What the owner's configuration puts in the place of the recording's settings."""
    from firmware_host.commands.common import other_profiles_of, profile_of, routines_of, settings_of
    from firmware_host.techniques import load_techniques

    settings, path = settings_of(args)
    profile, others = profile_of(settings, path), other_profiles_of(settings, path)
    return {
        "profile": profile,
        "profiles": others,
        "routines": routines_of(settings, path, (profile, *others.values())),
        "routine": settings.coach.routine,
        "techniques": load_techniques(),
        "goal": settings.coach.goal,
        "thin_out": settings.coach.thin_out,
        "session_timeout_s": settings.coach.session_timeout_s,
    }


def _recorded(stored: dict[str, Any], where: str) -> dict[str, Any]:
    """What the recording was made with; `SettingsError` if it can't be used."""
    from firmware_host.profiles import load_profile, other_profiles, profile_from_recording, profiles_from_recording
    from firmware_host.routines import check_routine, load_routines, routines_from_recording
    from firmware_host.techniques import load_techniques, techniques_from_recording

    profile = stored.get("profile", "article")
    routines = (
        routines_from_recording(stored["routines"], f"{where}.routines")
        if "routines" in stored
        else load_routines(None)[0]
    )
    check_routine(stored.get("routine"), routines, f"{where}.routine")
    return {
        "profile": (
            profile_from_recording(profile, f"{where}.profile")
            if isinstance(profile, dict)
            else load_profile(str(profile), asked=f"{where}.profile")
        ),
        "profiles": (
            profiles_from_recording(stored["profiles"], f"{where}.profiles")
            if "profiles" in stored
            else other_profiles("", None)[0]
        ),
        "routines": routines,
        "routine": stored.get("routine"),
        "techniques": (
            techniques_from_recording(stored["techniques"], f"{where}.techniques")
            if "techniques" in stored
            else load_techniques()
        ),
        "goal": stored.get("goal"),
        "thin_out": stored.get("thin_out", False),
    }


def carried_of(stored: dict[str, Any], name: str) -> Carried:
    """What the recording's engine took over from the one before it."""
    import msgspec

    from firmware_host.coaching.setup import Carried

    try:
        return msgspec.convert(stored.get("carried", {}), Carried)
    except msgspec.ValidationError as error:
        raise CommandError(f"{name}: line 1: settings.carried: {error}") from error


def write(lines: Any, held_bytes: int) -> None:
    """Every line to stdout, as many at a time as fit into `held_bytes`."""
    import msgspec

    encoder = msgspec.json.Encoder()
    out = sys.stdout.buffer
    held = bytearray()
    for line in lines:
        encoder.encode_into(line, held, -1)
        held += b"\n"
        if len(held) > held_bytes:
            out.write(held)
            out.flush()
            held.clear()
    out.write(held)
    out.flush()


def paced(inputs: Any) -> Any:
    """The inputs, each no sooner than it came when it was recorded."""
    from firmware_host.clock import SystemClock

    clock = SystemClock()
    start: float | None = None
    for given in inputs:
        if start is None:
            start = given.t - clock.now()
        clock.sleep(given.t - start - clock.now())
        yield given


def with_progress(inputs: Any) -> Any:
    """The inputs; after two seconds, how far it is, where somebody waits at a terminal for a file to fill."""
    if not sys.stderr.isatty() or sys.stdout.isatty():
        yield from inputs
        return
    from firmware_host.clock import SystemClock

    clock = SystemClock()
    said = 1.0
    for count, given in enumerate(inputs):
        if count % 1000 == 0 and clock.now() - said >= 1.0:
            said = clock.now()
            sys.stderr.write(f"\r{given.t:9.1f} s of the recording, {count} lines")
        yield given
    if said > 1.0:
        sys.stderr.write("\n")


def publish(args: argparse.Namespace, engine: Any, lines: Any) -> None:
    """The events to stdout and to the broker of the configuration, as the daemon would publish them."""
    import msgspec

    from firmware_host.clock import SystemClock
    from firmware_host.commands.common import settings_of
    from firmware_host.messaging.errors import MessagingError
    from firmware_host.messaging.messenger import Messenger
    from firmware_host.settings import state_dir

    settings, _ = settings_of(args)
    if settings.mqtt.broker in ("", "embedded"):
        raise CommandError("replay --publish needs a broker: set mqtt.broker to its host name in the configuration")
    clock = SystemClock()
    # A station of its own: its client, outbox and topics must not take the place of the daemon's.
    name = f"{settings.station}-replay"
    messenger = Messenger(settings.mqtt, name, clock, state_dir() / "replay", lambda command: None)
    try:
        messenger.start()
    except MessagingError as error:
        raise CommandError(str(error)) from error
    try:
        for line in lines:
            sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
            sys.stdout.buffer.flush()
            if not hasattr(line, "angle_rad"):
                messenger.event(line)
                messenger.snapshot(engine.snapshot(), (0.0, 0.0, 0.0), 0.0)
    finally:
        messenger.stop()
