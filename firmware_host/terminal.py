"""What the demo shows in the terminal: one screen that redraws in place, or plain lines where there is no terminal.

Pure text from a snapshot and what the outputs show; the drawing itself is `TerminalView`.
"""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections import deque
from typing import TYPE_CHECKING, TextIO

from firmware_host.coaching.events import (
    Advice,
    Cue,
    Event,
    Fault,
    Hold,
    Pass,
    PhaseChanged,
    Rating,
    Recovered,
    Rejected,
    SessionDone,
    SetDone,
    Spot,
)
from firmware_host.coaching.snapshot import PlanSnapshot, Snapshot, ToolSnapshot

if TYPE_CHECKING:
    from firmware_host.daemon import Daemon
    from firmware_host.feedback.feedback import Shown

WIDTH = 40
KEYS = "keys: n next  b back  r repeat  u undo  s spot  0-9 rate  p pain  q quit"
CLEAR_LINE = "\x1b[K"
COLOURS = {
    "blue": (0.0, 0.4, 1.0),
    "amber": (1.0, 0.6, 0.0),
    "magenta": (1.0, 0.0, 0.8),
    "red": (1.0, 0.0, 0.0),
    "white": (1.0, 1.0, 1.0),
}


def speed_bar(tool: ToolSnapshot, width: int = WIDTH) -> str:
    """Speed against the band: `=` up to the mean limit `|`, `#` beyond, the live limit `!` near the end."""
    top = tool.live_speed_limit_m_s * 1.25
    at = min(width - 1, round(abs(tool.speed_m_s) / top * width))
    mean = round(tool.mean_speed_limit_m_s / top * width)
    live = round(tool.live_speed_limit_m_s / top * width)
    cells = ["=" if i < min(at, mean) else "#" if i < at else "." for i in range(width)]
    cells[mean], cells[live] = "|", "!"
    return "".join(cells)


def hold_ring(hold_s: float, done_s: float, enough_s: float, width: int = 30) -> str:
    """The hold timer: fills to the first mark `|`, and on to the second."""
    filled = min(width, round(hold_s / enough_s * width))
    cells = ["o" if i < filled else "." for i in range(width)]
    mark = min(width - 1, round(done_s / enough_s * width))
    cells[mark] = "|"
    return "".join(cells)


def colour_name(led: tuple[float, float, float]) -> str:
    """The palette colour nearest to what the LED shows, with its brightness."""
    level = max(led)
    if level < 0.02:
        return "off"
    scaled = [part / level for part in led]
    name = min(COLOURS, key=lambda one: sum((a - b) ** 2 for a, b in zip(scaled, COLOURS[one], strict=True)))
    return f"{name} {level:.0%}"


def force_text(tool: ToolSnapshot) -> str:
    if tool.force_n is not None:
        band = f"  (band {tool.force_low_n:.0f}-{tool.force_high_n:.0f} N)" if tool.force_high_n else ""
        return f"{tool.force_n:4.0f} N{band}"
    if tool.load is not None:
        return f"{tool.load:.0%} of own maximum (not calibrated)"
    return "not measured"


def plan_text(plan: PlanSnapshot) -> str:
    """How far the routine is: `x` done, `-` skipped, `>` on, `.` to come; and what comes next."""
    marks = {"done": "x", "skipped": "-", "now": ">", "next": "."}
    bar = "".join(marks[step.state] for step in plan.steps)
    later = [step for step in plan.steps if step.state == "next"]
    after = f"   then {later[0].side} {later[0].muscle} ({later[0].tool})" if later else ""
    return f"{plan.title} [{bar}] {plan.left_s / 60:.1f} min left{after}"


def screen(snapshot: Snapshot, shown: Shown, url: str | None, connected: bool, recent: list[str]) -> list[str]:
    """The lines of the whole screen."""
    muscle = " ".join(part for part in (snapshot.side, snapshot.muscle) if part) or "no muscle chosen"
    lines = [f"Slowroll   {url or 'page off'}   MQTT {'connected' if connected else 'not connected'}", ""]
    for tool in snapshot.tools:
        lines += [
            f"  {muscle}   {tool.tool}   {tool.state.upper():8} phase {snapshot.phase}",
            (
                f"  speed {abs(tool.speed_m_s) * 100:5.1f} cm/s [{speed_bar(tool)}]"
                f" limit {tool.mean_speed_limit_m_s * 100:.0f}"
            ),
            f"  force {force_text(tool)}",
            f"  hold  {tool.hold_s:5.1f} s    [{hold_ring(tool.hold_s, snapshot.hold_done_s, snapshot.hold_enough_s)}]",
        ]
    lines.append(f"  set   {_set_text(snapshot)}")
    if snapshot.plan is not None:
        lines.append(f"  plan  {plan_text(snapshot.plan)}")
    if snapshot.card is not None:
        card = snapshot.card
        lines.append(f"  how   {snapshot.lane or card.position}")
        lines.append(f"        from {card.start} to {card.end}; keep off: {card.keep_off}")
    lines.append(f"  light {colour_name(shown.led):16} buzz {'BUZZ' if shown.haptic > 0 else '-'}")
    cue = snapshot.last_cue
    fresh = cue is not None and snapshot.t - cue.t < 6.0
    lines.append(f"  cue   {cue.words if cue is not None and fresh else '-'}")
    lines += ["", *(f"  {line}" for line in recent)]
    lines += [f"  i {note.words}" for note in snapshot.advice]
    lines += [f"  ! {fault}" for fault in snapshot.faults]
    return [*lines, "", f"  {KEYS}   Self-massage is not a diagnosis or treatment."]


def _set_text(snapshot: Snapshot) -> str:
    done = snapshot.set
    if not snapshot.acknowledged:
        return "first read the checklist: slowroll acknowledge, or the page"
    if snapshot.pain:
        return "pain stop: choose a muscle to go on"
    if done is None:
        return "waiting for the tool to touch"
    guidance = "not measured" if done.in_guidance is None else f"{done.in_guidance:.0%} in guidance"
    return f"{done.work_s:5.1f} of {done.target_s:.0f} s   {done.passes} passes   {done.holds} holds   {guidance}"


def fitted(lines: list[str], columns: int) -> list[str]:
    """The lines, those that are too long for the terminal broken: one that it broke itself would not be counted, and
    the next picture would not be drawn over this one.
    """
    fitting: list[str] = []
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        broken = textwrap.wrap(line, max(20, columns - 1), subsequent_indent=indent, drop_whitespace=True)
        fitting += broken or [""]
    return fitting


def describe(event: Event) -> str | None:
    """One event as a line for people, or None for what a screen shows anyway."""
    stamp = f"{event.t:7.1f} s  "
    if isinstance(event, Cue):
        return f"{stamp}cue {event.cue}: {event.words}"
    if isinstance(event, Pass):
        flags = f"  ({', '.join(event.flags)})" if event.flags else ""
        return f"{stamp}pass {event.length_m * 100:.0f} cm at {event.mean_speed_m_s * 100:.1f} cm/s{flags}"
    if isinstance(event, Hold):
        return f"{stamp}hold {event.duration_s:.0f} s"
    if isinstance(event, Spot):
        rated = f", rated {event.rating}" if event.rating is not None else ""
        rated += " (taken back)" if event.removed else ""
        return f"{stamp}tender spot at {event.position_m * 100:.0f} cm{rated}"
    if isinstance(event, Fault):
        return f"{stamp}{event.device}: {event.what}. {event.hint}"
    if isinstance(event, Recovered):
        return f"{stamp}{event.device} is back"
    if isinstance(event, PhaseChanged):
        return f"{stamp}phase: {event.words}"
    if isinstance(event, Advice):
        return f"{stamp}note: {event.words}"
    if isinstance(event, Rating):
        what = "soreness" if event.kind == "soreness" else f"rated {event.when}"
        return f"{stamp}{what}: {event.value} of 10{' (taken back)' if event.removed else ''}"
    if isinstance(event, Rejected):
        return f"{stamp}not done: {event.input}: {event.why}"
    if isinstance(event, SessionDone):
        return f"{stamp}session over ({event.ended}): {len(event.sets)} sets, {event.work_s / 60:.1f} min of work"
    if isinstance(event, SetDone):
        where = " ".join(part for part in (event.side, event.muscle) if part) or "no muscle"
        return f"{stamp}set done: {where}, {event.work_s:.0f} s, {event.passes} passes, {event.holds} holds"
    return None


class TerminalView:
    """Shows a daemon while it runs; called from the engine's thread, so it writes little and never waits."""

    def __init__(self, out: TextIO, redraw: bool) -> None:
        self._out = out
        self._redraw = redraw
        self._recent: deque[str] = deque(maxlen=8)
        self._drawn = 0

    def __call__(self, daemon: Daemon, events: list[Event]) -> None:
        for event in events:
            line = describe(event)
            if line is not None:
                self._recent.append(line)
                if not self._redraw:
                    self._out.write(line + "\n")
        if not events and self._redraw:
            self._draw(daemon)
        self._out.flush()

    def _draw(self, daemon: Daemon) -> None:
        services = daemon.services
        columns, rows = shutil.get_terminal_size((100, 40))
        recent = list(self._recent)
        while True:
            lines = fitted(
                screen(
                    daemon.station.snapshot(), daemon.feedback.shown(), services.page_url, services.connected, recent
                ),
                columns,
            )
            # A picture that is higher than the terminal can't be drawn over: the oldest news go first.
            if len(lines) < rows or not recent:
                break
            recent.pop(0)
        lines = lines[: max(1, rows - 1)]
        up = f"\x1b[{self._drawn}A\r" if self._drawn else ""
        blank = max(0, self._drawn - len(lines))
        body = "".join(f"{line}{CLEAR_LINE}\n" for line in [*lines, *[""] * blank])
        self._out.write(up + body)
        self._drawn = len(lines) + blank


def on_terminal(stream: TextIO = sys.stdout) -> bool:
    return stream.isatty()
