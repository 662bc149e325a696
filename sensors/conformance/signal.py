"""Checks of what the numbers mean: scale, sign, axis, range, filter and rate against a known truth."""

from __future__ import annotations

import math

from sensors.chips.model import Vector
from sensors.conformance.bench import NotChecked, Trial, Wrong, mean
from sensors.conformance.diagnosis import number_cause, vector_cause
from sensors.conformance.wire import NewTrial
from sensors.driver import STANDARD_GRAVITY, SensorFault

SHAKE_HZ = 190.0
ROLL_RAD_S = 2.0
PASCALS = (90_000.0, 101_325.0, 150_000.0)
KNOCK_M_S2 = 6 * STANDARD_GRAVITY
"""A knock in rolling: centripetal at 4 cm off the axis reaches 5.8 g at 2160 deg/s."""


def still(new: NewTrial) -> None:
    """Flat on the table: 1 g upwards, no rotation, room temperature."""
    trial = _imu(new)
    trial.start()
    frames = trial.settled()
    names = frames[0]
    if "accel_z" in names:
        seen = _means(frames, "accel")
        size = math.hypot(*seen)
        if abs(size - 9.81) > 0.5:
            cause = vector_cause(trial, "accel", seen, (0.0, 0.0, STANDARD_GRAVITY))
            raise Wrong(f"At rest |accel| is {size:.3g} m/s2; gravity is 9.81. {cause.says}", cause.look_at)
    if "gyro_x" in names:
        worst = max(abs(value) for value in _means(frames, "gyro"))
        if worst > 0.05:
            raise Wrong(
                f"At rest the gyroscope says {worst:.2f} rad/s: are other bytes taken for it?",
                "order of the data, byte order",
            )
    if "temperature" in names:
        degc = mean(frames, "temperature")
        if not 20 < degc < 30:
            raise Wrong(
                f"The chip is at 25 degC, the driver says {degc:.0f}: the temperature's scale or offset is wrong.",
                "temperature formula of this variant",
            )


def gravity_axes(new: NewTrial) -> None:
    """Gravity along each axis, both ways, shows on that axis with that sign; a knock of 6 g is not clipped."""
    _imu(new)
    for axis in range(3):
        for size in (STANDARD_GRAVITY, -STANDARD_GRAVITY, KNOCK_M_S2):
            trial = new()
            accel = _along(axis, size)
            trial.truth.accel_at = lambda _t, accel=accel: accel  # type: ignore[misc]
            trial.start()
            _compare(trial, "accel", accel, 0.03 * abs(size), "m/s2")


def rotation_axes(new: NewTrial) -> None:
    """A known rotation about each axis, both ways, and one near full scale, comes out in rad/s with its sign."""
    full_scale = _imu(new).driver.gyro_full_scale_rad_s
    if full_scale is None:
        raise NotChecked("the driver has no gyroscope")
    for axis in range(3):
        for rate in (ROLL_RAD_S, -ROLL_RAD_S, 0.9 * full_scale):
            trial = new()
            gyro = _along(axis, rate)
            trial.truth.gyro_at = lambda _t, gyro=gyro: gyro  # type: ignore[misc]
            trial.start()
            _compare(trial, "gyro", gyro, 0.02 * abs(rate), "rad/s")


def low_pass(new: NewTrial) -> None:
    """Vibration far above half of the sample rate is filtered out before it is sampled."""
    trial = _imu(new)

    def wobble(t: float) -> float:
        return math.sin(2 * math.pi * SHAKE_HZ * t)

    trial.truth.accel_at = lambda t: (5 * wobble(t), 5 * wobble(t), STANDARD_GRAVITY + 5 * wobble(t))
    trial.truth.gyro_at = lambda t: (5 * wobble(t), 5 * wobble(t), 5 * wobble(t))
    trial.start()
    frames = trial.settled(2.0)
    for kind in ("accel", "gyro"):
        for axis in "xyz":
            name = f"{kind}_{axis}"
            if name not in frames[0]:
                continue
            centre = mean(frames, name)
            share = max(abs(frame[name] - centre) for frame in frames) / 5
            if share > 0.5:
                raise Wrong(
                    f"{share:.0%} of a {SHAKE_HZ:g} Hz vibration comes through on {name}: its low-pass is not set, "
                    "and vibration folds back into the signal.",
                    "digital low-pass filter; on the MPU-6500 and later the accelerometer has its own, register 0x1D",
                )


def rate_delivered(new: NewTrial) -> None:
    """As many samples come as start() says."""
    if not new().driver.fifo:
        raise NotChecked("without a FIFO the framework sets the rate")
    for rate in new().driver.rates:
        trial = new()
        told = trial.start(rate)
        trial.frames(0.5, 0.05)
        before = trial.io.t
        count = len(trial.frames(4.0, 0.05))
        seen = count / (trial.io.t - before)
        if abs(seen - told) > 0.02 * told:
            raise Wrong(f"start() says {told:g} Hz, the chip delivers {seen:.1f} Hz.", "sample rate divider")


def pressure_values(new: NewTrial) -> None:
    """Known pressures come out in Pa, and one beyond full scale still comes out."""
    trial = new()
    if "pressure" not in {channel.name for channel in trial.driver.channels(trial.variant)}:
        raise NotChecked("the driver measures no pressure")
    trial.start()
    _must_follow(trial)
    for pascal in PASCALS:
        trial.truth.pascal = pascal
        seen = mean(trial.settled(), "pressure")
        if abs(seen - pascal) > 0.01 * pascal:
            cause = number_cause(trial, "pressure", pascal)
            raise Wrong(f"At {pascal:.0f} Pa the driver says {seen:.6g}. {cause.says}".strip(), cause.look_at)
    trial.truth.pascal = 1e6
    every = trial.poll_s(trial.pick_rate())
    trial.frames(0.25, every)
    frames = trial.frames(0.25, every)
    if not frames:
        raise Wrong(
            "Far beyond full scale nothing comes: a saturated one means at least this much, and must not be dropped.",
            "saturation bit",
        )
    seen = mean(frames, "pressure")
    if seen < 150_000:
        raise Wrong(f"Far beyond full scale (saturated) the driver says {seen:.0f} Pa, not its top.", "saturation")


def _must_follow(trial: Trial) -> None:
    seen = []
    for pascal in PASCALS:
        trial.truth.pascal = pascal
        seen.append(mean(trial.settled(), "pressure"))
    if abs(seen[-1] - seen[0]) <= 0.01 * (abs(seen[0]) + 1e-9):
        raise Wrong(
            f"The driver says {seen[0]:.6g} whatever the pressure is: is it read before the conversion is done?",
            "conversion time, busy bit of the status byte",
        )


def bridge_values(new: NewTrial) -> None:
    """Known outputs of a load cell come out in V/V with their sign, from the first on, and full scale is told."""
    full = new().driver.force_full_scale
    for ratio in (0.0, 1e-4, -5e-5, 2e-3):
        trial = _with_channel(new, "bridge")
        trial.truth.bridge_v_v = ratio
        trial.start()
        seen = trial.frames(0.3, trial.poll_s(trial.pick_rate()))
        worst = max((frame["bridge"] for frame in seen), key=lambda value: abs(value - ratio))
        if abs(worst - ratio) > 1e-6 + 0.005 * abs(ratio):
            raise Wrong(
                f"A cell that gives {ratio * 1e3:g} mV/V comes out as {worst * 1e3:.4g} mV/V.",
                "gain, reference, offset calibration after every change of gain or rate, settling, byte order",
            )
    trial = new()
    trial.truth.bridge_v_v = 0.1
    trial.start()
    seen_full = mean(trial.settled(), "bridge")
    if full is None or abs(seen_full - full) > 0.001 * full:
        raise Wrong(
            f"Far beyond full scale the driver says {seen_full:.4g} V/V; force_full_scale is {full}.", "input range"
        )


def strip_values(new: NewTrial) -> None:
    """The conductance of each force-sensing resistor comes out on its own strip, near linear, 0 to 1."""
    trial = _with_channel(new, "strip_0")
    count = len(trial.driver.channels(trial.variant))
    for pressed in range(count):
        trial = new()
        trial.start()
        shares = []
        for siemens in (1e-4, 2e-4, 4e-4, 1.0):
            trial.truth.siemens = tuple(siemens if place == pressed else 0.0 for place in range(4))
            frames = trial.settled()
            shares.append(mean(frames, f"strip_{pressed}"))
            others = [mean(frames, f"strip_{place}") for place in range(count) if place != pressed]
            if max(others, default=0.0) > 0.01:
                raise Wrong(f"Strip {pressed} is pressed, and another says {max(others):.2f}.", "input multiplexer")
        if abs(shares[1] / shares[0] - 2) > 0.1 or abs(shares[2] / shares[0] - 4) > 0.2:
            raise Wrong(
                f"Twice and four times the conductance come out as {shares[1] / shares[0]:.2f} and "
                f"{shares[2] / shares[0]:.2f} times the reading.",
                "the divider: G = V / (R (supply - V))",
            )
        if not 0.999 <= shares[3] <= 1.0:
            raise Wrong(f"A strip that is pressed flat says {shares[3]:.3f}; 1 is its end.", "full scale")


def integrity(new: NewTrial) -> None:
    """A chip that reports damaged memory is a SensorFault with a hint, not a reading."""
    trial = new()
    if not hasattr(trial.chip, "integrity_failed"):
        raise NotChecked("the chip model reports no integrity bit")
    trial.start()
    trial.chip.integrity_failed = True
    try:
        trial.read()
    except SensorFault as fault:
        if not fault.hint:
            raise Wrong("The SensorFault of a failed integrity bit has no hint.") from fault
        return
    raise Wrong("The chip reports damaged memory and read() returns its value all the same.", "status byte")


def _imu(new: NewTrial) -> Trial:
    trial = new()
    if trial.driver.role != "imu":
        raise NotChecked("the driver is not an IMU")
    return trial


def _with_channel(new: NewTrial, name: str) -> Trial:
    trial = new()
    if name not in {channel.name for channel in trial.driver.channels(trial.variant)}:
        raise NotChecked(f"the driver has no channel {name}")
    return trial


def _along(axis: int, size: float) -> Vector:
    x, y, z = (size if axis == i else 0.0 for i in range(3))
    return x, y, z


def _means(frames: list[dict[str, float]], kind: str) -> Vector:
    return mean(frames, f"{kind}_x"), mean(frames, f"{kind}_y"), mean(frames, f"{kind}_z")


def _compare(trial: Trial, kind: str, truth: Vector, tolerance: float, unit: str) -> None:
    frames = trial.settled()
    if f"{kind}_x" not in frames[0]:
        return
    seen = _means(frames, kind)
    for axis, value, true in zip("xyz", seen, truth, strict=True):
        if abs(value - true) > tolerance:
            cause = vector_cause(trial, kind, seen, truth)
            says = _clipped(seen, truth) or cause.says
            raise Wrong(f"{kind}_{axis} is {value:.3g} {unit} where it was {true:.3g} {unit}. {says}", cause.look_at)


def _clipped(seen: Vector, truth: Vector) -> str:
    """A large truth that comes out too small, while small ones are right, has met the end of the range."""
    size, true = math.hypot(*seen), math.hypot(*truth)
    full = true > KNOCK_M_S2 - 1 or true > 10 * ROLL_RAD_S
    return "It is clipped: the range that start() chooses is too small." if full and 0.05 * true < size < true else ""
