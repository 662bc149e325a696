"""What the page's server answers: one handler a path, each behind the front door.

`/` the page, `/login` the token's form, `/mqtt` the WebSocket, `/config.json` what the page must know before
it connects, `/health` for a monitor, documents (documents.py) where the wiring puts them; everything else is a
file of the built page.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from urllib.parse import parse_qs

from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from firmware_host.dashboard import bridge, documents
from firmware_host.dashboard.assets import Asset
from firmware_host.dashboard.documents import Document
from firmware_host.dashboard.front_door import COOKIE, FrontDoor

SOCKETS_MAX = 16
"""Browsers at once: a household's, with room; each costs one connection to the broker."""
COOKIE_DAYS = 30
_EXPECTED = (web.HTTPException, web.RequestPayloadError, ConnectionError, asyncio.CancelledError)

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; connect-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # "no-referrer" would make the login form's Origin "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Routes:
    """The request handlers, on the page's loop."""

    def __init__(
        self,
        station: str,
        broker: bridge.Broker,
        files: dict[str, Asset],
        door: FrontDoor,
        over: asyncio.Future[None],
        documents: Mapping[str, Document],
    ) -> None:
        self._station = station
        self._broker = broker
        self._files = files
        self._door = door
        self._over = over
        self._documents = documents
        self._making = asyncio.Lock()
        self._sockets: dict[web.WebSocketResponse, web.Request] = {}

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._guard], client_max_size=4096)
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/login", self._login_form),
                web.post("/login", self._login),
                web.get("/config.json", self._config),
                web.get("/health", self._health),
                web.get("/mqtt", self._mqtt),
                *(web.get(path, self._document) for path in self._documents),
                web.get("/{name}", self._file),
            ]
        )
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._close_sockets)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        with _Tripwire(self._over):
            local = request.transport.get_extra_info("sockname") if request.transport else None
            refusal = self._door.host_refusal(
                request.headers.get("Host"), local[0] if isinstance(local, tuple) else None
            )
            if refusal is not None:
                raise web.HTTPForbidden(text=refusal)
            return await handler(request)

    async def _index(self, request: web.Request) -> web.StreamResponse:
        if not self._door.lets_in(request.cookies.get(COOKIE)):
            raise web.HTTPSeeOther("/login")
        return _serve_asset(request, self._files["index.html"])

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        asset = self._files.get("icon.svg" if name == "favicon.ico" else name)
        if asset is None or name.endswith(".html"):
            raise web.HTTPNotFound(text="There is no such page here. The page itself is at /")
        return _serve_asset(request, asset)

    async def _config(self, request: web.Request) -> web.StreamResponse:
        self._require_cookie(request)
        return _no_store(web.json_response({"station": self._station, "version": _version()}))

    async def _document(self, request: web.Request) -> web.StreamResponse:
        self._require_cookie(request)
        return await documents.serve(self._documents[request.path], self._making)

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return _no_store(web.json_response({"status": "ok"}))

    async def _login_form(self, request: web.Request) -> web.StreamResponse:
        if self._door.lets_in(request.cookies.get(COOKIE)):
            raise web.HTTPSeeOther("/")
        return self._form("")

    async def _login(self, request: web.Request) -> web.StreamResponse:
        self._require_own_origin(request)
        form = parse_qs((await request.read()).decode(errors="replace"))
        if not self._door.token_fits(form.get("token", [""])[0]):
            return self._form("That is not the token. It is in the file that page.token_file names.")
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(
            COOKIE,
            self._door.cookie(),
            max_age=COOKIE_DAYS * 24 * 3600,
            httponly=True,
            samesite="Strict",
            secure=request.headers.get("Origin", "").startswith("https:"),
        )
        return _no_store(response)

    def _form(self, message: str) -> web.Response:
        html = self._files["login.html"].body.replace(b"<!--message-->", message.encode())
        status = 403 if message else 200
        return _no_store(web.Response(body=html, status=status, content_type="text/html", charset="utf-8"))

    async def _mqtt(self, request: web.Request) -> web.StreamResponse:
        self._require_own_origin(request)
        self._require_cookie(request)
        socket = bridge.new_socket()
        if not socket.can_prepare(request):
            raise web.HTTPBadRequest(text="This is the page's WebSocket; open / in a browser instead.")
        await socket.prepare(request)
        if socket.ws_protocol != "mqtt":
            await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=b"The subprotocol is mqtt")
        elif len(self._sockets) >= SOCKETS_MAX:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"Too many pages are open")
        else:
            self._sockets[socket] = request
            try:
                await bridge.serve(request, socket, self._broker, self._station)
            finally:
                del self._sockets[socket]
        return socket

    async def _close_sockets(self, app: web.Application) -> None:
        """At stop: tell every browser, and cut off those that don't answer within the close time-out."""
        waits = [
            asyncio.create_task(s.close(code=WSCloseCode.GOING_AWAY, message=b"Slowroll is stopping"))
            for s in self._sockets
        ]
        if waits:
            await asyncio.wait(waits, timeout=bridge.CLOSE_TIMEOUT_S)
        for request in self._sockets.values():
            if request.transport is not None:
                request.transport.abort()

    def _require_cookie(self, request: web.Request) -> None:
        if not self._door.lets_in(request.cookies.get(COOKIE)):
            raise web.HTTPForbidden(text="Sign in first: open / in a browser and give the token.")

    def _require_own_origin(self, request: web.Request) -> None:
        refusal = self._door.origin_refusal(request.headers.get("Origin"), request.headers.get("Host"))
        if refusal is not None:
            raise web.HTTPForbidden(text=refusal)


class _Tripwire:
    """Ends the server when a handler dies of something unexpected; aiohttp alone would only log it."""

    def __init__(self, over: asyncio.Future[None]) -> None:
        self._over = over

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, _EXPECTED) and not self._over.done():
            self._over.set_exception(error)


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)  # a document has a policy of its own


def _serve_asset(request: web.Request, asset: Asset) -> web.Response:
    headers = {"ETag": asset.etag, "Cache-Control": asset.cache_control, "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match") == asset.etag:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = asset.content_type
    if "gzip" not in request.headers.get("Accept-Encoding", "").lower():
        return web.Response(body=asset.body, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return web.Response(body=asset.gzipped, headers=headers)


def _no_store(response: web.Response) -> web.Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _version() -> str:
    """This product's version; a source tree that was never installed has none."""
    try:
        return version("slowroll")
    except PackageNotFoundError:
        return "source tree"
