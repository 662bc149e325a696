"""When a run ended, and whether that can be used. Pure: whoever asks brings the wall clock along.

A run file has nothing but wall-clock times, so what is judged here depends on this machine's clock, once. What
goes on to the engine is seconds before now; from there on no clock but the run's own counts.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from firmware_host.clock import rfc3339

OLDEST = timedelta(days=14)
"""The last recovery phase begins after 48 h (guidance 2.4): a file older than this was dropped by mistake."""
SKEW = timedelta(seconds=60)
"""A watch's clock may be this far ahead of ours, as for the command over MQTT."""
CLOCK_SET_SINCE = datetime(2024, 1, 1, tzinfo=UTC)
"""Before Slowroll was written: a machine that believes in an earlier day has not been told the time yet."""
ON_FOOT = ("run", "walk", "hik", "jog")
"""How the names of sports begin, in every format's spelling ("running", "Running", "trail_running", "hiking")."""


class RunFileError(Exception):
    """This file tells no run's end; the text says why and what to do."""


class Run(Struct, frozen=True, kw_only=True):
    """What a file says of a run."""

    end: datetime
    """Time of its last point, with its zone."""
    kind: str
    """FIT, TCX or GPX."""
    sport: str | None
    """As the file spells it, if it does."""

    @property
    def note(self) -> str:
        """What is odd about it, or nothing."""
        if self.sport is None or any(word.startswith(ON_FOOT) for word in re.split(r"[\W_]+", self.sport.lower())):
            return ""
        return f"the file says {self.sport!r}, which is no run; it counts like one"


def clock_unset(wall: datetime) -> str:
    """Why the wall clock can't be believed, or nothing."""
    if wall >= CLOCK_SET_SINCE:
        return ""
    return (
        f"this machine believes it is {rfc3339(wall)}: its clock has not been set yet (a Pi has none of its own and "
        "waits for the network). Until it is, say how long ago instead: slowroll run-finished --minutes-ago 90"
    )


def why_not(end: datetime, wall: datetime) -> str:
    """Why a run that ended then can't be used at `wall`, or nothing; both with their zones."""
    unset = clock_unset(wall)
    if unset:
        return unset
    if end - wall > SKEW:
        return (
            f"that run ends in the future: at {rfc3339(end)}, and it is {rfc3339(wall)} here. Is this machine's clock "
            "behind, or the watch's ahead? Say how long ago instead: slowroll run-finished --minutes-ago 90"
        )
    if wall - end > OLDEST:
        return (
            f"that run ended at {rfc3339(end)}, more than {OLDEST.days} days ago, which no guidance looks back to; "
            "is it the right file?"
        )
    return ""


def spoken(ago_s: float) -> str:
    """Seconds as people say them: "1 h 32 min"."""
    minutes = int(max(0.0, ago_s)) // 60
    days, rest = divmod(minutes, 1440)
    parts = [(days, "d"), (rest // 60, "h"), (rest % 60, "min")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "less than a minute"
