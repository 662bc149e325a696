"""Everything the engine can be told: a closed set of frozen types, one for each kind of recording line.

All values are SI and as the driver scaled them (uncalibrated); `t` is seconds on the run's monotonic clock.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Vector = tuple[float, float, float]
Side = Literal["left", "right"]
ToolKind = Literal["foam_roller", "massage_stick", "massage_ball", "hands"]
PressureKind = Literal["force", "bladder", "strips", "contact", "none"]
ForceUnit = Literal["force", "bridge", "pressure", "strips"]


class Calibration(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one tool's sensors. Everything is optional; absent means never calibrated."""

    gyro_bias: Vector | None = None
    """rad/s, in sensor axes, as last seen at rest."""
    axis: Vector | None = None
    """Rolling axis in sensor axes as measured by free turns; wins over the tool's own, which says its sign."""
    radius_m: float | None = None
    """Effective unloaded radius found by rolling a known distance; replaces the tool's nominal one."""
    zero: float | None = None
    """Reading of the unloaded force sensor, in its own unit (N, V/V, Pa or 0..1)."""
    points: tuple[tuple[float, float], ...] = ()
    """(reading above zero, force in N), rising in both; linear in between, last slope beyond."""
    span_m: float | None = None
    """Length of muscle between the two marked ends, along the rolling direction."""
    span_muscle: str | None = None
    """The muscle it was measured on: on another one it says nothing. None: not told, it holds for all."""


class Tool(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One massage tool and what its sensors are, as in a recording's first line."""

    name: str
    kind: ToolKind
    radius_m: float = 0.075
    """Unloaded radius."""
    stiffness_n_m: float | None = None
    """Force for a metre of sag; None: rigid."""
    axis: Vector | None = None
    """Rolling axis in sensor axes, right-handed; None: found from the motion."""
    pressure: PressureKind = "none"
    gyro_full_scale_rad_s: float | None = None
    force_full_scale: float | None = None
    """Reading (N, V/V or Pa) at which the force sensor is at its end; strips and pads end at 1."""
    calibration: Calibration = Calibration()

    @property
    def rolling_axis(self) -> Vector | None:
        """The calibrated axis, pointing the way that the owner's does; else the owner's; None: to be found."""
        measured, told = self.calibration.axis, self.axis
        if measured is None or told is None:
            return measured or told
        along = sum(a * b for a, b in zip(measured, told, strict=True))
        return measured if along >= 0 else (-measured[0], -measured[1], -measured[2])

    def span_m(self, muscle: str | None) -> float | None:
        """Length of `muscle` between its marked ends; None if these were never marked on it."""
        known = self.calibration
        return known.span_m if known.span_muscle in (None, muscle) else None


class Person(Struct, frozen=True, kw_only=True):
    mass_kg: float = 75.0
    height_m: float = 1.75


class ImuSample(Struct, frozen=True, gc=False):
    t: float
    tool: str
    accel: Vector | None
    """m/s2, specific force in sensor axes."""
    gyro: Vector | None
    """rad/s in sensor axes."""


class ForceSample(Struct, frozen=True, gc=False):
    t: float
    tool: str
    unit: ForceUnit
    value: float | tuple[float, ...]
    """N, V/V of a load cell's bridge, Pa, or 0..1 for each strip."""


class StreamGap(Struct, frozen=True):
    """A stream was restarted, or 0.5 s and more of it were lost."""

    t: float
    tool: str
    what: str
    """Why, such as "i2c" or "fifo overflow"."""
    of: Literal["imu", "force"]


class Recalibrated(Struct, frozen=True):
    t: float
    tool: str
    calibration: Calibration


class HapticRan(Struct, frozen=True):
    """The motor really runs from `t` on for `seconds`; written as each burst starts."""

    t: float
    tool: str
    seconds: float


class DeviceFault(Struct, frozen=True):
    """A device stopped (`ok` False) or came back (`ok` True)."""

    t: float
    tool: str | None
    device: str
    what: str
    hint: str
    ok: bool


class Command(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person said, by button, MQTT or page. Fields that a command does not use stay None."""

    t: float
    command: str
    tool: str | None = None
    muscle: str | None = None
    side: str | None = None
    profile: str | None = None
    routine: str | None = None
    ago_s: float | None = None
    effort: int | None = None
    kind: str | None = None
    value: int | None = None
    when: str | None = None
    on: bool | None = None
    id: str | None = None


class Tick(Struct, frozen=True, gc=False):
    """Time passes (10 Hz), so that rules about silence can be decided without samples."""

    t: float


Input = ImuSample | ForceSample | StreamGap | Recalibrated | HapticRan | DeviceFault | Command | Tick
