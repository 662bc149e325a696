"""`slowroll report` on the terminal, as a page and as JSON: what is said, what is not, and that it fits."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from history_doubles import MONDAY, done_session, done_set, feed, pain, rating, spot
from history_weeks import KINDS, fill

from firmware_host.commands import CommandError
from firmware_host.commands import report as command
from firmware_host.history.report import NOTE, TOO_FEW, report_of
from firmware_host.history.report_html import report_html
from firmware_host.history.report_text import report_text
from firmware_host.history.store import Store
from firmware_host.history.troubles import SEEK_HELP
from firmware_host.profiles import load_profile

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
NOW = MONDAY + 2 * DAY
NASTY = "<script>alert('&')</script>"
PROFILE = load_profile("article", None, "test")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "history.sqlite3", KINDS)
    made.open()
    return made


@pytest.fixture(scope="module")
def eight_weeks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Made once: to be read."""
    made = Store(tmp_path_factory.mktemp("weeks") / "history.sqlite3", KINDS)
    made.open()
    fill(made, NOW, weeks=8, hurt=(0, 1, 2))
    yield made
    made.close()


def text_of(store: Store, days: int = 28) -> str:
    return report_text(report_of(store, NOW, days, PROFILE), NOW, PROFILE)


def section(text: str, heading: str) -> str:
    """What stands under a heading of the terminal's report."""
    return re.split(r"\n\n(?=[A-Z][A-Z ,0-9]{8,}\n)", text.split(heading.upper(), 1)[1], maxsplit=1)[0]


# --- words ----------------------------------------------------------------------------------------------------------


def test_some_weeks_are_told(store: Store) -> None:
    count = fill(store, NOW, weeks=6, hurt=(0, 2, 3))
    said = text_of(store)
    lately = sum(one.started_at >= (NOW - 28 * DAY).isoformat() for one in store.sessions())
    assert said.startswith("Slowroll report, 21 Oct 2026 to 18 Nov 2026\n")
    assert f"{lately} sessions in the last 28 days, " in said
    assert "The last session was yesterday." in said
    assert re.search(rf"\d+ of {count} had the 5 to\s+10 min", said)
    assert said.count("#") == count
    rows = [row.split()[:2] for row in section(said, "What each muscle got, last 28 days").splitlines()]
    assert ["Calves", "left"] in rows
    assert ["Shins", "right"] in rows
    assert "After the article: " in said
    assert SEEK_HELP in " ".join(said.split())
    assert said.rstrip().endswith(NOTE)


def test_every_line_fits(store: Store) -> None:
    fill(store, NOW, weeks=8, hurt=(0, 1, 2))
    feed(
        store,
        [done_set(0, 40, muscle="plantar_fascia", side=None, force_source="uncalibrated", mean_force_n=None)],
        NOW,
    )
    report = report_of(store, NOW, 28, PROFILE)
    for width in (20, 80, 88, 100, 300):
        lines = report_text(report, NOW, PROFILE, width).splitlines()
        assert max(map(len, lines)) <= min(max(width, 80), 100)
        assert all(line.isascii() for line in lines), "any terminal can show it"


def test_what_was_not_measured_is_said(store: Store) -> None:
    bare = {"force_source": "not_measured", "mean_force_n": None, "peak_force_n": None}
    none = {"holds": 0, "hold_s": 0.0, "distance_m": 0.0, "mean_speed_m_s": 0.0}
    sets = [
        done_set(0, 42, **bare),
        done_set(50, 92, muscle="glutes", side=None, force_source="uncalibrated", mean_force_n=None),
        done_set(100, 140, muscle="quadriceps", tool="hands", work_source="declared", in_guidance=0.0, **bare, **none),
    ]
    feed(store, [*sets, done_session(0, 141, *sets)], NOW - 3 * DAY)
    rows = section(text_of(store), "What each muscle got, last 28 days").splitlines()
    cells = {row.split()[0]: re.split(r"\s{2,}", row) for row in rows if row}
    assert cells["Calves"] == ["Calves", "left", "1", "0:40", "8.0", "75 %", "not measured", "1 (20 s)"]
    assert cells["Glutes"] == ["Glutes", "-", "1", "0:40", "8.0", "75 %", "uncalibrated", "1 (20 s)"]
    assert cells["Quadriceps"] == ["Quadriceps", "left", "1", "0:38", "by hand", "-", "not measured", "-"]


@pytest.mark.parametrize(("pairs", "cells"), [(4, ["4", TOO_FEW]), (5, ["5", "6", "4", "-2"])])
def test_what_helped_says_nothing_of_few(store: Store, pairs: int, cells: list[str]) -> None:
    for day in range(pairs):
        one = done_set(0, 40)
        feed(store, [rating(0, 6, "before"), one, rating(41, 4), done_session(0, 42, one)], NOW - (day + 1) * DAY)
    said = section(text_of(store), "Ratings before and after")
    rows = {row.split("  ")[0]: re.split(r"\s{2,}", row)[1:] for row in said.splitlines() if "  " in row}
    assert rows["All"] == rows["Calves"] == rows["With foam roller"] == rows["In phase light"] == cells
    assert ("Calves, foam roller, light" in rows) == (pairs == 5)


def test_no_word_claims_a_cause(eight_weeks: Store) -> None:
    for said in (text_of(eight_weeks), re.sub(r"<[^>]*>", " ", report_html(eight_weeks, NOW, profile=PROFILE))):
        for word in ("because", "thanks to", "works", "effective", "heal", "improve", "helped", "reduce", "cure"):
            assert not re.search(rf"\b{word}", said, re.IGNORECASE), word


def test_days_decide_how_far_back(store: Store) -> None:
    for ago in (1, 20, 60):
        one = done_set(0, 40)
        feed(store, [one, done_session(0, 41, one)], NOW - ago * DAY)
    for days, count in ((7, 1), (28, 2), (90, 3)):
        report = report_of(store, NOW, days, PROFILE)
        assert (len(report.sessions), report.history.doses[0].recent.sessions) == (count, count)  # type: ignore[union-attr]


# --- the page -------------------------------------------------------------------------------------------------------

VOID = {"meta"}


class _Page(HTMLParser):
    """Every tag closed in its turn, every id once; what is in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []
        assert len(set(self.ids)) == len(self.ids)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_stands_alone(eight_weeks: Store) -> None:
    html = report_html(eight_weeks, NOW, profile=PROFILE)
    page = _Page(html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert page.tags.count("title") > 1, "the page's, and the plots'"
    assert "script" not in page.tags
    assert not re.search(r"https?:|url\((?!#)|@import|src=|href=", html), "nothing is fetched"
    assert "@page { size: A4" in html
    assert page.text.count(NOTE) == 1
    assert SEEK_HELP in page.text
    assert html.count('class="plot"') == 5
    for svg in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        ElementTree.fromstring(svg)
        assert not re.search(r"\bnan\b|\binf\b", svg)
        assert not re.search(r'(width|height|r)="-', svg), "nothing of a negative size"


def test_plots_tell_the_numbers_in_words_too(eight_weeks: Store) -> None:
    html = report_html(eight_weeks, NOW, profile=PROFILE)
    week = eight_weeks.summary(NOW, PROFILE).weeks[-2]
    assert re.search(rf'<desc id="weeks-about">[^<]*9 Nov: {week.sessions}[,<]', html)
    assert html.count('fill="url(#hatch)"') == 1 + 5, "this week, and every muscle's right side"


def test_what_comes_from_data_cannot_be_markup(store: Store) -> None:
    for day in range(5):
        one = done_set(0, 40, muscle=NASTY, side=NASTY, tool=NASTY)
        other = done_set(50, 90, muscle=NASTY)
        feed(
            store,
            [
                rating(0, 6, "before", muscle=NASTY, side=NASTY),
                spot(1, muscle=NASTY, side=NASTY, rating=8),
                one,
                other,
                rating(91, 4, muscle=NASTY, side=NASTY),
                pain(92, NASTY, NASTY),
                done_session(0, 93, one, other, phase=NASTY),
            ],
            NOW - (day + 1) * DAY,
        )
    html = report_html(store, NOW)
    assert "script" not in _Page(html).tags
    assert "<script" not in html.lower()
    assert html.lower().count("&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;") > 10


def test_an_empty_history_is_a_page_too(store: Store) -> None:
    page = _Page(report_html(store, NOW))
    assert "No session has ended yet." in page.text
    assert NOTE in page.text


def test_days_of_the_person_not_of_utc(store: Store) -> None:
    new_york = NOW.astimezone().tzinfo
    assert new_york is not None
    one = done_set(0, 40)
    feed(store, [one, done_session(0, 41, one)], datetime(2026, 11, 17, 2, 0, tzinfo=UTC))
    west = datetime.fromisoformat("2026-11-17T20:00:00-05:00")
    assert "Mon 16 Nov" in report_html(store, west)
    assert "The last session was yesterday." in report_html(store, west)


@pytest.mark.slow
def test_500_sessions_make_a_sound_page(store: Store) -> None:
    """What it costs: benchmarks/report.py."""
    assert fill(store, NOW, weeks=125, a_week=4) > 500
    _Page(report_html(store, NOW, 3660, PROFILE))


# --- the command ----------------------------------------------------------------------------------------------------

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    def run_it(*words: str) -> int:
        parser = argparse.ArgumentParser()
        parser.add_argument("--config")
        command.add(parser.add_subparsers())
        args = parser.parse_args(["report", *words])
        code: int = args.func(args)
        return code

    return run_it


def test_no_history_is_a_sentence_and_fine(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ((), ("--json",), ("--html", str(tmp_path / "r.html"))):
        assert run(*words) == 0
        said = capsys.readouterr()
        assert "Nothing to report yet" in said.err
        assert said.out == ""
    assert list(tmp_path.iterdir()) == [], "reading makes no file"


def test_an_empty_history_is_a_sentence_too(run: Run, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.close()
    assert run() == 0
    assert "Nothing to report yet" in capsys.readouterr().err
    assert run("--json") == 0
    assert json.loads(capsys.readouterr().out)["history"]["total_sessions"] == 0


def test_the_demos_own_history_is_pointed_to(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    demo = Store(tmp_path / "demo" / "history.sqlite3")
    demo.open()
    demo.close()
    assert run() == 0
    assert f"The demo keeps its own: STATE_DIRECTORY={tmp_path}/demo slowroll report\n" in capsys.readouterr().err


def test_a_pain_stop_with_no_session_is_reported(run: Run, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.add(pain(1.0), datetime.now(UTC))
    store.close()
    assert run() == 0
    assert "Calves: 1 pain stop, last" in capsys.readouterr().out


def test_it_is_printed_or_written(run: Run, store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = fill(store, datetime.now(UTC), weeks=3)
    store.close()
    assert run() == 0
    assert "WHAT EACH MUSCLE GOT, LAST 28 DAYS" in capsys.readouterr().out
    assert run("--json", "--days", "60") == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert (len(found["sessions"]), found["history"]["days"], found["note"]) == (count, 60, NOTE)
    assert found["history"]["doses"][0]["last"]["work_s"] > 0
    assert found["spots"]["spots"][0]["muscle"] == "calves"
    assert run("--html", str(tmp_path / "r.html")) == 0
    said = capsys.readouterr()
    assert (said.out, "written" in said.err) == ("", True)
    _Page((tmp_path / "r.html").read_text(encoding="utf-8"))
    assert run("--html", "-") == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "words", [("--days", "0"), ("--days", "-3"), ("--days", "x"), ("--days", "1e9"), ("--json", "--html", "f")]
)
def test_wrong_use_is_2(run: Run, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*words)
    assert caught.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


def test_errors_are_sentences(run: Run, store: Store, tmp_path: Path) -> None:
    fill(store, datetime.now(UTC), weeks=1)
    store.close()
    with pytest.raises(CommandError, match=r"No such file.*another --html") as caught:
        run("--html", str(tmp_path / "no" / "where.html"))
    assert caught.value.exit_code == 2
    (tmp_path / "history.sqlite3").write_bytes(b"rubbish" * 1000)
    with pytest.raises(CommandError, match="damaged") as caught:
        run()
    assert caught.value.exit_code == 1
