"""What the report costs: `slowroll report --html` and the summary on MQTT, over histories of different sizes.

    .venv/bin/python benchmarks/report.py [--runs 5]

Histories as tests/history/history_weeks.py makes them. Each figure is the median of several runs in this process, the
file opened anew each time; beside it the same with ten times fewer sessions, to see how it grows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

sys.path.append(str(Path(__file__).parents[1] / "tests" / "history"))

from history_weeks import fill

from firmware_host.history.reader import Reader
from firmware_host.history.report_html import report_html
from firmware_host.history.store import Store
from firmware_host.profiles import load_profile

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIZES = {"50 sessions": 12, "500 sessions": 125}
A_WEEK = 4


def timed(path: Path, work: Callable[[Reader], object], runs: int) -> float:
    """Median milliseconds of opening the history and doing `work`."""
    took = []
    for _ in range(runs):
        began = time.perf_counter()
        reader = Reader(path)
        reader.open()
        work(reader)
        reader.close()
        took.append((time.perf_counter() - began) * 1000)
    return median(took)


def main() -> int:
    parser = argparse.ArgumentParser(description="What the report costs.")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="how often each (5)")
    args = parser.parse_args()
    profile = load_profile("article")
    print(f"{'ms':16} {'report --html':>14} {'summary (MQTT)':>16}")
    with tempfile.TemporaryDirectory() as folder:
        for name, weeks in SIZES.items():
            path = Path(folder) / f"{weeks}.sqlite3"
            store = Store(path)
            store.open()
            count = fill(store, NOW, weeks=weeks, a_week=A_WEEK)
            store.close()
            page = timed(path, lambda reader: report_html(reader, NOW, 3660, profile), args.runs)
            summary = timed(path, lambda reader: reader.summary(NOW, profile), args.runs)
            print(f"{name:16} {page:14.0f} {summary:16.0f}   ({count} of them)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
