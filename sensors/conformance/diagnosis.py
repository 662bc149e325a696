"""From numbers that are wrong to the mistake that makes them so: the usual ones are few, and each leaves its mark.

Every guess is tried out on the very bytes the driver returned; one is named only if it puts the numbers right.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from sensors.chips.model import Vector
from sensors.conformance.bench import Trial
from sensors.driver import STANDARD_GRAVITY, Channel

NEAR = 0.03
"""A guess has to be right to this share."""
ORDER = "order of the data in the FIFO, or of the output registers"


class Cause(NamedTuple):
    """The likely mistake, and where to look."""

    says: str
    look_at: str


def vector_cause(trial: Trial, kind: str, seen: Vector, truth: Vector) -> Cause:
    """Why `kind` ("accel" or "gyro") reads `seen` where the chip felt `truth`."""
    sheet = "accelerometer" if kind == "accel" else "gyroscope"
    sensitivity = f"{sheet} full scale and sensitivity: the range bits that start() writes, and the scale in channels()"
    return (
        _other_reading(trial, kind, seen, truth)
        or _other_axis(seen, truth)
        or _other_order(trial, kind, truth)
        or _factor(kind, seen, truth, sensitivity)
        or Cause("The scale is wrong, or other bytes are read than channels() says.", sensitivity)
    )


def number_cause(trial: Trial, name: str, truth: float) -> Cause:
    """Why one number (a pressure) is not `truth`."""
    seen = _mean(trial, trial.driver.frame, trial.channels, name)
    for frame, says, look_at in _readings(trial.driver.frame):
        other = _mean(trial, frame, trial.channels, name)
        if other != seen and _close(other, truth):
            return Cause(says, look_at)
    for factor, unit in ((6894.757, "psi"), (1000.0, "kPa"), (100.0, "hPa (mbar)"), (133.322, "mmHg")):
        if seen is not None and _close(seen * factor, truth):
            return Cause(f"That is {unit}; the unit here is Pa.", "unit of the transfer function")
    return Cause("", "transfer function (output at zero and at full scale), conversion time, byte order")


def _other_reading(trial: Trial, kind: str, seen: Vector, truth: Vector) -> Cause | None:
    """The bytes read in another way, or the two vectors in each other's place."""
    for frame, says, look_at in _readings(trial.driver.frame):
        other = _vector(trial, frame, trial.channels, kind)
        if _near(other, truth) and not _near(other, seen):
            return Cause(says, look_at)
    exchanged = _exchanged(trial.channels)
    if exchanged and _near(_vector(trial, trial.driver.frame, exchanged, kind), truth):
        return Cause("accel and gyro are in each other's place: the chip sends them in the other order.", ORDER)
    return None


def _other_order(trial: Trial, kind: str, truth: Vector) -> Cause | None:
    """Channels that begin elsewhere in the frame."""
    channels = trial.channels
    for shift in range(1, len(channels)):
        if _near(_vector(trial, trial.driver.frame, channels[shift:] + channels[:shift], kind), truth):
            says = "The numbers come in another order than channels() names them, or the frame is shifted."
            return Cause(says, ORDER)
    return None


def _readings(frame: str) -> list[tuple[str, str, str]]:
    """Other struct formats of the same bytes."""
    order, rest = frame[0], frame[1:]
    other = "<" if order == ">" else ">"
    first = "most" if other == ">" else "least"
    says = (
        f"The byte order is wrong: this chip sends the {first} significant byte first, so frame begins with {other!r}."
    )
    found = [
        (
            other + rest,
            says,
            "byte order (endianness) of the output registers",
        )
    ]
    if set(rest) & set("HIQ"):
        signed = rest.replace("H", "h").replace("I", "i").replace("Q", "q")
        found.append(
            (order + signed, "The numbers are signed (two's complement): h, not H.", "two's complement of the output")
        )
    elif set(rest) & set("hiq"):
        unsigned = rest.replace("h", "H").replace("i", "I").replace("q", "Q")
        found.append((order + unsigned, "The numbers are unsigned: H, not h.", "format of the output (unsigned)"))
    return found


def _exchanged(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    """`channels` with the accelerometer and the gyroscope in each other's place; none if not both are there."""
    by_name = {channel.name: channel for channel in channels}
    if "accel_x" not in by_name or "gyro_x" not in by_name:
        return ()
    other = {f"{a}_{axis}": f"{b}_{axis}" for a, b in (("accel", "gyro"), ("gyro", "accel")) for axis in "xyz"}
    return tuple(by_name.get(other.get(channel.name, ""), channel) for channel in channels)


def _other_axis(seen: Vector, truth: Vector) -> Cause | None:
    """Right numbers on wrong axes, or with a wrong sign."""
    look_at = "orientation of axes and polarity"
    size = math.hypot(*truth)
    if not size or not _close(math.hypot(*seen), size):
        return None
    wrong = [axis for axis, a, b in zip("xyz", seen, truth, strict=True) if abs(a - b) > NEAR * size]
    if all(abs(abs(a) - abs(b)) <= NEAR * size for a, b in zip(seen, truth, strict=True)):
        return Cause(f"The sign of {' and '.join(wrong)} is wrong.", look_at)
    if all(abs(a - b) <= NEAR * size for a, b in zip(sorted(map(abs, seen)), sorted(map(abs, truth)), strict=True)):
        return Cause(f"The axes {' and '.join(wrong)} are exchanged.", look_at)
    return None


def _factor(kind: str, seen: Vector, truth: Vector, sensitivity: str) -> Cause | None:
    """Everything too large or too small by one factor that has a name."""
    axis = max(range(3), key=lambda i: abs(truth[i]))
    if not truth[axis]:
        return None
    ratio = abs(seen[axis] / truth[axis])
    if ratio < 0.01 and not any(abs(value) > 0.01 * abs(truth[axis]) for value in seen):
        return Cause(
            "Nothing of it arrives: is this part of the chip switched on, and in the FIFO?", "power modes, FIFO"
        )
    named = (
        (math.degrees(1.0), "gyro", "That is degrees a second, not rad/s: math.radians() is missing."),
        (math.radians(1.0), "gyro", "It was turned into radians twice: math.radians() is one too many."),
        (1 / STANDARD_GRAVITY, "accel", "That is g, not m/s2: times STANDARD_GRAVITY is missing."),
        (STANDARD_GRAVITY, "accel", "It was multiplied by STANDARD_GRAVITY twice."),
        (1000.0, kind, "It is a thousand times too much: milli-units, as mg or mdps, are not scaled."),
        (0.001, kind, "It is a thousandth: scaled down from milli-units twice."),
    )
    for factor, of, says in named:
        if of == kind and _close(ratio, factor):
            return Cause(says, sensitivity)
    power = math.log2(ratio) if ratio > 0 else 0.0
    if abs(power) > 0.9 and abs(power - round(power)) < 0.05:
        times = f"{2 ** round(power):g} times too much" if power > 0 else f"1/{2 ** round(-power):g} of the truth"
        return Cause(
            f"It is {times}: the scale in channels() is that of another range than start() chooses.", sensitivity
        )
    if abs(ratio - 1) > NEAR:
        return Cause(f"It is {ratio:.3g} times what it was: range or scale are wrong.", sensitivity)
    return None


def _vector(trial: Trial, frame: str, channels: tuple[Channel, ...], kind: str) -> Vector | None:
    x, y, z = (_mean(trial, frame, channels, f"{kind}_{axis}") for axis in "xyz")
    return None if x is None or y is None or z is None else (x, y, z)


def _mean(trial: Trial, frame: str, channels: tuple[Channel, ...], name: str) -> float | None:
    found = [values[name] for values in trial.decode(trial.raw, frame, channels) if name in values]
    return sum(found) / len(found) if found else None


def _near(seen: Vector | None, truth: Vector) -> bool:
    size = math.hypot(*truth)
    return seen is not None and size > 0 and all(abs(a - b) <= NEAR * size for a, b in zip(seen, truth, strict=True))


def _close(seen: float | None, truth: float) -> bool:
    return seen is not None and abs(seen - truth) <= NEAR * abs(truth)
