"""The embedded broker's process: `python -m firmware_host.messaging.embedded_main <port>`.

Says one line on standard output ("ready", "port in use" or "failed"), then serves until its standard input
ends. amqtt logs a great deal; it is kept in memory, and shown only if the broker fails.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import sys
import threading
import warnings
from collections import deque
from typing import Any

from firmware_host.messaging.embedded import HOST, PORT_IN_USE, READY

KEPT_LINES = 50


class LastWords(logging.Handler):
    """The newest lines of the log, for the case that they are wanted."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("embedded broker: %(name)s: %(message)s"))
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


def configuration(port: int) -> dict[str, Any]:
    """amqtt's: loopback alone, anybody on this machine, no plug-ins that talk."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


def main(arguments: list[str]) -> int:
    # Only the end of standard input ends us: a signal to the whole group must not take the broker away
    # before its parent has said `offline`.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    warnings.simplefilter("ignore")
    words = LastWords()
    logging.basicConfig(handlers=[words], level=logging.WARNING)
    threading.Thread(target=_end_with_parent, name="parent watch", daemon=True).start()
    try:
        return asyncio.run(_serve(int(arguments[0]), words))
    finally:  # it serves for ever, so it has failed
        sys.stderr.writelines(f"{line}\n" for line in words.lines)


def _end_with_parent() -> None:
    while os.read(0, 64):  # not sys.stdin: its lock would be held while the interpreter shuts down
        pass
    os._exit(0)  # nothing is kept, so there is nothing to put in order


async def _serve(port: int, words: LastWords) -> int:
    from amqtt.broker import Broker
    from amqtt.errors import BrokerError

    try:
        await Broker(configuration(port)).start()
    except BrokerError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.EADDRINUSE:
            words.lines.clear()  # a traceback says no more than these three words
            _say(PORT_IN_USE)
        else:
            _say(b"failed")
        return 1
    _say(READY)
    await asyncio.Event().wait()
    return 0


def _say(word: bytes) -> None:
    sys.stdout.buffer.write(word + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
