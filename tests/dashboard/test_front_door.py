"""Host, Origin and token, as pure questions."""

from __future__ import annotations

import pytest

from firmware_host.dashboard.front_door import FrontDoor

TOKEN = "c0ffee-and-sixteen-more"


def door(bound: str = "127.0.0.1", allowed: tuple[str, ...] = (), token: str | None = None) -> FrontDoor:
    return FrontDoor(bound, allowed, token)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "[::1]", "LOCALHOST:1", "localhost."]
)
def test_loopback_names_are_always_answered(host: str) -> None:
    assert door().host_refusal(host, "127.0.0.1") is None


@pytest.mark.parametrize("host", [None, "", "evil.example", "evil.example:8080", "localhost.evil.example", "[::2]:80"])
def test_other_names_are_refused(host: str | None) -> None:
    assert door().host_refusal(host, "127.0.0.1") is not None


def test_the_bound_address_the_connections_own_and_the_allowed_names_are_answered() -> None:
    assert door("192.168.1.5").host_refusal("192.168.1.5:8080", None) is None
    wide = door("0.0.0.0", ("Roller.local",))
    assert wide.host_refusal("192.168.1.5:8080", "192.168.1.5") is None
    assert wide.host_refusal("192.168.1.5:8080", "::ffff:192.168.1.5") is None
    assert wide.host_refusal("192.168.1.6:8080", "192.168.1.5") is not None
    assert wide.host_refusal("roller.local:8080", "192.168.1.5") is None
    refusal = wide.host_refusal("other.local", "192.168.1.5")
    assert refusal is not None
    assert "allowed_hosts" in refusal


@pytest.mark.parametrize("origin", ["http://localhost:8080", "https://localhost:8080", "http://LOCALHOST:8080"])
def test_the_pages_own_origin_is_let_in(origin: str) -> None:
    assert door().origin_refusal(origin, "localhost:8080") is None


@pytest.mark.parametrize(
    "origin",
    [None, "", "null", "http://evil.example", "http://localhost", "http://localhost:8081", "file://localhost:8080",
     "http://[", "http://localhost:8080@evil.example"],
)  # fmt: skip
def test_other_origins_are_refused(origin: str | None) -> None:
    assert door().origin_refusal(origin, "localhost:8080") is not None


def test_without_a_token_everybody_is_let_in_and_no_token_fits() -> None:
    assert door().lets_in(None)
    assert not door().token_fits("")


def test_the_token_opens_and_its_cookie_lets_in() -> None:
    shut = door(token=TOKEN)
    assert not shut.lets_in(None)
    assert not shut.lets_in("")
    assert not shut.lets_in(TOKEN), "the cookie is not the token"
    assert not shut.lets_in("\udcff\udcfe"), "header bytes that are not UTF-8"
    assert shut.token_fits(f" {TOKEN}\n")
    assert not shut.token_fits(TOKEN[:-1])
    assert not shut.token_fits("\udcff")
    assert shut.lets_in(shut.cookie())
    assert TOKEN not in shut.cookie()
    assert not shut.lets_in(door(token=TOKEN + "2").cookie()), "a new token ends old sign-ins"
