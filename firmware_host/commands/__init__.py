"""One module a command; the order is that of `slowroll --help`."""

from __future__ import annotations

NAMES = (
    *("demo", "run", "calibrate", "replay", "record", "sessions", "report", "run-finished"),
    *("acknowledge", "check", "drivers", "config", "explain", "simulate"),
)


class CommandError(Exception):
    """Ends a command with one clear sentence on stderr; exit 2 is wrong use, 1 a finding."""

    def __init__(self, text: str, exit_code: int = 2) -> None:
        super().__init__(text)
        self.exit_code = exit_code
