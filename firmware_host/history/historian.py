"""Recordings and statistics, written on one thread: whoever calls never waits for a disk.

1. Calls only append to a queue. Recording lines past `LINE_LIMIT` and events past `ROW_LIMIT` are dropped and counted.
2. A recording is flushed every `FLUSH_S`, so a killed program loses no more than that; rows are written as they come.
3. A full or failing disk stops the recording, is reported once, and is tried again with the next session. Rows that
   can't be written are kept (up to `ROW_LIMIT`) and tried again every `RETRY_S`. Nothing else stops for either.
4. Closed recordings are compressed while nothing is recorded; what `stop` or a kill leaves over, at the next start.
"""

from __future__ import annotations

import errno
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from firmware_host.clock import Clock
from firmware_host.coaching.events import Event
from firmware_host.coaching.inputs import DeviceFault
from firmware_host.history.database import CorruptStore, StoreError, move_aside
from firmware_host.history.reader import UnknownSession
from firmware_host.history.recorder import Recorder
from firmware_host.history.recording import Header, encode_header
from firmware_host.history.store import Store
from firmware_host.settings import HistorySettings

T = TypeVar("T")

DATABASE = "history.sqlite3"
RECORDINGS = "recordings"
"""Names inside the state directory."""

FLUSH_S = 0.5
RETRY_S = 30.0
LINE_LIMIT = 20_000
"""About 100 s of one roller: a stalled SD card takes seconds, not minutes."""
ROW_LIMIT = 5_000
JOIN_S = 0.9


class _Question(NamedTuple):
    """One call of `ask`."""

    question: Callable[[Store], Any]
    future: Future[Any]


class Historian:
    """Keeps `directory`/history.sqlite3 and `directory`/recordings. `fault` is told, from the historian's thread, when
    either can't be written (`ok` False) and when it can again; it must not block. `kinds` are the tools' kinds by name.
    """

    def __init__(
        self,
        directory: Path,
        clock: Clock,
        settings: HistorySettings,
        fault: Callable[[DeviceFault], None],
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._fault = fault
        self._store = Store(directory / DATABASE, kinds)
        self._recorder = Recorder(directory / RECORDINGS)
        self._queue: deque[bytes | _Question | Callable[[], object]] = deque()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._recording = False
        """Between `begin` and `finish`, whether or not the disk took it."""
        self._ended = False
        self._dropped = {"recording": 0, "history": 0}
        # The thread's own from here on.
        self._rows: deque[Callable[[], object]] = deque()
        self._closed: list[Path] = []
        self._down: StoreError | None = None
        self._retry_t = 0.0
        self._faulty: set[str] = set()

    # --- for callers; none of these blocks ----------------------------------------------------------------------

    def start(self) -> None:
        self._stopping.clear()
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="historian", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is queued and close; may be called twice, and from any thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)

    def begin(self, header: Header, lines: list[bytes]) -> None:
        """A session begins: start a recording with `header` and the lines so far (newlines included)."""
        if self._settings.record:
            at = self._clock.wall()
            self._recording = True
            self._put(lambda: self._begin(at, [encode_header(header), *lines]))

    def line(self, line: bytes) -> None:
        """One more input, as its line; does nothing while nothing is recorded."""
        if self._recording:
            if len(self._queue) < LINE_LIMIT:
                self._queue.append(line)  # no wake: lines are taken every FLUSH_S
            else:
                self._dropped["recording"] += 1

    def finish(self) -> None:
        """The session is over: close the recording."""
        if self._recording:
            self._recording = False
            self._put(self._finish)

    def event(self, event: Event, at: datetime) -> None:
        """Keep `event`; `at` is the wall clock at `event.t`."""
        self._put_row(lambda: self._keep_event(event, at))

    def ask(self, question: Callable[[Store], T]) -> Future[T]:
        """Put `question` to the store, on the historian's thread and after everything that was kept before.

        The future holds StoreError if the history can't be read now, UnknownSession if the question named one that
        isn't there. Its callbacks run on the historian's thread.
        """
        future: Future[T] = Future()
        self._put(_Question(question, future))
        if self._ended:
            self._refuse_questions()
        return future

    def forget(self, session: int) -> Future[None]:
        """Delete a session, and its recording if no other session is in it. Errors as with `ask`."""
        return self.ask(lambda store: self._forget(store, session))

    def do(self, work: Callable[[], object]) -> None:
        """Some other small thing to write, in its turn; it must not raise."""
        self._put(work)

    def dropped(self) -> dict[str, int]:
        """Lines ("recording") and rows ("history") given up so far because the disk could not follow."""
        return dict(self._dropped)

    def _put(self, work: _Question | Callable[[], object]) -> None:
        self._queue.append(work)
        self._wake.set()

    def _put_row(self, keep: Callable[[], object]) -> None:
        if len(self._queue) < LINE_LIMIT + ROW_LIMIT:
            self._put(keep)
        else:
            self._dropped["history"] += 1

    # --- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._begin_recorder()
            self._begin_store()
            while True:
                self._wake.clear()  # before looking, so that nothing set meanwhile is missed
                stopping = self._stopping.is_set()
                self._work()
                if stopping:
                    break
                self._rest()
        finally:
            self._end()

    def _work(self) -> None:
        """Everything that is queued."""
        if self._down is not None and self._clock.now() >= self._retry_t:
            self._open_store()
        self._save()
        for _ in range(len(self._queue)):
            work = self._queue.popleft()
            if isinstance(work, bytes):
                self._record(self._recorder.write, work)
            elif isinstance(work, _Question):
                self._answer(work)
            else:
                work()
        self._record(self._recorder.flush)

    def _rest(self) -> None:
        """Compress, if there is something to; else sleep until there is something to do."""
        if self._recording:
            self._clock.wait(self._wake, FLUSH_S)
        elif self._closed:
            self._on_disk(self._recorder.compress, self._closed.pop(0), self._stopping.is_set)
        elif self._down is not None:
            self._clock.wait(self._wake, max(0.0, self._retry_t - self._clock.now()))
        else:
            self._wake.wait()

    def _end(self) -> None:
        """Close everything; questions that came too late are told so."""
        self._on_disk(self._recorder.finish)
        self._store.close()
        self._ended = True
        self._refuse_questions()

    def _refuse_questions(self) -> None:
        with suppress(IndexError):  # the queue is empty: callers may be emptying it as well
            while True:
                work = self._queue.popleft()
                if isinstance(work, _Question) and work.future.set_running_or_notify_cancel():
                    work.future.set_exception(StoreError("the history is closed", "The program is stopping"))

    # --- recordings ---------------------------------------------------------------------------------------------

    def _begin_recorder(self) -> None:
        self._closed = []
        if self._on_disk(lambda: self._closed.extend(self._recorder.leftovers())):
            self._prune()

    def _begin(self, at: datetime, lines: list[bytes]) -> None:
        self._record(self._recorder.begin, at, lines)
        if self._record(self._recorder.flush) and self._recorder.is_open:
            self._recovered("recording")

    def _finish(self) -> None:
        path = self._recorder.path
        if self._on_disk(self._recorder.finish) and path is not None:
            self._closed.append(path)
        self._prune()

    def _prune(self) -> None:
        self._on_disk(self._recorder.prune, self._clock.wall(), self._settings.keep_days)

    def _record(self, work: Callable[..., object], *given: object) -> bool:
        """Do what the open recording needs; a disk that says no ends it. True if it was done."""
        if self._on_disk(work, *given):
            return True
        with suppress(OSError):  # what the buffer still held is lost, as was reported
            self._recorder.finish()
        return False

    def _on_disk(self, work: Callable[..., object], *given: object) -> bool:
        """Do `work`; if the disk says no, say so once and go on. True if it was done."""
        try:
            work(*given)
        except OSError as error:
            self._report("recording", f"recordings can't be written: {error.strerror or error}", _disk_hint(error))
            return False
        return True

    # --- rows ---------------------------------------------------------------------------------------------------

    def _begin_store(self) -> None:
        self._open_store()
        self._rows.append(self._store.close_interrupted)
        self._save()

    def _open_store(self) -> None:
        try:
            try:
                self._store.open()
            except CorruptStore as error:
                aside = move_aside(self._store.path, self._clock.wall())
                self._report("history", error.what, f"It was moved to {aside}, and a new history started")
                self._store.open()
        except StoreError as error:
            self._store_failed(error)
        else:
            self._down = None

    def _keep_event(self, event: Event, at: datetime) -> None:
        name = self._recorder.name  # now: should the row have to wait, another one may be open by then
        self._keep(lambda: self._store.add(event, at, name))

    def _keep(self, row: Callable[[], object]) -> None:
        if len(self._rows) >= ROW_LIMIT:
            self._dropped["history"] += 1
            return
        self._rows.append(row)
        self._save()

    def _save(self) -> None:
        """Write the rows that wait, in order, as far as the store takes them."""
        while self._rows and self._down is None:
            try:
                self._rows[0]()
            except StoreError as error:
                self._store_failed(error)
                return
            self._rows.popleft()
        if self._down is None:
            self._recovered("history")

    def _store_failed(self, error: StoreError) -> None:
        self._store.close()
        self._down = error
        self._retry_t = self._clock.now() + RETRY_S
        self._report("history", error.what, error.hint)

    def _answer(self, asked: _Question) -> None:
        if not asked.future.set_running_or_notify_cancel():
            return
        try:
            if self._down is not None:
                raise self._down
            result = asked.question(self._store)
        except (StoreError, UnknownSession) as error:
            asked.future.set_exception(error)
        except BaseException as error:
            asked.future.set_exception(error)  # whoever waits must not wait for ever; the bug still ends the thread
            raise
        else:
            asked.future.set_result(result)

    def _forget(self, store: Store, session: int) -> None:
        name = store.forget(session)
        if name is not None:
            self._on_disk(self._recorder.remove, name)

    # --- faults -------------------------------------------------------------------------------------------------

    def _report(self, device: str, what: str, hint: str) -> None:
        """Say it once; again only after it was well in between."""
        if device not in self._faulty:
            self._faulty.add(device)
            self._fault(DeviceFault(self._clock.now(), None, device, what, hint, ok=False))

    def _recovered(self, device: str) -> None:
        if device in self._faulty:
            self._faulty.remove(device)
            self._fault(DeviceFault(self._clock.now(), None, device, "writing again", "", ok=True))


def _disk_hint(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The disk is full: free some space. Recording starts again with the next session; statistics go on"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "Likely the state directory belongs to another user, or the disk is mounted read-only"
    return "Likely a failing SD card or a disk that went away; see dmesg. Tried again with the next session"
