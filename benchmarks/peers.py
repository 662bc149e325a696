"""The angle about the axis beside vqf, imufusion and plain integration, on the same samples in one run.

    .venv/bin/python benchmarks/peers.py [--seeds 10] [--case NAME] [--aligned] [--recordings DIR] [--check]

Needs the `bench` extra. Cases with truth are in `turning.py`. Errors are in degrees against the true angle since the
first sample: RMS (median and worst over the seeds) and at the end (median). Every filter is told the axis and gets
the samples as they arrive. vqf knows one sample period and clips the gyroscope's bias at 2 dps by default; to be fair
it is run with either period (median, mean) and with room for a large bias too, and the variant with the lowest median
RMS counts. imufusion likewise, with its defaults and with the settings of its own advanced example; both times with
its bias correction, and beginning upright (it would begin with identity and take seconds to arrive).

Bars: RMS at most 1.05 x vqf's + 0.02 degrees in every case, below vqf's with an off-axis sensor or a bad start;
turns right to 0.02 % over 100-300; 0.5 degrees RMS on slow turning by hand. `--check`: exit 1 if one is not met.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path
from statistics import median

import imufusion
import numpy as np
from turning import CASES, Case, Turning
from turning_paths import Array, G
from vqf import VQF

from firmware_host.coaching.angle import AngleFilter
from firmware_host.coaching.inputs import ImuSample, Tool
from firmware_host.coaching.motion import Motion

RECORDINGS = Path(__file__).resolve().parents[2] / "shared" / "recordings"
SHARE, ROOM_DEG = 1.05, 0.02
CLOSE = 0.8
"""A row that uses up more than this share of its bar is marked."""

Rows = list[tuple[float, float, float]]


@dataclass(frozen=True)
class Result:
    case: str
    name: str
    rms_deg: float
    end_deg: float
    cost_us: float
    turns: float


# --- the filters: a turning to its angle at each sample, rad ----------------------------------------------------------


def ours(turning: Turning) -> Array:
    """Through `Motion`, as a tool without calibration."""
    tool = Tool(name="t", kind="foam_roller", axis=turning.axis, gyro_full_scale_rad_s=turning.full_scale_rad_s)
    motion = Motion(tool)
    out = []
    for t, accel, gyro in _samples(turning):
        motion.update(ImuSample(t, "t", accel, gyro), None, False, True)
        out.append(motion.angle)
    return np.array(out)


def filter_alone(turning: Turning) -> Array:
    """`AngleFilter` without what `Motion` does about rest, repeats, clipping and wild values."""
    turns = AngleFilter(turning.axis, 0.075)
    out = []
    last = 0.0
    for t, accel, gyro in _samples(turning):
        turns.step(gyro, accel, t - last)
        last = t
        out.append(turns.angle)
    return np.array(out)


def vqf(period: Callable[[Array], float], **params: float) -> Callable[[Turning], Array]:
    def run(turning: Turning) -> Array:
        filtered = VQF(float(period(np.diff(turning.t))), **params)
        out = np.empty((len(turning.t), 4))
        for i, (gyro, accel) in enumerate(zip(turning.gyro.copy(), turning.accel.copy(), strict=True)):
            filtered.update(gyro, accel)
            out[i] = filtered.getQuat6D()
        return _about(turning, out)

    return run


def fusion(**settings: float) -> Callable[[Turning], Array]:
    """`settings` for `imufusion.AhrsSettings`; gyroscope in degrees/s, accelerometer in g, each sample's own period."""

    def run(turning: Turning) -> Array:
        periods = np.diff(turning.t)
        rate = 1.0 / float(np.mean(periods))
        ahrs, bias = imufusion.Ahrs(), imufusion.Bias()
        ahrs.set_settings(imufusion.AhrsSettings(sample_rate=rate, **settings))
        bias.set_settings(imufusion.BiasSettings(sample_rate=rate))
        out = np.empty((len(turning.t), 4))
        gyro, accel = np.degrees(turning.gyro), turning.accel / G
        ahrs.set_quaternion(_upright(accel[0]))
        for i, period in enumerate([1.0 / rate, *periods.tolist()]):
            ahrs.set_sample_period(period)
            ahrs.update_no_magnetometer(bias.update(gyro[i]), accel[i])
            out[i] = ahrs.get_quaternion()
        return _about(turning, out)

    return run


def integration(turning: Turning) -> Array:
    rate = turning.gyro @ np.array(turning.axis)
    return np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(turning.t))])


FILTERS: dict[str, dict[str, Callable[[Turning], Array]]] = {
    "ours": {"": ours},
    "filter alone": {"": filter_alone},
    "vqf": {
        "defaults": vqf(np.median),
        "large bias": vqf(np.median, biasClip=30.0, biasSigmaInit=5.0),
        "mean period": vqf(np.mean),
        "mean period, large bias": vqf(np.mean, biasClip=30.0, biasSigmaInit=5.0),
    },
    "imufusion": {
        "defaults": fusion(),
        "its example": fusion(gain=0.5, gyroscope_range=2000.0, acceleration_rejection=10.0, rejection_timeout=5.0),
    },
    "integration": {"": integration},
}


def _samples(turning: Turning) -> list[tuple[float, tuple[float, float, float], tuple[float, float, float]]]:
    accel: Rows = [(x, y, z) for x, y, z in turning.accel.tolist()]
    gyro: Rows = [(x, y, z) for x, y, z in turning.gyro.tolist()]
    return list(zip(turning.t.tolist(), accel, gyro, strict=True))


def _upright(up: Array) -> Array:
    """The quaternion (w, x, y, z) that turns this direction in the sensor onto the world's z the shortest way."""
    x, y, z = up / np.linalg.norm(up)
    if z < -0.999:
        return np.array([0.0, 1.0, 0.0, 0.0])
    quaternion = np.array([1.0 + z, y, -x, 0.0])
    return np.asarray(quaternion / np.linalg.norm(quaternion))


def _about(turning: Turning, quaternions: Array) -> Array:
    """Sensor-to-world quaternions (w, x, y, z) to the angle about the axis.

    Where the axis stands across gravity: the direction of up in the plane across the axis, unwrapped. Where it stands
    upright that plane says nothing, so the turn from sample to sample about the axis is summed.
    """
    w, x, y, z = quaternions.T
    up = np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], -1)
    axis = int(np.argmax(np.abs(turning.axis)))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    if np.median(np.abs(up[:, axis])) < 0.8:
        angle = np.unwrap(np.arctan2(up[:, first], up[:, second]))
        return np.asarray(angle - angle[0])
    before, after = quaternions[:-1], quaternions[1:]
    real = np.sum(before * after, 1)
    i, j, k = axis + 1, first + 1, second + 1
    about = before[:, 0] * after[:, i] - before[:, i] * after[:, 0]
    about = about - before[:, j] * after[:, k] + before[:, k] * after[:, j]
    steps = 2 * np.arctan2(about, real)
    return np.concatenate([[0.0], np.cumsum((steps + np.pi) % (2 * np.pi) - np.pi)])


# --- cases ------------------------------------------------------------------------------------------------------------


def one(job: tuple[str, int, bool]) -> list[Result]:
    """Every filter on one run of one case: its name, the seed, and whether to measure from the mean error."""
    name, seed, aligned = job
    case = next(case for case in CASES if case.name == name)
    turning = case.turn(seed)
    results = []
    for name, variants in FILTERS.items():
        for variant, run in variants.items():
            began = time.process_time()
            angle = run(turning)
            cost = (time.process_time() - began) / len(angle) * 1e6
            error = np.degrees(angle - angle[0] - turning.angle)
            if aligned:
                error -= np.mean(error)
            rms, end = float(np.sqrt(np.mean(error**2))), float(abs(error[-1]))
            results.append(
                Result(case.name, f"{name}/{variant}", rms, end, cost, float(abs(turning.angle[-1]) / 2 / np.pi))
            )
    return results


def best(results: list[Result], name: str) -> tuple[str, list[Result]]:
    """Of a filter's variants the one with the lowest median RMS."""
    variants: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        if result.name.startswith(name + "/"):
            variants[result.name.split("/")[1]].append(result)
    return min(variants.items(), key=lambda item: median(result.rms_deg for result in item[1]))


def judge(case: Case, results: list[Result]) -> tuple[str, bool]:
    """The row of one case, and whether its bars are met."""
    row = f"{case.name:20}"
    middle = {}
    for name in ("ours", "vqf", "imufusion", "integration"):
        variant, runs = best(results, name)
        rms = [run.rms_deg for run in runs]
        middle[name] = median(rms)
        row += f" |{middle[name]:9.3f} {max(rms):9.3f} {median(run.end_deg for run in runs):9.3f}"
        if name == "vqf":
            row += f" {variant:23}"
    _, mine = best(results, "ours")
    lost = [f"{run.end_deg / 3.6 / run.turns:.4f}" for run in mine if run.turns > 5]
    turns = max(lost, key=float) if lost else "-"
    row += f" | {turns:>7}"
    bars = {"vqf": SHARE * middle["vqf"] + ROOM_DEG}
    if case.better:
        bars["vqf"] = middle["vqf"]
    if case.rms_deg is not None:
        bars["degrees"] = case.rms_deg
    used = {name: middle["ours"] / bar for name, bar in bars.items()}
    if case.turns_percent is not None:
        used["turns"] = float(turns) / case.turns_percent
    worst = max(used, key=lambda name: used[name])
    word = "MISSED" if used[worst] > 1 else "close" if used[worst] > CLOSE else "ok"
    return f"{row} | {word} ({100 * used[worst]:.0f} % of {worst})", used[worst] <= 1


def table(cases: list[Case], seeds: int, aligned: bool) -> bool:
    """Print a row for each case; whether all bars are met."""
    jobs = [(case.name, seed, aligned) for case in cases for seed in range(1, seeds + 1)]
    everything: dict[str, list[Result]] = defaultdict(list)
    print(f"degrees: RMS median and worst of {seeds} seeds, end median; turns: worst seed's error in %")
    columns = "".join(f" | {name:>7} RMS     worst       end{' ' * 24 * (name == 'vqf')}" for name in ("ours", "vqf"))
    columns += " | imufusion RMS worst       end | integr. RMS   worst       end | turns %"
    print(f"{'case':20}{columns}")
    fine = True
    with Pool(2) as pool:
        for results in pool.imap(one, jobs):
            done = everything[results[0].case]
            done += results
            if len({id(result) for result in done}) == seeds * len(results):
                case = next(case for case in cases if case.name == results[0].case)
                row, met = judge(case, done)
                print(row, flush=True)
                fine = fine and met
    print("\ncost, us a sample (median; vqf and imufusion are compiled, called sample by sample)")
    for name in FILTERS:
        costs = [run.cost_us for runs in everything.values() for run in runs if run.name.startswith(name + "/")]
        print(f"  {name:14}{median(costs):8.2f}")
    return fine


# --- real recordings --------------------------------------------------------------------------------------------------


def recorded(path: Path, axis: int) -> Turning:
    """A recording as a turning about sensor axis 0, 1 or 2; its `angle` is not known."""
    with gzip.open(path, "rt") as lines:
        rows = [row for row in map(json.loads, lines) if "gyro" in row and "accel" in row]
    t = np.array([row["t"] for row in rows])
    accel, gyro = (np.array([row[key] for row in rows], float) for key in ("accel", "gyro"))
    way = np.eye(3)[axis]
    return Turning(t - t[0], accel, gyro, np.full(len(t), np.nan), (way[0], way[1], way[2]), None)


def real(folder: Path) -> None:
    """Print turned angles beside what was turned by hand (truth good to what its file says)."""
    print(f"\nreal recordings in {folder.name}: degrees turned, and how far from the truth")
    for path in sorted(folder.glob("*.truth.json")):
        truth = json.loads(path.read_text())
        if "turned_deg" not in truth:
            continue
        name = path.name.removesuffix(".truth.json")
        turning = recorded(folder / f"{name}.jsonl.gz", "xyz".index(truth.get("about", "x")))
        row = f"{name:22} truth {truth['turned_deg']:4} +- {truth.get('by_hand_within_deg', 0):2}"
        for label, variants in FILTERS.items():
            for variant, run in variants.items():
                if label != "filter alone":
                    turned = abs(float(np.degrees(run(turning)[-1])))
                    called = f"{label} ({variant})" if variant else label
                    row += f"\n    {called:32}{turned:9.1f} {turned - truth['turned_deg']:+8.1f}"
        print(row)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--case", action="append", help="only cases whose name begins so")
    parser.add_argument("--recordings", type=Path, default=RECORDINGS)
    parser.add_argument("--aligned", action="store_true", help="errors less their mean: without the start's share")
    parser.add_argument("--check", action="store_true", help="exit 1 if a bar is not met")
    args = parser.parse_args()
    cases = [case for case in CASES if not args.case or case.name.startswith(tuple(args.case))]
    if not cases:
        parser.error(f"no case begins with {args.case}; there are: {', '.join(case.name for case in CASES)}")
    fine = table(cases, args.seeds, args.aligned)
    if args.recordings.is_dir():
        real(args.recordings)
    return 0 if fine or not args.check else 1


if __name__ == "__main__":
    sys.exit(main())
