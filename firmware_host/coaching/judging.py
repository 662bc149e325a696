"""What a stroke and a hold were: their numbers and flags, as the events have them."""

from __future__ import annotations

from typing import Any

from firmware_host.coaching.events import Pass, ShortPass
from firmware_host.coaching.findings import Doing, HoldEnded, Stroke
from firmware_host.coaching.guidance import CueGuide, Limits, Profile
from firmware_host.coaching.holds import WINDOW_M
from firmware_host.coaching.movements import Movement
from firmware_host.coaching.session import rounded
from firmware_host.coaching.smoothness import smoothness
from firmware_host.coaching.track import ToolTrack

Fields = dict[str, Any]


def stroke(
    ended: Stroke, track: ToolTrack, profile: Profile, slow_over_spot: bool, muscle: str | None
) -> tuple[type[Pass] | type[ShortPass] | None, Fields]:
    """Which event a finished movement is, and its fields; None if it is too short for one, or made with a ball."""
    movement, doing, limits = ended.movement, ended.doing, track.watch.limits
    length = movement.length_m
    if track.tool.kind == "massage_ball" or length < WINDOW_M or movement.duration_s <= 0:
        return None, {}
    smooth = smoothness(movement.speeds)
    span = track.tool.span_m(muscle)
    flags = _speed_flags(movement, doing, limits, smooth, profile.cues) + _force_flags(doing, limits)
    flags += ["overshoot"] * (span is not None and length > span) + ["slow_over_spot"] * slow_over_spot
    flags += ["haptic_masked"] * doing.masked + ["clipped"] * doing.clipped + ["saturated"] * doing.saturated
    return Pass if length >= limits.min_pass_m else ShortPass, {
        "start": rounded(movement.start[0]),
        "end": rounded(movement.end[0]),
        "direction": movement.direction,
        "length_m": rounded(length),
        "mean_speed_m_s": rounded(movement.mean_m_s),
        "peak_speed_m_s": rounded(movement.peak_m_s),
        "smoothness": rounded(smooth) if smooth is not None else None,
        "mean_force_n": rounded(doing.mean_n) if doing.mean_n is not None else None,
        "peak_force_n": rounded(doing.peak_n) if doing.mean_n is not None else None,
        "coverage": rounded(min(1.0, length / span)) if span else None,
        "flags": tuple(flags),
    }


def jerk(movement: Movement, smooth: float | None, cues: CueGuide) -> tuple[float, float, str] | None:
    """What was jerky about a movement: value, limit and unit of the first sign it shows; None if nothing.

    A tremor of some millimetres a second, which nobody can help, lowers the smoothness of a slow stroke alone: there
    it is no sign.
    """
    mean = movement.mean_m_s
    if movement.peak_m_s > cues.jerky_peak_over_mean * mean:
        ratio = movement.peak_m_s / mean if mean > 0 else movement.peak_m_s
        return round(ratio, 1), cues.jerky_peak_over_mean, "peak/mean"
    if movement.twitches >= cues.jerky_twitches:
        return float(movement.twitches), float(cues.jerky_twitches), "twitches"
    if smooth is not None and smooth < cues.jerky_smoothness and movement.peak_m_s >= cues.jerky_from_m_s:
        return round(smooth, 2), cues.jerky_smoothness, "smoothness"
    return None


def _speed_flags(movement: Movement, doing: Doing, limits: Limits, smooth: float | None, cues: CueGuide) -> list[str]:
    too_fast = doing.too_fast or movement.mean_m_s > limits.mean_speed_m_s
    return ["too_fast"] * too_fast + ["jerky"] * (jerk(movement, smooth, cues) is not None)


def _force_flags(doing: Doing, limits: Limits) -> list[str]:
    if doing.hard:
        return ["too_hard"]
    low, mean = limits.force_low_n, doing.mean_n
    return ["too_light"] * (low is not None and mean is not None and mean < low)


def hold(ended: HoldEnded, track: ToolTrack) -> Fields:
    """The fields of a finished hold."""
    span, doing, limits = ended.span, ended.doing, track.watch.limits
    flags = ["short"] * (span.duration_s < limits.hold_low_s) + ["long"] * (span.duration_s > limits.hold_high_s)
    return {
        "start": rounded(span.start),
        "end": rounded(span.end),
        "duration_s": rounded(span.duration_s),
        "position_m": rounded(span.middle_m - track.origin_m),
        "position_sd_m": rounded(track.motion.position_sd),
        "excursion_m": rounded(span.excursion_m),
        "mean_force_n": rounded(doing.mean_n) if doing.mean_n is not None else None,
        "flags": tuple(flags + ["too_hard"] * doing.hard + ["saturated"] * doing.saturated),
    }
