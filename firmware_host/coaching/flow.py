"""A plan being followed: which step is on, what became of those before, and going on, back and over again.

1. One step is on or comes next until the plan is over. It is done once its set was kept, and skipped otherwise.
2. A muscle chosen by hand that is a step still to come is that step; any other is an aside, after which the plan
   goes on where it was.
3. After a break the step goes on with the work already done on it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import structs

from firmware_host.coaching.routine import Plan, Step
from firmware_host.coaching.setup import Progress
from firmware_host.coaching.snapshot import PlanSnapshot, StepSnapshot

StepState = Literal["done", "skipped", "next"]
RESUMES_S = 3600.0
"""A plan that was left off can be taken up again for an hour: this project's choice."""


class Place(NamedTuple):
    """Where a flow stands, to come back to."""

    at: int
    states: tuple[StepState, ...]
    worked_s: float
    aside: bool


class Flow:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.at = 0
        self.states: list[StepState] = ["next"] * len(plan.steps)
        self.worked_s = 0.0
        """Work on the step that is on, in earlier sets."""
        self.aside = False
        """Something that is not in the plan is being worked on."""
        self.t = 0.0
        """When something was last done."""

    @classmethod
    def resumed(cls, progress: Progress) -> Flow:
        """Where an earlier engine left it."""
        flow = cls(progress.plan)
        steps = len(progress.plan.steps)
        flow.at = min(max(0, progress.at), steps)
        flow.states[: len(progress.states)] = progress.states[:steps]
        flow.worked_s, flow.t = max(0.0, progress.worked_s), progress.t
        return flow

    def progress(self) -> Progress:
        return Progress(plan=self.plan, at=self.at, states=tuple(self.states), worked_s=self.worked_s, t=self.t)

    @property
    def step(self) -> Step | None:
        """The step that is on or comes next; None once the plan is over."""
        return self.plan.steps[self.at] if self.at < len(self.plan.steps) else None

    @property
    def left_s(self) -> float:
        """Time of the steps still to come, and of what is left of this one."""
        left = sum(step.set_s for step, state in zip(self.plan.steps, self.states, strict=True) if state == "next")
        return max(0.0, left - self.worked_s)

    def mark(self) -> Place:
        return Place(self.at, tuple(self.states), self.worked_s, self.aside)

    def return_to(self, place: Place) -> None:
        self.at, self.states, self.worked_s = place.at, list(place.states), place.worked_s
        self.aside = place.aside

    def over(self, done: bool) -> Step | None:
        """The step that is on is over; the one that comes now, if any."""
        self.states[self.at] = "done" if done else "skipped"
        return self._to_next()

    def _to_next(self) -> Step | None:
        self.worked_s = 0.0
        self.aside = False
        open_steps = [i for i, state in enumerate(self.states) if state == "next"]
        later = [i for i in open_steps if i > self.at]
        self.at = min(later or open_steps, default=len(self.states))
        return self.step

    def back(self) -> bool:
        """To the step before, which is to be done again; False if this is the first."""
        if self.at == 0:
            return False
        self.at -= 1
        self.states[self.at] = "next"
        self.worked_s = 0.0
        self.aside = False
        return True

    def repeat(self) -> None:
        """The step that is on (or the last one, once all are over) from its beginning."""
        self.at = min(self.at, len(self.states) - 1)
        self.states[self.at] = "next"
        self.worked_s = 0.0
        self.aside = False

    def go_to(self, muscle: str, side: str | None) -> bool:
        """The person chose a muscle: whether it is a step still to come, which then is the one that is on."""
        for i, step in enumerate(self.plan.steps):
            if self.states[i] == "next" and (step.muscle, step.side) == (muscle, side):
                if i != self.at:
                    self.worked_s = 0.0
                self.at, self.aside = i, False
                return True
        self.aside = True
        return False

    def leg_over(self, side: str) -> bool:
        """Nothing is left to do on this leg."""
        return all(
            state != "next" for step, state in zip(self.plan.steps, self.states, strict=True) if step.side == side
        )

    def snapshot(self, work_s: float) -> PlanSnapshot:
        """As others see it, with `work_s` in the set that is on."""
        step = None if self.aside else self.step
        return PlanSnapshot(
            routine=self.plan.routine,
            title=self.plan.title,
            steps=tuple(
                StepSnapshot(
                    **structs.asdict(step),
                    state="now" if i == self.at and not self.aside else state,
                )
                for i, (step, state) in enumerate(zip(self.plan.steps, self.states, strict=True))
            ),
            explained=self.plan.explained,
            total_s=self.plan.total_s,
            left_s=round(max(0.0, self.left_s - min(work_s, step.set_s if step is not None else 0.0)), 1),
        )
