"""`slowroll run`: the daemon, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
from typing import TYPE_CHECKING, Any

from firmware_host.commands import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firmware_host.clock import Clock
    from firmware_host.coaching.events import Event
    from firmware_host.coaching.guidance import Profile
    from firmware_host.coaching.routine import Routine
    from firmware_host.daemon import Daemon
    from firmware_host.settings import Settings

log = logging.getLogger("slowroll")


def add(commands: Any) -> None:
    sub = commands.add_parser("run", help="coach: read the sensors and answer, until stopped")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.clock import SystemClock
    from firmware_host.commands.common import (
        check_sensors,
        need_tools,
        other_profiles_of,
        profile_of,
        routines_of,
        settings_of,
    )
    from firmware_host.settings import state_dir

    settings, path = settings_of(args)
    need_tools(settings, path)
    profile = profile_of(settings, path)
    check_sensors(settings, path)
    others = other_profiles_of(settings, path)
    routines = routines_of(settings, path, (profile, *others.values()))
    return serve(settings, profile, SystemClock(), state_dir(), Tell(), others, routines)


class Tell:
    """Tells the log what an owner looks for in it: where the page is, and which device stopped or came back."""

    def __init__(self) -> None:
        self._greeted = False

    def __call__(self, daemon: Daemon, events: list[Event]) -> None:
        from firmware_host.coaching.events import Fault, Recovered

        if not self._greeted:
            self._greeted = True
            url = daemon.services.page_url
            log.info("Slowroll runs. %s", f"Page: {url}" if url else "The page is off.")
            if not daemon.remembered.acknowledged:
                log.warning("The checklist before the first use was not read yet: slowroll acknowledge.")
        for event in events:
            if isinstance(event, Fault):
                log.warning("%s: %s. %s", event.device, event.what, event.hint)
            elif isinstance(event, Recovered):
                log.info("%s: %s.", event.device, event.what)


def serve(
    settings: Settings,
    profile: Profile,
    clock: Clock,
    state: Path,
    watch: Any = None,
    others: Mapping[str, Profile] | None = None,
    routines: Mapping[str, Routine] | None = None,
) -> int:
    """Run a daemon; what is wrong with settings, ports or state becomes one sentence."""
    from firmware_host import daemon
    from firmware_host.calibrations import CalibrationsError
    from firmware_host.dashboard.errors import PageError
    from firmware_host.messaging.errors import MessagingError
    from firmware_host.settings import SettingsError

    make_state(state)
    known: tuple[type[Exception], ...] = (SettingsError, CalibrationsError, MessagingError, PageError)
    try:
        return daemon.serve(settings, profile, clock, state, watch, others, routines)
    except known as error:
        raise CommandError(str(error)) from error


def make_state(state: Path) -> None:
    """The folder for recordings, statistics and calibrations."""
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(
            f"{state}: the state folder can't be made: {error.strerror or error}. "
            "Set $STATE_DIRECTORY to a folder that can be written"
        ) from error
