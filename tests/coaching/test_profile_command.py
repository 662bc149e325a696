"""`profile {name}`: what is measured against changes at once, and nothing but that."""

from __future__ import annotations

import pytest
from msgspec import structs
from rolling import Rolling, cues, only, setup, ticked

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Event, Pass, Rejected, SetDone
from firmware_host.coaching.inputs import Command
from firmware_host.profiles import load_profile, other_profiles

SETUP = structs.replace(setup(), profile=load_profile("article"), profiles=other_profiles("article")[0])


def fed(inputs: Rolling, engine: Engine | None = None) -> tuple[Engine, list[Event]]:
    engine = engine or Engine(SETUP)
    return engine, [event for given in ticked(inputs.inputs) for event in engine.feed(given)]


def rolling() -> Rolling:
    """On the calf at 8.3 cm/s mean: calm by the article's 14 cm/s, far too fast for an inch a second."""
    begun = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left")
    return begun.press(200.0).rest(1.0).passes(2)


@pytest.mark.parametrize("name", ["article", "evidence", "scan", "tempo"])
def test_any_shipped_profile_can_be_named_whichever_was_loaded(name: str) -> None:
    made = structs.replace(setup(), profile=load_profile("scan"), profiles=other_profiles("scan")[0])
    engine, events = fed(rolling().say("profile", profile=name), Engine(made))
    assert only(events, Rejected) == []
    assert engine.snapshot().profile == engine.successor().profile.name == name


def test_the_set_ends_and_another_begins_under_the_new_limits() -> None:
    engine, events = fed(rolling().say("profile", profile="scan").passes(4).rest(2.0))
    events += engine.close()
    before, after = only(events, SetDone)
    assert isinstance(before, SetDone)
    assert isinstance(after, SetDone)
    assert after.start == pytest.approx(before.end, abs=1.0)
    assert (after.muscle, after.side) == ("calves", "left")
    limit = {set_.start: next(v.limit for v in set_.verdicts if "speed" in v.rule) for set_ in (before, after)}
    assert limit[after.start] < limit[before.start]
    said = [(event.t, event.cue) for event in events if hasattr(event, "cue")]
    assert min(t for t, cue in said if cue == "slow_down") > before.end


def test_without_the_switch_the_same_rolling_is_calm() -> None:
    _, events = fed(rolling().passes(4).rest(2.0))
    assert "slow_down" not in cues(events)


@pytest.mark.parametrize(("name", "eased"), [("slow", False), ("article", True)])
def test_the_new_times_of_cues_hold_at_once(name: str, eased: bool) -> None:
    article = load_profile("article")
    slow = structs.replace(article, name="slow", cues=structs.replace(article.cues, ease_off_s=60.0))
    made = structs.replace(setup(), profile=article, profiles={"slow": slow})
    hard = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left").say("profile", profile=name)
    engine, events = fed(hard.press(600.0).rest(1.0).passes(3).rest(1.0), Engine(made))
    events += engine.close()
    assert ("ease_off" in cues(events)) is eased
    passes = [event for event in events if isinstance(event, Pass)]
    assert len(passes) == 3
    assert all(("too_hard" in one.flags) is eased for one in passes)


def test_naming_the_one_that_holds_changes_nothing() -> None:
    engine, events = fed(rolling().say("profile", profile="article").passes(2))
    assert only(events, SetDone) == []
    assert engine.set is not None


@pytest.mark.parametrize(("name", "says"), [("scam", "'scan'"), ("zzz", "known: "), (None, "profile needs a name")])
def test_what_can_not_be_is_refused_and_changes_nothing(name: str | None, says: str) -> None:
    engine, events = fed(rolling().say("profile", profile=name, id="7"))
    (refused,) = only(events, Rejected)
    assert isinstance(refused, Rejected)
    assert says in refused.why
    assert refused.id == "7"
    assert engine.snapshot().profile == "article"
    assert engine.set is not None


def test_after_a_pain_stop_a_profile_begins_nothing() -> None:
    engine, _ = fed(rolling().say("pain").say("profile", profile="tempo").passes(2))
    assert engine.snapshot().profile == "tempo"
    assert engine.pain
    assert engine.set is None
    assert engine.session is None


def test_the_phase_is_that_of_the_new_profile() -> None:
    article = load_profile("article")
    early = structs.replace(
        article,
        name="early",
        phases={
            **article.phases,
            "light": structs.replace(article.phases["light"], until_s=600.0),
            "between": structs.replace(article.phases["between"], from_s=600.0),
        },
    )
    made = structs.replace(setup(), profile=article, profiles={"early": early})
    engine, _ = fed(rolling().say("run_finished", ago_s=1200.0), Engine(made))
    assert engine.phase == "light"
    engine.feed(Command(t=engine.now, command="profile", profile="early"))
    assert engine.phase == "between"
    assert next(iter(engine.tracks.values())).watch.limits == engine.limits_for(SETUP.tools[0])
