"""How well passes and holds are found and measured: simulated people through chips, drivers, bus and engine.

    .venv/bin/python benchmarks/accuracy.py [--seeds 20] [--verbose]

Bars (issue "The whole line"): pass F1 >= 0.98, hold F1 >= 0.97, length error median <= 2 %, hold duration error
p95 <= 0.3 s, no pass counted off the body. Exit 1 if one is not met.
"""

from __future__ import annotations

import argparse
import sys
from multiprocessing import Pool

from scoring import Score, match, middle, p95

from firmware_host.coaching.engine import Engine, Setup
from firmware_host.coaching.events import Hold, Pass
from firmware_host.coaching.replay import replay
from firmware_host.profiles import load_profile
from firmware_host.simulator import scenarios, truth
from firmware_host.simulator.rig import simulate
from firmware_host.simulator.world import World

PEOPLE = ("calm", "fast", "jerky", "holding")


def one(job: tuple[str, int]) -> tuple[str, int, Score, Score, int, int]:
    """One session: scores of passes and holds, passes off the body, and slow_down cues."""
    person, seed = job
    seconds = scenarios.find(person).seconds
    inputs = simulate(person, seed, seconds)
    world = World(person, seed, seconds)
    engine = Engine(Setup(person=world.person, tools=(world.tool,), profile=load_profile("article")))
    events = list(replay(engine, inputs, events=True, motion=False))
    true = truth.of_world(World(person, seed, seconds), person, seed, seconds)
    passes = [event for event in events if isinstance(event, Pass)]
    holds = [event for event in events if isinstance(event, Hold)]
    near = [*(one for one in true.passes if one.near_threshold), *true.near_misses]
    near += [short for short in true.short_passes if short.near_threshold]
    pass_score = match(passes, true.passes, near, "length", f"{person}/{seed} pass")
    near_holds = [*(one for one in true.holds if one.near_threshold), *true.near_misses]
    hold_score = match(holds, true.holds, near_holds, "duration", f"{person}/{seed} hold")
    on = [(change.t, change.on) for change in true.contacts]
    off_body = sum(not _on_body(on, (event.start + event.end) / 2) for event in passes)
    slow = sum(getattr(event, "cue", "") == "slow_down" for event in events)
    return person, seed, pass_score, hold_score, off_body, slow


def _on_body(changes: list[tuple[float, bool]], t: float) -> bool:
    state = False
    for then, on in changes:
        if then > t:
            break
        state = on
    return state


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--verbose", action="store_true")
    args = parser.parse_args()
    jobs = [(person, seed) for person in PEOPLE for seed in range(1, args.seeds + 1)]
    totals = {person: (Score(), Score(), [0, 0]) for person in PEOPLE}
    with Pool(2) as pool:
        for person, _seed, passes, holds, off_body, slow in pool.imap_unordered(one, jobs):
            totals[person][0].add(passes)
            totals[person][1].add(holds)
            totals[person][2][0] += off_body
            totals[person][2][1] += slow
    print(f"{args.seeds} seeds each; times in s; length error as a share")
    print(
        "person    passes  F1     start p95  end p95  length med  length p95"
        " | holds  F1     dur p95 | off body  slow_down"
    )
    fine = True
    for person, (passes, holds, (off_body, slow)) in totals.items():
        print(
            f"{person:8}  {passes.hit + passes.missed:6}  {passes.f1:.4f} {p95(passes.start_s):9.3f}"
            f" {p95(passes.end_s):8.3f}  {middle(passes.size):10.4f}  {p95(passes.size):10.4f} |"
            f" {holds.hit + holds.missed:5}  {holds.f1:.4f} {p95(holds.size):7.3f} | {off_body:8}  {slow:9}"
        )
        fine &= passes.f1 >= 0.98 and holds.f1 >= 0.97 and middle(passes.size) <= 0.02
        fine &= p95(holds.size) <= 0.3 and off_body == 0
        if args.verbose:
            print("   " + "\n   ".join(passes.examples + holds.examples))
    print("all bars met" if fine else "NOT all bars met")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
