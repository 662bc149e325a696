"""A station in a process of its own, to be killed: `station_process.py <port> <state dir>`.

Publishes a set for every line it reads on standard input (its number), and ends with it.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "shared"))

from broker_bench import set_done, settings
from brokers import STATION

from firmware_host.clock import SystemClock
from firmware_host.messaging.messenger import Messenger


def main(port: int, state_dir: Path) -> None:
    messenger = Messenger(settings(port), STATION, SystemClock(), state_dir, lambda request: None)
    messenger.start()
    for line in sys.stdin:
        messenger.event(set_done(int(line)))
    messenger.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
