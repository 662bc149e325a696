"""What the tests of this room share: events of a small session, and stores on a temporary folder."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from firmware_host.coaching.events import (
    Contact,
    Cue,
    Event,
    Hold,
    Pass,
    Rating,
    Reason,
    SessionDone,
    SetDone,
    ShortPass,
    Spot,
    Verdict,
)
from firmware_host.history.store import Store

MONDAY = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)


def stroke(t: float, short: bool = False, **changes: Any) -> Pass | ShortPass:
    """A pass of 3 s that was decided at `t`."""
    fields: dict[str, Any] = {
        "t": t,
        "tool": "roller",
        "muscle": "calves",
        "side": "left",
        "start": t - 3.25,
        "end": t - 0.25,
        "direction": 1,
        "length_m": 0.25,
        "mean_speed_m_s": 0.0833,
        "peak_speed_m_s": 0.125,
        "smoothness": -2.5,
        "mean_force_n": 180.0,
        "peak_force_n": 240.0,
        "coverage": None,
        "flags": ("too_fast", "too_light"),
    }
    return (ShortPass if short else Pass)(**{**fields, **changes})


def hold(t: float, seconds: float = 20.0, **changes: Any) -> Hold:
    fields: dict[str, Any] = {
        "t": t,
        "tool": "roller",
        "muscle": "calves",
        "side": "left",
        "start": t - 0.25 - seconds,
        "end": t - 0.25,
        "duration_s": seconds,
        "position_m": 0.12,
        "position_sd_m": 0.004,
        "excursion_m": 0.01,
        "mean_force_n": 200.0,
        "flags": (),
    }
    return Hold(**{**fields, **changes})


def spot(t: float, position_m: float = 0.12, **changes: Any) -> Spot:
    fields: dict[str, Any] = {"position_sd_m": 0.004, "rating": None}
    fields |= {"t": t, "tool": "roller", "muscle": "calves", "side": "left", "position_m": position_m}
    return Spot(**{**fields, **changes})


def cue(t: float, name: str = "slow_down", **changes: Any) -> Cue:
    reason = Reason(value=0.2, limit=0.12, unit="m/s", source="profile article")
    fields: dict[str, Any] = {"tool": "roller", "cue": name, "reason": reason, "pattern": name}
    return Cue(t=t, **{**fields, "words": "Slow down.", "repeat_after_s": 8.0, **changes})


def pain(t: float, muscle: str | None = "calves", side: str | None = "left") -> Cue:
    return cue(t, "stop_pain", muscle=muscle, side=side)


def rating(t: float, value: int, when: Literal["before", "after"] = "after", **changes: Any) -> Rating:
    fields: dict[str, Any] = {"tool": "roller", "muscle": "calves", "side": "left", "value": value, "when": when}
    return Rating(t=t, **{**fields, **changes})


def soreness(t: float, value: int) -> Rating:
    return Rating(t=t, value=value, when="before", kind="soreness")


def done_set(start: float, end: float, **changes: Any) -> SetDone:
    fields: dict[str, Any] = {
        "t": end,
        "tool": "roller",
        "muscle": "calves",
        "side": "left",
        "start": start,
        "end": end,
        "duration_s": end - start,
        "work_s": end - start - 2,
        "passes": 2,
        "short_passes": 1,
        "holds": 1,
        "hold_s": 20.0,
        "distance_m": 0.6,
        "mean_speed_m_s": 0.08,
        "in_guidance": 0.75,
        "mean_force_n": 185.0,
        "peak_force_n": 260.0,
        "force_source": "measured",
        "verdicts": (Verdict(rule="time", is_="ok", value=38.0, limit=30.0),),
    }
    return SetDone(**{**fields, **changes})


def done_session(start: float, end: float, *sets: SetDone, **changes: Any) -> SessionDone:
    fields: dict[str, Any] = {
        "t": end,
        "start": start,
        "end": end,
        "phase": "light",
        "profile": "article",
        "routine": None,
        "sets": sets,
        "per_leg_s": {"left": sum(one.work_s for one in sets)},
        "work_s": sum(one.work_s for one in sets),
        "in_guidance": 0.75,
        "ended": "person",
        "advice": ("Drink something.",),
    }
    return SessionDone(**{**fields, **changes})


def small_session(t: float = 100.0, **changes: Any) -> list[Event]:
    """Two passes, a short one, a hold, a spot and a cue in one set of 40 s; the session begins at `t`."""
    one = done_set(t, t + 40, **changes)
    return [
        Contact(t=t, tool="roller", on=True),
        stroke(t + 4),
        cue(t + 5),
        stroke(t + 8, direction=-1, flags=()),
        stroke(t + 10, short=True, length_m=0.03, start=t + 9, end=t + 9.5),
        hold(t + 32),
        spot(t + 33, rating=6),
        one,
        done_session(t, t + 41, one),
    ]


def feed(store: Store, events: list[Event], began: datetime = MONDAY, recording: str | None = None) -> None:
    """Give `events` to the store; the first of them happened at `began`."""
    zero = events[0].t
    for event in events:
        store.add(event, began + timedelta(seconds=event.t - zero), recording)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds; fails after 10 s."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, f"not within 10 s: {what}"
        time.sleep(0.002)
