from __future__ import annotations

import logging

import pytest

from firmware_host.messaging.client import Down, Refused, Unreachable, Up
from firmware_host.messaging.connection_log import ConnectionLog


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="slowroll.messaging")
    return caplog


@pytest.fixture
def words() -> ConnectionLog:
    return ConnectionLog("attic:1883", "slowroll-home")


def test_a_broker_that_is_away_is_said_once(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        words.unreachable(Unreachable("[Errno 111] Connection refused"))
    (record,) = told.records
    assert record.message == (
        "No MQTT broker at attic:1883 ([Errno 111] Connection refused). Is it running, and are mqtt.broker and "
        "mqtt.port right? Everything else runs on; we go on trying."
    )


def test_another_reason_is_said_too(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        words.unreachable(Unreachable("refused"))
        words.unreachable(Unreachable("timed out"))
    assert len(told.records) == 2


def test_a_refused_login_is_said_once_as_an_error(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        words.refused(Refused("Not authorized"))
        words.down(Down("Unspecified error"), 1.0)
    (record,) = told.records
    assert record.levelno == logging.ERROR
    assert "refuses the login (Not authorized). Check mqtt.username and mqtt.password_file" in record.message


def test_a_broker_that_hangs_up_unasked_hints_at_the_port(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        words.down(Down("Unspecified error"), 1.0)
    (record,) = told.records
    assert "Is that its port for TLS or WebSockets?" in record.message


def test_a_certificate_that_does_not_fit_hints_at_tls(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    words.unreachable(Unreachable("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"))
    assert "its name as in its certificate" in told.records[0].message


def test_coming_and_going_is_said_each_time(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    for hour in range(3):
        words.unreachable(Unreachable("refused"))
        words.up(Up(commands=True), hour * 3600.0)
        words.down(Down("Keep alive timeout"), hour * 3600.0 + 1000)
    assert [record.message[:9] for record in told.records] == ["No MQTT b", "Connected", "Lost the "] * 3


def test_commands_that_are_not_allowed_are_said(words: ConnectionLog, told: pytest.LogCaptureFixture) -> None:
    words.up(Up(commands=False), 0.0)
    assert "does not let us subscribe to commands" in told.records[1].message


def test_two_stations_of_one_name_are_found_out_and_not_said_for_ever(
    words: ConnectionLog, told: pytest.LogCaptureFixture
) -> None:
    for second in range(50):
        words.up(Up(commands=True), second * 2.0)
        words.down(Down("Unspecified error"), second * 2.0 + 1)
    assert sum("another client is called slowroll-home" in record.message for record in told.records) == 1
    assert len(told.records) == 6
