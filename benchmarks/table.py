"""The table of benchmarks/accuracy.py: its columns, and which of them have a bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cases import Bars, Case
from scoring import percentile
from sessions import Outcome

Value = float | None


@dataclass(frozen=True)
class Column:
    group: str
    title: str
    width: int
    form: str
    value: Callable[[Outcome], Value]
    bar: Callable[[Bars], float | None] = lambda bars: None
    at_least: bool = False
    """The bar is the least there may be, not the most."""


def _times(value: Value, factor: float) -> Value:
    return None if value is None else value * factor


def _share(part: int, whole: int) -> Value:
    return 100 * part / whole if whole else None


COLUMNS = (
    Column("passes", "n", 5, "d", lambda o: o.passes.true),
    Column("", "F1", 6, ".4f", lambda o: o.passes.f1, lambda b: b.pass_f1, True),
    Column("ms p95", "from", 4, ".0f", lambda o: _times(percentile(o.passes.start_s, 95), 1e3), lambda b: b.edge_ms),
    Column("", "to", 4, ".0f", lambda o: _times(percentile(o.passes.end_s, 95), 1e3), lambda b: b.edge_ms),
    Column(
        "length %", "mid", 4, ".2f", lambda o: _times(percentile(o.length, 50), 100), lambda b: b.length_median_percent
    ),
    Column("", "p95", 4, ".2f", lambda o: _times(percentile(o.length, 95), 100), lambda b: b.length_p95_percent),
    Column("mean", "%p95", 4, ".1f", lambda o: _times(percentile(o.mean_speed, 95), 100)),
    Column("short", "F1", 5, ".3f", lambda o: o.shorts.f1),
    Column("holds", "n", 4, "d", lambda o: o.holds.true),
    Column("", "F1", 6, ".4f", lambda o: o.holds.f1, lambda b: b.hold_f1, True),
    Column("", "s p95", 5, ".3f", lambda o: percentile(o.holds.duration_s, 95), lambda b: b.hold_p95_s),
    Column("mm/s", "mid", 4, ".1f", lambda o: _times(percentile(o.speed_m_s, 50), 1e3)),
    Column("", "p95", 4, ".1f", lambda o: _times(percentile(o.speed_m_s, 95), 1e3)),
    Column("mm", "mid", 4, ".1f", lambda o: _times(percentile(o.position_m, 50), 1e3)),
    Column("", "p95", 4, ".1f", lambda o: _times(percentile(o.position_m, 95), 1e3), lambda b: b.position_p95_mm),
    Column("", "%2sd", 4, ".0f", lambda o: _share(o.within_2_sd, o.sd_seen)),
    Column("off", "n", 3, "d", lambda o: o.off_body, lambda b: b.most_off_body),
    Column("cues", "due", 3, "d", lambda o: o.cues.due),
    Column("", "flag", 4, "d", lambda o: o.cues.flags_missed, lambda b: b.most_cue_faults),
    Column("", "miss", 4, "d", lambda o: o.cues.missed, lambda b: b.most_cue_faults),
    Column("", "false", 5, "d", lambda o: o.cues.false, lambda b: b.most_cue_faults),
    Column("", "late", 4, ".2f", lambda o: percentile(o.cues.late_s, 95), lambda b: b.cue_late_s),
    Column("", "flip", 4, "d", lambda o: o.cues.flags_wrong),
)
NAME_WIDTH = 28

LEGEND = """\
passes: how many true ones; from, to: error of start and end; length, mean: error of length and mean speed; short: short
  passes. holds: error of the duration. mm/s, mm: error of speed and of position at the samples on the body, of the
  latter since touch-down; %2sd: of the first time on the body, position within 2 of its own standard deviations
off: passes and holds off the body. cues: passes far over the limit (due), of them without too_fast (flag), without
  slow_down (miss); slow_down without a cause (false), its delay in s (late p95); too_fast wrong (flip)"""


def heading() -> str:
    groups = titles = ""
    for column in COLUMNS:
        title = f" {column.title:>{column.width}}"
        if column.group:
            groups = groups.ljust(len(titles) + len(title) - len(column.title)) + column.group
        titles += title
    return f"{LEGEND}\n\n{'':{NAME_WIDTH}}{groups}\n{'':{NAME_WIDTH}}{titles}"


def _misses(column: Column, case: Case, value: Value) -> bool:
    bar = column.bar(case.bars)
    if bar is None or value is None:
        return False
    return value < bar if column.at_least else value > bar


def row(case: Case, outcome: Outcome) -> str:
    cells = ""
    for column in COLUMNS:
        value = column.value(outcome)
        shown = "-" if value is None else format(value, column.form)
        cells += f" {shown + '!' * _misses(column, case, value):>{column.width}}"
    return f"{case.name:{NAME_WIDTH}}{cells}"


def missed_bars(case: Case, outcome: Outcome) -> list[str]:
    """Each bar of the row that is missed, in words."""
    found = []
    group = ""
    for column in COLUMNS:
        group = column.group or group
        value = column.value(outcome)
        if value is not None and _misses(column, case, value):
            bar = column.bar(case.bars)
            limit = "at least" if column.at_least else "at most"
            found.append(f"{case.name}: {group} {column.title} {format(value, column.form)}, {limit} {bar:g}")
    return found
