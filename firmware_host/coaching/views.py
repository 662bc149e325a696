"""A track as others see it: the line of `--emit motion`, and its part of the snapshot."""

from __future__ import annotations

from firmware_host.coaching.events import Motion
from firmware_host.coaching.session import rounded
from firmware_host.coaching.snapshot import ToolSnapshot
from firmware_host.coaching.track import ToolTrack


def motion_line(track: ToolTrack, muscle: str | None, side: str | None) -> Motion | None:
    """The newest sample's line, or None before the first."""
    motion = track.motion
    if motion.t is None:
        return None
    return Motion(
        t=motion.t,
        tool=track.tool.name,
        muscle=muscle,
        side=side,
        angle_rad=rounded(motion.angle),
        speed_m_s=rounded(motion.speed) if motion.axis_found else 0.0,
        position_m=rounded(track.position_m),
        position_sd_m=rounded(motion.position_sd),
        force_n=_maybe(track.force.force_n),
        on_body=track.on_body,
        state=track.state,
    )


def tool_snapshot(track: ToolTrack) -> ToolSnapshot:
    limits, motion, force = track.watch.limits, track.motion, track.force
    return ToolSnapshot(
        tool=track.tool.name,
        kind=track.tool.kind,
        t=rounded(motion.t or 0.0),
        state=track.state,
        on_body=track.on_body,
        speed_m_s=rounded(motion.speed) if motion.axis_found else 0.0,
        mean_speed_limit_m_s=rounded(limits.mean_speed_m_s),
        live_speed_limit_m_s=rounded(limits.live_speed_m_s),
        force_n=_maybe(force.force_n),
        force_low_n=_maybe(limits.force_low_n),
        force_high_n=_maybe(limits.force_high_n),
        load=_maybe(force.load),
        position_m=rounded(track.position_m),
        position_sd_m=rounded(motion.position_sd),
        hold_s=rounded(track.hold_s),
    )


def _maybe(value: float | None) -> float | None:
    return None if value is None else rounded(value)
