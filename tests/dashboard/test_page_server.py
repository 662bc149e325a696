"""The page over HTTP: files, headers, the front door, the token, start and stop."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest
from brokers import free_port, until

from firmware_host.dashboard import assets
from firmware_host.dashboard.documents import NO_SCRIPTS, Document
from firmware_host.dashboard.page import Page, PageError
from firmware_host.settings import PageSettings

Serve = Callable[..., Page]
TOKEN = "a-long-and-random-token"


def port_of(page: Page) -> int:
    return int(page.url.rpartition(":")[2])


def request(
    page: Page, path: str = "/", method: str = "GET", body: str | None = None, **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request; header names are written with _ for -."""
    connection = http.client.HTTPConnection("127.0.0.1", port_of(page), timeout=5)
    try:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, given)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def test_the_page_and_what_it_names_are_served(serve: Serve) -> None:
    page = serve()
    response, body = request(page)
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    names = re.findall(r'(?:src|href)="(/[^"]+)"', body.decode())
    assert len(names) == 3, names
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
    for name in names:
        response, _ = request(page, name)
        assert response.status == 200, name
        assert response.headers["Content-Type"] == types[Path(name).suffix]
        hashed = name.count(".") == 2
        assert ("immutable" in response.headers["Cache-Control"]) is hashed, name
    assert sum(name.count(".") == 2 for name in names) == 2, "script and style carry their hash"


def test_a_browser_gets_gzip_and_keeps_what_has_not_changed(serve: Serve) -> None:
    page = serve()
    plain, body = request(page)
    packed, data = request(page, Accept_Encoding="gzip, deflate, br")
    assert plain.headers["Content-Encoding"] is None
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert gzip.decompress(data) == body
    again, nothing = request(page, If_None_Match=packed.headers["ETag"])
    assert (again.status, nothing) == (304, b"")


@pytest.mark.parametrize("path", ["/", "/login", "/config.json", "/health", "/nothing", "/icon.svg"])
def test_every_answer_carries_the_security_headers(serve: Serve, path: str) -> None:
    response, _ = request(serve(), path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "connect-src 'self'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_page_has_nothing_inline_that_its_policy_forbids(built_page: Path) -> None:
    for name in ("index.html", "login.html"):
        html = (built_page / name).read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", html), name


def test_config_health_and_favicon(serve: Serve) -> None:
    page = serve(station="attic")
    response, body = request(page, "/config.json")
    config = json.loads(body)
    assert config["station"] == "attic"
    assert set(config) == {"station", "version"}
    assert response.headers["Cache-Control"] == "no-store"
    assert json.loads(request(page, "/health")[1]) == {"status": "ok"}
    assert request(page, "/favicon.ico")[0].headers["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["/app.js", "/index.html", "/login.html", "/../page.py", "/%2e%2e/page.py", "/a/b"])
def test_what_is_not_there_is_not_found(serve: Serve, path: str) -> None:
    assert request(serve(), path)[0].status == 404


@pytest.mark.parametrize("path", ["/", "/health", "/config.json", "/mqtt", "/icon.svg", "/nothing"])
def test_a_foreign_host_name_is_refused_everywhere(serve: Serve, path: str) -> None:
    response, body = request(serve(), path, Host="rebound.example")
    assert response.status == 403
    assert b"allowed_hosts" in body


def test_an_allowed_host_name_is_answered(serve: Serve) -> None:
    page = serve(allowed_hosts=("roller.local",))
    assert request(page, Host="roller.local:8080")[0].status == 200
    assert page.url.startswith("http://roller.local:")


@pytest.fixture
def token_file(tmp_path: Path) -> str:
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    return str(path)


def sign_in(page: Page, token: str, origin: str | None = None) -> tuple[http.client.HTTPResponse, bytes]:
    headers = {
        "Content_Type": "application/x-www-form-urlencoded",
        "Origin": origin or f"http://127.0.0.1:{port_of(page)}",
    }
    return request(page, "/login", "POST", urlencode({"token": token}), **headers)


class TestToken:
    def test_without_it_there_is_only_the_form(self, serve: Serve, token_file: str) -> None:
        page = serve(host="0.0.0.0", token_file=token_file)
        response, _ = request(page)
        assert (response.status, response.headers["Location"]) == (303, "/login")
        assert request(page, "/config.json")[0].status == 403
        response, body = request(page, "/login")
        assert response.status == 200
        assert b'name="token"' in body
        assert request(page, "/health")[0].status == 200

    def test_it_is_exchanged_for_a_cookie_that_opens_the_page(self, serve: Serve, token_file: str) -> None:
        page = serve(host="0.0.0.0", token_file=token_file)
        response, _ = sign_in(page, TOKEN)
        assert (response.status, response.headers["Location"]) == (303, "/")
        cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert TOKEN not in cookie
        kept = cookie.partition(";")[0]
        assert request(page, Cookie=kept)[0].status == 200
        assert request(page, "/config.json", Cookie=kept)[0].status == 200
        assert request(page, "/config.json", Cookie=kept[:-1] + "x")[0].status == 403

    @pytest.mark.parametrize("given", ["", "wrong", TOKEN + "x", "\udcff" * 3])
    def test_a_wrong_one_is_refused_with_words(self, serve: Serve, token_file: str, given: str) -> None:
        page = serve(token_file=token_file)
        response, body = sign_in(page, given.encode(errors="replace").decode())
        assert response.status == 403
        assert response.headers["Set-Cookie"] is None
        assert b"That is not the token" in body

    def test_another_site_can_not_post_the_form(self, serve: Serve, token_file: str) -> None:
        page = serve(token_file=token_file)
        assert sign_in(page, TOKEN, "http://evil.example")[0].status == 403

    def test_a_form_that_is_too_long_is_refused(self, serve: Serve, token_file: str) -> None:
        assert sign_in(serve(token_file=token_file), "x" * 10_000)[0].status == 413


class TestDocuments:
    REPORT = Document(make=lambda: b"<p>four weeks", content_type="text/html; charset=utf-8", policy=NO_SCRIPTS)

    def test_one_is_made_each_time_it_is_asked_for(self, serve: Serve) -> None:
        asked = iter((b'{"a": 1}', b'{"a": 2}'))
        page = serve(documents={"/help.json": Document(make=lambda: next(asked), content_type="application/json")})
        response, body = request(page, "/help.json")
        assert (response.status, body) == (200, b'{"a": 1}')
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Cache-Control"] == "no-store"
        assert request(page, "/help.json")[1] == b'{"a": 2}'

    def test_one_has_its_own_policy_and_the_other_headers(self, serve: Serve) -> None:
        response, body = request(serve(documents={"/report": self.REPORT}), "/report")
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
        assert "script-src" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert body == b"<p>four weeks"

    def test_a_large_one_is_packed_for_who_takes_it(self, serve: Serve) -> None:
        large = Document(make=lambda: b"x" * 50_000, content_type="text/plain; charset=utf-8")
        page = serve(documents={"/help.json": large})
        assert request(page, "/help.json")[1] == b"x" * 50_000
        response, body = request(page, "/help.json", Accept_Encoding="gzip")
        assert response.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(body) == b"x" * 50_000

    def test_it_is_behind_the_same_door_as_the_page(self, serve: Serve, token_file: str) -> None:
        page = serve(token_file=token_file, documents={"/report": self.REPORT})
        response, body = request(page, "/report")
        assert response.status == 403
        assert b"four weeks" not in body
        kept = sign_in(page, TOKEN)[0].headers["Set-Cookie"].partition(";")[0]
        assert request(page, "/report", Cookie=kept)[0].status == 200
        assert request(page, "/report", Cookie=kept, Host="rebound.example")[0].status == 403

    def test_one_that_can_not_be_made_now_says_why_and_the_next_is_tried(self, serve: Serve) -> None:
        faults = [OSError("the disk of the history is not there")]

        def make() -> bytes:
            if faults:
                raise faults.pop()
            return b"here"

        page = serve(documents={"/report": Document(make=make, content_type="text/html")})
        response, body = request(page, "/report")
        assert response.status == 503
        assert body == b"This can't be shown now: the disk of the history is not there"
        assert response.headers["Cache-Control"] == "no-store"
        assert request(page, "/report")[1] == b"here"

    def test_a_slow_one_holds_up_nothing_and_is_never_made_twice_at_once(self, serve: Serve) -> None:
        started, go_on = threading.Event(), threading.Event()
        makers: list[str] = []
        most: list[int] = []

        def make() -> bytes:
            makers.append(threading.current_thread().name)
            most.append(len(makers))
            started.set()
            assert go_on.wait(5)
            makers.pop()
            return b"done"

        page = serve(documents={"/report": Document(make=make, content_type="text/html")})
        answers: list[bytes] = []
        askers = [threading.Thread(target=lambda: answers.append(request(page, "/report")[1])) for _ in range(3)]
        for asker in askers:
            asker.start()
        assert started.wait(5)
        assert request(page, "/health")[0].status == 200
        assert makers[0] != "page"
        go_on.set()
        for asker in askers:
            asker.join(5)
        assert answers == [b"done"] * 3
        assert max(most) == 1

    def test_without_them_their_paths_are_not_found(self, serve: Serve) -> None:
        assert request(serve(), "/report")[0].status == 404


class TestStart:
    def test_a_port_in_use_is_explained(self, built_page: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with pytest.raises(PageError, match=rf"port {port}.*another program.*ss -ltnp 'sport = :{port}'"):
                Page(PageSettings(port=port), "test", "127.0.0.1", 1).start()

    def test_a_foreign_address_is_explained(self, built_page: Path, tmp_path: Path, token_file: str) -> None:
        # 192.0.2.0/24 is kept for documentation (RFC 5737): no machine has it.
        settings = PageSettings(host="192.0.2.1", port=free_port(), token_file=token_file)
        with pytest.raises(PageError, match="not an address of this machine"):
            Page(settings, "test", "127.0.0.1", 1).start()

    def test_the_network_needs_a_token(self, built_page: Path) -> None:
        with pytest.raises(PageError, match=r"page\.token_file"):
            Page(PageSettings(host="0.0.0.0", port=free_port()), "test", "127.0.0.1", 1).start()

    @pytest.mark.parametrize("content", [None, "", "short", "\n  \n"])
    def test_a_token_that_can_not_be_used_is_explained(
        self, built_page: Path, tmp_path: Path, content: str | None
    ) -> None:
        path = tmp_path / "token"
        if content is not None:
            path.write_text(content)
        settings = PageSettings(port=free_port(), token_file=str(path))
        with pytest.raises(PageError, match=r"token_file.*openssl rand"):
            Page(settings, "test", "127.0.0.1", 1).start()

    def test_a_page_that_was_never_built_is_explained(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(assets, "built_page", lambda: tmp_path)
        with pytest.raises(PageError, match=r"python web/build\.py"):
            Page(PageSettings(port=free_port()), "test", "127.0.0.1", 1).start()

    def test_a_build_that_was_cut_short_is_explained(self, built_page: Path, tmp_path: Path) -> None:
        for name in ("index.html", "login.html", "index.html.gz"):
            (tmp_path / name).write_bytes((built_page / name).read_bytes())
        with pytest.raises(assets.AssetsMissing, match=r"login\.html\.gz"):
            assets.load(tmp_path)


class TestStop:
    def test_it_frees_the_port_and_its_thread_at_once_and_may_come_twice(self, serve: Serve) -> None:
        page = serve()
        port = port_of(page)
        idle = http.client.HTTPConnection("127.0.0.1", port)
        idle.request("GET", "/health")  # a browser keeps its connection open after that
        idle.getresponse().read()
        page.stop()
        assert not any(thread.name == "page" for thread in threading.enumerate())
        page.stop()
        idle.close()
        socket.create_server(("127.0.0.1", port)).close()

    def test_a_page_that_was_never_started_may_be_stopped(self) -> None:
        Page(PageSettings(), "test", "127.0.0.1", 1).stop()


LOCAL = b"Host: localhost\r\nOrigin: http://localhost\r\n"
WEBSOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
JUNK = [
    b"\x00\x01\x02\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: slowroll_page=\xff\xfe; a=;;=\r\n\r\n",
    b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nOrigin: http://[\r\n" + WEBSOCKET + b"\r\n",
    b"GET /mqtt HTTP/1.1\r\n" + LOCAL + WEBSOCKET + b"Sec-WebSocket-Key: \xff\r\n\r\n",
    b"POST /login HTTP/1.1\r\n" + LOCAL + b"Content-Length: 5\r\n\r\n\xff=%ff",
    b"POST /login HTTP/1.1\r\n" + LOCAL + b"Content-Length: 500\r\n\r\ntok",
    b"POST /login HTTP/1.1\r\n" + LOCAL + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\njunk",
    b"POST /login HTTP/1.1\r\n" + LOCAL + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + LOCAL + b"\r\n",
    b"GET /%ff%00%2f HTTP/1.1\r\n" + LOCAL + b"\r\n",
]


def let_go(peer: socket.socket) -> bool:
    try:
        return peer.recv(4096) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("junk", JUNK)
def test_no_request_however_strange_ends_the_server(serve: Serve, token_file: str, junk: bytes) -> None:
    page = serve(token_file=token_file)
    with socket.create_connection(("127.0.0.1", port_of(page)), timeout=5) as peer:
        peer.sendall(junk)
        peer.shutdown(socket.SHUT_WR)
        until(lambda: let_go(peer), "the server lets go of the connection")
    assert request(page, "/health")[0].status == 200


def test_a_bug_in_a_handler_ends_the_thread_and_is_not_only_logged(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    died: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: died.append(args.exc_value))
    page = serve()

    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("firmware_host.dashboard.routes._serve_asset", broken)
    assert request(page)[0].status == 500
    until(lambda: died, "the page's thread dies of the bug")
    assert isinstance(died[0], ZeroDivisionError)
