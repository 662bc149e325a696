"""The end of a run in a TCX or GPX file: the time of its last trackpoint.

Both are XML and come from anywhere, so they are read with defusedxml: no document type, no entities, nothing
fetched (a kilobyte of nested entities would otherwise unfold to gigabytes). Read as a stream: a file of any length
takes the memory of one point.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import IO
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from firmware_host.runs.ending import Run, RunFileError
from firmware_host.runs.reading import Go, Stopped

KINDS = {"TrainingCenterDatabase": "TCX", "gpx": "GPX"}
POINT_TIMES = {"TCX": ("Trackpoint", "Time"), "GPX": ("trkpt", "time")}
"""Only points that were run through: a GPX's own time is when it was exported, a waypoint's when it was placed."""
MAX_DEPTH = 64
MAX_TEXT = 64
CHUNK = 65536


def read(file: IO[bytes], go: Go) -> Run:
    """The end and sport in the file; RunFileError if it has none."""
    points = _Points()
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setContentHandler(points)
    try:
        while chunk := file.read(CHUNK):
            if not go():
                raise Stopped
            parser.feed(chunk)
        parser.close()
    except DefusedXmlException as error:
        raise RunFileError(
            "the file declares a document type or entities, which no TCX or GPX needs: not read, for safety. "
            "Export the run once more"
        ) from error
    except SAXParseException as error:
        raise RunFileError(
            f"the file is not whole XML (line {error.getLineNumber()}: {error.getMessage()}): export it once more"
        ) from error
    except (SAXException, ValueError, LookupError) as error:  # an encoding that does not exist, or does not hold
        raise RunFileError(f"the file is not readable as XML ({error}): export the run once more") from error
    return points.run()


class _Points(ContentHandler):
    """Looks for the root's name, the sport, and the times of points."""

    def __init__(self) -> None:
        super().__init__()
        self._path: list[str] = []
        self._kind = ""
        self._text = ""
        self._last: datetime | None = None
        self._points = 0
        self._sport: str | None = None

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 (xml.sax names it)
        local = name.rpartition(":")[2]
        if not self._path:
            self._kind = KINDS.get(local, "")
            if not self._kind:
                raise RunFileError(f"the file is XML, but of <{local[:32]}>: it is neither TCX nor GPX")
        if len(self._path) >= MAX_DEPTH:
            raise RunFileError(f"the file is nested more than {MAX_DEPTH} deep, which no TCX or GPX is")
        self._path.append(local)
        self._text = ""
        if local == "Activity" and self._kind == "TCX":
            self._sport = str(attrs.get("Sport", ""))[:32] or None
        self._points += local == POINT_TIMES[self._kind][0]

    def characters(self, content: str) -> None:
        if len(self._text) < MAX_TEXT:
            self._text += content[:MAX_TEXT]

    def endElement(self, name: str) -> None:  # noqa: N802
        where = tuple(self._path[-2:])
        self._path.pop()
        if where == POINT_TIMES[self._kind]:
            self._take(self._text.strip())
        elif where == ("trk", "type"):
            word = self._text.strip()[:32]
            self._sport = word if word and not word.isdecimal() else self._sport  # some apps write a number of theirs

    def _take(self, text: str) -> None:
        """A time without a zone is UTC, as GPX has it; one that is no time is passed over."""
        try:
            at = datetime.fromisoformat(text)
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
        except (ValueError, OverflowError):
            return
        self._last = at if self._last is None else max(self._last, at)

    def run(self) -> Run:
        if self._last is not None:
            return Run(end=self._last, kind=self._kind, sport=self._sport)
        what = "its points have no times" if self._points else "it has no track, only a route or places"
        raise RunFileError(f"the {self._kind} file can't tell when the run ended: {what}. Export the activity itself")
