"""`slowroll demo`: the whole product on one machine, with a simulated person on a simulated roller.

It is `slowroll run` with a configuration of its own: simulated chips on the bus "sim", mock pins, the embedded
broker, the page. Nothing here that the daemon does not do.
"""

from __future__ import annotations

import argparse
import sys
import threading
from typing import TYPE_CHECKING, Any

from firmware_host.commands import CommandError
from firmware_host.commands.common import seconds

if TYPE_CHECKING:
    from firmware_host.settings import Settings

KEYS: dict[str, dict[str, Any]] = {
    "n": {"command": "next"},
    "b": {"command": "back"},
    "r": {"command": "repeat"},
    "u": {"command": "undo"},
    "s": {"command": "spot"},
    "p": {"command": "pain"},
    **{str(value): {"command": "rate", "value": value} for value in range(10)},
}


def add(commands: Any) -> None:
    sub = commands.add_parser("demo", help="the whole product with a simulated person and roller")
    sub.add_argument("--seconds", type=seconds, metavar="N", help="stop after N seconds (default: until Ctrl-C)")
    sub.add_argument("--speed", type=float, default=1.0, metavar="X", help="run X times as fast as the clock")
    sub.add_argument("--headless", action="store_true", help="plain lines in the terminal, whatever it is")
    sub.add_argument("--http-port", type=int, default=8080, metavar="PORT", help="the page's port (8080)")
    sub.add_argument("--mqtt-port", type=int, default=1883, metavar="PORT", help="the embedded broker's port (1883)")
    sub.add_argument("--seed", type=int, default=1, metavar="N", help="another person (1)")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.clock import SystemClock
    from firmware_host.commands.common import other_profiles_of, profile_of, routines_of
    from firmware_host.commands.run import serve
    from firmware_host.settings import state_dir
    from firmware_host.terminal import TerminalView, on_terminal

    for name, value in (("--seconds", args.seconds), ("--speed", args.speed)):
        if value is not None and not value > 0:
            raise CommandError(f"{name} {value:g}: must be above 0")
    settings = settings_for(args)
    clock = SystemClock(args.speed)
    redraw = on_terminal() and not args.headless
    view = TerminalView(sys.stdout, redraw)
    ending = _Ending(args.seconds, clock)
    keys = _Keys() if redraw and sys.stdin.isatty() else None
    told = False

    def watch(daemon: Any, events: Any) -> None:
        nonlocal told
        if not told:
            told = True
            say(daemon)
            ending.start(daemon)
            if keys is not None:
                keys.start(daemon)
        view(daemon, events)

    try:
        profile, others = profile_of(settings, None), other_profiles_of(settings, None)
        routines = routines_of(settings, None, (profile, *others.values()))
        return serve(settings, profile, clock, state_dir() / "demo", watch, others, routines)
    finally:
        ending.cancel()
        if keys is not None:
            keys.restore()


def settings_for(args: argparse.Namespace) -> Settings:
    """What an owner of the simulated roller would have in slowroll.toml."""
    from firmware_host.settings import (
        MqttSettings,
        PageSettings,
        PinSettings,
        Settings,
        SimulatorSettings,
    )
    from firmware_host.simulator.rig import TOOL_SETTINGS

    if args.seed < 0:
        raise CommandError(f"--seed {args.seed}: a whole number from 0 on")
    for name, port in (("--http-port", args.http_port), ("--mqtt-port", args.mqtt_port)):
        if not 1 <= port <= 65535:
            raise CommandError(f"{name} {port}: a port is a number from 1 to 65535")
    return Settings(
        station="demo",
        tools=(TOOL_SETTINGS,),
        pins=PinSettings(factory="mock", motor=18, led_red=22, led_green=23, led_blue=24, button=17),
        mqtt=MqttSettings(broker="embedded", port=args.mqtt_port),
        page=PageSettings(port=args.http_port),
        simulator=SimulatorSettings(scenario="demo", seed=args.seed),
    )


def say(daemon: Any) -> None:
    """Where to look; once, before the first picture."""
    sys.stdout.write(
        f"Slowroll demo: a simulated person on a simulated roller.\n"
        f"Page: {daemon.services.page_url}   MQTT: localhost:{daemon.settings.mqtt.port}, topics slowroll/demo/#\n"
        f"Stop with Ctrl-C.\n\n"
    )
    sys.stdout.flush()


class _Ending:
    """Stops the daemon after the seconds that were asked for, on the demo's clock."""

    def __init__(self, seconds: float | None, clock: Any) -> None:
        self._seconds = seconds
        self._clock = clock
        self._cancelled = threading.Event()

    def start(self, daemon: Any) -> None:
        if self._seconds is not None:
            threading.Thread(target=self._wait, args=(daemon,), name="ending", daemon=True).start()

    def _wait(self, daemon: Any) -> None:
        self._clock.wait(self._cancelled, self._seconds)
        daemon.stop()

    def cancel(self) -> None:
        self._cancelled.set()


class _Keys:
    """Single keys from the terminal, as the roller's button and the page would send them."""

    def __init__(self) -> None:
        import termios

        self._termios = termios
        self._before = termios.tcgetattr(sys.stdin)

    def start(self, daemon: Any) -> None:
        import tty

        tty.setcbreak(sys.stdin)
        threading.Thread(target=self._read, args=(daemon,), name="keys", daemon=True).start()

    def _read(self, daemon: Any) -> None:
        from firmware_host.coaching.inputs import Command

        while True:
            key = sys.stdin.read(1)
            if key in ("", "q"):
                daemon.stop()
                return
            command = KEYS.get(key)
            if command is not None:
                daemon.put([Command(t=daemon.clock.now(), **command)])

    def restore(self) -> None:
        self._termios.tcsetattr(sys.stdin, self._termios.TCSADRAIN, self._before)
