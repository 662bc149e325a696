"""A request put into the folder of a daemon on this machine, and its answer waited for.

The daemon takes a request away when it is done, and leaves the reason in `refused/` when it is not (`folder.py`). One
that nobody takes is taken back: a "90 minutes ago" must not be found tomorrow.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path

from firmware_host.runs.folder import POLL_S, REFUSED, WHY

WAIT_S = 5 * POLL_S
"""The daemon looks every `POLL_S` and waits until a file has stood still for one look."""


class NobodyThere(Exception):
    """No daemon looks into that folder; the text says what to do."""


def deliver(folder: Path, payload: bytes, wait_s: float = WAIT_S) -> str:
    """Put the request there and wait: why it was refused, or nothing. NobodyThere if it was not taken.

    OSError if the folder can't be written to.
    """
    if not folder.is_dir():
        raise NobodyThere(f"there is no folder {folder}, so no slowroll run of this user has been started yet")
    name = f"run-finished-{secrets.token_hex(4)}.json"
    request, unfinished = folder / name, folder / f".{name}"
    unfinished.write_bytes(payload)
    unfinished.replace(request)  # whole, or not there
    deadline = time.monotonic() + wait_s
    try:
        while request.exists():
            if time.monotonic() > deadline:
                raise NobodyThere(f"nobody took the request from {folder} within {wait_s:.0f} s")
            time.sleep(0.05)
    finally:
        request.unlink(missing_ok=True)
    return _reason(folder / REFUSED / name)


def _reason(refused: Path) -> str:
    why = refused.with_name(refused.name + WHY)
    try:
        text = why.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return ""
    why.unlink(missing_ok=True)
    refused.unlink(missing_ok=True)
    return text
