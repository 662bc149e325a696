"""What goes over MQTT besides the events: one struct a topic (docs/contract: topics and names)."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.coaching.events import State
from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot


class StatePayload(Snapshot, frozen=True, kw_only=True):
    """`state`, retained: the snapshot and when it was taken (RFC 3339, UTC)."""

    at: str


class Limits(Struct, frozen=True, kw_only=True):
    mean_speed_m_s: float
    live_speed_m_s: float
    force_low_n: float | None
    force_high_n: float | None


class LivePayload(Struct, frozen=True, kw_only=True):
    """`live`, 10 Hz while a tool is on the body, one message a tool."""

    tool: str
    t: float
    at: str
    speed_m_s: float
    limits: Limits
    force_n: float | None
    load: float | None
    position_m: float
    state: State
    hold_s: float
    cue: str | None
    """The cue of the last two seconds, if any."""
    led: tuple[float, float, float]
    haptic: float
    """What the motor does now, 0..1."""


class CalibrationNote(Struct, frozen=True, kw_only=True):
    """One thing that was calibrated on a sensor."""

    device: str
    what: str
    at: str | None
    """RFC 3339; null: from before dates were kept."""
    residual: float | None
    unit: str
    words: str


class DiagnosticsPayload(Struct, frozen=True, kw_only=True):
    """`diagnostics`, retained, every 10 s."""

    at: str
    version: str
    uptime_s: float
    devices: tuple[DeviceDiagnostics, ...]
    dropped: dict[str, int]
    """Messages or rows given up, by queue."""
    temperature_c: float | None
    """The processor's, where the machine tells."""
    calibrations: tuple[CalibrationNote, ...] = ()
    """What was calibrated; what is not there never was."""


class ResultPayload(Struct, frozen=True, kw_only=True):
    """`result/<command>`."""

    id: str | None
    ok: bool
    why: str = ""
    data: Any = None


def state_payload(snapshot: Snapshot, at: str) -> StatePayload:
    fields = {name: getattr(snapshot, name) for name in Snapshot.__struct_fields__}
    return StatePayload(at=at, **fields)


def live_payload(
    tool: ToolSnapshot, at: str, cue: str | None, led: tuple[float, float, float], haptic: float
) -> LivePayload:
    return LivePayload(
        tool=tool.tool,
        t=tool.t,
        at=at,
        speed_m_s=tool.speed_m_s,
        limits=Limits(
            mean_speed_m_s=tool.mean_speed_limit_m_s,
            live_speed_m_s=tool.live_speed_limit_m_s,
            force_low_n=tool.force_low_n,
            force_high_n=tool.force_high_n,
        ),
        force_n=tool.force_n,
        load=tool.load,
        position_m=tool.position_m,
        state=tool.state,
        hold_s=tool.hold_s,
        cue=cue,
        led=led,
        haptic=haptic,
    )
