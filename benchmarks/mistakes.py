"""Which of the mistakes that hobby drivers make the driver kit finds, and in what words: a table.

    python benchmarks/mistakes.py

The mistakes are those of tests/sensors/test_seeded_mistakes.py: one edit each to a sound driver, tried on the models of
the MPU-6050 and the MPRLS. No chip was asked.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "sensors"))

from test_seeded_mistakes import MISTAKES, findings


def main() -> int:
    caught = 0
    print("| mistake | found by | others | what it says |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as top:
        for mistake, source, specimen in MISTAKES:
            folder = Path(tempfile.mkdtemp(dir=top))  # one each: Python keeps what it compiled by name and second
            failed = findings(mistake, source, specimen, folder)
            named = [finding for finding in failed if mistake.named.lower() in finding.says.lower()]
            caught += bool(named)
            first = named[0] if named else None
            says = first.says if first else "NOT NAMED" if failed else "NOT FOUND"
            print(
                f"| {mistake.what} | {first.check if first else '-'} | {max(0, len(failed) - 1)} | {says} |", flush=True
            )
    print(f"\n{caught} of {len(MISTAKES)} found and named")
    return 0 if caught == len(MISTAKES) else 1


if __name__ == "__main__":
    sys.exit(main())
