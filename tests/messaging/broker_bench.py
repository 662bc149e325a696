"""What the tests of this room share: brokers, a listener, a wire that can be cut, and things to publish."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

import msgspec
from brokers import STATION

from firmware_host.coaching.events import Contact, Cue, Reason, SessionDone, SetDone, Spot
from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot
from firmware_host.messaging.embedded import free_port
from firmware_host.settings import MqttSettings

BASE = f"slowroll/{STATION}/"
LED = (0.0, 0.2, 1.0)


class Wire:
    """A TCP relay before a broker: it can be cut and mended, or let nothing come back."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self._target = target
        self.deaf = False
        """What the broker says is swallowed: it has our messages, and we don't know."""
        self._gate: socket.socket | None = None
        self._ends: list[socket.socket] = []

    def mend(self) -> None:
        self.deaf = False
        gate = socket.socket()
        gate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        gate.bind(("127.0.0.1", self.port))
        gate.listen()
        self._gate = gate
        threading.Thread(target=self._accept, args=(gate,), daemon=True).start()

    def cut(self) -> None:
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.shutdown(socket.SHUT_RDWR)
            gate.close()
        ends, self._ends = self._ends, []
        for end in ends:
            hang_up(end)

    def _accept(self, gate: socket.socket) -> None:
        while self._gate is gate:
            try:
                near, _ = gate.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                return
            self._ends += [near, far]
            threading.Thread(target=self._relay, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._relay, args=(far, near, True), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, back: bool) -> None:
        try:
            while data := source.recv(65536):
                if not (back and self.deaf):
                    sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


def hang_up(end: socket.socket) -> None:
    """Close both ways at once, also under a thread that reads."""
    with contextlib.suppress(OSError):  # the other side was quicker
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def settings(port: int, **changes: Any) -> MqttSettings:
    return MqttSettings(broker="127.0.0.1", port=port, **changes)


def set_done(number: int) -> SetDone:
    """A finished set that can be told from the others by its `passes`."""
    return SetDone(
        t=float(number),
        tool="roller",
        muscle="calves",
        side="left",
        start=0.0,
        end=45.0,
        duration_s=45.0,
        work_s=41.5,
        passes=number,
        short_passes=1,
        holds=1,
        hold_s=22.0,
        distance_m=2.8,
        mean_speed_m_s=0.07,
        in_guidance=0.9,
        mean_force_n=None,
        peak_force_n=None,
        force_source="not_measured",
        verdicts=(),
    )


def session_done() -> SessionDone:
    return SessionDone(
        t=60.0,
        start=0.0,
        end=59.0,
        phase="deep",
        profile="article",
        routine=None,
        sets=(set_done(3),),
        per_leg_s={"left": 41.5},
        work_s=41.5,
        in_guidance=0.9,
        ended="person",
        advice=(),
    )


def spot() -> Spot:
    return Spot(t=12.0, tool="roller", muscle="calves", side="left", position_m=0.1, position_sd_m=0.01, rating=6)


def contact(on: bool = True) -> Contact:
    return Contact(t=1.0, tool="roller", muscle="calves", side="left", on=on)


def cue(t: float, name: str = "slow_down") -> Cue:
    reason = Reason(value=0.21, limit=0.187, unit="m/s", source="guidance 2.4")
    return Cue(t=t, cue=name, reason=reason, pattern="double", words="Slower.", repeat_after_s=6.0)


def tool(**changes: Any) -> ToolSnapshot:
    at_rest = ToolSnapshot(
        tool="roller",
        kind="foam_roller",
        t=0.0,
        state="off",
        on_body=False,
        speed_m_s=0.0,
        mean_speed_limit_m_s=0.093,
        live_speed_limit_m_s=0.187,
        force_n=None,
        force_low_n=None,
        force_high_n=None,
        load=None,
        position_m=0.0,
        position_sd_m=0.01,
        hold_s=0.0,
    )
    return msgspec.structs.replace(at_rest, **changes)


def snapshot(t: float, *tools: ToolSnapshot, **changes: Any) -> Snapshot:
    nothing = Snapshot(
        t=t,
        tools=tools,
        muscle="calves",
        side="left",
        tool="roller",
        phase="deep",
        profile="article",
        routine=None,
        set=None,
        session=None,
        last_cue=None,
        pain=False,
        quiet=False,
        faults=(),
        hold_done_s=20.0,
        hold_enough_s=30.0,
    )
    return msgspec.structs.replace(nothing, **changes)
