"""From a routine to today's plan: who is rolled with what, in which order, and for how long. Pure.

The article's own figures don't close (guidance finding 10: six groups at 30-60 s are 3-6 minutes a leg, and it says
2-3), so something has to give. Its rules, first to last; what each of them did stands in `Plan.explained`:

1. Order. A step is one muscle on both legs, or on the side it names: one leg at a time, both legs alike (M8), in the
   routine's order (M9).
2. Better muscles. A muscle with `instead` (the IT band) gives way to those, unless the step says `direct` (M4d). What
   the routine rolls anyway is not planned twice.
3. Rest. A muscle that was stopped for pain is left out while it rests (S1).
4. Tools. The kind the step asks for if it suits the muscle and is here; else the first kind in the profile's list that
   is here. Hands are always here. Nothing suits: the muscle is left out. So no shin is planned on a foam roller (T5).
5. Time. A set gets the muscle's time in this phase, or the step's own (G9), and `spot.extra_s` more over a tender spot
   (G6).
6. Budget. Nobody gets more than `session.leg_high_s` a leg (G10) and the routine's or the profile's time in all (D1).
   If the times are more than that, all shrink in proportion, in steps of 5 s that can be followed; none below
   `session.muscle_low_s`, or its own time where that is less: the budget wins over what a muscle would get, not over
   the least that is worth beginning with. A tender spot's time comes last: what is left, and what the same leg's other
   muscles can spare; so nobody's other leg pays for it.
7. Too much even so: whole muscles are left out, the last ones first, on both sides alike, so that the legs stay equal.
   The last muscle that is left stays, whatever it takes.
8. Too little is said and left as it is: nobody is made to roll more than was asked for.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence

from firmware_host.coaching.budget import (
    BY_HAND,
    SIDES,
    Draft,
    Place,
    among,
    ask,
    budget_of,
    capital,
    cut,
    places_of,
    shrink,
    tell_spots,
    tell_total,
)
from firmware_host.coaching.guidance import TOOL_KINDS, Profile
from firmware_host.coaching.inputs import Person, Side, Tool, ToolKind
from firmware_host.coaching.routine import CHOSEN, Plan, Routine, RoutineStep, Step
from firmware_host.coaching.techniques import Techniques, named

KIND_WORDS: Mapping[str, str] = {
    "foam_roller": "foam roller",
    "massage_stick": "massage stick",
    "massage_ball": "massage ball",
    "hands": "hands",
}


def plan(
    routine: Routine,
    profile: Profile,
    person: Person,
    tools: Sequence[Tool],
    phase: str,
    resting: Collection[Place],
    spots: Collection[Place],
    chosen: str | None,
    techniques: Techniques,
) -> Plan | str:
    """The plan of `routine` for today, or why there is none.

    `tools` are the station's; `resting` and `spots` are muscles that rest or have a tender spot; `chosen` is the muscle
    for a routine that leaves it open.
    """
    steps = _resolved(routine, profile, chosen)
    if isinstance(steps, str):
        return steps
    explained: list[str] = []
    sets = _in_order(routine, _swapped(steps, profile, techniques, explained))
    sets = _rested(sets, resting, profile, techniques, explained)
    sets = _equipped(sets, tools, profile, techniques, explained)
    if not sets:
        return f"{routine.name} has nothing to roll today. {' '.join(explained)}"
    ask(sets, profile, person, phase, spots)
    budget = budget_of(routine, profile)
    sets = cut(sets, budget, profile, techniques, explained)
    shrink(sets, budget, profile, explained)
    tell_spots(sets, techniques, explained)
    per_leg: dict[str, float] = {side: float(sum(one.set_s for one in sets if one.side == side)) for side in SIDES}
    total = sum(per_leg.values())
    tell_total(sets, per_leg, profile, explained)
    return Plan(
        routine=routine.name,
        title=routine.title,
        steps=tuple(
            Step(
                muscle=one.muscle,
                side=one.side,
                tool=one.tool.name,
                kind=one.tool.kind,
                set_s=float(one.set_s),
                why="; ".join(one.why),
            )
            for one in sets
        ),
        explained=tuple(explained),
        per_leg_s=per_leg,
        total_s=total,
    )


# --- who, in which order -----------------------------------------------------------------------------------------


def _resolved(routine: Routine, profile: Profile, chosen: str | None) -> list[RoutineStep] | str:
    """The steps with the chosen muscle in its place; every muscle is one of the profile's."""
    if not routine.steps:
        return f"{routine.name} has no steps: give its file at least one [[steps]]"
    steps: list[RoutineStep] = []
    for step in routine.steps:
        muscle: str | None = chosen if step.muscle == CHOSEN else step.muscle
        if muscle is None:
            return f"{routine.name} needs a muscle: select one first"
        if muscle not in profile.muscles:
            near = difflib.get_close_matches(muscle, list(profile.muscles), n=1)
            hint = f"did you mean {near[0]!r}? There are" if near else "there are"
            return (
                f"{routine.name}: the {profile.name} profile knows no muscle {muscle!r}; "
                f"{hint} {', '.join(profile.muscles)}"
            )
        steps.append(_with(step, muscle))
    return steps


def _with(step: RoutineStep, muscle: str) -> RoutineStep:
    return RoutineStep(muscle=muscle, side=step.side, tool=step.tool, set_s=step.set_s, direct=step.direct)


def _sides(step: RoutineStep) -> tuple[Side, ...]:
    return SIDES if step.side is None else (step.side,)


def _swapped(
    steps: list[RoutineStep], profile: Profile, techniques: Techniques, explained: list[str]
) -> list[tuple[RoutineStep, str]]:
    """Steps, each with what it is there instead of, if anything."""

    def stays(step: RoutineStep) -> bool:
        return step.direct or not profile.muscles[step.muscle].instead

    planned = {(step.muscle, side) for step in steps if stays(step) for side in _sides(step)}
    found: list[tuple[RoutineStep, str]] = []
    told: set[str] = set()
    for step in steps:
        if stays(step):
            found.append((step, ""))
            continue
        others = profile.muscles[step.muscle].instead
        for muscle in others:
            new = [side for side in _sides(step) if (muscle, side) not in planned]
            planned |= {(muscle, side) for side in new}
            if new:
                side = new[0] if len(new) == 1 else None
                swap = RoutineStep(muscle=muscle, side=side, tool=step.tool, set_s=step.set_s)
                found.append((swap, f"instead of the {named(techniques, step.muscle, None)}"))
        if step.muscle not in told:
            told.add(step.muscle)
            names = " and ".join(named(techniques, muscle, None) for muscle in others)
            explained.append(
                f"Instead of the {named(techniques, step.muscle, None)}: {names} ({profile.name} profile); "
                "choose it by hand to roll it all the same."
            )
    return found


def _in_order(routine: Routine, steps: list[tuple[RoutineStep, str]]) -> list[Draft]:
    """Every step on its sides: in turn, or leg by leg."""
    pairs = [(step, origin, side) for step, origin in steps for side in _sides(step)]
    if routine.sides == "leg_by_leg":
        pairs.sort(key=lambda pair: SIDES.index(pair[2]))
    seen: dict[tuple[str, Side], int] = {}
    sets: list[Draft] = []
    for step, origin, side in pairs:
        count = seen[step.muscle, side] = seen.get((step.muscle, side), -1) + 1
        why = [origin] if origin else []
        sets.append(Draft(muscle=step.muscle, side=side, asked=step, group=(step.muscle, count), why=why))
    return sets


def _rested(
    sets: list[Draft], resting: Collection[Place], profile: Profile, techniques: Techniques, explained: list[str]
) -> list[Draft]:
    out = [one for one in sets if among(one, resting)]
    if out:
        hours = f"{profile.safety.rest_s / 3600:.3g} h"
        explained.append(f"Left out, as it rests for {hours} after a pain stop: {places_of(out, techniques)}.")
    return [one for one in sets if not among(one, resting)]


# --- with what ---------------------------------------------------------------------------------------------------


def _equipped(
    sets: list[Draft], tools: Sequence[Tool], profile: Profile, techniques: Techniques, explained: list[str]
) -> list[Draft]:
    here: dict[str, Tool] = {"hands": BY_HAND}
    for tool in tools:
        here.setdefault(tool.kind, tool)
    kept: list[Draft] = []
    out: list[Draft] = []
    for one in sets:
        suits: Sequence[str] = profile.muscles[one.muscle].tools or TOOL_KINDS
        asked = one.asked.tool
        kind = asked if asked in suits and asked in here else next((kind for kind in suits if kind in here), None)
        if kind is None:
            out.append(one)
            continue
        one.tool = here[kind]
        one.why += _tool_words(asked, one.tool.kind, suits, "the " + named(techniques, one.muscle, None))
        kept.append(one)
    for muscle in dict.fromkeys(one.muscle for one in out):
        kinds = " or ".join(KIND_WORDS[kind] for kind in profile.muscles[muscle].tools)
        explained.append(f"Left out, as it needs a {kinds} and none is here: {named(techniques, muscle, None)}.")
    changed = {one.muscle: one for one in kept if one.asked.tool not in (None, one.tool.kind)}
    for muscle, one in changed.items():
        words = "; ".join(_tool_words(one.asked.tool, one.tool.kind, profile.muscles[muscle].tools or TOOL_KINDS, "it"))
        explained.append(f"{capital(named(techniques, muscle, None))}: {words}.")
    return kept


def _tool_words(asked: ToolKind | None, used: ToolKind, suits: Sequence[str], muscle: str) -> list[str]:
    """Why it is not the tool that was asked for, or why it is no tool at all; nothing where nothing changed."""
    with_what = "by hand" if used == "hands" else f"with the {KIND_WORDS[used]}"
    if asked is not None and asked != used:
        if asked in suits:
            return [f"{with_what}, as no {KIND_WORDS[asked]} is here"]
        does = "hands do" if asked == "hands" else f"a {KIND_WORDS[asked]} does"
        return [f"{with_what}, as {does} not suit {muscle}"]
    if asked is None and used == "hands" and suits[0] != "hands":
        return ["by hand, as no tool that suits it is here"]
    return []
