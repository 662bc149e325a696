"""What each command does to the engine. Each returns why it was refused, or nothing."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING

from firmware_host.coaching.events import Reason, Spot
from firmware_host.coaching.inputs import Command
from firmware_host.coaching.session import rounded
from firmware_host.coaching.track import ToolTrack

if TYPE_CHECKING:
    from firmware_host.coaching.engine import Engine

SIDES = ("left", "right")
OTHER_MUSCLES = ("tfl", "hip_flexors", "plantar_fascia")
"""Known by name, with the guidance of an unknown muscle where a profile has none."""
LONGEST_AGO_S = 366 * 86400.0


class Selection:
    """What the person said they are working on."""

    __slots__ = ("muscle", "side", "tool")

    def __init__(self) -> None:
        self.muscle: str | None = None
        self.side: str | None = None
        self.tool: str | None = None

    def clear(self) -> None:
        self.muscle = self.side = self.tool = None


def start(engine: Engine, given: Command) -> str:
    engine.pain = False
    engine.begin_session()
    if engine.set is None:
        engine.begin_set_if_on_body()
    return ""


def end(engine: Engine, given: Command) -> str:
    if engine.session is None:
        return "there is no session to end"
    engine.finish_all()
    engine.end_session("person", engine.now)
    return ""


def select(engine: Engine, given: Command) -> str:
    muscle, side, tool = given.muscle, given.side, given.tool
    known = (*engine.profile.muscles, *OTHER_MUSCLES)
    if muscle is None:
        return "select needs a muscle"
    if muscle not in known:
        near = difflib.get_close_matches(muscle, known, n=1)
        return f"there is no muscle {muscle!r}" + (
            f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"
        )
    if side is not None and side not in SIDES:
        return f"side {side!r} is neither left nor right"
    if tool is not None and tool not in engine.tracks:
        return f"there is no tool {tool!r}; known: {', '.join(engine.tracks)}"
    engine.pain = False
    engine.finish_all()
    engine.end_set()
    engine.selection.muscle, engine.selection.side = muscle, side
    if tool is not None:
        engine.selection.tool = tool
    engine.armed = True
    engine.desk.clear()
    engine.take_limits()
    engine.begin_set_if_on_body()
    return ""


def next_(engine: Engine, given: Command) -> str:
    """The other side of the same muscle, then the profile's next muscle."""
    engine.pain = False
    engine.finish_all()
    engine.end_set()
    order = engine.profile.order
    selection = engine.selection
    if selection.muscle is None or selection.muscle not in order:
        selection.muscle, selection.side = order[0], "left"
    elif selection.side != "right":
        selection.side = "right"
    else:
        place = (order.index(selection.muscle) + 1) % len(order)
        selection.muscle, selection.side = order[place], "left"
    engine.armed = True
    engine.desk.clear()
    engine.take_limits()
    return ""


def profile(engine: Engine, given: Command) -> str:
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
    engine.finish_all()
    engine.end_set()
    engine.take_profile(known[name])
    if working:
        engine.armed = True
        engine.begin_set_if_on_body()
    return ""


def run_finished(engine: Engine, given: Command) -> str:
    ago = given.ago_s
    if ago is None:
        return "run_finished needs the time since the run"
    if ago < 0:
        return "the run ends in the future"
    if not ago <= LONGEST_AGO_S:
        return "the run ended more than a year ago"
    engine.run_end_t = engine.now - ago
    engine.enter_phase_now()
    return ""


def pain(engine: Engine, given: Command) -> str:
    """Outputs safe, session closed; the cue waits for nothing."""
    engine.finish_all()
    reason = Reason(value=None, limit=None, unit="", source="sharp, shooting or increasing pain: stop (the article)")
    tool = engine.set.track.tool.name if engine.set is not None else engine.selection.tool
    engine.say(engine.desk.at_once("stop_pain", engine.now, tool, reason))
    engine.begin_session()
    engine.end_session("pain", engine.now)
    engine.pain = True
    return ""


def spot(engine: Engine, given: Command) -> str:
    track = _tool_for_spot(engine, given.tool)
    if track is None:
        return "no tool has moved yet, so there is no place to mark"
    running = track.holds.running
    place = running.middle_m - track.origin_m if running is not None else track.position_m
    _mark(engine, track.tool.name, place, track.motion.position_sd, None)
    return ""


def rate(engine: Engine, given: Command) -> str:
    """How much the last marked spot hurts, 0 to 10."""
    if given.value is None or not 0 <= given.value <= 10:
        return "a rating is a whole number from 0 to 10"
    if engine.last_spot is None:
        return "mark a tender spot first"
    tool, place, sd = engine.last_spot
    _mark(engine, tool, place, sd, given.value)
    return ""


def tare(engine: Engine, given: Command) -> str:
    tracks = [engine.tracks[given.tool]] if given.tool in engine.tracks else list(engine.tracks.values())
    if given.tool is not None and given.tool not in engine.tracks:
        return f"there is no tool {given.tool!r}; known: {', '.join(engine.tracks)}"
    tared = [track.force.tare() for track in tracks]
    if not any(tared):
        return "no force reading yet, so there is nothing to call zero"
    return ""


def quiet(engine: Engine, given: Command) -> str:
    engine.quiet = True if given.on is None else given.on
    return ""


def _mark(engine: Engine, tool: str, place: float, sd: float, rating: int | None) -> None:
    engine.last_spot = (tool, place, sd)
    engine.emit(Spot, tool, position_m=rounded(place), position_sd_m=rounded(sd), rating=rating)


def _tools_in_use(engine: Engine) -> list[ToolTrack]:
    chosen = engine.selection.tool
    return [engine.tracks[chosen]] if chosen in engine.tracks else list(engine.tracks.values())


def _tool_for_spot(engine: Engine, named: str | None) -> ToolTrack | None:
    if named is not None:
        track = engine.tracks.get(named)
        return track if track is not None and track.motion.t is not None else None
    if engine.set is not None:
        return engine.set.track
    moved = [track for track in _tools_in_use(engine) if track.motion.t is not None]
    return moved[0] if moved else None


COMMANDS: dict[str, Callable[[Engine, Command], str]] = {
    "start": start,
    "end": end,
    "select": select,
    "next": next_,
    "profile": profile,
    "run_finished": run_finished,
    "pain": pain,
    "spot": spot,
    "rate": rate,
    "tare": tare,
    "quiet": quiet,
}
