from __future__ import annotations

from broker_bench import (
    cue,
    snapshot,
    tool,
)

from firmware_host.coaching.snapshot import Snapshot
from firmware_host.messaging.pacing import StatePacing, cue_shown


def times_sent(*snapshots: Snapshot) -> list[float]:
    pacing = StatePacing()
    return [one.t for one in snapshots if pacing.due(one)]


def test_rest_is_said_every_five_seconds() -> None:
    sent = times_sent(*(snapshot(t / 10, tool(t=t / 10)) for t in range(120)))
    assert sent == [0.0, 5.0, 10.0]


def test_a_change_is_said_at_once_and_then_at_most_once_a_second() -> None:
    moving = [snapshot(t / 8, tool(speed_m_s=0.05 * (t % 7))) for t in range(20, 45)]
    assert times_sent(snapshot(0.0, tool(speed_m_s=0.0)), *moving) == [0.0, 2.5, 3.5, 4.5, 5.5]


def test_the_noise_of_a_sensor_at_rest_is_no_change() -> None:
    noisy = [
        snapshot(t / 10, tool(speed_m_s=0.003 * (-1) ** t, force_n=201.0 + t % 2, position_m=t * 1e-4))
        for t in range(45)
    ]
    assert times_sent(*noisy) == [0.0]


def test_what_changed_meanwhile_is_not_forgotten() -> None:
    sent = times_sent(snapshot(0.0), snapshot(0.5, pain=True), snapshot(0.9, pain=True), snapshot(1.0, pain=True))
    assert sent == [0.0, 1.0]


def test_a_cue_is_shown_for_two_seconds() -> None:
    assert cue_shown(snapshot(11.9, last_cue=cue(10.0))) == "slow_down"
    assert cue_shown(snapshot(12.1, last_cue=cue(10.0))) is None
    assert cue_shown(snapshot(12.1)) is None
