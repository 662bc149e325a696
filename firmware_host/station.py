"""The engine as the daemon keeps it: every input recorded, every session a recording that stands alone.

1. While no session is on, inputs are only kept in memory, and after `RENEW_S` a new engine takes over what the old
   one knew (axis, bias, zero, run time, faults): so an idle roller fills no disk.
2. When a session opens, the recording begins with all inputs since this engine was made, and follows every one.
3. When it closes, the recording is finished and a new engine takes over.

So `slowroll replay` of any recording makes a new engine from its first line and gives the very same events.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from firmware_host.clock import Clock, rfc3339
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event
from firmware_host.coaching.inputs import Input
from firmware_host.coaching.setup import Setup
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.history.recording import Header, encode, new_header

RENEW_S = 30.0


class Recorder(Protocol):
    """Where recordings go (`history.historian.Historian`)."""

    def begin(self, header: Header, lines: list[bytes]) -> None: ...

    def line(self, line: bytes) -> None: ...

    def finish(self) -> None: ...


class Station:
    """Feed it inputs in one thread; it hands back events and keeps the recording."""

    def __init__(self, setup: Setup, name: str, clock: Clock, recorder: Recorder | None) -> None:
        self._name = name
        self._clock = clock
        self._recorder = recorder
        self._recording = False
        self._lines: list[bytes] = []
        self._take(setup)

    def _take(self, setup: Setup) -> None:
        self.engine = Engine(setup)
        self._header = header_of(setup, self._name, rfc3339(self._clock.wall()))
        self._lines = []
        self._born = self.engine.now

    @property
    def header(self) -> Header:
        """The first line of what is recorded from this engine on."""
        return self._header

    def snapshot(self) -> Snapshot:
        return self.engine.snapshot()

    def feed(self, given: Input) -> list[Event]:
        """One input through the engine and into the recording."""
        engine = self.engine
        events = engine.feed(given)
        recorder = self._recorder
        if recorder is not None:
            line = encode(given)
            if self._recording:
                recorder.line(line)
            else:
                self._lines.append(line)
        if engine.session is not None:
            if not self._recording and recorder is not None:
                recorder.begin(self._header, self._lines)
                self._lines = []
            self._recording = True
        elif self._recording:
            self._finish()
            self._take(engine.successor())
        elif engine.now - self._born > RENEW_S and engine.idle:
            self._take(engine.successor())
        return events

    def close(self) -> list[Event]:
        """Shutdown: what the engine had open is closed, and the recording with it."""
        events = self.engine.close()
        if self._recording:
            self._finish()
        return events

    def _finish(self) -> None:
        self._recording = False
        if self._recorder is not None:
            self._recorder.finish()


def header_of(setup: Setup, name: str, started_at: str) -> Header:
    """The first line of a recording that an engine of `setup` replays."""
    return new_header(
        station=name,
        started_at=started_at,
        person=setup.person,
        tools=setup.tools,
        settings={
            "profile": msgspec.to_builtins(setup.profile),
            "profiles": {
                name: msgspec.to_builtins(other) for name, other in setup.profiles.items() if name != setup.profile.name
            },
            "routines": msgspec.to_builtins(setup.routines),
            "routine": setup.routine,
            "techniques": msgspec.to_builtins(setup.techniques),
            "goal": setup.goal,
            "thin_out": setup.thin_out,
            "session_timeout_s": setup.session_timeout_s,
            "carried": msgspec.to_builtins(setup.carried),
        },
    )
