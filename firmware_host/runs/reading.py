"""One file as a watch or an app writes it: FIT, TCX, GPX, or a small JSON request. What it is, its content says.

Names are not believed: apps send GPX as .xml and FIT as .bin. Everything is bounded: bytes here, points in
`fit.py`, entities and depth in `track.py`.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from firmware_host.runs.ending import Run, RunFileError

MAX_BYTES = 32 * 1024 * 1024
"""A day of running with a point each second and every sensor is 10 MB of TCX, the most wasteful of the three."""
MAX_REQUEST_BYTES = 4096
"""As for a command over MQTT."""
HEAD_BYTES = 512

Go = Callable[[], bool]
"""Asked now and then: False ends the reading."""


class Stopped(Exception):
    """The reading was ended from outside."""


class Request(bytes):
    """A JSON file: what `cmd/run_finished` would carry, unread."""


def read(path: Path, go: Go = lambda: True) -> Run | Request:
    """What the file says; RunFileError if it tells no run's end, OSError if it can't be read.

    Takes up to some seconds for a long run on a small machine; `go` is asked meanwhile, and Stopped raised.
    """
    with _open(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise RunFileError("the file is empty: copy it from the watch or app once more")
        if size > MAX_BYTES:
            raise RunFileError(
                f"the file has {size / 1e6:.0f} MB, no run over {MAX_BYTES / 1e6:.0f}: is it the right one?"
            )
        head = file.read(HEAD_BYTES)
        file.seek(0)
        kind = _kind(head)
        if kind == "JSON":
            if size > MAX_REQUEST_BYTES:
                raise RunFileError(f"a JSON request has at most {MAX_REQUEST_BYTES} bytes, this one {size}")
            return Request(file.read(MAX_REQUEST_BYTES))
        if kind == "FIT":
            from firmware_host.runs import fit

            return fit.read(file, go)
        from firmware_host.runs import track

        return track.read(file, go)


def _open(path: Path) -> BinaryIO:
    """The file for reading; never a pipe or device, which could make us wait for ever."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise RunFileError("that is no file: name a FIT, TCX or GPX file")
    return open(descriptor, "rb")


def _kind(head: bytes) -> str:
    """FIT, XML or JSON by the first bytes; RunFileError for anything else."""
    if head[8:12] == b".FIT":
        return "FIT"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<") or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "XML"
    if text.startswith(b"{"):
        return "JSON"
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04")):
        raise RunFileError("the file is packed: unpack it (gunzip, unzip) and give what is inside")
    raise RunFileError("the file is neither FIT, TCX nor GPX: export the run from the watch or app in one of these")
