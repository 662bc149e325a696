"""The report: what a person did over some weeks, as data and as the words and table rows that both forms of it share.

Words claim no more than the rows do: what was measured, what was said, and what is too little to say. Cells are text
for people: cm/s, minutes, percent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from msgspec import Struct

from firmware_host.coaching.guidance import Profile
from firmware_host.history.dose import Dose, Due, standing
from firmware_host.history.helped import ENOUGH, SEVERAL, Helped
from firmware_host.history.reader import DAYS, Reader
from firmware_host.history.spots import SpotMap, TenderSpot
from firmware_host.history.summary import HistorySummary, SessionTotals
from firmware_host.history.troubles import MuscleTrouble

NOTE = "Wellness, not medicine: self-massage is not a diagnosis or treatment."
HELPED_NOTE = (
    "Your own ratings, 0 to 10, higher is more tender, over all sessions: the first one before and the last one after, "
    "of one muscle and side in one session. They are what you said and were compared with nothing, so they do not show "
    f"what caused a change. Numbers are medians; the change is the median of the single changes. Fewer than {ENOUGH} "
    "pairs: too few to say."
)
DOSE_NOTE = (
    "Measured: time on the muscle, speed, and force where there is a calibrated sensor. Which muscle and side it was "
    "is what you chose. Guidance: the share of that time within the limits of speed and, where measured, of force. "
    "Times: sessions with this muscle. -: none, or not known."
)
SPOTS_NOTE = (
    "Places count from where the set began, with a minus in the other direction, so they are about right, not exact. "
    "Ratings by week, oldest first, are what you said of them."
)
TOGETHER_MOST = 8
"""More combinations of muscle, tool and phase would fill pages; `--json` has them all."""
TOO_FEW = "too few to say"
NO_RATINGS = (
    "Nothing yet: say how tender a muscle is, 0 to 10, before and after rolling it, on the page or with cmd/rate. "
    f"From {ENOUGH} pairs on they are told here."
)
NO_SPOTS = "Nothing yet: mark a tender spot on the page, with cmd/spot, or by holding it for 20 seconds and more."
NO_SETS = "Nothing in this time."


class Report(Struct, frozen=True, kw_only=True):
    """`slowroll report --json`."""

    at: str
    note: str
    history: HistorySummary
    spots: SpotMap
    sessions: tuple[SessionTotals, ...]
    """Those of the last `history.days`, oldest first."""


class Table(NamedTuple):
    head: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: frozenset[int]
    """Columns that are numbers: set to the right."""


class Words:
    """Names as people read them: a profile's titles, where there is one."""

    def __init__(self, profile: Profile | None, now: datetime) -> None:
        self._profile = profile
        self._now = now

    def muscle(self, muscle: str | None) -> str:
        if muscle is None:
            return "No muscle named"
        guide = self._profile.muscles.get(muscle) if self._profile is not None else None
        title = guide.title if guide is not None else muscle.replace("_", " ").capitalize()
        return title.split(" (")[0]

    def day(self, at: str) -> str:
        """Such as "Sun 22 Nov", with the year where it is another one."""
        then = datetime.fromisoformat(at).astimezone(self._now.tzinfo)
        return f"{then:%a} {_day(then.date(), self._now.date())}"

    def week(self, since: str) -> str:
        return _day(date.fromisoformat(since), self._now.date())

    def due(self, one: Due) -> str:
        return f"{self.muscle(one.muscle)}{f', {one.side}' if one.side else ''} ({ago(one.days_since)})"


def report_of(reader: Reader, now: datetime, days: int = DAYS, profile: Profile | None = None) -> Report:
    """Everything the report says; may raise `StoreError`. Days and weeks are those of `now`'s time zone."""
    since = now - timedelta(days=days)
    return Report(
        at=now.isoformat(timespec="seconds"),
        note=NOTE,
        history=reader.summary(now, profile, days),
        spots=reader.spots(now),
        sessions=tuple(reversed(reader.sessions_between(since, now))),
    )


# --- sentences ------------------------------------------------------------------------------------------------------


def title(now: datetime, days: int) -> str:
    first = now - timedelta(days=days)
    return f"Slowroll report, {_day(first.date(), now.date(), True)} to {_day(now.date(), now.date(), True)}"


def often(report: Report) -> list[str]:
    """How often, against the profile's goal; how long."""
    history = report.history
    if history.days_since is None:
        return ["No session has ended yet."]
    lately = f"{_count(len(report.sessions), 'session')} in the last {_count(history.days, 'day')}"
    said = [
        f"{lately}, {history.week_sessions} this week. The goal is {history.week_goal} a week: short and often.",
        f"Weeks in a row with a session: {history.streak_weeks}. The last session was {ago(history.days_since)}.",
    ]
    lengths = history.lengths
    if lengths.median_s is not None:
        low, high = lengths.low_s / 60, lengths.high_s / 60
        said.append(
            f"Over {len(history.weeks)} weeks a session had {minutes(lengths.median_s)} min of work (median; work is "
            f"the time rolling or holding), and {lengths.within} of {lengths.sessions} had the {low:g} to {high:g} min "
            "to aim at."
        )
    return said


def due_words(report: Report, words: Words) -> str | None:
    """What was not worked for longest."""
    if not report.history.due:
        return None
    return "Longest not worked: " + "; ".join(words.due(one) for one in report.history.due) + "."


def trouble_words(troubles: Iterable[MuscleTrouble], words: Words) -> list[tuple[str, str | None]]:
    """(what was said of a muscle, the article's sentence or None)."""
    said = []
    for one in troubles:
        counts = [
            _count(number, what) for number, what in ((one.pains, "pain stop"), (one.ratings, "high rating")) if number
        ]
        said.append((f"{words.muscle(one.muscle)}: {' and '.join(counts)}, last {words.day(one.last)}", one.words))
    return said


# --- tables ---------------------------------------------------------------------------------------------------------


def dose_table(report: Report, words: Words) -> Table:
    """Per muscle and side: all of the last days."""
    doses = [(one, one.recent) for one in report.history.doses if one.recent is not None]
    doses.sort(key=lambda each: (words.muscle(each[0].muscle), each[0].side or ""))
    head = ("muscle", "side", "times", *_DOSE_HEAD)
    rows = [
        (words.muscle(one.muscle), one.side or "-", str(recent.sessions), *_dose_cells(recent)) for one, recent in doses
    ]
    return Table(head, rows, frozenset(range(2, len(head))))


def last_table(report: Report, words: Words) -> Table:
    """Per muscle and side: the last session that had it, the newest first."""
    doses = sorted(report.history.doses, key=lambda one: (one.days_since, words.muscle(one.muscle), one.side or ""))
    head = ("muscle", "side", "when", *_DOSE_HEAD)
    rows = [
        (words.muscle(one.muscle), one.side or "-", words.day(one.last_done), *_dose_cells(one.last)) for one in doses
    ]
    return Table(head, rows, frozenset(range(3, len(head))))


_DOSE_HEAD = ("min", "cm/s", "guidance", "force", "holds")


def _dose_cells(dose: Dose) -> tuple[str, ...]:
    by_hand = dose.declared_s > 0 and dose.declared_s >= dose.work_s
    return (
        minutes(dose.work_s),
        "by hand" if by_hand else "-" if dose.mean_speed_m_s is None else f"{dose.mean_speed_m_s * 100:.1f}",
        percent(dose.in_guidance),
        dose.force_source.replace("_", " ") if dose.mean_force_n is None else f"{dose.mean_force_n:.0f} N",
        f"{dose.holds} ({dose.hold_s:.0f} s)" if dose.holds else "-",
    )


def balance_table(report: Report, words: Words) -> Table:
    rows: list[tuple[str, ...]] = [
        (
            "All" if one.muscle is None else words.muscle(one.muscle),
            minutes(one.left_s),
            minutes(one.right_s),
            minutes(one.unsaid_s) if one.unsaid_s else "-",
            percent(one.left_share),
            standing(one) or "-",
        )
        for one in report.history.balance
    ]
    head = ("muscle", "left min", "right min", "not said", "left share", "more on")
    return Table(head, rows, frozenset(range(1, 5)))


def helped_table(report: Report, words: Words) -> Table:
    """Everything, muscles, tools and phases; then the most frequent of all three together."""
    together = [one for one in report.history.helped if one.by == "together" and one.change is not None]
    shown = [one for one in report.history.helped if one.by != "together"] + together[:TOGETHER_MOST]
    rows: list[tuple[str, ...]] = [(helped_name(one, words), str(one.n), *_change(one)) for one in shown]
    return Table(("what", "pairs", "before", "after", "change"), rows, frozenset(range(1, 5)))


def helped_name(one: Helped, words: Words) -> str:
    tool = (one.tool or "").replace("_", " ") + (" tools" if one.tool == SEVERAL else "")
    if one.by == "all":
        return "All"
    if one.by == "muscle":
        return words.muscle(one.muscle)
    if one.by == "tool":
        return f"With {tool}"
    if one.by == "phase":
        return "With no run known" if one.phase == "unknown" else f"In phase {one.phase}"
    phase = "no run known" if one.phase == "unknown" else one.phase
    return f"{words.muscle(one.muscle)}, {tool}, {phase}"


def _change(one: Helped) -> tuple[str, str, str]:
    if one.before is None or one.after is None or one.change is None:
        return "", "", TOO_FEW
    return f"{one.before:g}", f"{one.after:g}", f"{one.change:+g}" if one.change else "0"


def spot_table(report: Report, words: Words) -> Table:
    head = ("muscle", "side", "at", "marked", "last", "ratings by week", "trend")
    return Table(head, [_spot_cells(one, words) for one in report.spots.spots], frozenset({2, 3}))


def _spot_cells(one: TenderSpot, words: Words) -> tuple[str, ...]:
    ratings = [f"{round(week.rating, 1):g}" for week in one.weeks if week.rating is not None]
    return (
        words.muscle(one.muscle),
        one.side or "-",
        f"{one.position_m * 100:.0f} cm",
        f"{one.count} x" + (" (held)" if one.by == "hold" else ""),
        words.day(one.last_marked),
        ", ".join(ratings) or "not rated",
        {"better": "lower", "worse": "higher", "same": "the same", None: ""}[one.trend],
    )


# --- cells ----------------------------------------------------------------------------------------------------------


def minutes(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def percent(share: float | None) -> str:
    return "-" if share is None else f"{share * 100:.0f} %"


def ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _day(day: date, today: date, year: bool = False) -> str:
    return f"{day.day} {day:%b}" + (f" {day.year}" if year or day.year != today.year else "")


def widths(table: Table) -> Sequence[int]:
    return [max(len(row[column]) for row in (table.head, *table.rows)) for column in range(len(table.head))]
