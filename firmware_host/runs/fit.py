"""The end of a run in a FIT file: the time of its last record.

fitdecode reads frame by frame, so a file never stands in memory as objects.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import IO, Any

import fitdecode

from firmware_host.runs.ending import Run, RunFileError
from firmware_host.runs.reading import Go, Stopped

MAX_FRAMES = 400_000
"""100 hours with a record each second. Frames can be a single byte, so the file's size bounds them too loosely."""
BROKEN = (
    fitdecode.FitError,
    struct.error,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
    AttributeError,
    AssertionError,
)
"""What the library raises on bytes that only pretend to be FIT, besides its own errors (tried with broken files)."""


def read(file: IO[bytes], go: Go) -> Run:
    """The end and sport of the last activity in the file; RunFileError if there is none."""
    found = _Found()
    frames = 0
    try:
        options: dict[str, Any] = {
            "check_crc": fitdecode.CrcCheck.RAISE,
            "error_handling": fitdecode.ErrorHandling.IGNORE,
        }
        with fitdecode.FitReader(file, **options) as reader:
            for frame in reader:
                frames += 1
                if frames > MAX_FRAMES:
                    break
                if not go():
                    raise Stopped
                if frame.frame_type == fitdecode.FIT_FRAME_DATA:
                    found.take(frame)
    except fitdecode.FitEOFError as error:
        raise RunFileError("the FIT file is cut off: copy it from the watch once more") from error
    except fitdecode.FitCRCError as error:
        raise RunFileError("the FIT file is damaged (its checksum is wrong): copy it once more") from error
    except BROKEN as error:
        raise RunFileError(f"the FIT file can't be read ({error}): copy or export it once more") from error
    if frames > MAX_FRAMES:
        raise RunFileError(f"the FIT file has over {MAX_FRAMES} messages, more than any run: is it the right one?")
    return found.run()


class _Found:
    """What was seen in the file so far."""

    def __init__(self) -> None:
        self._type: object = None
        self._record: datetime | None = None
        self._summary: datetime | None = None
        self._sport: str | None = None

    def take(self, message: Any) -> None:
        """One message; those that tell neither time, sport nor kind are passed over."""
        name = message.name
        if name == "record":
            self._record = _later(self._record, message.get_value("timestamp", fallback=None))
        elif name == "session":
            self._summary = _later(self._summary, message.get_value("timestamp", fallback=None))
            sport = message.get_value("sport", fallback=None)
            self._sport = str(sport)[:32] if sport is not None else self._sport
        elif name == "file_id":
            self._type = message.get_value("type", fallback=None)

    def run(self) -> Run:
        if self._type is not None and self._type != "activity":
            raise RunFileError(f"the FIT file is a {self._type}, not an activity: export the run itself")
        end = self._record or self._summary  # a watch without recording keeps the summary alone
        if end is None:
            raise RunFileError("the FIT file has no times in it, so it can't tell when the run ended")
        return Run(end=end, kind="FIT", sport=self._sport)


def _later(known: datetime | None, given: object) -> datetime | None:
    """The later of two; a watch that did not know the time yet writes plain seconds, which count for nothing."""
    if not isinstance(given, datetime):
        return known
    return given if known is None else max(known, given)
