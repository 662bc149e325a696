"""What the daemon offers to the outside: broker, MQTT, page, the folder of runs, and answers about the past.

All of it is optional, none of it is waited for: the coach works without a network.
"""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from firmware_host.clock import rfc3339
from firmware_host.coaching.events import Event, SessionDone
from firmware_host.coaching.inputs import Command
from firmware_host.coaching.snapshot import Snapshot
from firmware_host.messaging.payloads import DiagnosticsPayload, ResultPayload
from firmware_host.runs.folder import RunFolder
from firmware_host.settings import runs_dir
from firmware_host.version import version

if TYPE_CHECKING:
    from firmware_host.daemon import Daemon
    from firmware_host.feedback.feedback import Shown
    from firmware_host.messaging.commands import CalibrateRequest, ForgetRequest, HistoryRequest

log = logging.getLogger("slowroll")

EMBEDDED = "embedded"
DIAGNOSTICS_S = 10.0
TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")


class Services:
    """Broker, messenger, page and folder of runs of one daemon, as the settings want them."""

    def __init__(self, daemon: Daemon, state: Path) -> None:
        self._daemon = daemon
        self._state = state
        self._settings = daemon.settings
        self._broker: Any = None
        self._messenger: Any = None
        self._page: Any = None
        self._diagnosed = float("-inf")
        self._runs = RunFolder(
            runs_dir(self._settings, state),
            state / "runs-read.json",
            daemon.clock,
            self._run_finished,
            lambda command: daemon.put([command]),
            lambda: daemon.station.engine.run_end_t,
        )
        self._unanswered: deque[Command] = deque()
        """Commands from MQTT that the engine has not taken yet, in the order in which it will."""

    @property
    def page_url(self) -> str | None:
        return self._page.url if self._page is not None else None

    @property
    def connected(self) -> bool:
        """The broker has us."""
        return self._messenger is not None and self._messenger.connected

    def start(self) -> None:
        """Raises the rooms' own errors (BrokerError, MessagingError, PageError): wrong settings, a port in use."""
        mqtt, page = self._settings.mqtt, self._settings.page
        if mqtt.broker == EMBEDDED:
            from firmware_host.messaging.embedded import EmbeddedBroker

            self._broker = EmbeddedBroker(mqtt.port)
            self._broker.start()
        if mqtt.broker:
            from firmware_host.messaging.messenger import Messenger

            self._messenger = Messenger(mqtt, self._settings.station, self._daemon.clock, self._state, self._asked)
            self._messenger.start()
            self._refresh_history()
        if page.enabled:
            from firmware_host.dashboard.page import Page
            from firmware_host.messaging.client import password_of

            host = "127.0.0.1" if mqtt.broker == EMBEDDED else mqtt.broker
            self._page = Page(
                page,
                self._settings.station,
                host,
                mqtt.port,
                mqtt.username,
                password_of(mqtt),
                mqtt.tls,
                documents(self._daemon),
            )
            self._page.start()
        if self._settings.runs_dir is None:  # the owner's own folder may be a disk that is not there yet
            with contextlib.suppress(OSError):  # its own look at the folder says what is wrong with it
                runs_dir(self._settings, self._state).mkdir(exist_ok=True)
        self._runs.start()

    def stop(self) -> None:
        """In the order in which they depend on each other; may be called twice."""
        for room in (self._runs, self._page, self._messenger, self._broker):
            if room is not None:
                room.stop()

    # --- out ----------------------------------------------------------------------------------------------------

    def event(self, event: Event) -> None:
        if self._messenger is not None:
            self._messenger.event(event)

    def snapshot(self, snapshot: Snapshot, shown: Shown) -> None:
        """Ten times a second."""
        if self._messenger is None:
            return
        self._messenger.snapshot(snapshot, shown.led, shown.haptic)
        now = self._daemon.clock.now()
        if now - self._diagnosed >= DIAGNOSTICS_S:
            self._diagnosed = now
            self._messenger.retained("diagnostics", self.diagnostics())

    def diagnostics(self) -> DiagnosticsPayload:
        daemon = self._daemon
        dropped = dict(daemon.historian.dropped())
        if self._messenger is not None:
            dropped |= self._messenger.dropped
        return DiagnosticsPayload(
            at=rfc3339(daemon.clock.wall()),
            version=version(),
            uptime_s=round(daemon.clock.now(), 1),
            devices=tuple(one for bus in daemon.buses for one in bus.diagnostics()),
            dropped=dropped,
            temperature_c=temperature_c(),
            calibrations=daemon.calibrating.notes,
        )

    def history_changed(self, event: Event) -> None:
        """A session, spot, rating or pain stop was kept: the retained summaries follow once it is written."""
        if self._messenger is None:
            return
        if isinstance(event, SessionDone):
            self._messenger.retained("session/last", event)
        self._refresh_history()

    def _refresh_history(self) -> None:
        wall = self._daemon.clock.wall().astimezone()  # days and weeks are the owner's
        profile = self._daemon.station.engine.profile
        self._daemon.historian.ask(lambda store: (store.summary(wall, profile), store.spots(wall))).add_done_callback(
            self._publish_history
        )

    def _publish_history(self, asked: Future[Any]) -> None:
        if asked.exception() is not None:
            return  # the historian has reported the fault already
        summary, spots = asked.result()
        self._messenger.retained("history", summary)
        self._messenger.retained("spots", spots)

    # --- in -----------------------------------------------------------------------------------------------------

    def _asked(self, request: Command | HistoryRequest | ForgetRequest | CalibrateRequest) -> None:
        """A command or a question from MQTT, on the messenger's thread."""
        from firmware_host.messaging.commands import CalibrateRequest, HistoryRequest

        if isinstance(request, Command):
            self._unanswered.append(request)
            self._daemon.put([request])
        elif isinstance(request, HistoryRequest):
            question = self._daemon.historian.ask(lambda store: store.sessions_between(request.start, request.end))
            question.add_done_callback(lambda asked: self._reply("history", request.id, asked))
        elif isinstance(request, CalibrateRequest):
            daemon, messenger = self._daemon, self._messenger
            daemon.call(lambda: messenger.answer("calibrate", daemon.calibrating.request(request)))
        else:
            self._forget(request)

    def _run_finished(self, payload: bytes) -> Command | str:
        """What a file in the folder of runs asks, as if it had come over MQTT: the command, or why it is none."""
        from firmware_host.messaging.commands import Refusal, decode

        clock = self._daemon.clock
        request = decode("run_finished", payload, clock.now(), clock.wall())
        if isinstance(request, Refusal):
            return request.why
        assert isinstance(request, Command)
        return request

    def _forget(self, request: ForgetRequest) -> None:
        if not request.session.isdecimal():
            why = f"session {request.session!r} is no session number; `slowroll sessions list` shows them"
            self._messenger.answer("forget", ResultPayload(id=request.id, ok=False, why=why))
            return
        asked = self._daemon.historian.forget(int(request.session))
        asked.add_done_callback(lambda done: self._reply("forget", request.id, done))
        asked.add_done_callback(lambda _done: self._refresh_history())

    def _reply(self, command: str, request_id: str | None, asked: Future[Any]) -> None:
        error = asked.exception()
        if error is not None:
            self._messenger.answer(command, ResultPayload(id=request_id, ok=False, why=str(error)))
        else:
            self._messenger.answer(command, ResultPayload(id=request_id, ok=True, data=asked.result()))

    def answer(self, command: Command, why: str) -> None:
        """What became of a command, for whoever sent it over MQTT or by a file; the button does not wait for it."""
        self._runs.answered(command, why)
        if self._unanswered and self._unanswered[0] is command:
            self._unanswered.popleft()
            self._messenger.answer(command.command, ResultPayload(id=command.id, ok=not why, why=why))


def documents(daemon: Daemon) -> dict[str, Any]:
    """What the page fetches besides its own files, made when it is asked for."""
    from firmware_host.dashboard.documents import NO_SCRIPTS, Document
    from firmware_host.history.database import StoreError

    return {
        "/help.json": Document(make=lambda: _help(daemon), content_type="application/json"),
        "/report": Document(
            make=lambda: _report(daemon),
            content_type="text/html; charset=utf-8",
            policy=NO_SCRIPTS,
            expected=(OSError, StoreError),
        ),
    }


def _help(daemon: Daemon) -> bytes:
    """The rules, cues and topics, with the numbers of the profile that holds now."""
    from firmware_host.checklist import checklist
    from firmware_host.explanations import help_payload

    engine = daemon.station.engine
    known = {**engine.setup.profiles, engine.setup.profile.name: engine.setup.profile}
    return msgspec.json.encode(help_payload(engine.profile, known, engine.setup.routines, checklist()))


def _report(daemon: Daemon) -> bytes:
    """The last weeks, as `slowroll report --html` writes them; read beside the historian, who may be writing."""
    from firmware_host.history.historian import DATABASE
    from firmware_host.history.reader import Reader
    from firmware_host.history.report_html import report_html

    reader = Reader(daemon.state / DATABASE)
    reader.open()
    try:
        wall = daemon.clock.wall().astimezone()  # days and weeks are the owner's
        return report_html(reader, wall, profile=daemon.station.engine.profile).encode()
    finally:
        reader.close()


def temperature_c() -> float | None:
    """The processor's temperature, where the machine tells."""
    try:
        return round(int(TEMPERATURE.read_text(encoding="ascii")) / 1000, 1)
    except (OSError, ValueError):
        return None
