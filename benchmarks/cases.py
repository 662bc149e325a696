"""The rows of benchmarks/accuracy.py: who rolls with which tool, what is wrong with the sensors, and which bars hold.

The bars are those of the issue "Measured accuracy"; a column without one is only shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Bars:
    """What a row must reach; None: shown without a bar."""

    pass_f1: float | None = 0.995
    hold_f1: float | None = 0.99
    edge_ms: float | None = 60.0
    """95th percentile of the error of a pass's start, and of its end."""
    length_median_percent: float | None = 0.7
    length_p95_percent: float | None = 2.0
    hold_p95_s: float | None = 0.15
    position_p95_mm: float | None = 6.0
    most_off_body: float | None = 0.0
    most_cue_faults: float | None = 0.0
    """Missed flags, missed cues and false cues, each."""
    cue_late_s: float | None = 0.8


BARS = Bars()
POOR = replace(BARS, pass_f1=0.98, hold_f1=0.98)
BAD_LINK = replace(POOR, edge_ms=120.0)
SCAN = replace(BARS, edge_ms=150.0)
# What no sensor in the tool can see, or what the contract leaves out.
SHOWN = Bars(None, None, None, None, None, None, None, None, None, None)

# A single strip faces the body for 70 of 360 degrees, so contact may pass unseen; and no calibration, so no sag either.
ONE_STRIP = replace(SHOWN, most_off_body=0.0)

DEEP_AGO_S = 3 * 3600.0
SHORT_M = 1.50
"""Three hours after a run, and for a short person, the speed limits are so low that people are far over them."""


@dataclass(frozen=True)
class Case:
    scenario: str
    condition: str = "clean"
    """A name of firmware_host/simulator/conditions.py."""
    seconds: float = 75.0
    label: str = ""
    """What the table calls the condition, where its name is too long."""
    bars: Bars = BARS
    strict: bool = False
    """A person of `SHORT_M`, `DEEP_AGO_S` after a run."""
    calm: bool = False
    """Nobody is to be told to slow down."""

    @property
    def name(self) -> str:
        limits = ", low limits" if self.strict else ""
        return self.scenario + limits + ("" if self.condition == "clean" else f", {self.label or self.condition}")

    @property
    def undisturbed(self) -> Case:
        return replace(self, condition="clean", label="")


_MORE_S = 100.0
_ASKEW = "scale 2%, 4 deg askew"

CASES: tuple[Case, ...] = (
    Case("calm", calm=True),
    Case("brisk", seconds=60.0),
    Case("fast", seconds=60.0),
    Case("fast", seconds=60.0, strict=True),
    Case("holding", seconds=_MORE_S),
    Case("jerky"),
    Case("mixed", seconds=_MORE_S),
    Case("scan", seconds=_MORE_S, bars=SCAN, calm=True),
    Case("stick"),
    Case("ball", seconds=_MORE_S),
    Case("calm", "scale_2pct_misaligned_4deg", label=_ASKEW, calm=True),
    Case("mixed", "scale_2pct_misaligned_4deg", _MORE_S, _ASKEW),
    Case("mixed", "bias_drift", _MORE_S),
    Case("mixed", "off_axis", _MORE_S),
    Case("mixed", "begin_in_motion", _MORE_S),
    Case("fast", "clipped", 60.0),
    Case("fast", "clipped", 60.0, strict=True),
    Case("mixed", "haptic", _MORE_S),
    Case("holding", "haptic", _MORE_S),
    Case("fast", "haptic", 60.0, strict=True),
    Case("stick", "haptic"),
    Case("ball", "haptic", _MORE_S),
    Case("mixed", "strips", _MORE_S, bars=POOR),
    Case("calm", "one_strip", bars=ONE_STRIP, calm=True),
    Case("mixed", "one_strip", _MORE_S, bars=ONE_STRIP),
    Case("mixed", "bad_link", _MORE_S, bars=BAD_LINK),
    Case("holding", "bad_link", _MORE_S, bars=BAD_LINK),
    Case("stick", "bad_link", bars=SHOWN),
    Case("mixed", "limb_pitch_slip", _MORE_S, bars=SHOWN),
)
