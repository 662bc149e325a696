"""What an engine is told of the past as it begins: read once at start-up, and never a reason not to start."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from firmware_host.coaching.guidance import SafetyGuide
from firmware_host.coaching.setup import KnownSpot, Trouble
from firmware_host.history.database import StoreError
from firmware_host.history.historian import DATABASE
from firmware_host.history.reader import Reader

HELP_DAYS = SafetyGuide().help_days
HELP_RATING = SafetyGuide().help_rating
"""The article profile's; a profile of one's own may have others."""


class Past(NamedTuple):
    """For `coaching.setup.Carried`."""

    troubles: tuple[Trouble, ...] = ()
    spots: tuple[KnownSpot, ...] = ()
    session_t: float | None = None
    """When the last session with work in it ended."""


def past_of(
    state_dir: Path, now: datetime, now_t: float, days: float = HELP_DAYS, rating_from: int = HELP_RATING
) -> Past:
    """Pain stops, high ratings and tender spots from the history in `state_dir`; `now` and `now_t` are one moment.

    Never raises, writes nothing and waits half a second at most: nothing is known where there is no history, or it is
    damaged, locked, of another version or not ours to read. The historian, which starts next, reports what is wrong.
    """
    path = state_dir / DATABASE
    reader = Reader(path, check=False)
    try:
        if not path.exists():
            return Past()
        reader.open()
        troubles = reader.troubles(now, now_t, days, rating_from)
        return Past(troubles, reader.known_spots(now), _session_t(reader, now, now_t))
    except (StoreError, sqlite3.Error, OSError, ValueError, TypeError, OverflowError):
        # The last three: rows whose content is damaged where the file's structure is not.
        return Past()
    finally:
        reader.close()


def _session_t(reader: Reader, now: datetime, now_t: float) -> float | None:
    """On the engine's clock; what a clock that is behind calls the future was just now."""
    for session in reader.sessions(1, ended_only=True):
        age_s = (now - datetime.fromisoformat(session.ended_at)).total_seconds()
        return now_t - max(0.0, age_s)
    return None
