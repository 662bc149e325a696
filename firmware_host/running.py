"""Whether a slowroll uses this state folder, and with it the sensors: a lock that ends with its process."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

NAME = "running.lock"


def hold(state: Path) -> IO[bytes] | None:
    """This process runs here, until the file is closed; None where no lock can be had, which stops nobody."""
    try:
        file = (state / NAME).open("ab")
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def is_held(state: Path) -> bool:
    """Somebody runs here."""
    try:
        with (state / NAME).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False
