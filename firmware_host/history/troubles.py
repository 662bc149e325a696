"""Pain stops and high ratings of the last days, and when the article says to ask a professional. Pure.

No diagnosis: what is counted is what the person said, and what is shown is the article's own sentence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from msgspec import Struct

from firmware_host.coaching.guidance import SafetyGuide
from firmware_host.coaching.safety import SEEK_HELP


class Said(NamedTuple):
    """One pain stop, or one rating at or over the profile's `help_rating`."""

    at: datetime
    text: str
    """`at` as the rows have it."""
    muscle: str | None
    side: str | None
    kind: Literal["pain", "rating"]
    value: int | None


class MuscleTrouble(Struct, frozen=True, kw_only=True):
    """What was said of one muscle, either side, in the profile's `help_days`."""

    muscle: str | None
    pains: int
    ratings: int
    """At or over the profile's `help_rating`."""
    last: str
    words: str | None
    """When to seek help, where it was said so often that it applies (guidance S6); else null."""


def trouble_by_muscle(said: Iterable[Said], now: datetime, safety: SafetyGuide) -> tuple[MuscleTrouble, ...]:
    """`said` oldest first; most often first. The future is left out."""
    since = now - timedelta(days=safety.help_days)
    by_muscle: dict[str | None, list[Said]] = {}
    for one in said:
        if since <= one.at <= now:
            by_muscle.setdefault(one.muscle, []).append(one)
    troubles = [
        MuscleTrouble(
            muscle=muscle,
            pains=sum(one.kind == "pain" for one in group),
            ratings=sum(one.kind == "rating" for one in group),
            last=group[-1].text,
            words=SEEK_HELP if len(group) >= safety.help_count else None,
        )
        for muscle, group in by_muscle.items()
    ]
    return tuple(sorted(troubles, key=lambda trouble: (-trouble.pains - trouble.ratings, trouble.muscle or "")))


def resting(said: Iterable[Said], now: datetime, safety: SafetyGuide) -> set[str | None]:
    """Muscles that were stopped for pain within the profile's `rest_s`: nothing suggests them."""
    since = now - timedelta(seconds=safety.rest_s)
    return {one.muscle for one in said if one.kind == "pain" and since <= one.at <= now}
