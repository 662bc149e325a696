"""What a browser may say to the broker: an allow-list over MQTT 3.1.1 packets, one at a time.

The page reaches the broker with the daemon's own rights, so the bytes are not tunnelled. Each packet is
parsed and either passed on, rewritten (CONNECT) or refused, by these rules:

1. The first packet is CONNECT (3.1.1); it goes out with the daemon's credentials, a clean session, a prefixed
   client id, and without a last will. There is no second one.
2. SUBSCRIBE and UNSUBSCRIBE reach only below `slowroll/<station>/`, at QoS 0 or 1.
3. PUBLISH reaches only `slowroll/<station>/cmd/<name>`, unretained, at QoS 0 or 1, at most 4 KiB.
4. PUBACK, PINGREQ and DISCONNECT pass as they are; after DISCONNECT nothing does.
5. Everything else, and everything malformed, is refused, for good.

Pure and total: any bytes, split anywhere, give packets or a refusal, never an exception. A decision depends
only on the bytes up to it, so splits don't matter. Packet layouts are those of the OASIS MQTT 3.1.1 standard.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, IntEnum, auto

from msgspec import Struct

PAYLOAD_LIMIT = 4 * 1024
"""Largest command, bytes: the contract's 4 KiB."""
PACKET_LIMIT = 8 * 1024
"""Largest packet body, bytes: a command with its topic, and room for a long SUBSCRIBE."""
CLIENT_ID_PREFIX = "slowroll-page-"
KEEP_ALIVE_LIMIT_S = 60

_COMMAND_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")


class PacketKind(IntEnum):
    """Control packet types that a client may send (MQTT 3.1.1, 2.2.1)."""

    CONNECT = 1
    PUBLISH = 3
    PUBACK = 4
    SUBSCRIBE = 8
    UNSUBSCRIBE = 10
    PINGREQ = 12
    DISCONNECT = 14


class Refusal(Struct, frozen=True):
    """Why nothing more is taken from this client."""

    reason: str
    """For a person, at most 120 characters (a WebSocket close frame holds 123 bytes)."""


class _Stage(Enum):
    FRESH = auto()
    CONNECTED = auto()
    LEFT = auto()


class _Malformed(Exception):
    """A packet body ended early or held text that isn't UTF-8; feed() turns it into a Refusal."""


class _Refused(Exception):
    """A rule above was broken; feed() turns it into a Refusal."""


class Gate:
    """The judge of one connection.

    `station` must be a plain name (settings.NAME_PATTERN): it stands in topics.
    """

    def __init__(self, station: str, username: str | None = None, password: str | None = None) -> None:
        self._base = f"slowroll/{station}/"
        self._username = username
        self._password = password
        self._buffer = bytearray()
        self._stage = _Stage.FRESH
        self._refusal: Refusal | None = None
        self._judges: dict[int, Callable[[int, bytes], bytes | None]] = {
            PacketKind.CONNECT: self._connect,
            PacketKind.PUBLISH: self._publish,
            PacketKind.PUBACK: self._puback,
            PacketKind.SUBSCRIBE: self._subscribe,
            PacketKind.UNSUBSCRIBE: self._unsubscribe,
            PacketKind.PINGREQ: self._empty,
            PacketKind.DISCONNECT: self._disconnect,
        }

    def feed(self, chunk: bytes) -> tuple[list[bytes], Refusal | None]:
        """Take bytes as they came; give the whole packets to pass on, and the refusal once there is one."""
        if self._refusal is not None:
            return [], self._refusal
        self._buffer += chunk
        passed: list[bytes] = []
        try:
            while (packet := self._next()) is not None:
                passed.append(packet)
        except (_Malformed, _Refused) as refused:
            self._refusal = Refusal(str(refused)[:120])
            self._buffer.clear()
        return passed, self._refusal

    def _next(self) -> bytes | None:
        """Judge one packet off the front of the buffer; None while it isn't whole."""
        if not self._buffer:
            return None
        kind, flags = self._buffer[0] >> 4, self._buffer[0] & 0x0F
        judge = self._judges.get(kind)
        if judge is None:
            raise _Refused(f"the page may not send MQTT packets of type {kind}")
        if self._stage is _Stage.LEFT:
            raise _Refused("nothing may follow DISCONNECT")
        if (kind == PacketKind.CONNECT) is not (self._stage is _Stage.FRESH):
            raise _Refused("CONNECT must come first, and once")
        header = _body_length(self._buffer)
        if header is None:
            return None
        start, length = header
        if len(self._buffer) < start + length:
            return None
        whole = bytes(self._buffer[: start + length])
        del self._buffer[: start + length]
        rewritten = judge(flags, whole[start:])
        return whole if rewritten is None else rewritten

    def _connect(self, flags: int, body: bytes) -> bytes:
        _require_flags(flags, 0, "CONNECT")
        reader = _Reader(body)
        protocol, level = reader.text(), reader.u8()
        if (protocol, level) != ("MQTT", 4):
            raise _Refused("only MQTT 3.1.1 is spoken here (protocol MQTT, level 4)")
        if reader.u8() & 0x01:
            raise _Malformed("CONNECT: the reserved flag is set")
        keep_alive_s = reader.u16()
        client_id = reader.text()
        if not _CLIENT_ID.fullmatch(client_id):
            raise _Refused("the client id must be 1 to 32 letters or digits")
        # What follows (will, credentials) is the browser's and is left out.
        self._stage = _Stage.CONNECTED
        return self._rewritten_connect(client_id, min(keep_alive_s or KEEP_ALIVE_LIMIT_S, KEEP_ALIVE_LIMIT_S))

    def _rewritten_connect(self, client_id: str, keep_alive_s: int) -> bytes:
        clean_session = 0x02
        flags = clean_session
        tail = _utf8(CLIENT_ID_PREFIX + client_id)
        if self._username is not None:
            flags |= 0x80
            tail += _utf8(self._username)
            if self._password is not None:  # 3.1.1 has no password without a user name
                flags |= 0x40
                tail += _utf8(self._password)
        body = _utf8("MQTT") + bytes((4, flags)) + keep_alive_s.to_bytes(2, "big") + tail
        return bytes((PacketKind.CONNECT << 4,)) + _varint(len(body)) + body

    def _publish(self, flags: int, body: bytes) -> None:
        if flags & 0x01:
            raise _Refused("commands must not be retained")
        qos = (flags >> 1) & 0x03
        if qos > 1:
            raise _Refused("commands go at QoS 0 or 1")
        reader = _Reader(body)
        topic = reader.text()
        name = topic.removeprefix(f"{self._base}cmd/")
        if name == topic or not _COMMAND_NAME.fullmatch(name):
            raise _Refused(f"the page may publish only to {self._base}cmd/<command>")
        if qos:
            reader.packet_id()
        if reader.left() > PAYLOAD_LIMIT:
            raise _Refused(f"a command is at most {PAYLOAD_LIMIT} bytes")

    def _subscribe(self, flags: int, body: bytes) -> None:
        _require_flags(flags, 0x02, "SUBSCRIBE")
        reader = _Reader(body)
        reader.packet_id()
        while True:
            self._filter(reader.text())
            if reader.u8() > 1:
                raise _Refused("subscriptions are at QoS 0 or 1")
            if not reader.left():
                return

    def _unsubscribe(self, flags: int, body: bytes) -> None:
        _require_flags(flags, 0x02, "UNSUBSCRIBE")
        reader = _Reader(body)
        reader.packet_id()
        while True:
            self._filter(reader.text())
            if not reader.left():
                return

    def _filter(self, topic_filter: str) -> None:
        if not topic_filter.startswith(self._base) or len(topic_filter) == len(self._base):
            raise _Refused(f"the page may subscribe only below {self._base}")

    def _puback(self, flags: int, body: bytes) -> None:
        _require_flags(flags, 0, "PUBACK")
        reader = _Reader(body)
        reader.packet_id()
        if reader.left():
            raise _Malformed("PUBACK: bytes after the packet id")

    def _empty(self, flags: int, body: bytes) -> None:
        _require_flags(flags, 0, "PINGREQ or DISCONNECT")
        if body:
            raise _Malformed("PINGREQ and DISCONNECT have no body")

    def _disconnect(self, flags: int, body: bytes) -> None:
        self._empty(flags, body)
        self._stage = _Stage.LEFT


def _body_length(packet: bytearray) -> tuple[int, int] | None:
    """(where the body starts, its length in bytes) from the fixed header; None while that isn't whole."""
    length = 0
    for index in range(1, 5):
        if index >= len(packet):
            return None
        length |= (packet[index] & 0x7F) << (7 * (index - 1))
        if not packet[index] & 0x80:
            if length > PACKET_LIMIT:
                raise _Refused(f"a packet is at most {PACKET_LIMIT} bytes, not {length}")
            return index + 1, length
    raise _Malformed("the packet's length runs over four bytes")


def _require_flags(flags: int, expected: int, what: str) -> None:
    if flags != expected:
        raise _Malformed(f"{what}: header flags must be {expected:#x}, not {flags:#x}")


def _utf8(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


class _Reader:
    """Reads a packet body from its start; raises _Malformed where it ends early."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    def left(self) -> int:
        return len(self._body) - self._at

    def u8(self) -> int:
        return self._take(1)[0]

    def u16(self) -> int:
        return int.from_bytes(self._take(2), "big")

    def packet_id(self) -> int:
        number = self.u16()
        if number == 0:
            raise _Malformed("packet id 0 is not allowed")
        return number

    def text(self) -> str:
        data = self._take(self.u16())
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise _Malformed("text that is not UTF-8") from error
        if "\0" in text:
            raise _Malformed("text with a NUL in it")
        return text

    def _take(self, count: int) -> bytes:
        if self.left() < count:
            raise _Malformed("the packet ends before its content does")
        taken = self._body[self._at : self._at + count]
        self._at += count
        return taken
