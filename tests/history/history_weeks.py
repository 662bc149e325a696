"""A believable history of some weeks, through the store's own `add`.

python tests/history/history_weeks.py FOLDER [WEEKS]     # FOLDER/history.sqlite3, to look at
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from history_doubles import done_session, done_set, hold, pain, rating, soreness, spot, stroke

from firmware_host.coaching.events import Event, Moment, SessionDone, SetDone
from firmware_host.history.store import Store

KINDS = {"roller": "foam_roller", "stick": "massage_stick", "ball": "massage_ball"}
LEGS = ("calves", "hamstrings", "quadriceps", "glutes")
LENGTH_M = {"calves": 0.28, "hamstrings": 0.30, "quadriceps": 0.37, "glutes": 0.18, "tibialis_anterior": 0.25}
PHASES = ("light", "deep", "deep", "moderate", "gentle", "maintenance", "unknown")
SIDES = ("left", "right")


class _Person:
    """Somebody who rolls three times or so a week, gets slower and steadier, and has a tender left calf."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def session(self, t: float, progress: float, hurts: bool) -> Iterator[Event]:
        """One session from `t` on; `progress` goes from 0 to 1 over the weeks. `hurts`: it ends in a pain stop."""
        random = self.random
        start, phase = t, random.choice(PHASES)
        muscles = [*LEGS] if random.random() < 0.7 else random.sample(LEGS, 2)
        yield soreness(t, random.randint(2, 6))
        plan = [(muscle, side, "roller") for muscle in muscles for side in SIDES]
        if random.random() < 0.5:
            plan += [("tibialis_anterior", side, random.choice(["stick", "hands"])) for side in SIDES]
        if hurts:
            plan.append(("hamstrings", "right", "roller"))
        sets: list[SetDone] = []
        ended = "person"
        for muscle, side, tool in plan:
            before = min(10, max(1, round(random.gauss(5.5 - 2 * progress, 1))))
            asked = random.random() < 0.6
            if asked:
                yield self.rate(t, muscle, side, "before", before)
            for event in self.set(t + 5, muscle, side, tool, progress, phase):
                yield event
                t = max(t, event.t)
                if isinstance(event, SetDone):
                    sets.append(event)
            if asked:
                yield self.rate(t, muscle, side, "after", max(0, before - random.choice([0, 1, 1, 2])))
            t += 8
        if hurts:
            yield pain(t, "hamstrings", "right")
            ended = "pain"
        yield self.over(start, t, sets, phase, ended)

    def rate(self, t: float, muscle: str, side: str, moment: Moment, value: int) -> Event:
        return rating(t, value, moment, muscle=muscle, side=side)

    def set(self, t: float, muscle: str, side: str, tool: str, progress: float, phase: str) -> Iterator[Event]:
        random = self.random
        start, length_m = t, LENGTH_M[muscle]
        where = {"tool": tool, "muscle": muscle, "side": side}
        if tool == "hands":
            end = t + random.uniform(28, 40)
            yield done_set(
                start,
                end,
                **where,
                work_s=end - start,
                passes=0,
                short_passes=0,
                holds=0,
                hold_s=0.0,
                distance_m=0.0,
                mean_speed_m_s=0.0,
                in_guidance=0.0,
                mean_force_n=None,
                peak_force_n=None,
                force_source="not_measured",
                work_source="declared",
                verdicts=(),
            )
            return
        share = 1.0 if side == "left" else 0.85
        force = (
            None if tool == "stick" else random.gauss(0.27, 0.03) * 735 * (0.6 if phase in ("light", "gentle") else 1)
        )
        passes, work_s, distance_m, hold_s = 0, 0.0, 0.0, 0.0
        while work_s < random.uniform(32, 48) * share:
            speed = max(0.04, random.gauss(0.115 - 0.035 * progress, 0.015))
            seconds = length_m * random.uniform(0.85, 1.0) / speed
            t += seconds + 0.4
            passes += 1
            work_s += seconds
            distance_m += speed * seconds
            yield stroke(
                t,
                **where,
                start=t - seconds - 0.3,
                end=t - 0.3,
                direction=1 if passes % 2 else -1,
                length_m=speed * seconds,
                mean_speed_m_s=speed,
                peak_speed_m_s=1.5 * speed,
                mean_force_n=force,
                peak_force_n=None if force is None else 1.3 * force,
                flags=("too_fast",) if speed > 0.12 else (),
            )
        if muscle == "calves" and side == "left" and random.random() < 0.8:
            seconds = random.uniform(20, 29)
            t += seconds + 0.5
            hold_s, work_s = seconds, work_s + seconds
            place = random.gauss(0.12, 0.01)
            yield hold(t, seconds, **where, position_m=place, mean_force_n=force)
            said = max(1, round(random.gauss(6.5 - 4 * progress, 0.7)))
            yield spot(t + 0.5, place, **where, position_sd_m=0.008, rating=said)
            t += 1
        yield done_set(
            start,
            t,
            **where,
            work_s=work_s,
            passes=passes,
            short_passes=random.randint(0, 2),
            holds=int(hold_s > 0),
            hold_s=hold_s,
            distance_m=distance_m,
            mean_speed_m_s=distance_m / (work_s - hold_s),
            in_guidance=min(1.0, max(0.2, random.gauss(0.6 + 0.3 * progress, 0.08))),
            mean_force_n=force,
            peak_force_n=None if force is None else 1.3 * force,
            force_source="not_measured" if force is None else "measured",
            prompted=("inward", "outward") if muscle != "glutes" else (),
        )

    def over(self, start: float, t: float, sets: list[SetDone], phase: str, ended: str) -> SessionDone:
        work_s = sum(one.work_s for one in sets)
        legs = {side: sum(one.work_s for one in sets if one.side == side) for side in SIDES}
        measured = [one for one in sets if one.work_source == "measured"]
        share = sum(one.in_guidance * one.work_s for one in measured) / sum(one.work_s for one in measured)
        advice = ("Rest this muscle for a day.",) if ended == "pain" else ()
        return done_session(
            start, t, *sets, phase=phase, per_leg_s=legs, work_s=work_s, in_guidance=share, ended=ended, advice=advice
        )


def fill(
    store: Store, now: datetime, weeks: int = 8, a_week: int = 3, hurt: Collection[int] = (), seed: int = 1
) -> int:
    """Sessions of the last `weeks`, about `a_week` each, the last one yesterday; the numbers `hurt` (0 is the last,
    1 the one before it) end in a pain stop. Returns how many."""
    store._connection.execute("PRAGMA synchronous = OFF")  # thousands of rows, of which none has to last
    person = _Person(seed)
    ago = sorted(
        {1, *(person.random.uniform(7 * week + 1.5, 7 * week + 8) for week in range(weeks) for _ in range(a_week))}
    )
    for number, days in reversed(list(enumerate(ago))):
        began = now - timedelta(days=days)
        t = 1000 + (max(ago) - days) * 86400
        for event in person.session(t, 1 - days / (7 * weeks + 8), number in hurt):
            store.add(event, began + timedelta(seconds=event.t - t), began.strftime("%Y%m%dT%H%M%SZ"))
    return len(ago)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    filled = Store(folder / "history.sqlite3", KINDS)
    filled.open()
    count = fill(filled, datetime.now(UTC), int(sys.argv[2]) if len(sys.argv) > 2 else 8, hurt=(1, 3, 4))
    filled.close()
    sys.stdout.write(f"{folder / 'history.sqlite3'}: {count} sessions\n")
