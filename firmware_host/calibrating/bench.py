"""What the five calibrations have in common: samples and marks in, how far it is and what to do next out.

A bench is pure: no clock but the samples' own, no terminal, no files. It ends with a `Finding`, or with a refusal that
says why. What can still be put right while it runs (it moved, press again) is a `problem`, and it goes on.
"""

from __future__ import annotations

from math import inf, isfinite

from msgspec import Struct

from firmware_host.calibrations import Done, What, value_words
from firmware_host.coaching.clipping import END_SHARE
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, StreamGap, Tick, Tool

SILENT_S = 3.0
"""Without a sample for so long there is no sensor to calibrate."""
DPS = 57.29577951308232
"""One rad/s in degrees a second."""


class Progress(Struct, frozen=True, kw_only=True):
    """Where a calibration stands; also what `result/calibrate` carries."""

    what: What
    tool: str
    step: str
    """A word for programs: what it is waiting for, or "done" or "refused"."""
    do: str
    """What the person does next."""
    share: float
    """0..1: how much of this step is there."""
    problem: str = ""
    """What keeps it from going on, or why the last mark did not count."""
    live: dict[str, float] = {}
    """What it sees now, in SI units with the unit in the name."""
    wants_mark: bool = False
    """It waits for `mark`: a key, the button."""
    found: Done | None = None
    words: str = ""
    """What was found, for people."""

    @property
    def over(self) -> bool:
        return self.step in ("done", "refused")


class Bench:
    """One calibration of one tool, from its first sample to a finding or a refusal. Fill in `imu` and `force`."""

    what: What
    limit_s = 120.0
    """Longer than this and it will not come to an end."""
    too_long = "it took too long"

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.step = "begin"
        self.do = ""
        self.share = 0.0
        self.problem = ""
        self.live: dict[str, float] = {}
        self.wants_mark = False
        self.found: Done | None = None
        self.now = 0.0
        self._begun: float | None = None
        self._heard: float | None = None
        full_scale = tool.gyro_full_scale_rad_s
        # Only a declared range: that something looks like an end is too little to refuse for.
        self._end_rad_s = inf if full_scale is None else END_SHARE * full_scale

    @property
    def over(self) -> bool:
        return self.step in ("done", "refused")

    @property
    def progress(self) -> Progress:
        return Progress(
            what=self.what,
            tool=self.tool.name,
            step=self.step,
            do="" if self.over else self.do,
            share=round(min(1.0, max(0.0, self.share)), 3),
            problem=self.problem,
            live={name: rounded(value) for name, value in self.live.items()},
            wants_mark=self.wants_mark and not self.over,
            found=self.found,
            words=value_words(self.found.calibration) if self.found is not None else "",
        )

    # --- in ---------------------------------------------------------------------------------------------------------

    def take(self, given: Input) -> None:
        """One input, of this tool or any other; what is no sample is time passing."""
        if self.over or not isfinite(given.t):
            return
        if isinstance(given, ImuSample | ForceSample | StreamGap):
            if given.tool != self.tool.name:
                return
        elif not isinstance(given, Tick):
            return
        self.now = max(self.now, given.t)
        if self._begun is None:
            self._begun = self._heard = self.now
        if isinstance(given, StreamGap):
            self.lost(given)
        elif isinstance(given, ImuSample):
            self._imu(given)
        elif isinstance(given, ForceSample):
            self._force(given)
        self._watch_time()

    def _watch_time(self) -> None:
        if self.over or self._begun is None or self._heard is None:
            return
        if self.now - self._heard > SILENT_S:
            self.refuse(
                f"no sample came from the {self.source} for {SILENT_S:.0f} s: it is unplugged or did not start. "
                "`slowroll check` looks at the wiring; then begin again"
            )
        elif self.now - self._begun > self.limit_s:
            self.refuse(self.too_long or self.problem)

    @property
    def source(self) -> str:
        return "gyroscope"

    def _imu(self, sample: ImuSample) -> None:
        if sample.gyro is None or not all(map(isfinite, sample.gyro)):
            return
        if self.source == "gyroscope":
            self._heard = self.now
        if max(map(abs, sample.gyro)) >= self._end_rad_s:
            self.clipped()
        else:
            self.imu(sample)

    def _force(self, sample: ForceSample) -> None:
        value = sample.value
        if all(map(isfinite, value)) if isinstance(value, tuple) else isfinite(value):
            if self.source != "gyroscope":
                self._heard = self.now
            self.force(sample)

    def imu(self, sample: ImuSample) -> None:
        """A sample of this tool's, readable and not clipped."""

    def force(self, sample: ForceSample) -> None:
        """A force reading of this tool's."""

    def mark(self, kg: float | None = None) -> None:
        """The person says: now. `kg` is the mass that presses, where there is one."""
        self.problem = "nothing waits for a mark here; do what it says, and it goes on by itself"

    def finish(self) -> None:
        """The person says: that is all."""
        self.refuse(self.problem or f"it was ended before it was done: {self.do[:1].lower()}{self.do[1:]}")

    def lost(self, gap: StreamGap) -> None:
        """Samples were lost."""
        if gap.of == "imu":
            self.refuse(f"samples were lost on the way ({gap.what}), and with them what it turned: begin again")

    def clipped(self) -> None:
        """The gyroscope is at the end of its range."""
        self.refuse(
            "clipped: it turned faster than the gyroscope can say"
            + (f" ({full * DPS:.0f} dps)" if (full := self.tool.gyro_full_scale_rad_s) else "")
            + ". Roll more slowly, without knocks, and begin again"
        )

    # --- out --------------------------------------------------------------------------------------------------------

    def refuse(self, why: str) -> None:
        self.step = "refused"
        self.problem = why

    def done(self, found: Done) -> None:
        self.step = "done"
        self.share = 1.0
        self.problem = ""
        self.found = found


def rounded(value: float) -> float:
    """Seven digits, wherever they are: pascals have six before the point, a load cell's V/V five zeros behind it."""
    return float(f"{value:.7g}")
