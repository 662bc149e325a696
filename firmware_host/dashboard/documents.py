"""What the page fetches besides its own files: documents made at the moment they are asked for.

Whoever wires the page gives them as `Document`s; this room knows neither what is in them nor how it is made. Making
one may take seconds on a small machine, so it runs in a thread, and one at a time: a reload is no second load.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web
from msgspec import Struct

NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""For an HTML document with its own styles and pictures, and nothing else."""
ALWAYS = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""default-src says nothing of these three."""


class Document(Struct, frozen=True, kw_only=True):
    """One document, served with no-store."""

    make: Callable[[], bytes]
    """Called in a thread, never twice at once."""
    content_type: str
    """With its charset, such as "text/html; charset=utf-8"."""
    policy: str = "default-src 'none'"
    """Content-Security-Policy."""
    expected: tuple[type[Exception], ...] = (OSError,)
    """What `make` may raise when the document can't be had now; its text is shown. Anything else is a bug."""


async def serve(document: Document, making: asyncio.Lock) -> web.Response:
    """The document, or 503 with the sentence that says why there is none."""
    async with making:
        try:
            body = await asyncio.get_running_loop().run_in_executor(None, document.make)
        except document.expected as error:
            raise web.HTTPServiceUnavailable(
                text=f"This can't be shown now: {error}", headers={"Cache-Control": "no-store"}
            ) from error
    response = web.Response(body=body, headers={"Content-Type": document.content_type, "Cache-Control": "no-store"})
    response.headers["Content-Security-Policy"] = f"{document.policy}; {ALWAYS}"
    # A script elsewhere can't read it anyway; this keeps it from loading it as something else.
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.enable_compression()
    return response
