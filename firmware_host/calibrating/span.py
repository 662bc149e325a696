"""How long a muscle is under the tool: rolled from one end to the other, with a mark at each."""

from __future__ import annotations

from firmware_host.calibrating.bench import Bench
from firmware_host.calibrations import Done
from firmware_host.coaching.force import ForceChannel
from firmware_host.coaching.inputs import Calibration, ForceSample, ImuSample, Person, Tool
from firmware_host.coaching.motion import Motion

LEAST_M, MOST_M = 0.05, 0.60
"""The shortest pass of any muscle, and more than any leg's muscle is long (guidance 2.2: 5 to 50 cm)."""


class SpanBench(Bench):
    """On the body, the first mark, the second mark."""

    what = "span"
    limit_s = 300.0

    def __init__(self, tool: Tool, person: Person, muscle: str | None, least_m: float = LEAST_M) -> None:
        super().__init__(tool)
        self._muscle = muscle
        self._least_m = max(LEAST_M, least_m)
        self._motion = Motion(tool)
        self._channel = ForceChannel(tool, person)
        self._first: float | None = None
        self._wait()

    def _wait(self) -> None:
        name = f"the {(self._muscle or 'muscle').replace('_', ' ')}"
        self._first = None
        self.step = "first_end"
        self.do = f"Roll over {name} to one end, just before the joint; stay there, and press."
        self.too_long = "nobody marked both ends within five minutes. Begin again"
        self.wants_mark = True
        self.share = 0.0

    def force(self, sample: ForceSample) -> None:
        channel = self._channel
        was = channel.on_body
        channel.on_body = channel.update(sample, self._motion.angle)
        if was and not channel.on_body and self._first is not None:
            self._wait()
            self.problem = "lifted off between the two marks: begin at the first end again"

    def imu(self, sample: ImuSample) -> None:
        channel, motion = self._channel, self._motion
        motion.update(sample, channel.force_n, False, channel.on_body)
        self.live = {"position_m": motion.position, "on_body": float(channel.on_body)}
        if self._first is not None:
            self.live["span_m"] = abs(motion.position - self._first)

    def mark(self, kg: float | None = None) -> None:
        motion = self._motion
        if not self._channel.on_body:
            self.problem = "the roller feels nobody: lie on it, then press"
        elif not motion.axis_found:
            self.problem = "which way the roller turns is not known yet: roll to and fro once, then press"
        elif self._first is None:
            self._first = motion.position
            self.step = "second_end"
            self.do = "Now roll to the other end without lifting off; stay there, and press."
            self.problem = ""
            self.share = 0.5
        else:
            self._judge(abs(motion.position - self._first))

    def finish(self) -> None:
        self.refuse("both ends have to be marked. Begin again")

    def _judge(self, span_m: float) -> None:
        if span_m < self._least_m:
            self.problem = (
                f"too short: {span_m * 100:.1f} cm from end to end, and a pass there has at least "
                f"{self._least_m * 100:.0f} cm. Roll on to the other end, then press"
            )
        elif span_m > MOST_M:
            self._wait()
            self.problem = f"{span_m * 100:.0f} cm is longer than any muscle of the leg: begin at the first end again"
        else:
            self.done(
                Done(
                    calibration=Calibration(span_m=round(span_m, 4), span_muscle=self._muscle),
                    residual=round(self._motion.position_sd, 4),
                    unit="m",
                    raw=((round(self._first or 0.0, 4),), (round(self._motion.position, 4),)),
                )
            )
