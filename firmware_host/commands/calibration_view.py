"""What a calibration looks like in a terminal: what to do, a bar with live values, what is wrong; and Enter."""

from __future__ import annotations

import os
import select
import shutil
import textwrap
from typing import TYPE_CHECKING, TextIO

from firmware_host.calibrating.bench import DPS

if TYPE_CHECKING:
    from firmware_host.calibrating.bench import Progress

BAR = 20
CLEAR_LINE = "\x1b[K"


class View:
    """Writes to a terminal, or line by line where there is none."""

    def __init__(self, out: TextIO, mark: str = "Enter") -> None:
        """`mark`: what a mark is given with."""
        self._out = out
        self._mark = mark
        self._terminal = out.isatty()
        self._do = self._problem = ""
        self._bar = False

    def say(self, words: str) -> None:
        self._end_bar()
        if self._terminal:
            after = " " * (len(words) - len(words.lstrip(" >!")))
            width = max(40, shutil.get_terminal_size().columns - 1)
            words = textwrap.fill(words, width, subsequent_indent=after, drop_whitespace=True)
        self._out.write(f"{words}\n")
        self._out.flush()

    def show(self, progress: Progress, mass_kg: float | None, given: bool) -> None:
        """What has changed since the last call."""
        do = words_to_do(progress, mass_kg, given, self._mark)
        if do != self._do:
            self._do = do
            self.say(f"> {do}")
        if progress.problem != self._problem:
            self._problem = progress.problem
            if self._problem:
                self.say(f"  ! {self._problem}")
        if self._terminal:
            self._out.write(f"\r  {bar(progress)}{CLEAR_LINE}")
            self._out.flush()
            self._bar = True

    def entered(self) -> None:
        """Somebody pressed Enter, which moved the cursor off the bar."""
        if self._terminal and self._bar:
            self._out.write(f"\r{CLEAR_LINE}\x1b[1A")

    def _end_bar(self) -> None:
        if self._bar:
            self._out.write(f"\r{CLEAR_LINE}")
            self._bar = False

    def close(self) -> None:
        self._end_bar()
        self._out.flush()


def words_to_do(progress: Progress, mass_kg: float | None, given: bool, mark: str) -> str:
    """What to do next, with the keys of a terminal."""
    if not progress.wants_mark:
        return progress.do
    if progress.what == "span":
        return f"{progress.do} ({mark})"
    if mass_kg is not None:
        return f"Put {mass_kg:g} kg on the roller, or press until the scale shows it. Then Enter, and keep it for 5 s."
    return f"{progress.do} (type the kg, then Enter; Enter alone finishes)" if not given else progress.do


def bar(progress: Progress) -> str:
    """One line: how far, and what it sees now."""
    full = round(BAR * progress.share)
    return f"[{'#' * full}{'.' * (BAR - full)}] {'  '.join(live_words(progress.live))}"


def live_words(live: dict[str, float]) -> list[str]:
    """Live values in the units that people see."""
    said: list[str] = []
    if "gyro_x_rad_s" in live:
        x, y, z = (live[f"gyro_{axis}_rad_s"] * DPS for axis in "xyz")
        said.append(f"{x:7.2f} {y:7.2f} {z:7.2f} dps")
    if "still_s" in live:
        said.append(f"still for {live['still_s']:.1f} s")
    if "rate_rad_s" in live:
        said.append(f"{live['rate_rad_s'] * DPS:5.0f} dps")
    if "turns" in live:
        said.append(f"{live['turns']:.1f} turns")
    if "second" in live:
        said.append(f"second axis {live['second']:.1%}")
    if "turned_rad" in live:
        said.append(f"{abs(live['turned_rad']) / 6.283185:.2f} turns, about {live['about_m']:.2f} m")
    for name, scale, unit in (("_pa", 1e-3, " kPa"), ("_v_v", 1e3, " mV/V"), ("_n", 1.0, " N"), ("", 1.0, "")):
        if f"reading{name}" in live:
            said.append(f"reads {live[f'reading{name}'] * scale:.5g}{unit}")
        if f"above_zero{name}" in live:
            said.append(f"{live[f'above_zero{name}'] * scale:.3f}{unit} above zero")
    if "position_m" in live:
        said.append("on the body" if live["on_body"] else "nobody on it")
        said.append(f"{live.get('span_m', 0.0) * 100:.1f} cm" if "span_m" in live else "")
    return said


class Keys:
    """Lines from a person or a pipe, without waiting for them."""

    def __init__(self, source: TextIO) -> None:
        self._held = b""
        self.ended = False
        """Nothing more will come."""
        try:
            self._file: int | None = source.fileno()
        except (OSError, ValueError):
            self._file = None
            self.ended = True

    def line(self) -> str | None:
        """The next whole line, if one is there."""
        while b"\n" not in self._held and not self.ended and self._file is not None:
            ready, _, _ = select.select([self._file], [], [], 0.0)
            if not ready:
                return None
            some = os.read(self._file, 4096)
            if not some:
                self.ended = True
            self._held += some
        if b"\n" not in self._held:
            return None
        line, _, self._held = self._held.partition(b"\n")
        return line.decode("utf-8", "replace")
