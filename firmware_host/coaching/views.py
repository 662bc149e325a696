"""What is going on as others see it: the line of `--emit motion`, and the snapshot."""

from __future__ import annotations

from firmware_host.coaching.events import Motion
from firmware_host.coaching.floor import Floor
from firmware_host.coaching.session import rounded
from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot
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


def tool_snapshot(track: ToolTrack, start_share: float) -> ToolSnapshot:
    """`start_share` of the force band's top is the most in the light beginning of a set."""
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
        start_high_n=None if limits.force_high_n is None else rounded(start_share * limits.force_high_n),
        load=_maybe(force.load),
        position_m=rounded(track.position_m),
        position_sd_m=rounded(motion.position_sd),
        hold_s=rounded(track.hold_s),
    )


def snapshot(floor: Floor) -> Snapshot:
    """What is going on now."""
    profile, chosen, open_set = floor.profile, floor.selection, floor.set
    kind = floor.kind_in_use()
    since = floor.since_run_s()
    return Snapshot(
        t=rounded(floor.now),
        tools=tuple(tool_snapshot(track, profile.start.share) for track in floor.tracks.values()),
        muscle=chosen.muscle,
        side=chosen.side,
        tool=chosen.tool,
        phase=floor.phase,
        profile=profile.name,
        routine=floor.routine,
        set=open_set.snapshot() if open_set is not None else None,
        session=floor.session.snapshot(open_set) if floor.session is not None else None,
        last_cue=floor.last_cue,
        pain=floor.pain,
        quiet=floor.quiet,
        faults=tuple(floor.faults.values()),
        hold_done_s=profile.hold.done_s,
        hold_enough_s=profile.hold.enough_s,
        acknowledged=floor.acknowledged,
        plan=floor.flow.snapshot(open_set.tally.work_s if open_set is not None else 0.0)
        if floor.flow is not None and floor.following
        else None,
        card=floor.card(kind) if kind is not None else None,
        lane=floor.advice.prompted[-1] if open_set is not None and floor.advice.prompted else None,
        advice=floor.standing_notes(),
        starting_light=open_set is not None and floor.advice.starting,
        resting=floor.session is not None and (open_set is None or open_set.off_body),
        breathe_in_s=profile.breath.in_s,
        breathe_out_s=profile.breath.out_s,
        # In whole minutes: the state is published when it changes.
        run_ago_s=None if since is None else 60.0 * (since // 60),
        sore=floor.safety.is_sore(floor.now),
        due=floor.due,
        ask_soreness=floor.ask_soreness,
    )


def _maybe(value: float | None) -> float | None:
    return None if value is None else rounded(value)
