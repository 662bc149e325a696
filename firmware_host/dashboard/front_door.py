"""Who may talk to the page: the Host and Origin checks, and the token.

A browser on this machine runs other people's pages too. Host is checked so that a foreign name pointed at
this address (DNS rebinding) reaches nothing; Origin, so that another site's script can't open the WebSocket
or post the login form. Both hold on loopback as well. Pure: it sees header values and answers with the reason
of a refusal, or None.
"""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

COOKIE = "slowroll_page"
TOKEN_LENGTH_MIN = 16
"""Characters. There is no limit on tries, so the token itself must be beyond guessing."""

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class FrontDoor:
    """The checks of one page: its bound address, the names it also answers to, and its token, if any."""

    def __init__(self, bound_host: str, allowed_hosts: tuple[str, ...], token: str | None) -> None:
        self._names = _LOOPBACK_NAMES | {_bare(name) for name in (bound_host, *allowed_hosts)}
        self._token = None if token is None else token.encode()

    def host_refusal(self, host: str | None, local_address: str | None) -> str | None:
        """Why a request with this Host header is refused.

        `local_address` is this end of the connection: a page bound to all addresses is reached by any of
        them, and an address, unlike a name, can't be made to point elsewhere.
        """
        if not host:
            return "The request has no Host header."
        name = _name_of(host)
        if name in self._names or (local_address is not None and name == _bare(local_address)):
            return None
        return (
            "This page does not answer to the name it was called by. "
            "If the name is yours, add it to allowed_hosts in the [page] section of slowroll.toml."
        )

    def origin_refusal(self, origin: str | None, host: str | None) -> str | None:
        """Why a WebSocket or a form with this Origin header is refused; it must be this page's own."""
        if not origin:
            return "The request has no Origin header: only this page's own scripts may do this."
        try:
            parts = urlsplit(origin)
        except ValueError:
            return "The Origin header is not a URL."
        if parts.scheme in {"http", "https"} and host and parts.netloc.lower() == host.lower():
            return None
        return "The request comes from another site; open the page itself."

    def token_fits(self, given: str) -> bool:
        """Whether this is the token; takes the same time for every wrong one."""
        return self._token is not None and hmac.compare_digest(_bytes(given.strip()), self._token)

    def cookie(self) -> str:
        """What a browser keeps once it has shown the token: made from it, and no way back to it."""
        return hmac.new(self._token or b"", b"slowroll page", hashlib.sha256).hexdigest()

    def lets_in(self, cookie: str | None) -> bool:
        if self._token is None:
            return True
        return cookie is not None and hmac.compare_digest(_bytes(cookie), _bytes(self.cookie()))


def _name_of(host: str) -> str:
    """The name in a Host header, without the port."""
    if host.startswith("["):
        return _bare(host.partition("]")[0])
    return _bare(host.rpartition(":")[0] if host.count(":") == 1 else host)


def _bare(name: str) -> str:
    """A name or address as it is compared: lower case, no brackets, root dot or IPv6 dressing."""
    name = name.strip("[]").rstrip(".").lower().partition("%")[0]
    try:
        address = ip_address(name)
    except ValueError:
        return name
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def _bytes(text: str) -> bytes:
    """`text` for a comparison; header bytes that aren't UTF-8 come as lone surrogates."""
    return text.encode(errors="surrogatepass")
