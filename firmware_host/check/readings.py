"""What a few seconds of samples say of a sensor that should be lying still. Pure: samples in, findings out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, pstdev

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.check.finding import Finding, Result, Value
from firmware_host.coaching.inputs import ForceSample, ImuSample, Vector
from sensors.driver import STANDARD_GRAVITY

AREA = "sensors"
FEW = 10
"""Samples below which nothing can be said."""
GRAVITY_OFF = 0.04
"""A sound accelerometer keeps closer to one g; more tilts the angle that is drawn from it."""
RATE_OFF = 0.1
"""An oscillator may be off by several per cent; more is a wrong divider, or samples that nobody fetched."""
LOSS_FINE, LOSS_BAD = 0.01, 0.1
LATE_FINE, LATE_BAD = 0.1, 0.5
"""For chips without a queue: there a read that comes late misses a sample, and the next one is as good."""
STILL_GYRO_RAD_S = math.radians(2.0)
STILL_ACCEL_M_S2 = 0.5
"""More than this in one axis (standard deviation) is motion."""
NOISY_GYRO_RAD_S = math.radians(0.3)
"""Ten times what the chips in use have behind their low-pass at 100 Hz."""
BIAS_RAD_S = math.radians(20.0)
"""The most a sound MPU-6050 has (PS-MPU-6000A-00 6.1, zero-rate output)."""
LEAST_PA = 50_000.0
"""Nobody rolls above 5,500 m."""
NOISY_SHARE = 0.005
"""Of a force sensor's range."""
LAY_STILL = "lay the tool still, hands off, and run slowroll check again"


def stream(
    device: Device, seen: DeviceDiagnostics, t: Sequence[float], fault: str, hint: str, disturbed: bool = False
) -> Finding:
    """Rate and loss; a fault comes first. `disturbed`: another sensor on its bus was started again and again."""
    values: dict[str, Value] = {"samples": seen.samples, "lost": seen.lost, "gaps": seen.gaps, "faults": seen.faults}
    if len(t) < FEW and (fault or not t):
        says = fault or "no samples came"
        return _of(device, "problem", says, hint or f"slowroll drivers test {device.driver.name}", values)
    if len(t) < FEW:
        return _of(
            device, "not checked", f"{len(t)} samples are too few to judge", "slowroll check --seconds 20", values
        )
    rate = seen.rate_hz if seen.rate_hz is not None else (len(t) - 1) / (t[-1] - t[0])
    lost = seen.lost / (seen.lost + seen.samples)
    values |= {"rate_hz": round(rate, 2), "lost_share": round(lost, 4)}
    says = f"{rate:.1f} samples a second (asked for {device.rate:g}), {lost:.1%} lost"
    if seen.faults:
        return _of(device, "problem", f"{fault or seen.last_fault}; {says}", hint, values)
    fine, bad = (LOSS_FINE, LOSS_BAD) if device.driver.fifo else (LATE_FINE, LATE_BAD)
    if lost > fine and disturbed and not device.driver.fifo:
        return _of(device, "not checked", f"{says}: the restarts of its neighbour took its turns", "see there", values)
    if lost > fine:
        result: Result = "problem" if lost > bad else "warning"
        return _of(
            device,
            result,
            f"{says}: a loose wire, a slow bus, or a busy machine",
            "shorten the wires; make the bus faster: dtparam=i2c_arm_baudrate=400000 in "
            "/boot/firmware/config.txt, then reboot",
            values,
        )
    if abs(rate / device.rate - 1) > RATE_OFF:
        return _of(
            device,
            "warning",
            f"{says}: not the rate that was asked for",
            f"slowroll drivers test {device.driver.name}",
            values,
        )
    return _of(device, "ok", says, "", values)


def imu(device: Device, samples: Sequence[ImuSample]) -> Iterator[Finding]:
    """Gravity, and the gyroscope's noise and bias, if it lay still."""
    if len(samples) < FEW:
        return
    accel = [sample.accel for sample in samples if sample.accel is not None]
    gyro = [sample.gyro for sample in samples if sample.gyro is not None]
    shake = max(
        (max(_spread(gyro)) if gyro else 0.0) / STILL_GYRO_RAD_S,
        (max(_spread(accel)) if accel else 0.0) / STILL_ACCEL_M_S2,
    )
    if _all_zero(accel) and _all_zero(gyro):
        yield _of(
            device,
            "problem",
            "every reading is zero: the chip sleeps, or is broken",
            "take its supply away for ten seconds (VCC and GND), then: slowroll check",
            what="gravity",
        )
        return
    if shake > 1:
        yield _of(
            device,
            "not checked",
            "it moved while it was measured, so gravity and gyroscope can't be judged",
            LAY_STILL,
            what="gravity",
        )
        return
    if accel:
        yield _gravity(device, accel)
    if gyro:
        yield _gyro(device, gyro)


def _gravity(device: Device, accel: Sequence[Vector]) -> Finding:
    norm = math.hypot(*_mean(accel))
    off = norm / STANDARD_GRAVITY - 1
    values: dict[str, Value] = {"gravity_m_s2": round(norm, 3)}
    says = f"gravity reads {norm:.2f} m/s2 ({off:+.1%} from {STANDARD_GRAVITY:.2f})"
    if abs(off) <= GRAVITY_OFF:
        return _of(device, "ok", says, "", values, "gravity")
    factor = next((f for f in (2.0, 4.0, 8.0, 0.5, 0.25, 0.125) if abs(norm / STANDARD_GRAVITY / f - 1) < 0.06), None)
    if factor is not None:
        return _of(
            device,
            "problem",
            f"{says}: {factor:g} times too much, so the chip measures in another range than "
            "the driver believes: a clone, or the wrong driver",
            f"read the marking on the chip; slowroll drivers test {device.driver.name}",
            values,
            "gravity",
        )
    if norm < 0.1 * STANDARD_GRAVITY:
        return _of(
            device,
            "problem",
            f"{says}: the accelerometer says nothing",
            "take its supply away for ten seconds, then: slowroll check; if it stays, the chip is broken",
            values,
            "gravity",
        )
    return _of(
        device,
        "warning",
        f"{says}: beyond the {GRAVITY_OFF:.0%} that a sound sensor keeps; the angle will drift",
        f"{LAY_STILL}; if it stays, the chip has a bad offset: try another one",
        values,
        "gravity",
    )


def _gyro(device: Device, gyro: Sequence[Vector]) -> Finding:
    bias = max(abs(part) for part in _mean(gyro))
    noise = max(_spread(gyro))
    values: dict[str, Value] = {"gyro_bias_rad_s": round(bias, 5), "gyro_noise_rad_s": round(noise, 5)}
    says = f"gyroscope at rest: bias {math.degrees(bias):.2f} deg/s, noise {math.degrees(noise):.3f} deg/s"
    if _all_zero(gyro):
        return _of(
            device,
            "problem",
            "the gyroscope reads exactly zero: it sleeps, or is broken",
            "take its supply away for ten seconds (VCC and GND), then: slowroll check",
            values,
            "gyro",
        )
    if bias > BIAS_RAD_S:
        return _of(
            device,
            "warning",
            f"{says}: more bias than the data sheets allow",
            f"{LAY_STILL}; if it stays, try another chip",
            values,
            "gyro",
        )
    if noise > NOISY_GYRO_RAD_S:
        return _of(
            device,
            "warning",
            f"{says}: noisy",
            "give the sensor a supply of its own (not the motor's), a 100 nF capacitor between VCC and GND, "
            f"short wires; or it trembled: {LAY_STILL}",
            values,
            "gyro",
        )
    return _of(device, "ok", says, "", values, "gyro")


def force(device: Device, samples: Sequence[ForceSample]) -> Iterator[Finding]:
    """Noise, and whether the sensor moves at all."""
    if len(samples) < FEW:
        return
    unit = samples[0].unit
    rows = [sample.value if isinstance(sample.value, tuple) else (sample.value,) for sample in samples]
    columns = list(zip(*rows, strict=True))
    means = [fmean(column) for column in columns]
    noise = max(pstdev(column) for column in columns)
    stuck = all(max(column) == min(column) for column in columns)
    full = device.driver.force_full_scale if unit != "strips" else 1.0
    values: dict[str, Value] = {f"mean_{_UNITS[unit]}": max(means), f"noise_{_UNITS[unit]}": noise}
    says = f"{_words(unit, means)}, noise {_noise(unit, noise)}"
    if full is not None and max(means) >= 0.98 * full:
        yield _of(
            device,
            "problem",
            f"{says}: at the end of its range",
            "take the load off; if it stays, a signal wire touches the supply",
            values,
            "force",
        )
    elif unit == "pressure" and means[0] < LEAST_PA:
        yield _of(
            device,
            "problem",
            f"{says}: less than the air around it",
            "the sensor is broken, or another chip answers at its address: read its marking",
            values,
            "force",
        )
    elif stuck and unit == "strips" and not any(means):
        yield _of(
            device,
            "warning",
            "reads exactly 0 all the time: right if nothing pressed it, else a strip is unplugged",
            "lean on the roller while slowroll check measures",
            values,
            "force",
        )
    elif stuck:
        yield _of(
            device,
            "problem",
            f"{_words(unit, means)}, every time exactly the same: it is stuck",
            "take its supply away for ten seconds (VCC and GND), check its signal wires, then: slowroll check",
            values,
            "force",
        )
    elif full is not None and noise > NOISY_SHARE * full:
        yield _of(
            device,
            "warning",
            f"{says}: it was pressed while it was measured, or it is noisy",
            f"{LAY_STILL}; if it stays, shorten and twist the wires to the cell",
            values,
            "force",
        )
    else:
        yield _of(device, "ok", says, "", values, "force")


_UNITS = {"force": "n", "pressure": "pa", "strips": "share", "bridge": "v_v"}


def _words(unit: str, means: Sequence[float]) -> str:
    if unit == "pressure":
        return f"{means[0] / 1000:.2f} kPa"
    if unit == "force":
        return f"{means[0]:.1f} N before any calibration"
    if unit == "bridge":
        return f"{means[0] * 1000:.4f} mV/V before any calibration"
    return "strips at " + ", ".join(f"{mean:.0%}" for mean in means)


def _noise(unit: str, noise: float) -> str:
    words = {"pressure": f"{noise:.1f} Pa", "force": f"{noise:.2f} N", "bridge": f"{noise * 1000:.5f} mV/V"}
    return words.get(unit, f"{noise:.2%}")


def _mean(rows: Sequence[Vector]) -> Vector:
    x, y, z = (fmean(row[i] for row in rows) for i in range(3))
    return x, y, z


def _spread(rows: Sequence[Vector]) -> Vector:
    x, y, z = (pstdev([row[i] for row in rows]) for i in range(3))
    return x, y, z


def _all_zero(rows: Sequence[Vector]) -> bool:
    return not any(any(row) for row in rows)


def _of(
    device: Device, result: Result, says: str, do: str, values: dict[str, Value] | None = None, what: str = "stream"
) -> Finding:
    return Finding(
        area=AREA, subject=f"{device.name}, {what}", result=result, says=says, do=do, values=dict(values or {})
    )
