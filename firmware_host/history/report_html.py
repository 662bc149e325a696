"""The report as one page to print: self-contained, without scripts, readable in black and white.

Everything that came from data is escaped where it enters the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from html import escape

from firmware_host.coaching.guidance import Profile
from firmware_host.history import plots
from firmware_host.history import report as r
from firmware_host.history.helped import Helped
from firmware_host.history.reader import DAYS, Reader
from firmware_host.history.summary import SessionTotals

STYLE = """
@page { size: A4; margin: 14mm 15mm; }
:root { color-scheme: light; }
body { font: 11pt/1.4 system-ui, "Segoe UI", "DejaVu Sans", Arial, sans-serif; color: #000; background: #fff;
  max-width: 180mm; margin: 8mm auto; padding: 0 4mm; }
h1 { font-size: 17pt; line-height: 1.2; margin: 0 0 4mm; }
h2 { font-size: 12.5pt; margin: 8mm 0 2mm; border-bottom: 0.4mm solid #000; }
h3 { font-size: 10.5pt; margin: 4mm 0 1mm; }
p { margin: 1.5mm 0; }
.note, footer { font-size: 9.5pt; color: #333; }
.seek { border: 0.6mm solid #000; padding: 2mm 3mm; margin: 2mm 0; }
table { border-collapse: collapse; width: 100%; font-size: 9.5pt; margin: 2mm 0; }
th, td { text-align: left; padding: 0.7mm 4mm 0.7mm 0; border-bottom: 0.2mm solid #bbb; vertical-align: baseline; }
th { border-bottom: 0.3mm solid #000; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; }
figure { margin: 2mm 0; break-inside: avoid; }
.plot { width: 100%; height: auto; display: block; }
.plot text { font-family: inherit; }
.spark { vertical-align: middle; margin-left: 2mm; }
footer { margin-top: 8mm; border-top: 0.4mm solid #000; padding-top: 2mm; }
h2, h3 { break-after: avoid; }
tr { break-inside: avoid; }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 10pt; } .wide { overflow: visible; } }
"""


def report_html(reader: Reader, now: datetime, days: int = DAYS, profile: Profile | None = None) -> str:
    """The whole page; may raise `StoreError`. Days and weeks are those of `now`'s time zone."""
    return page(r.report_of(reader, now, days, profile), now, profile)


def page(report: r.Report, now: datetime, profile: Profile | None = None) -> str:
    """`report` as a page."""
    title = escape(r.title(now, report.history.days))
    body = "\n".join(_body(report, now, r.Words(profile, now)))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{plots.definitions()}\n"
        f"<h1>{title}</h1>\n<main>\n{body}\n</main>\n<footer><p>{escape(report.note)}</p></footer>\n</body>\n</html>\n"
    )


def _body(report: r.Report, now: datetime, words: r.Words) -> Iterator[str]:
    history, days = report.history, report.history.days
    yield from (_paragraph(sentence) for sentence in r.often(report))
    due = r.due_words(report, words)
    if due is not None:
        yield _paragraph(due)
    yield from _troubles(report, words)
    if history.days_since is None:
        return
    yield from _often(report, now, words)
    yield f"<h2>What each muscle got, last {days} days</h2>"
    yield from _doses(report, words)
    yield "<h2>Left and right</h2>"
    yield _table(r.balance_table(report, words), r.NO_SETS)
    yield "<h2>Ratings before and after</h2>"
    yield from _helped(report, words)
    yield "<h2>Tender spots</h2>"
    sparks = [plots.spark([week.rating for week in one.weeks if week.rating is not None]) for one in report.spots.spots]
    yield _table(r.spot_table(report, words), r.NO_SPOTS, {5: sparks})
    if report.spots.spots:
        yield _paragraph(r.SPOTS_NOTE, "note")


def _often(report: r.Report, now: datetime, words: r.Words) -> Iterator[str]:
    history = report.history
    yield f"<h2>How often, last {len(history.weeks)} weeks</h2>"
    bars = [plots.Bar(words.week(one.since), one.sessions, str(one.sessions)) for one in history.weeks]
    bars[-1] = bars[-1]._replace(hatched=True)
    counts = ", ".join(f"{bar.label}: {bar.shown}" for bar in bars)
    goal = f"goal: {history.week_goal}"
    yield _plot(
        plots.columns("weeks", "Sessions by week", counts, bars, history.week_goal, goal),
        "Sessions by week, named by its Monday. Hatched: this week, which is not over.",
    )
    if not report.sessions:
        return
    yield f"<h2>Sessions, last {history.days} days</h2>"
    since = now - timedelta(days=history.days)
    ends = (words.day(since.isoformat()), words.day(now.isoformat()))
    low, high = history.lengths.low_s / 60, history.lengths.high_s / 60
    lengths = [(one, one.work_s / 60) for one in report.sessions]
    most = max(high * 1.2, *(value for _, value in lengths))
    ticks = [(0.0, "0 min"), (low, f"{low:g} min"), (high, f"{high:g} min")]
    if most > 1.5 * high:
        ticks.append((most, f"{most:.0f} min"))
    yield _plot(
        plots.dots(
            "lengths",
            "Work in each session",
            "; ".join(f"{words.day(one.started_at)}: {r.minutes(one.work_s)} min" for one, _ in lengths),
            _over_time(lengths, since, now, words, "min of work"),
            most,
            ticks,
            ends,
            band=(low, high),
        ),
        f"Minutes of work in each session. Shaded: {low:g} to {high:g} minutes, what to aim at.",
    )
    shares = [(one, one.in_guidance * 100) for one in report.sessions if one.in_guidance is not None]
    if shares:
        yield _plot(
            plots.dots(
                "guidance",
                "Share within the guidance by session",
                "; ".join(f"{words.day(one.started_at)}: {value:.0f} %" for one, value in shares),
                _over_time(shares, since, now, words, "% in guidance"),
                100,
                [(0.0, "0 %"), (50.0, "50 %"), (100.0, "100 %")],
                ends,
                joined=True,
            ),
            "Share of each session's work within the limits of speed and, where measured, of force.",
        )


def _over_time(
    values: Sequence[tuple[SessionTotals, float]], since: datetime, now: datetime, words: r.Words, unit: str
) -> list[plots.Dot]:
    span = (now - since).total_seconds()
    return [
        plots.Dot(
            (datetime.fromisoformat(one.started_at) - since).total_seconds() / span,
            value,
            f"{words.day(one.started_at)}: {value:.1f} {unit}",
        )
        for one, value in values
    ]


def _doses(report: r.Report, words: r.Words) -> Iterator[str]:
    rows = [
        (
            words.muscle(one.muscle),
            plots.Bar("left", one.left_s, f"{r.minutes(one.left_s)} min"),
            plots.Bar("right", one.right_s, f"{r.minutes(one.right_s)} min", hatched=True),
        )
        for one in report.history.balance
        if one.muscle is not None and one.left_s + one.right_s > 0
    ]
    if rows:
        about = "; ".join(f"{name}: left {left.shown}, right {right.shown}" for name, left, right in rows)
        yield _plot(
            plots.pairs("doses", "Work by muscle and side", about, rows),
            "Minutes of work by muscle; full: left, hatched: right.",
        )
    yield _table(r.dose_table(report, words), r.NO_SETS)
    yield _paragraph(r.DOSE_NOTE, "note")
    yield "<h3>The last time of each</h3>"
    yield _table(r.last_table(report, words), r.NO_SETS)


def _helped(report: r.Report, words: r.Words) -> Iterator[str]:
    enough: list[Helped] = [one for one in report.history.helped if one.by in ("all", "muscle", "tool", "phase")]
    rows = [
        (r.helped_name(one, words), one.before, one.after)
        for one in enough
        if one.before is not None and one.after is not None
    ]
    if rows:
        about = "; ".join(f"{name}: {before:g} before, {after:g} after" for name, before, after in rows)
        yield _plot(
            plots.changes("ratings", "Ratings before and after", about, rows),
            "Medians of your ratings, 0 to 10; open: before, full: after.",
        )
    yield _table(r.helped_table(report, words), r.NO_RATINGS)
    if report.history.helped:
        yield _paragraph(r.HELPED_NOTE, "note")


def _troubles(report: r.Report, words: r.Words) -> Iterator[str]:
    said = r.trouble_words(report.history.troubles, words)
    if said:
        yield "<h2>Pain stops and high ratings, lately</h2>"
    for about, sentence in said:
        yield _paragraph(about)
        if sentence is not None:
            yield f'<p class="seek">After the article: {escape(sentence)}</p>'


def _paragraph(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _plot(svg: str, caption: str) -> str:
    return f'<figure>{svg}<figcaption class="note">{escape(caption)}</figcaption></figure>'


def _table(table: r.Table, nothing: str, after: dict[int, list[str]] | None = None) -> str:
    """`nothing` is said where there is no row; `after` has, by column, markup of ours that follows each row's text."""
    if not table.rows:
        return _paragraph(nothing)
    kinds = [' class="number"' if column in table.numbers else "" for column in range(len(table.head))]
    head = [f'<th scope="col"{kind}>{escape(cell)}</th>' for kind, cell in zip(kinds, table.head, strict=True)]
    body = []
    for number, row in enumerate(table.rows):
        cells = []
        for column, (kind, cell) in enumerate(zip(kinds, row, strict=True)):
            more = after[column][number] if after is not None and column in after else ""
            cells.append(f"<td{kind}>{escape(cell)}{more}</td>")
        body.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="wide"><table><thead><tr>{"".join(head)}</tr></thead><tbody>{"".join(body)}</tbody></table></div>'
    )
