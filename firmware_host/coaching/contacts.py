"""When a tool comes onto the body and leaves it: force readings in, changes out, dated to the crossing.

The changes wait in a queue for the IMU sample that reaches their time. While the motor runs and half a second after,
its shake is in the force as well: a reading there only says since when it would have been a change; force is held.
"""

from __future__ import annotations

from collections import deque
from math import inf

from firmware_host.coaching.ball import BallMotion
from firmware_host.coaching.findings import Touched
from firmware_host.coaching.force import ForceChannel
from firmware_host.coaching.inputs import ForceSample, Person, Tool
from firmware_host.coaching.motion import Motion
from firmware_host.coaching.watch import Watch

MASK_TAIL_S = 0.5
"""A motor corrupts the readings this long after it stopped (docs/guidance.md S38)."""
FORCE_GAP_S = 0.2
"""Between readings further apart than this nobody knows when the force crossed its threshold."""


class ContactTrack:
    """One tool's force, motor and contact; `ToolTrack` adds what is made of the samples."""

    __slots__ = (
        "_force_t",
        "_mask_from",
        "_masked_change",
        "changes",
        "force",
        "mask_until",
        "motion",
        "tool",
        "watch",
    )

    def __init__(self, tool: Tool, person: Person, watch: Watch) -> None:
        self.tool = tool
        self.watch = watch
        self.motion: Motion | BallMotion = Motion(tool)
        self.force = ForceChannel(tool, person)
        self.changes: deque[Touched] = deque()
        """Contacts that no sample has reached yet, the earliest first."""
        self._masked_change: float | None = None
        self._force_t: float | None = None
        self._mask_from = self.mask_until = -inf

    def end_mask(self) -> None:
        """Nobody waits for the mask to be over: what left the body inside it has left."""
        if self._masked_change is not None and self.force.on_body:
            self.force.on_body = False
            self.changes.append(Touched(self._masked_change, False))
            self._masked_change = None

    def shake(self, t: float, seconds: float) -> None:
        """The motor runs from `t` for `seconds`."""
        if t > self.mask_until:
            self._mask_from = t
        self.mask_until = max(self.mask_until, t + seconds + MASK_TAIL_S)

    def press(self, sample: ForceSample) -> None:
        """One force reading: judge contact, unless the motor shakes the sensor."""
        t = sample.t
        force = self.force
        if self._mask_from <= t < self.mask_until:
            self._press_masked(sample)
            return
        before = force.force_n
        wanted = force.update(sample, self.motion.angle)
        if force.saturated:
            self.watch.stroke.saturated = self.watch.hold.saturated = True
        if wanted != force.on_body:
            at = self._masked_change if self._masked_change is not None else self._crossing(t, before)
            force.on_body = wanted
            self.changes.append(Touched(at, wanted))
        self._masked_change = None
        self._force_t = t

    def _press_masked(self, sample: ForceSample) -> None:
        """Remember only since when a reading would have changed the contact; force is held."""
        force = self.force
        held_n, held_load = force.force_n, force.load
        wanted = force.update(sample, self.motion.angle)
        force.force_n, force.load = held_n, held_load
        if wanted == force.on_body:
            self._masked_change = None
        elif self._masked_change is None:
            self._masked_change = sample.t
        self._force_t = sample.t

    def _crossing(self, t: float, before: float | None) -> float:
        """When the force crossed its threshold, straight between this reading and the last."""
        force, last_t = self.force, self._force_t
        now = force.force_n
        if before is None or now is None or last_t is None or not 0 < t - last_t < FORCE_GAP_S:
            return t
        level = force.threshold(not force.on_body)
        if now == before:
            return t
        return last_t + min(1.0, max(0.0, (level - before) / (now - before))) * (t - last_t)

    def lose_force(self, t: float) -> None:
        was = self.force.on_body
        self.force.lose()
        if was and not self.force.on_body:
            self.changes.append(Touched(t, False))
        self._force_t = None
