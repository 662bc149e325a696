"""What a person says of themselves and of the tool: the run, soreness, ratings, spots, pain; and taking it back.

Each returns why it was refused, or nothing.
"""

from __future__ import annotations

from msgspec import structs

from firmware_host.coaching.events import Rating, Reason
from firmware_host.coaching.floor import Marked, Moved, Rated, Sored
from firmware_host.coaching.inputs import Command
from firmware_host.coaching.safety import Place, Word
from firmware_host.coaching.session import rounded
from firmware_host.coaching.sets import Sets
from firmware_host.coaching.timing import timing_words
from firmware_host.coaching.track import ToolTrack

LONGEST_AGO_S = 366 * 86400.0
SAME_RUN_S = 300.0
"""A run whose end is told anew this close to what was known is the same run."""


def run_finished(engine: Sets, given: Command) -> str:
    ago = given.ago_s
    if ago is None:
        return "run_finished needs the time since the run"
    if ago < 0:
        return "the run ends in the future"
    if not ago <= LONGEST_AGO_S:
        return "the run ended more than a year ago"
    run_end_t = engine.now - ago
    another = engine.run_end_t is None or abs(run_end_t - engine.run_end_t) > SAME_RUN_S
    if another:
        engine.effort = None
        if engine.run_end_t is not None:
            engine.safety.forget_soreness()  # of the run before
            if isinstance(engine.undoable, Sored):
                engine.undoable = None
    engine.run_end_t = run_end_t
    if given.effort is not None:
        engine.effort = given.effort
    engine.enter_phase_now()
    if (another or given.effort is not None) and engine.not_followed:
        words = timing_words(engine.profile, ago, engine.effort, engine.setup.goal)
        engine.advise(Word("timing", words, engine.profile.session.source))
    return ""


def soreness(engine: Sets, given: Command) -> str:
    """How sore the legs are, 0 to 10: from 24 to 48 h after a run it decides between gentle and maintenance."""
    if given.value is None or not 0 <= given.value <= 10:
        return "soreness is a whole number from 0 to 10"
    event = Rating(t=rounded(engine.now), value=given.value, when="before", kind="soreness")
    engine.undoable = Sored(event, engine.safety.soreness, engine.safety.soreness_t)
    engine.safety.sore(engine.now, given.value)
    engine.add_event(event)
    engine.enter_phase_now()
    return ""


def pain(engine: Sets, given: Command) -> str:
    """Outputs safe, session closed; the cue waits for nothing."""
    place = _place_in_pain(engine)
    engine.finish_all()
    reason = Reason(value=None, limit=None, unit="", source="sharp, shooting or increasing pain: stop (the article)")
    tool = engine.set.tool if engine.set is not None else engine.selection.tool
    engine.say(engine.desk.at_once("stop_pain", engine.now, tool, reason), place)
    engine.begin_session()
    for word in engine.safety.pain(engine.now, place, given.kind):
        engine.advise(word)
    engine.end_session("pain", engine.now)
    engine.pain = True
    return ""


def _place_in_pain(engine: Sets) -> Place:
    """What was rolled last in this session: a plan may be at the next muscle already, of which nothing was done yet."""
    chosen, session = engine.selection, engine.session
    if chosen.muscle is None or (engine.set is None and session is not None and session.sets):
        return engine.last_place
    return chosen.muscle, chosen.side


def acknowledge(engine: Sets, given: Command) -> str:
    """The checklist before the first use was read."""
    engine.acknowledged = True
    engine.desk.heeded("read_first")
    return ""


def spot(engine: Sets, given: Command) -> str:
    track = _tool_for_spot(engine, given.tool)
    if track is None:
        return "no tool has moved yet, so there is no place to mark"
    running = track.holds.running
    place = running.middle_m - track.origin_m if running is not None else track.position_m
    engine.mark_spot(track.tool.name, place, track.motion.position_sd, None, "person")
    return ""


def rate(engine: Sets, given: Command) -> str:
    """How a muscle feels, 0 to 10, before or after; and how much the spot hurts that was marked last."""
    value = given.value
    if value is None or not 0 <= value <= 10:
        return "a rating is a whole number from 0 to 10"
    if given.when is not None and given.when not in ("before", "after"):
        return f"when {given.when!r} is neither before nor after"
    before = given.when == "before"
    place = _place_rated(engine, before)
    marked = engine.last_spot
    if place[0] is None and marked is None:
        return "there is nothing to rate yet: choose a muscle, or mark a tender spot first"
    event = Rating(
        t=rounded(engine.now), muscle=place[0], side=place[1], value=value, when="before" if before else "after"
    )
    engine.add_event(event)
    felt, notes, spot_rating = engine.safety.felt(place), dict(engine.notes), None
    advice = engine.session.advice if engine.session is not None else []
    advised = len(advice)
    if marked is not None and (before or (marked.muscle, marked.side) != place):
        marked = None
    if marked is not None:
        engine.add_event(structs.replace(marked, t=rounded(engine.now), rating=value))
        spot_rating = engine.spots.rate(place, marked.position_m, value)
    for word in engine.safety.rate(engine.now, place, value, engine.profile.phases[engine.phase]):
        engine.advise(word)
    engine.undoable = Rated(event, felt, notes, marked, spot_rating, tuple(advice[advised:]))
    engine.take_limits()
    return ""


def _place_rated(engine: Sets, before: bool) -> Place:
    """Between two sets "after" is about the one that is over, although the next muscle is chosen already."""
    chosen = engine.selection
    if chosen.muscle is None or (not before and engine.set is None and engine.last_place[0] is not None):
        return engine.last_place
    return chosen.muscle, chosen.side


def tare(engine: Sets, given: Command) -> str:
    tracks = [engine.tracks[given.tool]] if given.tool in engine.tracks else list(engine.tracks.values())
    if given.tool is not None and given.tool not in engine.tracks:
        return f"there is no tool {given.tool!r}; known: {', '.join(engine.tracks)}"
    tared = [track.force.tare() for track in tracks]
    if not any(tared):
        return "no force reading yet, so there is nothing to call zero"
    return ""


def quiet(engine: Sets, given: Command) -> str:
    engine.quiet = True if given.on is None else given.on
    return ""


def undo(engine: Sets, given: Command) -> str:
    """Take back the last mark, rating, or move within the plan."""
    done, engine.undoable = engine.undoable, None
    if done is None:
        return "there is nothing to undo"
    if isinstance(done, Moved):
        return _move_back(engine, done)
    event = done.spot if isinstance(done, Marked) else done.rating
    engine.add_event(structs.replace(event, t=rounded(engine.now), removed=True))
    if isinstance(done, Marked):
        engine.spots.known = list(done.before)
        engine.last_spot = done.last
        if done.spot.position_m in engine.marks_m:
            engine.marks_m.remove(done.spot.position_m)
        engine.know_spots()
    elif isinstance(done, Sored):
        engine.safety.soreness, engine.safety.soreness_t = done.before, done.before_t
        engine.enter_phase_now()
    else:
        _unrate(engine, done)
    return ""


def _move_back(engine: Sets, moved: Moved) -> str:
    over = engine.flow is None and engine.session is not None  # by the very `next` that is taken back
    if not over and (engine.flow is not moved.flow or not engine.following):
        return "that plan is over, or was left off"
    engine.finish_all()
    engine.end_set()
    engine.desk.clear()
    engine.flow, engine.following = moved.flow, True
    moved.flow.return_to(moved.place)
    if moved.place.aside:
        chosen = engine.selection
        chosen.muscle, chosen.side, chosen.tool = moved.chosen
        engine.armed = True
        engine.take_limits()
    else:
        engine.enter_step()
    if engine.set is None:
        engine.begin_set_if_on_body()
    return ""


def _unrate(engine: Sets, rated: Rated) -> None:
    rating = rated.rating
    place = rating.muscle, rating.side
    engine.safety.unrate(place, rating.value, rated.felt)
    for topic in ("rating_high", "rating_rising", "seek_help"):
        engine.notes.pop(topic, None)
        if topic in rated.notes:
            engine.notes[topic] = rated.notes[topic]
    if engine.session is not None:
        engine.session.advice = [words for words in engine.session.advice if words not in rated.advised]
    if rated.spot is not None:
        engine.spots.rate(place, rated.spot.position_m, rated.spot_rating)
        engine.know_spots()
    engine.take_limits()


def _tools_in_use(engine: Sets) -> list[ToolTrack]:
    chosen = engine.selection.tool
    return [engine.tracks[chosen]] if chosen in engine.tracks else list(engine.tracks.values())


def _tool_for_spot(engine: Sets, named_tool: str | None) -> ToolTrack | None:
    if named_tool is not None:
        track = engine.tracks.get(named_tool)
        return track if track is not None and track.motion.t is not None else None
    if engine.set is not None and engine.set.track is not None:
        return engine.set.track
    moved = [track for track in _tools_in_use(engine) if track.motion.t is not None]
    return moved[0] if moved else None
