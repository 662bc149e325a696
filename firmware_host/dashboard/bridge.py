"""One browser's WebSocket joined to the broker's TCP port, through the gate.

Everything is bounded: what a client may send at once (the gate and WS_MESSAGE_LIMIT), and what waits for a
slow one (the transport's own 64 KiB; then the broker isn't read any more, and after STALL_S the client is
dropped). When the broker is away the WebSocket is closed with a reason that the page shows.
"""

from __future__ import annotations

import asyncio
import os
import ssl

from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import Struct

from firmware_host.dashboard.gate import Gate

WS_MESSAGE_LIMIT = 16 * 1024
"""Bytes in one WebSocket message; twice the gate's largest packet."""
READ_SIZE = 16 * 1024
STALL_S = 5.0
CONNECT_TIMEOUT_S = 3.0
CLOSE_TIMEOUT_S = 0.3
CLOSE_REASON_BYTES = 123
"""RFC 6455, 5.5: a control frame holds 125 bytes, two of them the code."""


class Broker(Struct, frozen=True, kw_only=True):
    """Where the broker is and how the daemon signs in. An empty host: there is none."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


class Ended(Exception):
    """The bridge is over: why, as a WebSocket close code and words for the page."""

    def __init__(self, code: int, reason: str, *, stalled: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.stalled = stalled


async def serve(request: web.Request, socket: web.WebSocketResponse, broker: Broker, station: str) -> None:
    """Run one prepared WebSocket until either side is done, then close it with the reason."""
    try:
        reader, writer = await _dial(broker)
        try:
            await _pump(socket, Gate(station, broker.username, broker.password), reader, writer, broker)
        finally:
            writer.close()
    except Ended as ended:
        if ended.stalled and request.transport is not None:
            request.transport.abort()  # a close frame would wait behind what it doesn't read
        await socket.close(code=ended.code, message=_close_reason(ended.reason))


def new_socket() -> web.WebSocketResponse:
    """A WebSocket with the bridge's limits."""
    return web.WebSocketResponse(
        protocols=("mqtt",),
        max_msg_size=WS_MESSAGE_LIMIT,
        timeout=CLOSE_TIMEOUT_S,
        heartbeat=20.0,
        compress=False,
    )


async def _dial(broker: Broker) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if not broker.host:
        raise Ended(
            WSCloseCode.TRY_AGAIN_LATER,
            'No MQTT broker is set: the page needs one (mqtt.broker = "embedded")',
        )
    context = ssl.create_default_context() if broker.tls else None
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await asyncio.open_connection(broker.host, broker.port, ssl=context, limit=READ_SIZE)
    except TimeoutError:
        why = f"no answer within {CONNECT_TIMEOUT_S:.0f} s"
    except ssl.SSLError as error:
        why = f"TLS failed: {error.reason or error}"
    except OSError as error:
        # asyncio words its own refusals for programmers; the number says it for people.
        why = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror or str(error)
    raise Ended(WSCloseCode.TRY_AGAIN_LATER, f"The MQTT broker at {broker.name} is away: {why}")


async def _pump(
    socket: web.WebSocketResponse,
    gate: Gate,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    broker: Broker,
) -> None:
    """Carry both ways until one side ends; always leaves by Ended (or a bug)."""
    endings: list[Ended] = []
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_to_broker(socket, gate, writer, broker))
            group.create_task(_to_browser(socket, reader, broker))
    except* Ended as ended:
        endings.extend(error for error in ended.exceptions if isinstance(error, Ended))
    raise endings[0]


async def _to_broker(socket: web.WebSocketResponse, gate: Gate, writer: asyncio.StreamWriter, broker: Broker) -> None:
    async for message in socket:
        if message.type is not WSMsgType.BINARY:
            raise Ended(WSCloseCode.UNSUPPORTED_DATA, "MQTT comes in binary messages")
        packets, refusal = gate.feed(message.data)
        if packets:
            writer.write(b"".join(packets))
            try:
                async with asyncio.timeout(STALL_S):
                    await writer.drain()
            except (OSError, TimeoutError) as error:
                raise _broker_lost(broker) from error
        if refusal is not None:
            raise Ended(WSCloseCode.POLICY_VIOLATION, refusal.reason)
    raise Ended(WSCloseCode.OK, "")


async def _to_browser(socket: web.WebSocketResponse, reader: asyncio.StreamReader, broker: Broker) -> None:
    while True:
        try:
            data = await reader.read(READ_SIZE)
        except OSError as error:
            raise _broker_lost(broker) from error
        if not data:
            raise _broker_lost(broker)
        try:
            async with asyncio.timeout(STALL_S):
                await socket.send_bytes(data)
        except TimeoutError as error:
            raise Ended(WSCloseCode.TRY_AGAIN_LATER, "Too slow to follow", stalled=True) from error
        except ConnectionError as error:
            raise Ended(WSCloseCode.OK, "") from error


def _broker_lost(broker: Broker) -> Ended:
    return Ended(WSCloseCode.TRY_AGAIN_LATER, f"The MQTT broker at {broker.name} closed the connection")


def _close_reason(text: str) -> bytes:
    """`text` cut to what a close frame holds, at a character's end."""
    return text.encode()[:CLOSE_REASON_BYTES].decode(errors="ignore").encode()
