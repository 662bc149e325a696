"""Recordings on disk: one file a session, named by when it began (UTC), compressed once it is closed.

Everything here may raise `OSError`, and belongs to one thread (historian.py says what then happens).
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

_NAME = re.compile(r"(?P<stamp>\d{8}T\d{6}Z)(-\d+)?\.jsonl(\.gz)?")
_STAMP = "%Y%m%dT%H%M%SZ"
_BLOCK = 256 * 1024
COMPRESS_LEVEL = 6
"""zlib's own middle way; on a Pi Zero a higher one takes twice the time for 2 % less."""


class Recorder:
    """The recording that is being written, if any, and the folder with the others.

    A name is a file's name without .jsonl or .jsonl.gz, such as "20261122T193000Z".
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: IO[bytes] | None = None
        self.name: str | None = None
        """Of the recording that is open, or was closed last."""

    @property
    def is_open(self) -> bool:
        return self._file is not None

    @property
    def path(self) -> Path | None:
        """Of the recording that is open."""
        return None if self._file is None else Path(self._file.name)

    def begin(self, at: datetime, lines: list[bytes]) -> None:
        """Start a new file with `lines`, the header first; `at` names it. One that is open is closed."""
        self.finish()
        self.name = None
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file, self.name = self._create(at.astimezone(UTC).strftime(_STAMP))
        self._file.writelines(lines)

    def write(self, line: bytes) -> None:
        """Add a line; without an open file it is dropped."""
        if self._file is not None:
            self._file.write(line)

    def flush(self) -> None:
        """Hand what was written to the kernel: it then survives the end of this program."""
        if self._file is not None:
            self._file.flush()

    def finish(self) -> None:
        """Close the file that is open. It is closed even where the last of it can't be written, and this raises."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def leftovers(self) -> list[Path]:
        """Recordings that were closed by a power cut or a kill; half-written archives are removed."""
        for half in self._folder.glob("*.jsonl.gz.tmp"):
            half.unlink()
        return sorted(path for path in self._folder.glob("*.jsonl") if _NAME.fullmatch(path.name))

    def compress(self, path: Path, stopping: Callable[[], bool]) -> None:
        """Turn a closed `.jsonl` into `.jsonl.gz`; given up, with nothing changed, once `stopping()` is true.

        The archive is complete on the disk before the original goes.
        """
        archive = path.with_name(path.name + ".gz")
        half = archive.with_name(archive.name + ".tmp")
        try:
            with path.open("rb") as source, half.open("wb") as raw:
                with gzip.GzipFile(path.name, "wb", COMPRESS_LEVEL, raw) as packed:
                    while block := source.read(_BLOCK):
                        packed.write(block)
                        if stopping():
                            return
                raw.flush()
                os.fsync(raw.fileno())
            half.replace(archive)
            path.unlink()
        finally:
            half.unlink(missing_ok=True)

    def prune(self, now: datetime, keep_days: int) -> int:
        """Remove recordings older than `keep_days`, by their names; returns how many. Other files are not ours."""
        oldest = now - timedelta(days=keep_days)
        old = [path for path, began in self._dated() if began < oldest and path.stem != self.name]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def remove(self, name: str) -> None:
        """Remove the recording called `name`, compressed or not."""
        for suffix in (".jsonl", ".jsonl.gz"):
            (self._folder / (name + suffix)).unlink(missing_ok=True)

    def _dated(self) -> list[tuple[Path, datetime]]:
        dated = []
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            match = _NAME.fullmatch(path.name)
            if match:
                with suppress(ValueError):  # the 99th of a month: not a name we gave
                    dated.append((path, datetime.strptime(match["stamp"], _STAMP).replace(tzinfo=UTC)))
        return dated

    def _create(self, stamp: str) -> tuple[IO[bytes], str]:
        """A new file; a second one of the same second (a clock that was set back) gets a number."""
        number = 1
        while True:
            name = stamp if number == 1 else f"{stamp}-{number}"
            if not (self._folder / f"{name}.jsonl.gz").exists():
                try:
                    return (self._folder / f"{name}.jsonl").open("xb"), name
                except FileExistsError:
                    pass
            number += 1
