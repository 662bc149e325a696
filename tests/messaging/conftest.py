"""Brokers, and messengers that are stopped again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from broker_bench import (
    settings,
)
from brokers import STATION, Listener, Mosquitto

from firmware_host.clock import SystemClock
from firmware_host.messaging.commands import Request
from firmware_host.messaging.embedded import EmbeddedBroker, free_port
from firmware_host.messaging.messenger import Messenger
from firmware_host.settings import MqttSettings

Broker = Mosquitto | EmbeddedBroker


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    broker = Mosquitto(folder)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def embedded() -> Iterator[EmbeddedBroker]:
    broker = EmbeddedBroker(free_port())
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(params=[pytest.param("mosquitto", marks=pytest.mark.broker), "embedded"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """The same behaviour, on a home's broker and on ours."""
    running: Broker = request.getfixturevalue(request.param)
    return running


@pytest.fixture
def listen() -> Iterator[Callable[..., Listener]]:
    opened: list[Listener] = []

    def open_listener(port: int, name: str | None = None) -> Listener:
        opened.append(Listener(port, name))
        return opened[-1]

    yield open_listener
    for listener in opened:
        listener.close()


class Station:
    """A messenger, and what it was commanded."""

    def __init__(self, wanted: MqttSettings, state_dir: Path) -> None:
        self.commands: list[Request] = []
        self.messenger = Messenger(wanted, STATION, SystemClock(), state_dir, self.commands.append)
        self.messenger.start()


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Callable[..., Station]]:
    """Start a station at a broker's port; its state lives in `tmp_path/state` unless told otherwise."""
    started: list[Station] = []

    def start(port: int, state_dir: Path | None = None, **changes: Any) -> Station:
        started.append(Station(settings(port, **changes), state_dir or tmp_path / "state"))
        return started[-1]

    yield start
    for one in started:
        one.messenger.stop()
