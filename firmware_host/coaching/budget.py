"""The time of a plan: what each set asks for, the budget, what gives way, and how it is said: planner.py, rules 5-8."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from math import ceil
from typing import get_args

from msgspec import Struct

from firmware_host.coaching.guidance import Profile, limits
from firmware_host.coaching.inputs import Person, Side, Tool
from firmware_host.coaching.routine import HANDS, Routine, RoutineStep
from firmware_host.coaching.techniques import Techniques, named

Place = tuple[str, str | None]
"""A muscle and a side; None: both sides."""
SIDES: tuple[Side, ...] = get_args(Side)
GRID_S = 5
"""Shortened times are multiples of this: nobody follows 37 seconds."""
BY_HAND = Tool(name=HANDS, kind="hands")


class Draft(Struct, kw_only=True):
    """One set on its way into the plan."""

    muscle: str
    side: Side
    asked: RoutineStep
    group: tuple[str, int]
    """The muscle, and how many times it came before: left and right of one group stay or go together."""
    tool: Tool = BY_HAND
    full_s: int = 0
    """Its own time, before anything is added or taken."""
    least_s: int = 0
    fair_s: int = 0
    """What the budget leaves of it, as if there were no tender spots."""
    extra_s: int = 0
    """The most that a tender spot adds."""
    set_s: int = 0
    why: list[str] = []


class Budget(Struct, frozen=True, kw_only=True):
    leg_s: float
    total_s: float
    leg_words: str
    total_words: str

    def over(self, sets: Sequence[Draft], times: Sequence[int]) -> set[Side | None]:
        """The legs that take too long, and None if all do together."""
        found: set[Side | None] = {side for side in SIDES if _leg_s(sets, times, side) > self.leg_s}
        return found | {None} if sum(times) > self.total_s else found


def _leg_s(sets: Sequence[Draft], times: Sequence[int], side: Side) -> int:
    return sum(time for one, time in zip(sets, times, strict=True) if one.side == side)


def among(one: Draft, places: Collection[Place]) -> bool:
    return (one.muscle, one.side) in places or (one.muscle, None) in places


def ask(sets: list[Draft], profile: Profile, person: Person, phase: str, spots: Collection[Place]) -> None:
    for one in sets:
        full = one.asked.set_s
        if full is None:
            full = limits(profile, person, one.tool, one.muscle, phase).set_s
        one.full_s = ceil(full)
        one.least_s = min(ceil(profile.session.muscle_low_s), one.full_s)
        one.extra_s = int(profile.spot.extra_s) if among(one, spots) else 0


def budget_of(routine: Routine, profile: Profile) -> Budget:
    session = profile.session
    own = routine.session_high_s
    return Budget(
        leg_s=session.leg_high_s,
        total_s=session.high_s if own is None else own,
        leg_words=f"the {profile.name} profile says {_span(session.leg_low_s, session.leg_high_s)} a leg",
        total_words=(
            f"the {profile.name} profile says {_span(session.low_s, session.high_s)} a session"
            if own is None
            else f"this routine allows {_time(own)}"
        ),
    )


def cut(
    sets: list[Draft], budget: Budget, profile: Profile, techniques: Techniques, explained: list[str]
) -> list[Draft]:
    """Leave out whole muscles, the last ones first, until the least of each fits."""
    out: list[str] = []
    words = ""
    while over := budget.over(sets, [one.least_s for one in sets]):
        groups = list(dict.fromkeys(one.group for one in sets if None in over or one.side in over))
        words = words or _least_words(sets, over, budget)
        if len({one.group for one in sets}) == 1:
            explained.append(
                f"Even the {named(techniques, sets[0].muscle, None)} alone is over the budget: {words}. "
                "It is planned all the same."
            )
            break
        last = groups[-1]
        out.append(named(techniques, last[0], None))
        sets = [one for one in sets if one.group != last]
    if out:
        explained.append(f"Left out, the last ones first: {', '.join(out)}. {capital(words)}.")
    return sets


def _least_words(sets: list[Draft], over: set[Side | None], budget: Budget) -> str:
    """ "6 muscles at no less than 90 s would be 540 s a leg; the article profile says 2-3 min a leg" """
    legs = [side for side in SIDES if side in over]
    these = [one for one in sets if one.side == legs[0]] if legs else sets
    where, rule = ("a leg", budget.leg_words) if legs else ("in all", budget.total_words)
    sum_s = sum(one.least_s for one in these)
    return f"{_count(these)} at no less than {_each(one.least_s for one in these)} would be {sum_s} s {where}; {rule}"


def shrink(sets: list[Draft], budget: Budget, profile: Profile, explained: list[str]) -> None:
    """Every set's time, and a tender spot's share of what is left or can be spared on its leg."""
    wants = [one.full_s for one in sets]
    over = budget.over(sets, wants)
    times = _largest(wants, [one.least_s for one in sets], lambda times: not budget.over(sets, times))
    for one, time in zip(sets, times, strict=True):
        one.fair_s = one.set_s = time
    spotted = [side for side in SIDES if any(one.extra_s for one in sets if one.side == side)]
    spare_s = max(0.0, budget.total_s - sum(times))
    for side in spotted:
        # what there is to spare goes to both legs alike, so that the one that is planned first does not take it all
        _give_spots([one for one in sets if one.side == side], budget.leg_s, spare_s / len(spotted))
    for one in sets:
        if one.set_s < one.full_s:
            one.why.append(f"{one.set_s} s of its {one.full_s} s, to fit the budget")
        elif one.set_s > one.full_s:
            one.why.append(f"{one.set_s - one.full_s} s more for its tender spot")
    if over:
        _tell_shrunk(sets, over, budget, profile, explained)


def _give_spots(leg: list[Draft], leg_s: float, spare_s: float) -> None:
    most_s = min(leg_s, sum(one.fair_s for one in leg) + spare_s)
    wants = [one.fair_s + one.extra_s for one in leg]
    least = [one.fair_s if one.extra_s else one.least_s for one in leg]
    for one, time in zip(leg, _largest(wants, least, lambda times: sum(times) <= most_s), strict=True):
        one.set_s = time
    for one in leg:  # what the grid leaves over
        if one.extra_s:
            left_s = int(most_s) - sum(other.set_s for other in leg)
            one.set_s += max(0, min(one.fair_s + one.extra_s - one.set_s, left_s // GRID_S * GRID_S))


def _largest(wants: list[int], least: list[int], fits: Callable[[list[int]], bool]) -> list[int]:
    """The times at the largest share of `wants` that fits, the same for all and on the grid; none under its `least`,
    whether that fits or not."""
    if fits(wants):
        return wants
    # part * GRID_S / whole is a share at which a time changes: whole numbers, so that it is exact
    shares = {(part, whole) for whole in wants for part in range(whole // GRID_S + 1)}
    for part, whole in sorted(shares, key=lambda share: (-share[0] / share[1], share)):
        times = [max(low, want * part // whole * GRID_S) for want, low in zip(wants, least, strict=True)]
        if fits(times):
            return times
    return least


# --- what is said of it ------------------------------------------------------------------------------------------


def _tell_shrunk(
    sets: list[Draft], over: set[Side | None], budget: Budget, profile: Profile, explained: list[str]
) -> None:
    per_leg = {side: sum(one.full_s for one in sets if one.side == side) for side in SIDES}
    worst = max(SIDES, key=lambda side: per_leg[side])
    total = sum(per_leg.values())
    # whichever asks for the smaller share is the one that wins
    by_leg = over != {None} and (None not in over or budget.leg_s * total <= budget.total_s * per_leg[worst])
    these = [one for one in sets if one.side == worst] if by_leg else sets
    would = f"{per_leg[worst]} s a leg" if by_leg else f"{total} s in all"
    rule = budget.leg_words if by_leg else budget.total_words
    times = {one.fair_s for one in these}
    least = any(one.fair_s == one.least_s < one.full_s for one in these)
    if len(times) == 1:
        gets = f"each gets {_each(times)}" + (", the least for one" if least else "")
    else:
        gets = f"they get {_each(times)}, in proportion" + (
            f" and none under {_time(profile.session.muscle_low_s)}" if least else ""
        )
    explained.append(f"{_count(these)} at {_each(one.full_s for one in these)} would be {would}; {rule}, so {gets}.")


def tell_spots(sets: list[Draft], techniques: Techniques, explained: list[str]) -> None:
    for one in sets:
        if not one.extra_s:
            continue
        place = named(techniques, one.muscle, one.side)
        if one.set_s > one.fair_s:
            gave = any(other.set_s < other.fair_s for other in sets if other.side == one.side)
            by = f", which the {one.side} leg's other muscles give" if gave else ""
            explained.append(f"The {place} has a tender spot: {one.set_s - one.fair_s} s more{by}.")
        else:
            explained.append(f"The {place} has a tender spot, but the budget has no more than its {one.set_s} s.")


def tell_total(sets: list[Draft], per_leg: Mapping[str, float], profile: Profile, explained: list[str]) -> None:
    total = sum(per_leg.values())
    session = profile.session
    legs = ", ".join(f"{_time(time)} {side}" for side, time in per_leg.items())
    explained.append(f"{_count(sets)}, {len(sets)} sets, {_time(total)} of work: {legs}.")
    short = []
    if min(time for time in per_leg.values() if time) < session.leg_low_s:
        short.append(f"{_span(session.leg_low_s, session.leg_high_s)} a leg")
    if total < session.low_s:
        short.append(f"{_span(session.low_s, session.high_s)} a session")
    if short:
        explained.append(
            f"That is less than the {' and the '.join(short)} of the {profile.name} profile; nothing is added."
        )


def _count(sets: Sequence[Draft]) -> str:
    count = len({one.muscle for one in sets})
    return f"{count} muscle{'s' if count > 1 else ''}"


def _each(times: Iterable[int]) -> str:
    found = list(times)
    return f"{found[0]} s" if min(found) == max(found) else f"{min(found)}-{max(found)} s"


def places_of(sets: Iterable[Draft], techniques: Techniques) -> str:
    """ "left calf, glute (both sides)" """
    sides: dict[str, list[str]] = {}
    for one in sets:
        sides.setdefault(one.muscle, []).append(one.side)
    return ", ".join(
        named(techniques, muscle, None) + " (both sides)"
        if set(found) == set(SIDES)
        else named(techniques, muscle, found[0])
        for muscle, found in sides.items()
    )


def _time(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 and seconds % 60 == 0 else f"{seconds:.0f} s"


def _span(low: float, high: float) -> str:
    if low >= 60 and low % 60 == high % 60 == 0:
        return f"{low / 60:.0f}-{high / 60:.0f} min"
    return f"{low:.0f}-{high:.0f} s"


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
