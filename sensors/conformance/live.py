"""What a real chip on the bench must show: lying still, and turned by a known number of turns.

Pure: readings in, findings out. `slowroll drivers test --live` takes the readings; the recording it writes is judged
here again by the driver's own regression test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from sensors.chips.model import Vector
from sensors.conformance.finding import Finding
from sensors.driver import STANDARD_GRAVITY

TURNS = 5
RATE_SHARE = 0.05
GRAVITY_SHARE = 0.04
"""An accelerometer's own zero and gain error, uncalibrated."""
BIAS_RAD_S = math.radians(20)
"""Zero-rate output, PS-MPU-6000A-00 rev 3.4 6.1; the loosest of the chips in use."""
TURN_SHARE = 0.05
LOST_SHARE = 0.01
"""Without a FIFO a busy computer comes late now and then."""
UNIQUE = 8
ACCEL_NOISE_M_S2 = (0.001, 0.5)
GYRO_NOISE_RAD_S = (0.00002, 0.03)
STILL_RAD_S = 0.05
STILL_M_S2 = 0.6
"""Readings that vary by more, each way, are of something that was touched."""
LEAST_RAD = 0.02
"""Less is no turn, even in radians taken twice."""
OFF_AXIS_SHARE = 0.10
CLIPPED_SHARE = 0.98
UPRIGHT_SHARE = 0.3
"""An axis this steep leaves gravity nothing to turn: what accelerometer and gyroscope say can't be compared."""


class Reading(NamedTuple):
    """One sample of an IMU."""

    t: float
    accel: Vector | None
    gyro: Vector | None


class Stream(NamedTuple):
    """How the samples came."""

    told_hz: float
    """The rate that `start` returned."""
    measured_hz: float | None
    samples: int
    lost: int
    fifo: bool


def judge_stream(stream: Stream) -> list[Finding]:
    """Rate and losses, of any sensor."""
    found = []
    told, seen = stream.told_hz, stream.measured_hz
    if seen is None:
        found.append(Finding("rate", "failed", "Too few samples came to measure a rate."))
    elif abs(seen - told) > RATE_SHARE * told:
        says = (
            f"start() says {told:g} Hz, {seen:.1f} came: more than {RATE_SHARE:.0%} off. Look at: sample rate divider."
        )
        found.append(Finding("rate", "failed", says))
    else:
        found.append(Finding("rate", "ok", f"{seen:.2f} Hz measured, {told:g} told."))
    allowed = 0 if stream.fifo else LOST_SHARE * stream.samples
    if stream.lost > allowed:
        look_at = "FIFO count and overflow" if stream.fifo else "how long read() waits"
        says = f"{stream.lost} of {stream.samples + stream.lost} samples are missing. Look at: {look_at}."
        found.append(Finding("loss", "failed", says))
    else:
        found.append(Finding("loss", "ok", f"{stream.lost} of {stream.samples + stream.lost} samples missing."))
    return found


def not_still(readings: Sequence[Reading], kinds: Sequence[str] = ("accel", "gyro")) -> str:
    """Why these are not readings of something that lies still; empty if they are."""
    for kind in kinds:
        limit, unit = (STILL_M_S2, "m/s2") if kind == "accel" else (STILL_RAD_S, "rad/s")
        for axis, column in zip("xyz", _columns(readings, kind), strict=False):
            usual = sorted(column)[len(column) // 2]
            worst = max(abs(value - usual) for value in column)
            moved = sum(abs(value - usual) > limit for value in column)
            if moved > max(2, 0.002 * len(column)):
                return f"{kind}_{axis} moved by {worst:.2g} {unit}: it was touched, or lies on something that shakes"
    return ""


def judge_still(readings: Sequence[Reading]) -> list[Finding]:
    """Gravity, bias, noise and stuck bits."""
    found = []
    if readings and readings[0].accel is not None:
        columns = _columns(readings, "accel")
        size = math.hypot(*(_mean(column) for column in columns))
        found.append(_gravity(size))
        found.append(_noise("accel", columns, ACCEL_NOISE_M_S2, "m/s2"))
    if readings and readings[0].gyro is not None:
        columns = _columns(readings, "gyro")
        worst = max(abs(_mean(column)) for column in columns)
        says = f"At rest the gyroscope says {math.degrees(worst):.1f} deg/s."
        if worst > BIAS_RAD_S:
            says += " Below 20 is usual. Look at: order of the data, byte order, sensitivity."
            found.append(Finding("bias", "failed", says))
        else:
            found.append(Finding("bias", "ok", says))
        found.append(_noise("gyro", columns, GYRO_NOISE_RAD_S, "rad/s"))
    different = len({(reading.accel, reading.gyro) for reading in readings})
    if different <= UNIQUE:
        says = f"Only {different} different readings: the same are repeated. Look at: data ready, FIFO, stuck bits."
        found.append(Finding("variety", "failed", says))
    else:
        found.append(Finding("variety", "ok", f"{different} different readings."))
    return found


def _gravity(size: float) -> Finding:
    says = f"|accel| is {size:.2f} m/s2 at rest; gravity is 9.81."
    ratio = size / STANDARD_GRAVITY
    if abs(ratio - 1) <= GRAVITY_SHARE:
        return Finding("gravity", "ok", says)
    power = math.log2(ratio) if ratio > 0 else 0.0
    if abs(size - 1) < GRAVITY_SHARE:
        says += " That is g: times STANDARD_GRAVITY is missing."
    elif abs(power) > 0.9 and abs(power - round(power)) < 0.08:
        says += " The scale in channels() is that of another range than start() chooses."
    return Finding("gravity", "failed", f"{says} Look at: accelerometer sensitivity and range, byte order.")


def _noise(kind: str, columns: list[list[float]], usual: tuple[float, float], unit: str) -> Finding:
    deviations = [_deviation(column) for column in columns]
    low, high = usual
    says = f"Noise of {kind} is {', '.join(f'{value:.2g}' for value in deviations)} {unit}."
    stuck = [axis for axis, column in zip("xyz", columns, strict=True) if len(set(column)) < 2]
    if stuck:
        says += f" {kind}_{stuck[0]} never changes. Look at: power modes (axis on?), order of the data."
        return Finding(f"noise-{kind}", "failed", says)
    if max(deviations) > high:
        says += f" Up to {high:g} is usual. Look at: low-pass, byte order; or the table shakes."
        return Finding(f"noise-{kind}", "failed", says)
    if min(deviations) < low:
        says += f" From {low:g} up is usual. Look at: which bits are the number, sensitivity."
        return Finding(f"noise-{kind}", "failed", says)
    return Finding(f"noise-{kind}", "ok", says)


def bias_of(still: Sequence[Reading]) -> Vector:
    x, y, z = (_mean(column) for column in _columns(still, "gyro"))
    return x, y, z


def turned(readings: Sequence[Reading], bias: Vector) -> Vector:
    """The integral of the rate less its bias (rad), by trapezoids."""
    total = [0.0, 0.0, 0.0]
    for before, after in pairwise(readings):
        if before.gyro is not None and after.gyro is not None:
            dt = after.t - before.t
            for i in range(3):
                total[i] += ((before.gyro[i] + after.gyro[i]) / 2 - bias[i]) * dt
    return total[0], total[1], total[2]


def not_turned(readings: Sequence[Reading], bias: Vector, full_scale: float | None) -> str:
    """Why these turns can't be judged and have to be done again; empty if they can."""
    angle = math.hypot(*(total := turned(readings, bias)))
    if angle < LEAST_RAD:
        return "it was not turned, or the gyroscope says nothing of it: turn it, then say so"
    peak = max((max(map(abs, reading.gyro)) for reading in readings if reading.gyro is not None), default=0.0)
    # Beyond its end no gyroscope reads: there the scale is wrong, and the turns will say so.
    if full_scale is not None and CLIPPED_SHARE * full_scale < peak < full_scale / CLIPPED_SHARE:
        return "it was turned too fast, the gyroscope was at its end: turn it slower, about a turn in three seconds"
    axis = [part / angle for part in total]
    along = across = 0.0
    for before, after in pairwise(readings):
        if after.gyro is None:
            continue
        rate = [after.gyro[i] - bias[i] for i in range(3)]
        part = sum(rate[i] * axis[i] for i in range(3))
        dt = after.t - before.t
        along += abs(part) * dt
        across += math.sqrt(max(0.0, sum(value * value for value in rate) - part * part)) * dt
    if across > OFF_AXIS_SHARE * along:
        return f"it also turned about another axis ({across / along:.0%}): let the roller roll, do not lift or tilt it"
    if along > 1.15 * angle:
        return "it was turned back on the way: only in one direction, from mark to mark"
    return ""


def judge_turns(readings: Sequence[Reading], bias: Vector, turns: int = TURNS) -> list[Finding]:
    """The gyroscope's scale, its axis and sign, and whether the accelerometer agrees."""
    total = turned(readings, bias)
    angle = math.hypot(*total)
    if angle < LEAST_RAD:
        return [Finding("turns", "failed", "The gyroscope saw no turn. Look at: power modes, order of the data.")]
    share = angle / (2 * math.pi * turns)
    says = f"{turns} turns are {angle / math.pi:.2f} pi, {2 * turns} pi is right."
    if abs(share - 1) <= TURN_SHARE:
        found = [Finding("turns", "ok", says)]
    else:
        found = [Finding("turns", "failed", f"{says} {_turn_cause(share, turns)}")]
    axis = ", ".join(f"{part / angle:+.2f}" for part in total)
    found.append(Finding("axis", "ok", f"It turned about [{axis}] of the sensor: in slowroll.toml that is `axis`."))
    found.append(_agreement(readings, bias))
    return found


def _turn_cause(share: float, turns: int) -> str:
    look_at = "Look at: gyroscope sensitivity and range."
    if abs(share / math.degrees(1) - 1) < TURN_SHARE:
        return f"That is degrees, not radians: math.radians() is missing. {look_at}"
    if abs(share * math.degrees(1) - 1) < TURN_SHARE:
        return f"It was turned into radians twice. {look_at}"
    power = math.log2(share)
    if abs(power) > 0.9 and abs(power - round(power)) < 0.07:
        return f"The scale in channels() is that of another range than start() chooses. {look_at}"
    counted = share * turns
    if abs(counted - round(counted)) < 0.05 * counted and 0 < abs(round(counted) - turns) <= 2:
        return f"Were it {round(counted)} turns? Then do it again; else look at: gyroscope sensitivity and range."
    return look_at


def _agreement(readings: Sequence[Reading], bias: Vector) -> Finding:
    """Gravity, as the sensor sees it, turns against the rate: da/dt = -rate x a. The slope says if they agree."""
    cross_sum = fit_sum = full_sum = 0.0
    step = max(1, len(readings) // 400)
    for before, after in zip(readings[::step], readings[step::step], strict=False):
        if before.accel is None or after.accel is None or before.gyro is None or after.gyro is None:
            continue
        dt = after.t - before.t
        a = [(p + q) / 2 for p, q in zip(before.accel, after.accel, strict=True)]
        w = [(p + q) / 2 - b for p, q, b in zip(before.gyro, after.gyro, bias, strict=True)]
        expected = [
            (a[1] * w[2] - a[2] * w[1]) * dt,
            (a[2] * w[0] - a[0] * w[2]) * dt,
            (a[0] * w[1] - a[1] * w[0]) * dt,
        ]
        fit_sum += sum(e * (q - p) for e, p, q in zip(expected, before.accel, after.accel, strict=True))
        cross_sum += sum(e * e for e in expected)
        full_sum += sum(c * c for c in w) * sum(c * c for c in a) * dt * dt
    if full_sum == 0.0 or cross_sum < UPRIGHT_SHARE * full_sum:
        return Finding("signs", "not_checked", "The axis stood upright, or one of both is missing.")
    slope = fit_sum / cross_sum
    if slope > 0.7:
        return Finding("signs", "ok", "Gravity turns as the gyroscope says: signs and axes of both fit together.")
    return Finding(
        "signs",
        "failed",
        "Gravity does not turn as the gyroscope says: a sign or an axis of accel or gyro is wrong. "
        "Look at: orientation of axes and polarity.",
    )


def judge_force(
    unloaded: Sequence[float], loaded: Sequence[float] | None, mass_kg: float | None, strips: bool = False
) -> list[Finding]:
    """A force sensor at rest, and with a known mass on it, if somebody put one there.

    Strips that nobody touches rightly say 0 all the time; every other sensor has noise.
    """
    different = len({*unloaded, *(loaded or ())} if strips else set(unloaded))
    if different > 2:
        found = [Finding("variety", "ok", f"{different} different readings.")]
    elif strips and loaded is None:
        found = [Finding("variety", "not_checked", "The strips say the same all the time: nothing was on them.")]
    else:
        says = f"Only {different} different readings: stuck? Look at: data ready, status."
        found = [Finding("variety", "failed", says)]
    if loaded is None or mass_kg is None:
        return [*found, Finding("mass", "not_checked", "No known mass was put on it.")]
    noise = max(_deviation(list(unloaded)), _deviation(list(loaded)), 1e-12)
    rise = _mean(list(loaded)) - _mean(list(unloaded))
    newton = mass_kg * STANDARD_GRAVITY
    if abs(rise) < 5 * noise:
        says = f"{mass_kg:g} kg change it by {rise:.3g}, within its noise of {noise:.2g}. Look at: range, wiring, gain."
        return [*found, Finding("mass", "failed", says)]
    if rise < 0:
        says = f"{mass_kg:g} kg make it fall by {-rise:.3g}. Look at: polarity (swap the cell's two signal wires)."
        return [*found, Finding("mass", "failed", says)]
    return [
        *found,
        Finding("mass", "ok", f"{mass_kg:g} kg ({newton:.1f} N) raise it by {rise:.4g}: {rise / newton:.4g} a N."),
    ]


def common_factor(values: Sequence[float], scale: float, offset: float) -> int:
    """The greatest number that divides all readings in counts of this scale; 0 if they are no whole counts of it.

    Together with the readings it pins the scale down: with half of it all counts would be even.
    """
    raw = [(value - offset) / scale for value in values]
    if any(abs(count - round(count)) > 0.01 + 1e-6 * abs(count) for count in raw):
        return 0
    return math.gcd(*(round(count) for count in raw)) or 1


def _columns(readings: Sequence[Reading], kind: str) -> list[list[float]]:
    vectors = [getattr(reading, kind) for reading in readings]
    return [list(column) for column in zip(*(vector for vector in vectors if vector is not None), strict=True)]


def _mean(column: Sequence[float]) -> float:
    return math.fsum(column) / len(column)


def _deviation(column: Sequence[float]) -> float:
    mean = _mean(column)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
