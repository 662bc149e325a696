"""What the page needs before it can listen: a token where it is open to the network, and a port. Light to import."""

from __future__ import annotations

import errno
from pathlib import Path

from firmware_host.dashboard.errors import PageError
from firmware_host.dashboard.front_door import TOKEN_LENGTH_MIN
from firmware_host.settings import PageSettings, is_loopback


def token_of(settings: PageSettings) -> str | None:
    """The token, if the settings name one; PageError where it is needed and can't be used."""
    if settings.token_file is None:
        if is_loopback(settings.host):
            return None
        raise PageError(
            f"page.host {settings.host!r} opens the page to the network, so it needs a token: set "
            'page.token_file to a file with a long random one, or host = "127.0.0.1"'
        )
    path = Path(settings.token_file).expanduser()
    make = f"Make one with: openssl rand -hex 16 > {path}"
    try:
        token = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        raise PageError(f"page.token_file: {path} is not a text file. {make}") from error
    except OSError as error:
        raise PageError(f"page.token_file: {path} can't be read: {error.strerror}. {make}") from error
    if len(token) < TOKEN_LENGTH_MIN:
        raise PageError(
            f"page.token_file: the token in {path} has {len(token)} characters; it needs at least "
            f"{TOKEN_LENGTH_MIN} and should be random. {make}"
        )
    return token


def why_not_bound(error: OSError, settings: PageSettings) -> str:
    """A refused port, in words."""
    where = f"The page can't listen on {settings.host} port {settings.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{where}: another program has that port. To see which: ss -ltnp 'sport = :{settings.port}'. "
            "Stop it, or choose another port (port in the [page] section, or --http-port in the demo)."
        )
    if error.errno == errno.EACCES:
        return f"{where}: ports below 1024 belong to root. Choose one above, such as page.port = 8080."
    if error.errno == errno.EADDRNOTAVAIL:
        return (
            f"{where}: that is not an address of this machine. To see its addresses: ip -brief address. "
            'Set page.host to one of them, or to "127.0.0.1" for this machine alone.'
        )
    return f"{where}: {error.strerror or error}. Check host and port in the [page] section."
