"""The folder of run files: what appears in it is read once, and told to the engine as seconds before now.

1. A file is read once its size and time have stood still from one look to the next: copying takes time.
2. A FIT, TCX or GPX file is the owner's: it stays where it is, and `runs-read.json` remembers that it was read, over
   restarts too. One that can't be read is moved to `refused/` beside a `.why.txt`.
3. A JSON file is a request, as `slowroll run-finished` makes it: it is removed when done, or refused like the others.
4. A file tells of the last run only if it is later than the run already known: whoever copies a year of runs into
   the folder means the last one. A request is what a person says now, and counts.
5. While the machine's clock has not been set, files wait; requests that say how long ago do not.

No thread of the daemon may wait for a file of megabytes on a slow card, so the folder has its own.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from queue import Empty, SimpleQueue

import msgspec

from firmware_host.clock import Clock
from firmware_host.coaching.inputs import Command
from firmware_host.runs.ending import OLDEST, Run, RunFileError, clock_unset, spoken, why_not
from firmware_host.runs.reading import Request, Stopped, read

log = logging.getLogger("slowroll.runs")

POLL_S = 2.0
ANSWER_S = 5.0
"""The engine answers at its next turn; this is for a machine that hangs."""
REFUSED = "refused"
WHY = ".why.txt"
UNFINISHED = (".part", ".partial", ".tmp", ".crdownload")
"""How browsers and copy programs call what they have not finished; names with a dot before them as well."""
STALE_S = 60.0
SAME_RUN_S = 60.0
"""Two files of one run, from watch and phone, end within this of each other."""

Stamp = tuple[int, int]
"""Size in bytes and time of change in ns: the same name with another stamp is another file."""


class RunFolder:
    """Watches one folder. `decode` understands what `cmd/run_finished` may carry and gives the command or why not;
    `hand_over` gives a command to the engine, whose answer comes back through `answered`; `known_run_t` is when the
    last known run ended, on the run's clock.
    """

    def __init__(
        self,
        folder: Path,
        memory: Path,
        clock: Clock,
        decode: Callable[[bytes], Command | str],
        hand_over: Callable[[Command], None],
        known_run_t: Callable[[], float | None],
    ) -> None:
        self._folder = folder
        self._memory = memory
        self._clock = clock
        self._decode = decode
        self._hand_over = hand_over
        self._known_run_t = known_run_t
        self._answers: SimpleQueue[tuple[Command, str]] = SimpleQueue()
        self._asked: Command | None = None
        self._seen: dict[str, Stamp] | None = None
        self._done: dict[str, Stamp] = {}
        self._waiting: set[str] = set()
        """Read while the clock was not set; they are read again when it is."""
        self._unprintable: set[str] = set()
        self._said = ""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="runs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Within a second, whatever is being read; may be called twice."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(0.8)

    def answered(self, command: Command, why: str) -> None:
        """What the engine made of a command: `why` it was refused, or nothing. On the engine's thread; never blocks."""
        if command is self._asked:
            self._answers.put((command, why))

    def _run(self) -> None:
        self.poll()
        while not self._clock.wait(self._stopping, POLL_S):
            self.poll()

    def poll(self) -> None:
        """One look at the folder: read what is new and has stood still since the last look."""
        try:
            for path, stamp in self._settled():
                if self._stopping.is_set():
                    return
                self._take(path, stamp)
        except OSError as error:
            self._unusable(f"{error.filename or self._folder}: {error.strerror or error}")
        except Stopped:
            return

    # --- what is new -------------------------------------------------------------------------------------------

    def _settled(self) -> list[tuple[Path, Stamp]]:
        """The files to read now, oldest first."""
        first = self._seen is None
        present = self._listing()
        self._said = ""  # a folder that could be listed may fail, and be said to, anew
        if not clock_unset(self._clock.wall()):
            self._waiting.clear()
        if first:
            self._done = self._remembered()
            self._pass_over(present)
        before = self._seen or {}
        self._seen = present
        self._done = {name: stamp for name, stamp in self._done.items() if name in present}
        settled = [
            (self._folder / name, stamp)
            for name, stamp in present.items()
            if before.get(name) == stamp and self._done.get(name) != stamp and name not in self._waiting
        ]
        return sorted(settled, key=lambda one: one[1][1])

    def _listing(self) -> dict[str, Stamp]:
        present = {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name.endswith(UNFINISHED):
                    continue
                if not entry.name.isprintable():  # bytes that are no UTF-8 among them: neither log nor memory holds it
                    self._say_unprintable(entry.name)
                    continue
                try:
                    if entry.is_file(follow_symlinks=False):
                        about = entry.stat(follow_symlinks=False)
                        present[entry.name] = (about.st_size, about.st_mtime_ns)
                except FileNotFoundError:
                    continue  # gone again since the folder was listed
        return present

    def _say_unprintable(self, name: str) -> None:
        if name not in self._unprintable:
            self._unprintable.add(name)
            log.warning("%s is not read, as its name can't be printed: give it another.", ascii(name))

    def _pass_over(self, present: dict[str, Stamp]) -> None:
        """At the start: files that were last changed long ago hold no run that counts, however many there are."""
        oldest_ns = (self._clock.wall() - OLDEST).timestamp() * 1e9
        old = {name: stamp for name, stamp in present.items() if stamp[1] < oldest_ns and name not in self._done}
        if old:
            self._done |= old
            log.info("%s: %d files from more than %d days ago passed over.", self._folder, len(old), OLDEST.days)

    def _remembered(self) -> dict[str, Stamp]:
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=dict[str, Stamp])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            log.warning("%s can't be read (%s): run files may be read once more.", self._memory, error)
            return {}

    def _remember(self, path: Path, stamp: Stamp) -> None:
        self._done[path.name] = stamp
        written = self._memory.with_suffix(".tmp")
        try:
            written.write_bytes(msgspec.json.encode(self._done))
            written.replace(self._memory)
        except OSError as error:
            why = error.strerror or error
            log.warning("%s can't be written: %s. After a restart run files are read once more.", self._memory, why)

    # --- one file ----------------------------------------------------------------------------------------------

    def _take(self, path: Path, stamp: Stamp) -> None:
        try:
            found = read(path, lambda: not self._stopping.is_set())
            if isinstance(found, Request):
                self._take_request(path, stamp, found)
            else:
                self._take_run(path, stamp, found)
        except RunFileError as error:
            self._refuse(path, stamp, str(error))
        except FileNotFoundError:
            return  # whoever put it there took it away again
        except OSError as error:
            log.warning("%s can't be read: %s.", path, error.strerror or error)
            self._remember(path, stamp)

    def _take_run(self, path: Path, stamp: Stamp, run: Run) -> None:
        now, wall = self._clock.now(), self._clock.wall()  # together: from here on the wall clock may jump
        unset = clock_unset(wall)
        if unset:
            self._waiting.add(path.name)
            log.warning("%s waits: %s.", path.name, unset)
            return
        ago_s = max(0.0, (wall - run.end) / timedelta(seconds=1))
        why = why_not(run.end, wall) or self._older(now - ago_s)
        if not why:
            why = self._ask(msgspec.json.encode({"minutes_ago": ago_s / 60}))
        if why:
            log.warning("%s: %s.", path.name, why)
        else:
            note = f" ({run.note})" if run.note else ""
            log.info("%s: the run ended %s ago%s. Limits and times follow.", path.name, spoken(ago_s), note)
        self._remember(path, stamp)

    def _older(self, end_t: float) -> str:
        """Why a run that ended at `end_t` is not the one that counts, or nothing."""
        known = self._known_run_t()
        if known is None or end_t > known - SAME_RUN_S:
            return ""
        return (
            f"this run ended {spoken(known - end_t)} before the one already known, which counts. "
            "If this is the right one, say so: slowroll run-finished FILE"
        )

    def _take_request(self, path: Path, stamp: Stamp, request: Request) -> None:
        why = _stale(request, stamp, self._clock.wall()) or self._ask(bytes(request))
        if why:
            self._refuse(path, stamp, why)
            return
        log.info("%s: taken. Limits and times follow.", path.name)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("%s was taken, but can't be removed: %s.", path, error.strerror or error)
            self._remember(path, stamp)

    def _ask(self, payload: bytes) -> str:
        """Through the same understanding as a command over MQTT, to the engine; why it was refused, or nothing."""
        command = self._decode(payload)
        if isinstance(command, str):
            return command
        self._asked = command
        self._hand_over(command)
        deadline = time.monotonic() + ANSWER_S
        while not self._stopping.is_set() and time.monotonic() < deadline:
            try:
                answered, why = self._answers.get(timeout=0.1)
            except Empty:
                continue
            if answered is command:
                return why
        if self._stopping.is_set():
            raise Stopped
        return "the engine did not answer; its own log says why"

    def _refuse(self, path: Path, stamp: Stamp, why: str) -> None:
        """Out of the way, with the reason beside it; whoever waits for the file to go finds the reason first."""
        log.warning("%s: %s.", path.name, why)
        aside = self._folder / REFUSED
        try:
            aside.mkdir(exist_ok=True)
            (aside / f"{path.name}{WHY}").write_text(f"{why}\n", encoding="utf-8")
            path.replace(aside / path.name)
        except OSError as error:
            log.warning("%s can't be moved to %s: %s. It stays, unread.", path, aside, error.strerror or error)
            self._remember(path, stamp)

    def _unusable(self, what: str) -> None:
        """Said once, though it is tried at every look."""
        if what != self._said:
            self._said = what
            log.warning(
                "The folder of runs can't be used: %s. Files in it are not read until that is mended (runs_dir).", what
            )


def _stale(request: bytes, stamp: Stamp, wall: datetime) -> str:
    """Why "so many minutes ago" means nothing any more, or nothing: it counted from when it was written."""
    try:
        asked = msgspec.json.decode(request)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""  # `decode` says what is wrong with it
    if not isinstance(asked, dict) or "minutes_ago" not in asked:
        return ""
    age_s = wall.timestamp() - stamp[1] / 1e9
    if abs(age_s) <= STALE_S:
        return ""
    return (
        "this request was not written just now (or the clock has moved since), so its minutes_ago can't be counted "
        'from. Ask again, or say it with a time: {"at": "2026-08-01T07:30:00+02:00"}'
    )
