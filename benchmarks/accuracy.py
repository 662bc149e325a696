"""How well passes and holds are found and measured: simulated people through chips, drivers, bus and engine.

    .venv/bin/python benchmarks/accuracy.py [--seeds 20] [--only NAME] [--recordings DIR] [--verbose] [--check]

Each row is a person with a tool and what is wrong with the sensors (cases.py), so many sessions of about a minute and
a half, scored by docs/contract.md, Words. The truth is the tool's own travel; with limb_pitch_slip that along the
muscle, which no sensor in the tool can see. Then the same sessions with and without the motor buzzing, and the real
recordings, where there are any. A number followed by ! misses its bar; `--check`: exit 1 if one does.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path

from cases import CASES, Case
from masking import masked_rows
from real import real_rows
from sessions import Outcome, run
from table import heading, missed_bars, row

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recordings"
PROCESSES = 2

Job = tuple[int, int]
"""Which of the cases, and the seed."""


def one(job: tuple[Case, int]) -> tuple[Case, int, Outcome]:
    case, seed = job
    return case, seed, run(case, seed)


def measure(cases: list[Case], seeds: int) -> dict[Case, dict[int, Outcome]]:
    """All sessions, by case and seed."""
    jobs = [(case, seed) for case in cases for seed in range(1, seeds + 1)]
    found: dict[Case, dict[int, Outcome]] = defaultdict(dict)
    shows = sys.stderr.isatty()
    with Pool(PROCESSES) as pool:
        for done, (case, seed, outcome) in enumerate(pool.imap_unordered(one, jobs), 1):
            found[case][seed] = outcome
            if shows:
                print(f"\r{done} of {len(jobs)} sessions ", end="", file=sys.stderr, flush=True)
    if shows:
        print("\r\033[K", end="", file=sys.stderr)
    return found


def together(outcomes: dict[int, Outcome]) -> Outcome:
    """Every seed's in one."""
    total = Outcome()
    for seed in sorted(outcomes):
        total.add(outcomes[seed])
    return total


def report(found: dict[Case, dict[int, Outcome]], cases: list[Case], verbose: bool) -> Iterator[str]:
    """Print the tables; the bars that were missed."""
    print(heading())
    notes: list[str] = []
    for case in cases:
        total = together(found[case])
        print(row(case, total))
        notes += total.notes
        yield from missed_bars(case, total)
    masking = masked_rows(found)
    if masking.lines:
        print("\nThe same sessions without and with the motor buzzing")
        print("\n".join(masking.lines))
    yield from masking.missed
    notes += masking.notes
    if verbose:
        print("\n" + "\n".join(notes))


class NoSuchRow(Exception):
    """No row has that name, or one that contains it; the text lists those there are."""


def chosen(names: list[str] | None) -> list[Case]:
    """The rows called so, or else those with the name in theirs; in the table's order."""
    if names is None:
        return list(CASES)
    wanted: set[Case] = set()
    for name in names:
        found = [case for case in CASES if case.name == name] or [case for case in CASES if name in case.name]
        if not found:
            raise NoSuchRow(f"no row is called {name!r}. The rows are: {'; '.join(case.name for case in CASES)}")
        wanted.update(found)
    return [case for case in CASES if case in wanted]


def main() -> int:
    parser = argparse.ArgumentParser(description="Passes, holds, speed, position and cues against the truth.")
    parser.add_argument("--seeds", type=int, default=20, help="sessions a row (20)")
    parser.add_argument("--only", metavar="NAME", action="append", help="this row, or those whose name contains this")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS, metavar="DIR", help="real recordings")
    parser.add_argument("--verbose", action="store_true", help="name each miss, with its seed and time")
    parser.add_argument("--check", action="store_true", help="exit 1 if a bar is missed")
    args = parser.parse_args()
    try:
        cases = chosen(args.only)
    except NoSuchRow as error:
        print(error, file=sys.stderr)
        return 2
    if args.seeds < 1:
        print("--seeds: at least 1", file=sys.stderr)
        return 2
    print(f"{args.seeds} sessions a row")
    missed = list(report(measure(cases, args.seeds), cases, args.verbose))
    if args.only is None:
        lines, more = real_rows(args.recordings)
        print("\n" + "\n".join(lines))
        missed += more
    print("\nAll bars met." if not missed else f"\n{len(missed)} bars missed:\n  " + "\n  ".join(missed))
    return 1 if missed and args.check else 0


if __name__ == "__main__":
    sys.exit(main())
