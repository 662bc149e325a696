"""The report for a terminal: plain text, no wider than 100 columns, one table under the other.

ASCII alone: a report may go through a serial console or into a mail.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from firmware_host.coaching.guidance import Profile
from firmware_host.history import report as r

NARROWEST, WIDEST = 80, 100


def report_text(report: r.Report, now: datetime, profile: Profile | None = None, width: int = 88) -> str:
    """`width` is held to 80-100; tables need 80 of them."""
    width = min(max(width, NARROWEST), WIDEST)
    words = r.Words(profile, now)
    lines = [r.title(now, report.history.days), ""]
    for sentence in r.often(report):
        lines += textwrap.wrap(sentence, width)
    lines += ["", *_weeks(report, words)]
    due = r.due_words(report, words)
    if due is not None:
        lines += ["", *textwrap.wrap(due, width)]
    for heading, table, note, nothing in _tables(report, words):
        lines += ["", heading.upper(), ""]
        lines += _table(table, width) if table.rows else textwrap.wrap(nothing, width)
        if note and table.rows:
            lines += ["", *textwrap.wrap(note, width)]
    lines += _troubles(report, words, width)
    return "\n".join([*lines, "", report.note, ""])


def _tables(report: r.Report, words: r.Words) -> Iterator[tuple[str, r.Table, str, str]]:
    """(heading, table, what to know of it, what to say where it is empty)."""
    days = report.history.days
    yield f"What each muscle got, last {days} days", r.dose_table(report, words), r.DOSE_NOTE, r.NO_SETS
    yield "The last time of each", r.last_table(report, words), "", r.NO_SETS
    yield f"Left and right, last {days} days", r.balance_table(report, words), "", r.NO_SETS
    yield "Ratings before and after", r.helped_table(report, words), r.HELPED_NOTE, r.NO_RATINGS
    yield "Tender spots", r.spot_table(report, words), r.SPOTS_NOTE, r.NO_SPOTS


def _weeks(report: r.Report, words: r.Words) -> list[str]:
    """A bar a week: one # a session, a | where the goal is."""
    goal = report.history.week_goal
    lines = ["Sessions by week"]
    for week in report.history.weeks:
        bar = list("#" * week.sessions + " " * max(0, goal - week.sessions))
        bar.insert(goal, "|")
        lines.append(f"{words.week(week.since):>11}  {week.sessions:>2}  {''.join(bar)}")
    lines[-1] += "  (this week)"
    return [*lines, f"{'':>17}{' ' * goal}| goal: {goal} a week"]


def _troubles(report: r.Report, words: r.Words, width: int) -> list[str]:
    said = r.trouble_words(report.history.troubles, words)
    if not said:
        return []
    lines = ["", "PAIN STOPS AND HIGH RATINGS, LATELY", ""]
    for about, sentence in said:
        lines += textwrap.wrap(about, width)
        if sentence is not None:
            lines += textwrap.wrap(f"After the article: {sentence}", width, initial_indent="  ", subsequent_indent="  ")
    return lines


def _table(table: r.Table, width: int) -> list[str]:
    """Columns as wide as their widest cell, closer together where they would not fit."""
    widths = r.widths(table)
    gap = " " * (2 if sum(widths) + 2 * (len(widths) - 1) <= width else 1)
    lines = []
    for row in (table.head, *table.rows):
        cells = [
            cell.rjust(wide) if column in table.numbers else cell.ljust(wide)
            for column, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(gap.join(cells).rstrip())
    return lines
