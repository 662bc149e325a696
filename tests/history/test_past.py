"""What an engine is told of the past, and that nothing of it keeps one from starting."""

from __future__ import annotations

import operator
import sqlite3
from datetime import UTC, datetime, timedelta
from math import hypot
from pathlib import Path
from typing import Any

import pytest
from history_doubles import MONDAY, cue, done_session, feed, pain, rating, small_session, soreness, spot
from history_weeks import KINDS, fill
from msgspec.structs import replace

from firmware_host.clock import SystemClock
from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Rejected
from firmware_host.coaching.guidance import SafetyGuide
from firmware_host.coaching.inputs import Command, Person, Tick, Tool
from firmware_host.coaching.setup import KnownSpot, Setup, Trouble
from firmware_host.daemon import Daemon
from firmware_host.history.historian import DATABASE
from firmware_host.history.past import HELP_DAYS, HELP_RATING, Past, past_of
from firmware_host.history.schema import MIGRATIONS
from firmware_host.history.spots import BETWEEN_SESSIONS_M
from firmware_host.history.store import Store
from firmware_host.history.troubles import SEEK_HELP
from firmware_host.profiles import load_profile
from firmware_host.settings import parse

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / DATABASE, KINDS)
    made.open()
    return made


def test_troubles_are_on_the_clock_of_the_run_that_asks(store: Store, tmp_path: Path) -> None:
    store.add(pain(5.0, "glutes"), MONDAY - 15 * DAY)
    store.add(rating(50.0, 8, muscle="hamstrings"), MONDAY - 2 * DAY)
    store.add(rating(51.0, 6), MONDAY - DAY)
    store.add(soreness(52.0, 9), MONDAY - DAY)
    store.add(cue(60.0), MONDAY - HOUR)
    store.add(pain(70.0), MONDAY - HOUR)
    store.add(pain(80.0), MONDAY + 2 * DAY)
    assert store.troubles(MONDAY, 1000.0, 14, 7) == (
        Trouble(t=1000.0 - 2 * 86400, muscle="hamstrings", side="left", kind="rating", value=8),
        Trouble(t=1000.0 - 3600, muscle="calves", side="left", kind="pain"),
    )
    assert past_of(tmp_path, MONDAY, 1000.0).troubles == store.troubles(MONDAY, 1000.0, HELP_DAYS, HELP_RATING)
    assert len(past_of(tmp_path, MONDAY, 0.0, 20, 6).troubles) == 4
    assert (SafetyGuide().help_days, SafetyGuide().help_rating) == (HELP_DAYS, HELP_RATING)


def test_what_a_slow_clock_calls_the_future_is_now(store: Store) -> None:
    """The plug was pulled after the pain stop; the clock starts where it was last written down, half an hour before."""
    feed(store, [spot(1.0), done_session(0.0, 2.0)], MONDAY)
    store.add(pain(5.0), MONDAY)
    for behind, told in ((HOUR / 2, 1), (DAY, 1), (DAY + HOUR, 0)):
        assert [one.t for one in store.troubles(MONDAY - behind, 7.0, 14, 7)] == [7.0] * told
        assert len(store.known_spots(MONDAY - behind)) == told


def test_a_new_engine_is_told_what_the_one_before_it_knew(store: Store) -> None:
    """The engine's own events, kept and read again."""
    setup = Setup(person=Person(), tools=(Tool(name="roller", kind="foam_roller"),), profile=load_profile("article"))
    engine, clock = Engine(setup), 0.0

    def say(t: float, command: str, **fields: Any) -> None:
        for event in engine.feed(Command(t=t, command=command, **fields)):
            assert not isinstance(event, Rejected), event
            store.add(event, MONDAY + timedelta(seconds=event.t))

    for muscle, value in (("calves", 8), ("glutes", 3), ("hamstrings", 9)):
        say(clock, "select", muscle=muscle, side="left", tool="hands")
        for _ in range(200):
            clock = round(clock + 0.1, 3)
            for event in engine.feed(Tick(clock)):
                store.add(event, MONDAY + timedelta(seconds=event.t))
        say(clock, "rate", value=value)
    say(clock, "undo")
    say(clock, "rate", value=7)
    say(clock, "pain", kind="sharp")
    known = engine.successor().carried.troubles
    assert [(one.muscle, one.kind) for one in known] == [
        ("calves", "rating"),
        ("hamstrings", "rating"),
        ("hamstrings", "pain"),
    ]
    told = store.troubles(MONDAY + timedelta(seconds=clock), clock, HELP_DAYS, HELP_RATING)
    key = operator.attrgetter("t", "kind")
    assert [replace(one, t=round(one.t, 2)) for one in sorted(told, key=key)] == [
        replace(one, t=round(one.t, 2)) for one in sorted(known, key=key)
    ]
    assert [one.work_source for one in store.session(1).sets] == ["declared"] * 3


def test_known_spots_are_less_sure_than_they_were(store: Store, tmp_path: Path) -> None:
    feed(store, [spot(1.0, 0.12, position_sd_m=0.01, rating=6), *small_session()[-2:]], MONDAY - DAY)
    known = KnownSpot(
        muscle="calves",
        side="left",
        position_m=0.12,
        position_sd_m=round(hypot(0.01, BETWEEN_SESSIONS_M), 4),
        rating=6,
        count=1,
    )
    assert store.known_spots(MONDAY) == (known,)
    past = past_of(tmp_path, MONDAY, 5.0)
    assert past[:2] == ((), (known,))
    assert past.session_t == pytest.approx(5.0 - DAY.total_seconds(), abs=600)


def test_spots_that_are_old_gone_or_nowhere_are_not_told(store: Store) -> None:
    old = MONDAY - 4 * 7 * DAY - HOUR
    feed(store, [spot(1.0, muscle="old", rating=8)], old)
    feed(store, [spot(2.0, muscle="gone", rating=6)], MONDAY - 5 * DAY)
    feed(store, [spot(3.0, muscle="gone", rating=1)], MONDAY - DAY)
    feed(
        store, [spot(4.0, muscle=None), spot(5.0, muscle="unrated"), spot(6.0, muscle="held", by="hold")], MONDAY - DAY
    )
    feed(store, [spot(7.0, muscle="future")], MONDAY + 2 * DAY)
    assert {one.muscle for one in store.known_spots(MONDAY)} == {"unrated", "held"}
    assert "old" in {one.muscle for one in store.known_spots(MONDAY - 2 * HOUR)}


def test_a_spots_weeks_are_told(store: Store) -> None:
    for ago, said in ((15, 7), (14, 6), (7, 4), (0, 2)):
        feed(store, [spot(1.0, rating=said), done_session(0.0, 2.0)], MONDAY - ago * DAY)
    (one,) = store.spots(MONDAY + HOUR).spots
    assert [(week.since, week.marks, week.rating) for week in one.weeks] == [
        ("2026-10-26", 1, 7.0),
        ("2026-11-02", 1, 6.0),
        ("2026-11-09", 1, 4.0),
        ("2026-11-16", 1, 2.0),
    ]
    assert store.spots(MONDAY - DAY).spots[0].count == 3


# --- nothing keeps a coach from starting ----------------------------------------------------------------------------


def test_no_file_is_no_past_and_stays_no_file(tmp_path: Path) -> None:
    assert past_of(tmp_path / "state", MONDAY, 0.0) == Past()
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("damage", ["rubbish", "empty", "cut", "middle", "folder"])
def test_a_damaged_file_is_no_past(tmp_path: Path, damage: str, store: Store) -> None:
    fill(store, MONDAY, weeks=2, hurt=(0, 1))
    store.close()
    path = tmp_path / DATABASE
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    else:
        cut = len(content) // 2
        path.write_bytes(
            {
                "rubbish": b"this is not a database" * 500,
                "empty": b"",
                "cut": content[:cut],
                "middle": content[:4096] + b"\xff" * (len(content) - 8192) + content[-4096:],
            }[damage]
        )
    assert past_of(tmp_path, MONDAY, 0.0) == Past()


def test_a_damaged_row_is_no_past(tmp_path: Path, store: Store) -> None:
    store.add(pain(1.0), MONDAY - DAY)
    store.close()
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.execute("UPDATE pains SET at = '2026-11-15Tnonsense'")
    connection.commit()
    connection.close()
    assert past_of(tmp_path, MONDAY, 0.0) == Past()


def test_a_locked_file_is_no_past(tmp_path: Path, store: Store) -> None:
    store.add(pain(1.0), MONDAY - DAY)
    store.close()
    other = sqlite3.connect(tmp_path / DATABASE, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    other.execute("DELETE FROM cues")
    assert past_of(tmp_path, MONDAY, 0.0) == Past()
    other.execute("ROLLBACK")
    other.close()
    assert len(past_of(tmp_path, MONDAY, 0.0).troubles) == 1


def test_another_versions_file_is_no_past(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / DATABASE)
    connection.executescript(MIGRATIONS[0] + "PRAGMA user_version = 1;")
    connection.close()
    assert past_of(tmp_path, MONDAY, 0.0) == Past()


def test_reading_the_past_changes_no_file(tmp_path: Path, store: Store) -> None:
    store.add(pain(1.0), MONDAY - DAY)
    store.close()
    before = (tmp_path / DATABASE).read_bytes()
    assert past_of(tmp_path, MONDAY, 0.0).troubles
    assert (tmp_path / DATABASE).read_bytes() == before


def test_the_daemon_tells_its_engine(tmp_path: Path, store: Store) -> None:
    now = datetime.now(UTC)
    feed(store, [spot(1.0, rating=6), done_session(0.0, 2.0)], now - DAY)
    store.add(pain(3.0), now - HOUR)
    store.close()
    settings = parse('[pins]\nfactory = "mock"\n[page]\nenabled = false\n', "test")
    daemon = Daemon(settings, load_profile("article"), SystemClock(), tmp_path)
    carried = daemon.station.engine.setup.carried
    assert [(one.muscle, one.position_m, one.rating) for one in carried.spots] == [("calves", 0.12, 6)]
    (trouble,) = carried.troubles
    assert (trouble.muscle, trouble.kind) == ("calves", "pain")
    assert trouble.t == pytest.approx(daemon.clock.now() - 3600, abs=30)


# --- when to seek help ----------------------------------------------------------------------------------------------


def test_three_in_fourteen_days_of_one_muscle_show_the_articles_sentence(store: Store) -> None:
    store.add(pain(1.0, side="left"), MONDAY - 13 * DAY)
    store.add(rating(2.0, 7, side="right"), MONDAY - 5 * DAY)
    store.add(rating(3.0, 6), MONDAY - 4 * DAY)
    store.add(pain(4.0, "glutes"), MONDAY - 3 * DAY)
    store.add(pain(4.0, "glutes"), MONDAY - 2 * DAY)
    assert [one.words for one in store.summary(MONDAY).troubles] == [None, None]
    store.add(pain(5.0), MONDAY - DAY)
    calves, glutes = store.summary(MONDAY).troubles
    assert (calves.muscle, calves.pains, calves.ratings, calves.words) == ("calves", 2, 1, SEEK_HELP)
    assert (glutes.pains, glutes.words) == (2, None)
    later = store.summary(MONDAY + 2 * DAY).troubles
    assert {one.muscle: one.words for one in later} == {"calves": None, "glutes": None}


def test_the_sentence_names_all_that_the_article_names() -> None:
    said = SEEK_HELP.lower()
    for sign in ("persistent pain", "swelling", "numbness", "stress fracture", "muscle tear"):
        assert sign in said
    for whom in ("physical therapist", "sports massage therapist", "doctor", "no diagnosis"):
        assert whom in said
