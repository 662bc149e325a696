"""One command over a real broker, and its answer; and what is said when broker or station are away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from broker_bench import settings
from brokers import STATION, Mosquitto, until

from firmware_host.coaching.inputs import Command
from firmware_host.messaging.asking import NoAnswer, ask
from firmware_host.messaging.embedded import EmbeddedBroker, free_port
from firmware_host.messaging.errors import MessagingError
from firmware_host.messaging.payloads import ResultPayload
from firmware_host.settings import MqttSettings

pytestmark = pytest.mark.slow

StartStation = Callable[..., Any]


def answering(one: Any, why: str) -> None:
    """The station answers what it is asked, as the daemon does."""

    def take(request: Command) -> None:
        one.commands.append(request)
        one.messenger.answer("run_finished", ResultPayload(id="another's", ok=True))
        one.messenger.answer("run_finished", ResultPayload(id=request.id, ok=not why, why=why))

    one.messenger._on_command = take


@pytest.mark.parametrize("why", ["", "not today"])
def test_the_answer_is_ones_own(broker: Mosquitto | EmbeddedBroker, station: StartStation, why: str) -> None:
    one = station(broker.port)
    answering(one, why)
    until(lambda: one.messenger.connected, "the station is connected")
    result = ask(settings(broker.port), STATION, "run_finished", {"minutes_ago": 90, "effort": 6})
    assert (result.ok, result.why) == (not why, why)
    (command,) = one.commands
    assert (command.command, command.ago_s, command.effort) == ("run_finished", 5400, 6)


def test_what_the_station_can_not_understand_comes_back_with_why(
    broker: Mosquitto | EmbeddedBroker, station: StartStation
) -> None:
    one = station(broker.port)
    until(lambda: one.messenger.connected, "the station is connected")
    result = ask(settings(broker.port), STATION, "run_finished", {"at": "2199-01-01T00:00:00Z"})
    assert not result.ok
    assert "future" in result.why
    assert one.commands == []


def test_nothing_is_sent_to_a_station_that_is_not_online(
    broker: Mosquitto | EmbeddedBroker, monkeypatch: pytest.MonkeyPatch, listen: Callable[..., Any]
) -> None:
    monkeypatch.setattr("firmware_host.messaging.asking.ONLINE_S", 0.3)
    listener = listen(broker.port)
    with pytest.raises(NoAnswer, match="not online"):
        ask(settings(broker.port), STATION, "run_finished", {"minutes_ago": 90})
    listener.send("cmd/over", b"{}")  # what came before it would have been heard before it
    until(lambda: listener.payloads("cmd/over"), "the broker hands over")
    assert listener.payloads("cmd/run_finished") == []


def test_a_broker_that_is_away_or_misspelt_is_said() -> None:
    with pytest.raises(NoAnswer, match="no broker answers"):
        ask(settings(free_port()), STATION, "run_finished", {})
    with pytest.raises(MessagingError, match=r"mqtt\.broker") as caught:
        ask(MqttSettings(broker="mqtt://home"), STATION, "run_finished", {})
    assert not isinstance(caught.value, NoAnswer)
