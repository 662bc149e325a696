"""The WebSocket to a real mosquitto: round trips, refusals, and a broker that comes and goes."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import aiohttp
import paho.mqtt.client as mqtt
import pytest
from brokers import Mosquitto, until
from page_bench import (
    PATIENCE_S,
    Ear,
)

from firmware_host.dashboard import bridge, routes
from firmware_host.dashboard.page import Page

Serve = Callable[..., Page]
T = TypeVar("T")

CONNECT = b"\x10\x12\x00\x04MQTT\x04\x02\x00\x3c\x00\x06abc123"


def port_of(page: Page) -> int:
    return int(page.url.rpartition(":")[2])


def browse(page: Page, visit: Callable[[aiohttp.ClientWebSocketResponse], Awaitable[T]], **options: Any) -> T:
    """Open the page's WebSocket as a browser would, and let `visit` use it."""

    async def run() -> T:
        address = f"127.0.0.1:{port_of(page)}"
        settings = {"protocols": ("mqtt",), "origin": f"http://{address}", **options}
        async with (
            asyncio.timeout(PATIENCE_S),
            aiohttp.ClientSession() as session,
            session.ws_connect(f"http://{address}/mqtt", **settings) as ws,
        ):
            return await visit(ws)

    return asyncio.run(run())


async def until_closed(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """The close code and its reason, whatever came before."""
    while True:
        message = await ws.receive()
        if message.type is aiohttp.WSMsgType.CLOSE:
            return message.data, message.extra or ""
        if message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}:
            return ws.close_code, ""


@pytest.mark.broker
class TestRoundTrip:
    @pytest.fixture
    def browser(self, serve: Serve, mosquitto: Mosquitto) -> mqtt.Client:
        """A whole MQTT client (paho's) behind the page, not yet connected."""
        port = port_of(serve(mosquitto.port))
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="abc123", transport="websockets")
        client.ws_set_options(path="/mqtt", headers={"Origin": f"http://127.0.0.1:{port}"})
        client.connect("127.0.0.1", port)
        return client

    def test_messages_come_out_and_commands_go_in(self, browser: mqtt.Client, ear: Ear) -> None:
        heard: dict[str, bytes] = {}
        subscribed = threading.Event()
        browser.on_message = lambda _c, _u, message: heard.__setitem__(message.topic, message.payload)
        browser.on_subscribe = lambda *_: subscribed.set()
        browser.on_connect = lambda client, *_: client.subscribe("slowroll/test/#", 1)
        ear.say("state", b'{"kept": true}', retain=True)
        browser.loop_start()
        assert subscribed.wait(PATIENCE_S)
        big = b"x" * 100_000
        ear.say("session/last", big)
        until(lambda: len(heard) == 2, "a retained and a large message")
        assert heard == {"slowroll/test/state": b'{"kept": true}', "slowroll/test/session/last": big}
        browser.publish("slowroll/test/cmd/spot", b'{"id":"1"}', qos=1).wait_for_publish(PATIENCE_S)
        until(lambda: ear.commands("spot"), "the command at the broker")
        assert ear.commands("spot") == [{"id": "1"}]
        browser.disconnect()
        browser.loop_stop()

    def test_what_may_not_be_said_is_answered_by_the_end(self, browser: mqtt.Client, ear: Ear) -> None:
        lost = threading.Event()
        browser.on_disconnect = lambda *_: lost.set()
        browser.on_connect = lambda client, *_: client.publish("slowroll/test/state", b"forged", retain=True)
        browser.loop_start()
        assert lost.wait(PATIENCE_S)
        browser.loop_stop()
        assert ear.heard == []


@pytest.mark.broker
def test_a_refusal_names_its_reason(serve: Serve, mosquitto: Mosquitto) -> None:
    async def visit(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
        await ws.send_bytes(CONNECT + b"\x82\x06\x00\x01\x00\x01#\x00")
        return await until_closed(ws)

    assert browse(serve(mosquitto.port), visit) == (1008, "the page may subscribe only below slowroll/test/")


@pytest.mark.broker
def test_text_and_messages_too_large_are_refused(serve: Serve, mosquitto: Mosquitto) -> None:
    page = serve(mosquitto.port)

    async def talk(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
        await ws.send_str("hello")
        return await until_closed(ws)

    async def flood(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
        await ws.send_bytes(b"\xc0\x00" * bridge.WS_MESSAGE_LIMIT)
        return await until_closed(ws)

    assert browse(page, talk)[0] == 1003
    assert browse(page, flood)[0] == 1009


@pytest.mark.broker
def test_a_broker_that_goes_says_so_and_one_that_comes_back_serves(serve: Serve, mosquitto: Mosquitto) -> None:
    page = serve(mosquitto.port)

    async def lose(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
        await ws.send_bytes(CONNECT)
        assert (await ws.receive()).data == b"\x20\x02\x00\x00"
        await asyncio.to_thread(mosquitto.stop)
        return await until_closed(ws)

    async def greet(ws: aiohttp.ClientWebSocketResponse) -> bytes:
        await ws.send_bytes(CONNECT)
        return (await ws.receive()).data

    code, reason = browse(page, lose)
    assert (code, reason) == (1013, f"The MQTT broker at 127.0.0.1:{mosquitto.port} closed the connection")
    code, reason = browse(page, until_closed)
    assert code == 1013
    assert f"127.0.0.1:{mosquitto.port} is away" in reason
    mosquitto.start()
    assert browse(page, greet) == b"\x20\x02\x00\x00"


def test_without_a_broker_the_page_says_what_to_set(serve: Serve) -> None:
    code, reason = browse(serve(broker_host=""), until_closed)
    assert code == 1013
    assert "mqtt.broker" in reason


@pytest.mark.parametrize(
    "headers", [{"origin": "http://evil.example"}, {"origin": None}, {"headers": {"Host": "evil.example"}}]
)
def test_a_foreign_origin_or_host_gets_no_websocket(serve: Serve, headers: dict[str, Any]) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        browse(serve(), until_closed, **headers)
    assert refused.value.status == 403


def test_with_a_token_the_websocket_needs_the_cookie(serve: Serve, tmp_path: Any) -> None:
    path = tmp_path / "token"
    path.write_text("a-long-and-random-token")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        browse(serve(token_file=str(path)), until_closed)
    assert refused.value.status == 403


def test_another_subprotocol_is_refused(serve: Serve) -> None:
    assert browse(serve(), until_closed, protocols=("chat",))[0] == 1002


class SilentBroker:
    """A TCP server that takes connections and, if told, floods them; it keeps what it is sent."""

    def __init__(self, flood: bool = False) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        self.received = bytearray()
        self.gone = threading.Event()
        self._flood = flood
        self._sent_at = time.monotonic()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        peer, _ = self._server.accept()
        with peer:
            try:
                while self._flood:
                    peer.sendall(b"\x30\x7f" + b"x" * 127)
                    self._sent_at = time.monotonic()
                while data := peer.recv(4096):
                    self.received += data
            except OSError:
                pass
        self.gone.set()

    @property
    def stuck(self) -> bool:
        """Whether nothing more could be sent for a while."""
        return time.monotonic() - self._sent_at > 0.3

    def close(self) -> None:
        self._server.close()


def test_the_daemons_credentials_are_put_in(serve: Serve) -> None:
    broker = SilentBroker()
    page = serve(broker.port, username="daemon", password="geheim")

    async def visit(ws: aiohttp.ClientWebSocketResponse) -> None:
        await ws.send_bytes(CONNECT)
        await asyncio.to_thread(until, lambda: b"geheim" in broker.received, "the CONNECT with the password")

    browse(page, visit)
    broker.close()
    assert b"slowroll-page-abc123" in broker.received
    assert b"\x00\x06daemon\x00\x06geheim" in broker.received


def deaf_browser(page: Page) -> socket.socket:
    """A WebSocket that is opened and then never read."""
    peer = socket.create_connection(("127.0.0.1", port_of(page)), timeout=PATIENCE_S)
    peer.sendall(
        b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    return peer


def test_a_browser_that_does_not_read_is_dropped(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "STALL_S", 0.3)
    broker = SilentBroker(flood=True)
    with deaf_browser(serve(broker.port)):
        assert broker.gone.wait(PATIENCE_S), "the broker's side is let go"
    broker.close()


def test_a_browser_that_does_not_read_does_not_hold_up_stop(serve: Serve) -> None:
    broker = SilentBroker(flood=True)
    page = serve(broker.port)
    with deaf_browser(page):
        until(lambda: broker.stuck, "everything between broker and browser is full")
        page.stop()
        assert not page_threads()
    broker.close()


def page_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "page"]


def test_there_is_a_limit_to_open_pages(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "SOCKETS_MAX", 1)
    broker = SilentBroker()
    page = serve(broker.port)

    async def first(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
        await ws.send_bytes(CONNECT)
        await asyncio.to_thread(until, lambda: broker.received, "the first page is through")
        return await asyncio.to_thread(browse, page, until_closed)

    assert browse(page, first) == (1013, "Too many pages are open")
    broker.close()


def test_stop_ends_open_pages_with_a_word(serve: Serve) -> None:
    broker = SilentBroker()
    page = serve(broker.port)

    async def visit(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
        await ws.send_bytes(CONNECT)
        await asyncio.to_thread(until, lambda: broker.received, "the page is through")
        stopping = asyncio.create_task(asyncio.to_thread(page.stop))
        closed = await until_closed(ws)
        await stopping
        assert not page_threads()
        return closed

    assert browse(page, visit) == (1001, "Slowroll is stopping")
    broker.close()
