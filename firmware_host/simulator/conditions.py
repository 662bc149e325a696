"""What is wrong with the sensors, their mounting, the link or the person's leg in one simulated session.

The defaults are an ordinary build on a good day. Each named case of `CONDITIONS` has one thing wrong, so that a
score tells what that one thing costs. Sizes without a source are this project's choice of a hard but real day.
"""

from __future__ import annotations

import difflib
from typing import Literal

from msgspec import Struct

from firmware_host.coaching.inputs import PressureKind, ToolKind

GYRO_RANGE_DPS = 2000.0
"""What the MPU-6050's driver sets up."""
MOST_STRIPS = 16


class ConditionError(Exception):
    """There is no such condition, or it does not go with the tool or the scenario; the text says what does."""


class Conditions(Struct, frozen=True, kw_only=True):
    """One session's faults. Raises `ConditionError` for values that mean nothing."""

    gyro_scale_error: float = 0.005
    """What the gyroscope reads too much: 0.005 is 0.5 %."""
    misalignment_deg: float | None = None
    """Angle between the sensor's x axis and the tool's true axis; None: 1 to 3, by seed."""
    bias_drift_dps_per_min: float = 0.0
    """The gyroscope's bias walks off so fast on every axis, the way by seed, and wanders about that."""
    begin_in_motion: bool = False
    """The recording begins in the middle of a stroke, and nobody ever saw the gyroscope's bias at rest."""
    lever_m: float | None = None
    """How far off the tool's middle the sensor sits; None: as the tool is commonly built, by seed."""
    gyro_range_dps: float = GYRO_RANGE_DPS
    """Full scale: declared to the engine, and where the gyroscope clips."""
    pressure: PressureKind | None = None
    """Kind of force sensor; None: the tool's own."""
    strips: int = 6
    """How many strips there are around the skin, where `pressure` is "strips"."""
    limb_pitch_deg: float = 0.0
    """The limb tips by this over a stroke of 28 cm, so that the way along the muscle is not the roller's own."""
    slip: float = 0.0
    """Share of the roller's travel that is lost between skin and foam, on average: it comes and goes."""
    haptic: Literal["none", "bursts"] = "none"
    """"bursts": the motor runs every few seconds, felt by the sensors and told to the engine."""
    link: Literal["good", "bad"] = "good"
    """"bad": what link.py does to the samples."""

    def __post_init__(self) -> None:
        for name, low, high in _BOUNDS:
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConditionError(f"condition {name}: {value:g} is not from {low:g} to {high:g}")

    def check(self, kind: ToolKind, radius_m: float) -> None:
        """Raises `ConditionError` if a tool of this kind and radius can't be in these conditions."""
        if self.lever_m is not None and self.lever_m >= radius_m:
            raise ConditionError(
                f"condition lever_m: a sensor {self.lever_m * 1000:g} mm off the axis does not fit into a {kind} of "
                f"radius {radius_m * 1000:g} mm; give less, such as {radius_m / 3:.3f}"
            )
        if kind != "foam_roller" and self.pressure in ("strips", "bladder"):
            raise ConditionError(
                f'condition pressure: a {kind} has no room for "{self.pressure}"; it can have "force", "contact" or '
                '"none"'
            )
        if kind == "massage_ball" and (self.limb_pitch_deg or self.slip):
            raise ConditionError(
                "conditions limb_pitch_deg and slip: they are about the way along a muscle, and a massage_ball has "
                "no passes; choose a scenario with a roller or a stick"
            )


_BOUNDS = (
    ("gyro_scale_error", -0.2, 0.2),
    ("misalignment_deg", 0.0, 30.0),
    ("bias_drift_dps_per_min", 0.0, 60.0),
    ("lever_m", 0.0, 0.2),
    ("gyro_range_dps", 10.0, GYRO_RANGE_DPS),
    ("strips", 1, MOST_STRIPS),
    ("limb_pitch_deg", -45.0, 45.0),
    ("slip", 0.0, 0.3),
)

CONDITIONS: dict[str, Conditions] = {
    "clean": Conditions(),
    "scale_2pct_misaligned_4deg": Conditions(gyro_scale_error=0.02, misalignment_deg=4.0),
    # 0.3 dps a kelvin (PS-MPU-6000A-00 6.1: 20 dps over -40 to 85 degC, both ways), 5 K a minute under a warm leg.
    "bias_drift": Conditions(bias_drift_dps_per_min=1.5),
    "begin_in_motion": Conditions(begin_in_motion=True),
    # In the foam's shell instead of the core.
    "off_axis": Conditions(lever_m=0.045),
    # The default range of many libraries: 33 cm/s on a roller of 15 cm.
    "clipped": Conditions(gyro_range_dps=250.0),
    "strips": Conditions(pressure="strips", strips=6),
    "one_strip": Conditions(pressure="strips", strips=1),
    "haptic": Conditions(haptic="bursts"),
    "bad_link": Conditions(link="bad"),
    # 10 degrees of pitch: guidance 3.
    "limb_pitch_slip": Conditions(limb_pitch_deg=10.0, slip=0.03),
}


def find(name: str) -> Conditions:
    """The conditions called `name`; `ConditionError` names the nearest and lists them all."""
    found = CONDITIONS.get(name)
    if found is None:
        near = difflib.get_close_matches(name, CONDITIONS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ConditionError(f"there is no condition {name!r}.{hint} The conditions are: {', '.join(CONDITIONS)}")
    return found
