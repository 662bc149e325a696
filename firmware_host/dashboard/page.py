"""The page's server: aiohttp in one thread with its own loop, one port for files and WebSocket.

A browser gets the built page and, on `/mqtt`, the broker through the gate; there is no other interface. Every
request passes the front door first. A fault of the network ends one connection; anything unexpected ends the
thread, as everywhere in this daemon.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType

from aiohttp import web

from firmware_host.dashboard import assets, bridge
from firmware_host.dashboard.assets import Asset
from firmware_host.dashboard.documents import Document
from firmware_host.dashboard.errors import PageError
from firmware_host.dashboard.front_door import FrontDoor
from firmware_host.dashboard.listening import token_of, why_not_bound
from firmware_host.dashboard.routes import Routes
from firmware_host.settings import PageSettings

_STOP_S = 0.9


class Page:
    """The page of one station.

    `broker_host` "" serves the page, which then says that it needs a broker. `documents` are served at their paths
    ("/help.json", "/report"), behind the same checks as the page.
    """

    def __init__(
        self,
        settings: PageSettings,
        station: str,
        broker_host: str,
        broker_port: int,
        username: str | None = None,
        password: str | None = None,
        tls: bool = False,
        documents: Mapping[str, Document] | None = None,
    ) -> None:
        self._settings = settings
        self._station = station
        self._broker = bridge.Broker(host=broker_host, port=broker_port, username=username, password=password, tls=tls)
        self._documents = dict(documents or {})
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Future[None] | None = None

    @property
    def url(self) -> str:
        """What to type into a browser."""
        host = self._settings.host
        if host in {"127.0.0.1", "0.0.0.0", "::"}:
            host = self._settings.allowed_hosts[0] if self._settings.allowed_hosts else "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{self._settings.port}"

    def start(self) -> None:
        """Bind and serve. Raises PageError: not built, no token, or the port can't be had."""
        try:
            files = assets.load(assets.built_page())
        except assets.AssetsMissing as error:
            raise PageError(str(error)) from error
        door = FrontDoor(self._settings.host, self._settings.allowed_hosts, token_of(self._settings))
        bound: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(files, door, bound), name="page", daemon=True)
        self._thread.start()
        bound.result()

    def stop(self) -> None:
        """Close every connection and the port; within a second, and again if need be."""
        thread, loop, over = self._thread, self._loop, self._over
        if thread is None or loop is None or over is None:
            return
        with suppress(RuntimeError):  # the loop is closed: it is over already
            loop.call_soon_threadsafe(_settle, over)
        thread.join(_STOP_S)

    def _run(self, files: dict[str, Asset], door: FrontDoor, bound: Future[None]) -> None:
        with _Report(bound):
            asyncio.run(self._serve(files, door, bound))

    async def _serve(self, files: dict[str, Asset], door: FrontDoor, bound: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = self._loop.create_future()
        routes = Routes(self._station, self._broker, files, door, self._over, self._documents)
        runner = web.AppRunner(routes.application(), handle_signals=False, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._settings.host, self._settings.port)
            try:
                await site.start()
            except OSError as error:
                bound.set_exception(PageError(why_not_bound(error, self._settings)))
                return
            bound.set_result(None)
            await self._over
        finally:
            await runner.cleanup()


class _Report:
    """Hands a fault before the port is bound to start(), which waits for it; the thread still dies of it."""

    def __init__(self, bound: Future[None]) -> None:
        self._bound = bound

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not self._bound.done():
            self._bound.set_exception(error)


def _settle(over: asyncio.Future[None]) -> None:
    if not over.done():
        over.set_result(None)
