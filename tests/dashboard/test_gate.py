"""The gate: what passes, what is rewritten, what is refused; and that it is total and blind to splits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firmware_host.dashboard.gate import KEEP_ALIVE_LIMIT_S, PACKET_LIMIT, PAYLOAD_LIMIT, Gate, Refusal

STATION = "home"


def varint(number: int) -> bytes:
    out = b""
    while True:
        number, low = divmod(number, 128)[0], number % 128
        out += bytes((low | (128 if number else 0),))
        if not number:
            return out


def packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + varint(len(body)) + body


def text(value: str | bytes) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return len(data).to_bytes(2, "big") + data


def connect(
    client_id: str = "abc123", flags: int = 0x02, keep_alive: int = 60, tail: bytes = b"", level: int = 4
) -> bytes:
    body = text("MQTT") + bytes((level, flags)) + keep_alive.to_bytes(2, "big") + text(client_id) + tail
    return packet(0x10, body)


def subscribe(*filters: str, qos: int = 0, packet_id: int = 1) -> bytes:
    return packet(0x82, packet_id.to_bytes(2, "big") + b"".join(text(f) + bytes((qos,)) for f in filters))


def unsubscribe(*filters: str) -> bytes:
    return packet(0xA2, b"\x00\x01" + b"".join(text(f) for f in filters))


def publish(topic: str, payload: bytes = b"{}", flags: int = 0, packet_id: bytes = b"") -> bytes:
    return packet(0x30 | flags, text(topic) + packet_id + payload)


PING = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"


@dataclass
class Connect:
    """A CONNECT taken apart, in the order of the standard."""

    flags: int
    keep_alive_s: int
    strings: list[bytes]


def parse_connect(data: bytes) -> Connect:
    assert data[0] == 0x10
    assert data[1] == len(data) - 2, "one length byte is enough here"
    assert data[2:9] == b"\x00\x04MQTT\x04"
    strings, rest = [], data[12:]
    while rest:
        size = int.from_bytes(rest[:2], "big")
        strings.append(rest[2 : 2 + size])
        assert len(strings[-1]) == size
        rest = rest[2 + size :]
    return Connect(data[9], int.from_bytes(data[10:12], "big"), strings)


def connected(username: str | None = None, password: str | None = None) -> Gate:
    gate = Gate(STATION, username, password)
    assert gate.feed(connect())[1] is None
    return gate


def refusal_of(gate: Gate, data: bytes) -> str:
    passed, refusal = gate.feed(data)
    assert passed == []
    assert refusal is not None, "this was let through"
    assert len(refusal.reason.encode()) <= 123, "it must fit into a WebSocket close frame"
    return refusal.reason


class TestConnect:
    def test_it_gets_the_prefix_and_the_daemons_credentials(self) -> None:
        passed, refusal = Gate(STATION, "daemon", "geheim").feed(connect("abc123", keep_alive=30))
        assert refusal is None
        parsed = parse_connect(passed[0])
        assert parsed == Connect(0x02 | 0x80 | 0x40, 30, [b"slowroll-page-abc123", b"daemon", b"geheim"])

    def test_will_credentials_and_session_of_the_browser_are_left_out(self) -> None:
        will = text("slowroll/home/availability") + text("offline")
        sent = connect(flags=0x80 | 0x40 | 0x20 | 0x04, tail=will + text("root") + text("guess"))
        passed, refusal = Gate(STATION).feed(sent)
        assert refusal is None
        assert parse_connect(passed[0]) == Connect(0x02, 60, [b"slowroll-page-abc123"])

    def test_a_password_without_a_user_name_is_not_sent(self) -> None:
        passed, _ = Gate(STATION, None, "geheim").feed(connect())
        assert parse_connect(passed[0]).strings == [b"slowroll-page-abc123"]

    @pytest.mark.parametrize("asked", [0, 61, 65535])
    def test_keep_alive_is_never_off_or_endless(self, asked: int) -> None:
        passed, _ = Gate(STATION).feed(connect(keep_alive=asked))
        assert parse_connect(passed[0]).keep_alive_s == KEEP_ALIVE_LIMIT_S

    @pytest.mark.parametrize(
        ("sent", "why"),
        [
            (connect(level=5), "3.1.1"),
            (packet(0x10, text("MQIsdp") + bytes((3, 2, 0, 60)) + text("abc")), "3.1.1"),
            (connect(client_id=""), "client id"),
            (connect(client_id="a/#"), "client id"),
            (connect(client_id="a" * 33), "client id"),
            (connect(flags=0x03), "reserved"),
            (packet(0x11, connect()[2:]), "flags"),
            (packet(0x10, b"\x00\x04MQ"), "ends before"),
            (PING, "CONNECT must come first"),
            (publish("slowroll/home/cmd/next"), "CONNECT must come first"),
        ],
    )
    def test_anything_else_first_is_refused(self, sent: bytes, why: str) -> None:
        assert why in refusal_of(Gate(STATION), sent)

    def test_a_second_one_is_refused(self) -> None:
        assert "CONNECT must come first, and once" in refusal_of(connected(), connect())


class TestTopics:
    @pytest.mark.parametrize("topic", ["slowroll/home/#", "slowroll/home/state", "slowroll/home/event/+"])
    def test_subscriptions_below_the_station_pass_unchanged(self, topic: str) -> None:
        for sent in (subscribe(topic), subscribe(topic, qos=1), unsubscribe(topic)):
            assert connected().feed(sent) == ([sent], None)

    @pytest.mark.parametrize(
        "topic",
        ["#", "+/home/state", "slowroll/#", "slowroll/+/state", "slowroll/home", "slowroll/home/", "$SYS/#",
         "slowroll/homework/state", "$share/g/slowroll/home/state", "/slowroll/home/state"],
    )  # fmt: skip
    def test_others_are_refused(self, topic: str) -> None:
        for sent in (subscribe(topic), unsubscribe(topic), subscribe("slowroll/home/state", topic)):
            assert "slowroll/home/" in refusal_of(connected(), sent)

    @pytest.mark.parametrize(
        ("sent", "why"),
        [
            (subscribe("slowroll/home/state", qos=2), "QoS 0 or 1"),
            (subscribe("slowroll/home/state", qos=0x80), "QoS 0 or 1"),
            (subscribe("slowroll/home/state", packet_id=0), "packet id 0"),
            (subscribe(), "ends before"),
            (packet(0x80, subscribe("slowroll/home/state")[2:]), "flags"),
            (packet(0x82, b"\x00\x01" + text(b"slowroll/home/\xff") + b"\x00"), "UTF-8"),
            (subscribe("slowroll/home/\0"), "NUL"),
            (packet(0xA0, unsubscribe("slowroll/home/state")[2:]), "flags"),
        ],
    )
    def test_malformed_subscriptions_are_refused(self, sent: bytes, why: str) -> None:
        assert why in refusal_of(connected(), sent)


class TestPublish:
    @pytest.mark.parametrize(
        "sent",
        [
            publish("slowroll/home/cmd/pain"),
            publish("slowroll/home/cmd/run_finished", b'{"minutes_ago": 5}'),
            publish("slowroll/home/cmd/next", b""),
            publish("slowroll/home/cmd/next", flags=0x02, packet_id=b"\x00\x07"),
            publish("slowroll/home/cmd/next", flags=0x0A, packet_id=b"\x00\x07"),
            publish("slowroll/home/cmd/x", b"x" * PAYLOAD_LIMIT),
        ],
    )
    def test_commands_pass_unchanged(self, sent: bytes) -> None:
        assert connected().feed(sent) == ([sent], None)

    @pytest.mark.parametrize(
        "topic",
        ["slowroll/home/state", "slowroll/home/cmd/", "slowroll/home/cmd/a/b", "slowroll/other/cmd/next",
         "slowroll/home/cmd/#", "slowroll/home/cmd/Next", "slowroll/home/result/next", "homeassistant/x", ""],
    )  # fmt: skip
    def test_other_topics_are_refused(self, topic: str) -> None:
        assert "only to slowroll/home/cmd/" in refusal_of(connected(), publish(topic))

    @pytest.mark.parametrize(
        ("sent", "why"),
        [
            (publish("slowroll/home/cmd/next", flags=0x01), "retained"),
            (publish("slowroll/home/cmd/next", flags=0x04, packet_id=b"\x00\x01"), "QoS 0 or 1"),
            (publish("slowroll/home/cmd/next", flags=0x06, packet_id=b"\x00\x01"), "QoS 0 or 1"),
            (publish("slowroll/home/cmd/next", flags=0x02, packet_id=b"\x00\x00"), "packet id 0"),
            (publish("slowroll/home/cmd/next", b"", flags=0x02), "ends before"),
            (publish("slowroll/home/cmd/next", b"x" * (PAYLOAD_LIMIT + 1)), "at most 4096 bytes"),
            (packet(0x30, b"\x00"), "ends before"),
        ],
    )
    def test_what_no_command_is_like_is_refused(self, sent: bytes, why: str) -> None:
        assert why in refusal_of(connected(), sent)


class TestOthers:
    @pytest.mark.parametrize("sent", [PING, packet(0x40, b"\x00\x01")])
    def test_ping_and_puback_pass(self, sent: bytes) -> None:
        assert connected().feed(sent) == ([sent], None)

    @pytest.mark.parametrize("kind", [0, 2, 5, 6, 7, 9, 11, 13, 15])
    def test_other_packet_types_are_refused_at_their_first_byte(self, kind: int) -> None:
        assert f"type {kind}" in refusal_of(connected(), bytes((kind << 4,)))

    @pytest.mark.parametrize(
        "sent",
        [b"\xc1\x00", packet(0xC0, b"x"), packet(0xE0, b"x"), packet(0x40, b"\x00\x01\x00"), b"\x41\x02\x00\x01"],
    )
    def test_malformed_ones_are_refused(self, sent: bytes) -> None:
        refusal_of(connected(), sent)

    def test_nothing_follows_disconnect(self) -> None:
        gate = connected()
        assert gate.feed(DISCONNECT) == ([DISCONNECT], None)
        assert "DISCONNECT" in refusal_of(gate, PING)

    def test_a_refusal_is_for_good_and_keeps_what_came_before_it(self) -> None:
        gate = connected()
        passed, refusal = gate.feed(PING + subscribe("#") + PING)
        assert passed == [PING]
        assert refusal is not None
        assert gate.feed(PING) == ([], refusal)

    def test_a_packet_too_large_is_refused_before_it_has_come(self) -> None:
        assert "at most" in refusal_of(connected(), b"\x30" + varint(PACKET_LIMIT + 1))

    def test_a_length_over_four_bytes_is_refused(self) -> None:
        assert "four bytes" in refusal_of(connected(), b"\x30\x80\x80\x80\x80")


def fed_in_pieces(data: bytes, cuts: list[int]) -> tuple[list[bytes], Refusal | None]:
    gate = Gate(STATION, "daemon", "geheim")
    passed: list[bytes] = []
    refusal = None
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        packets, refusal = gate.feed(data[start:end])
        passed += packets
    return passed, refusal


WHOLE = st.sampled_from(
    [
        connect(), PING, DISCONNECT, subscribe("slowroll/home/#"), subscribe("#"), unsubscribe("slowroll/home/a"),
        publish("slowroll/home/cmd/pain"), publish("slowroll/home/state"), packet(0x40, b"\x00\x01"),
        publish("slowroll/home/cmd/rate", b'{"value":3}' * 40, flags=0x02, packet_id=b"\x00\x09"),
    ]
)  # fmt: skip


@given(
    start=st.sampled_from([b"", connect()]),
    parts=st.lists(st.one_of(WHOLE, st.binary(max_size=40)), max_size=8),
    cuts=st.lists(st.integers(min_value=0, max_value=2000), max_size=12),
)
@example(start=connect(), parts=[b"\x82\x09\x00\x01\x00\x05slo"], cuts=[])
def test_any_bytes_split_anywhere_give_the_same_packets_and_refusal(
    start: bytes, parts: list[bytes], cuts: list[int]
) -> None:
    data = start + b"".join(parts)
    whole = fed_in_pieces(data, [])
    assert fed_in_pieces(data, cuts) == whole
    assert fed_in_pieces(data, list(range(len(data)))) == whole
    # Whatever passed is one of the kinds that may, and none but the first is a CONNECT.
    assert all(each[0] >> 4 in {3, 4, 8, 10, 12, 14} for each in whole[0][1:])
    assert all(each[0] >> 4 == 1 for each in whole[0][:1])


@given(topic=st.text(max_size=40), payload=st.binary(max_size=200))
def test_no_topic_reaches_anything_but_a_command(topic: str, payload: bytes) -> None:
    passed, _ = connected().feed(publish(topic, payload))
    assert all(each[4:].startswith(b"slowroll/home/cmd/") for each in passed)
