"""What the tests of this room share: a pin that keeps its writes, cues and snapshots."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gpiozero.pins.mock import MockPWMPin
from msgspec.structs import replace

from firmware_host.coaching.events import Cue, Reason
from firmware_host.coaching.snapshot import Snapshot, ToolSnapshot


class WritePin(MockPWMPin):  # type: ignore[misc]
    """A mock pin that keeps every write, also one that changes nothing."""

    def __init__(self, factory: Any, info: Any) -> None:
        super().__init__(factory, info)
        self.writes: list[float] = []

    def _set_state(self, value: float) -> None:
        super()._set_state(value)
        self.writes.append(value)


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` holds; fails after 5 s."""
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, f"not within 5 s: {what}"
        time.sleep(0.001)


def cue(pattern: str) -> Cue:
    reason = Reason(value=None, limit=None, unit="", source="")
    return Cue(t=0.0, cue=pattern, reason=reason, pattern=pattern, words="", repeat_after_s=1.0)


TOOL = ToolSnapshot(
    tool="roller",
    kind="foam_roller",
    t=10.0,
    state="rolling",
    on_body=True,
    speed_m_s=0.05,
    mean_speed_limit_m_s=0.10,
    live_speed_limit_m_s=0.18,
    force_n=None,
    force_low_n=None,
    force_high_n=None,
    load=None,
    position_m=0.1,
    position_sd_m=0.01,
    hold_s=0.0,
)


def tool(**changes: Any) -> ToolSnapshot:
    return replace(TOOL, **changes)


def snapshot(*tools: ToolSnapshot, pain: bool = False, faults: tuple[str, ...] = ()) -> Snapshot:
    return Snapshot(
        t=10.0,
        tools=tools,
        muscle="calves",
        side="left",
        tool="roller",
        phase="light",
        profile="article",
        routine=None,
        set=None,
        session=None,
        last_cue=None,
        pain=pain,
        quiet=False,
        faults=faults,
        hold_done_s=20.0,
        hold_enough_s=30.0,
    )
