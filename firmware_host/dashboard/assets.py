"""The built page in memory: a handful of small files, read once at start.

Names of scripts and styles carry a hash of their content, so a browser may keep them for ever; the HTML that
names them is asked for each time.
"""

from __future__ import annotations

import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

from msgspec import Struct

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(Struct, frozen=True):
    """One file as it is served."""

    body: bytes
    gzipped: bytes
    content_type: str
    etag: str
    cache_control: str


class AssetsMissing(Exception):
    """The page was never built; the text says how to build it."""


def built_page() -> Traversable:
    """Where the build puts the page (web/build.py), in a source tree and in a wheel alike."""
    return files("firmware_host.dashboard") / "static"


def load(folder: Traversable) -> dict[str, Asset]:
    """Every file of the built page by name; AssetsMissing when it isn't there or isn't whole."""
    if not (folder / "index.html").is_file() or not (folder / "login.html").is_file():
        raise AssetsMissing(
            f"The page was not built: {folder} has no index.html and login.html. "
            "In a source tree, build it with: python web/build.py"
        )
    found: dict[str, Asset] = {}
    for entry in folder.iterdir():
        suffix = entry.name[entry.name.rfind(".") :]
        if suffix in CONTENT_TYPES:
            found[entry.name] = _asset(folder, entry.name, CONTENT_TYPES[suffix])
    return found


def _asset(folder: Traversable, name: str, content_type: str) -> Asset:
    packed = folder / f"{name}.gz"
    if not packed.is_file():
        raise AssetsMissing(f"{packed} is missing: the page's build was cut short. Run: python web/build.py")
    body = (folder / name).read_bytes()
    hashed = name.count(".") == 2  # app.<hash>.js
    return Asset(
        body=body,
        gzipped=packed.read_bytes(),
        content_type=content_type,
        etag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
        cache_control="public, max-age=31536000, immutable" if hashed else "no-cache",
    )
