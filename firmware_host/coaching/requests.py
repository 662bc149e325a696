"""What each command does to what is going on. Each returns why it was refused, or nothing.

What a person wants to do is here, what they say of themselves in tellings.py.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable

from firmware_host.coaching import tellings
from firmware_host.coaching.events import Reason
from firmware_host.coaching.floor import READ_FIRST, Moved
from firmware_host.coaching.flow import Flow, Place
from firmware_host.coaching.inputs import Command
from firmware_host.coaching.planner import plan
from firmware_host.coaching.routine import HANDS
from firmware_host.coaching.safety import Word
from firmware_host.coaching.session import rounded
from firmware_host.coaching.sets import BEFORE, Sets
from firmware_host.coaching.techniques import named

SIDES = ("left", "right")
OTHER_MUSCLES = ("tfl", "hip_flexors", "plantar_fascia")
"""Known by name, with the guidance of an unknown muscle where a profile has none."""


def start(engine: Sets, given: Command) -> str:
    """Begin: what is on the body now, the plan that was left off, or the routine of the settings."""
    if not engine.acknowledged:
        return READ_FIRST
    _well_again(engine)
    if engine.session is None and not engine.resume() and engine.setup.routine is not None:
        return _follow(engine, engine.setup.routine, None)
    engine.begin_session()
    if engine.set is None:
        engine.begin_set_if_on_body()
    return ""


def end(engine: Sets, given: Command) -> str:
    if engine.session is None:
        return "there is no session to end"
    engine.finish_all()
    engine.end_session("person", engine.now)
    return ""


def select(engine: Sets, given: Command) -> str:
    muscle, side, tool = given.muscle, given.side, given.tool
    why = _not_selectable(engine, muscle, side, tool)
    if why or muscle is None:
        return why
    _well_again(engine)
    _close_set(engine)
    chosen = engine.selection
    chosen.muscle, chosen.side = muscle, side
    if tool is not None:
        chosen.tool = tool
    if engine.following and engine.flow is not None:
        engine.flow.go_to(muscle, side)
    _chosen_anew(engine)
    engine.begin_set_if_on_body()
    return ""


def _chosen_anew(engine: Sets) -> None:
    """Another muscle is chosen: its limits, and what is to be said of it before it is begun."""
    engine.armed = True
    engine.warned = None
    engine.take_limits()
    chosen = engine.selection
    if chosen.muscle is not None:
        _warn_of_muscle(engine, chosen.muscle, chosen.side)
    engine.warn_tool(None)


def _not_selectable(engine: Sets, muscle: str | None, side: str | None, tool: str | None) -> str:
    if muscle is None:
        return "select needs a muscle"
    why = _no_muscle(engine, muscle)
    if why:
        return why
    if side is not None and side not in SIDES:
        return f"side {side!r} is neither left nor right"
    if tool is not None and tool != HANDS and tool not in engine.tracks:
        return f"there is no tool {tool!r}; known: {', '.join((*engine.tracks, HANDS))}"
    return "" if engine.acknowledged else READ_FIRST


def _no_muscle(engine: Sets, muscle: str) -> str:
    known = (*engine.profile.muscles, *(one for one in OTHER_MUSCLES if one not in engine.profile.muscles))
    if muscle in known:
        return ""
    near = difflib.get_close_matches(muscle, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
    return f"there is no muscle {muscle!r}" + hint


def _warn_of_muscle(engine: Sets, muscle: str, side: str | None) -> None:
    """A muscle that rests, or one that is better left to its neighbours: warned, never blocked."""
    rests_s = engine.safety.rests_s((muscle, side), engine.now)
    engine.notes.pop("rest_muscle", None)
    if rests_s > 0:
        hours = rests_s / 3600
        guide = engine.profile.safety
        words = f"Stopped for pain: this muscle rests for {hours:.0f} h more. Better leave it today."
        reason = Reason(value=rounded(rests_s), limit=guide.rest_s, unit="s", source=guide.source)
        engine.desk.once("rest_muscle", engine.now, engine.selection.tool, reason, words)
        engine.advise(Word("rest_muscle", words, guide.source))
    guide_of = engine.profile.muscles.get(muscle)
    if guide_of is None or not guide_of.instead:
        return
    if muscle in engine.direct:
        return
    engine.direct.add(muscle)
    rather = " and ".join(named(engine.setup.techniques, one, None) for one in guide_of.instead)
    reason = Reason(value=None, limit=None, unit="", source=guide_of.source)
    words = f"Rather roll what attaches to it: {rather}. Or go on, gently."
    engine.desk.once("switch_to_tfl", engine.now, engine.selection.tool, reason, words)


def next_(engine: Sets, given: Command) -> str:
    """The plan's next step; without one the other side of the same muscle, then the profile's next muscle."""
    if not engine.acknowledged:
        return READ_FIRST
    _well_again(engine)
    engine.finish_all()  # a hold that ends now may mark a spot: that is not what `undo` takes back
    _remember_place(engine)
    flow = engine.flow
    if engine.following and flow is not None and flow.step is not None:
        engine.desk.clear()
        if flow.aside:
            engine.end_set()
            flow.aside = False
            engine.enter_step()
        else:
            engine.move_on()
        return ""
    _close_set(engine)
    order = engine.profile.order
    selection = engine.selection
    if selection.muscle is None or selection.muscle not in order:
        selection.muscle, selection.side = order[0], "left"
    elif selection.side != "right":
        selection.side = "right"
    else:
        place = (order.index(selection.muscle) + 1) % len(order)
        selection.muscle, selection.side = order[place], "left"
    _chosen_anew(engine)
    return ""


def back(engine: Sets, given: Command) -> str:
    """The plan's step before, once more."""
    return _in_plan(engine, lambda flow: "" if flow.back() else "this is the plan's first step")


def repeat(engine: Sets, given: Command) -> str:
    """The plan's step that is on from its beginning; without a plan a new set on the same muscle."""
    if engine.following:

        def again(flow: Flow) -> str:
            flow.repeat()
            return ""

        return _in_plan(engine, again)
    if not engine.acknowledged:
        return READ_FIRST
    if engine.selection.muscle is None and engine.set is None:
        return "there is nothing to repeat yet: choose a muscle first"
    _well_again(engine)
    _close_set(engine)
    engine.armed = True
    engine.begin_set_if_on_body()
    return ""


def _in_plan(engine: Sets, step: Callable[[Flow], str]) -> str:
    """Move within the plan that is followed."""
    flow = engine.flow
    if not engine.following or flow is None:
        return "no routine is on: `routine` begins one"
    before, chosen = _place_now(engine, flow), engine.selection.now
    why = step(flow)
    if why:
        return why
    _well_again(engine)
    engine.finish_all()
    engine.end_set()
    engine.desk.clear()
    engine.undoable = Moved(flow, before, chosen)
    engine.enter_step()
    _begin_if_there(engine)
    return ""


def _begin_if_there(engine: Sets) -> None:
    """The step's tool may be on the body already; a step by hand has begun by itself."""
    if engine.step is not None and engine.set is None:
        engine.begin_set_if_on_body()


def _remember_place(engine: Sets) -> None:
    if engine.following and engine.flow is not None:
        engine.undoable = Moved(engine.flow, _place_now(engine, engine.flow), engine.selection.now)


def _place_now(engine: Sets, flow: Flow) -> Place:
    """Where the plan stands, with the work that the set that is on has done on its step."""
    place = flow.mark()
    if engine.set is None or flow.aside:
        return place
    return place._replace(worked_s=place.worked_s + engine.set.tally.work_s)


def routine(engine: Sets, given: Command) -> str:
    """Follow a routine, as it is planned for today."""
    name = given.routine
    if name is None:
        return f"routine needs a name: {', '.join(engine.setup.routines) or 'there are none'}"
    if not engine.acknowledged:
        return READ_FIRST
    return _follow(engine, name, given.muscle)


def _follow(engine: Sets, name: str, muscle: str | None) -> str:
    setup = engine.setup
    known = setup.routines
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
        return f"there is no routine {name!r}; {hint}"
    if muscle is not None:
        why = _no_muscle(engine, muscle)
        if why:
            return why
    chosen = muscle if muscle is not None else engine.selection.muscle
    made = plan(
        known[name],
        engine.profile,
        setup.person,
        setup.tools,
        engine.phase,
        engine.safety.resting(engine.now),
        engine.spots.places(),
        chosen,
        setup.techniques,
    )
    if isinstance(made, str):
        return made
    _well_again(engine)
    _close_set(engine)
    engine.begin_session().told.clear()
    engine.flow, engine.following, engine.routine = Flow(made), True, name
    engine.selection.clear()
    engine.advise(Word("plan", " ".join((BEFORE, *made.explained)), engine.profile.session.source))
    engine.enter_step()
    _begin_if_there(engine)
    return ""


def profile(engine: Sets, given: Command) -> str:
    """Go by another profile: the set that is on ends, and a new one begins under the new limits."""
    setup, name = engine.setup, given.profile
    known = {**setup.profiles, setup.profile.name: setup.profile}
    if name is None:
        return f"profile needs a name: {', '.join(known)}"
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        return f"there is no profile {name!r}" + (
            f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
        )
    if name == engine.profile.name:
        return ""
    working = engine.set is not None
    _close_set(engine)
    engine.take_profile(known[name])
    if working:
        engine.armed = True
        engine.begin_set_if_on_body()
    return ""


def _well_again(engine: Sets) -> None:
    """The person goes on after a pain stop."""
    engine.pain = False
    engine.notes.pop("pain_stop", None)


def _close_set(engine: Sets) -> None:
    """The set ends; of what waits to be said only what comes of its end, such as leg_done, is still of interest."""
    engine.finish_all()
    engine.desk.clear()
    engine.leave_set()


COMMANDS: dict[str, Callable[[Sets, Command], str]] = {
    "start": start,
    "end": end,
    "select": select,
    "next": next_,
    "back": back,
    "repeat": repeat,
    "undo": tellings.undo,
    "routine": routine,
    "profile": profile,
    "run_finished": tellings.run_finished,
    "soreness": tellings.soreness,
    "pain": tellings.pain,
    "acknowledge": tellings.acknowledge,
    "spot": tellings.spot,
    "rate": tellings.rate,
    "tare": tellings.tare,
    "quiet": tellings.quiet,
}
