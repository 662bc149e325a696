"""A week's faults in simulated hours, on every shipped chip, two tools at a time on one bus.

At the end everything runs. On the way no sample came twice or out of order, none was torn or of another scale (each
tells by itself when it was taken: telltale.py), and what is missing was counted: the samples of a device and those that
its diagnostics call lost are as many as its chip took between the first and the last, within 0.5 % with a FIFO and 1 %
without.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest
from acquisition_doubles import faults
from telltale import Telltale, near_the_seam, taken_t

from firmware_host.acquisition.devices import Device
from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, StreamGap

pytestmark = pytest.mark.slow

BENCHES: dict[str, tuple[tuple[str, str], ...]] = {
    "mpu6050": (("roller", "mpu6050"), ("roller", "mprls"), ("ball", "lsm6dso"), ("ball", "nau7802")),
    "icm": (("roller", "icm20948"), ("roller", "lps28dfw"), ("ball", "icm42688"), ("ball", "mprls")),
    "bosch": (("roller", "bmi160"), ("roller", "ads1115"), ("ball", "bmi270")),
    "bno055": (("roller", "bno055"), ("roller", "nau7802"), ("ball", "lsm6ds3"), ("ball", "ads1115")),
}
FAULTS = 1300
"""On each bench; 5200 in all."""
PAUSE_S = 0.4
OSCILLATORS = {"lsm6dso": 1.0315 * 6667 / 6656, "lsm6ds3": 1.0}
"""How much faster than its nominal rate the model of a chip samples."""
BY_TRANSFER = ("nack", "reply lost", "torn", "stuck")
KINDS = {"nack": 40, "reply lost": 12, "torn": 12, "stuck": 6, "stall": 12, "long stall": 3, "power": 8, "unplug": 7}


class Storm:
    """Chooses what goes wrong next, where, and when it is over."""

    def __init__(self, bench: Telltale, seed: int) -> None:
        self.bench = bench
        self.rng = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.next_t = 5.0
        self.left = 0
        self.kind = ""
        self.stuck_until = 0.0
        self.out: list[tuple[float, str]] = []
        bench.wire.fault = self._by_transfer

    def _by_transfer(self) -> str:
        if self.bench.clock.now() < self.stuck_until:
            return "stuck"
        if self.left > 0 and self.rng.random() < 0.7:
            self.left -= 1
            return self.kind
        return ""

    def blow(self) -> None:
        now, rng, chips = self.bench.clock.now(), self.rng, self.bench.chips
        for back in [one for one in self.out if now >= one[0]]:
            self.out.remove(back)
            chips[back[1]].unplugged = False
            chips[back[1]].power_cycle()
        if now < self.next_t or self.done.total() >= FAULTS:
            return
        self.next_t = now + rng.expovariate(1 / PAUSE_S)
        (kind,) = rng.choices(list(KINDS), list(KINDS.values()))
        self.done[kind] += 1
        where = rng.choice(list(chips))
        if kind == "stuck":
            self.stuck_until = now + rng.choice((0.03, 0.1, 1.5))
        elif kind in BY_TRANSFER:
            self.kind, self.left = kind, rng.choice((1, 1, 2, 3, 6))
        elif kind == "stall":
            self.bench.clock.sleep(rng.uniform(0.02, 0.3))
        elif kind == "long stall":
            self.bench.clock.sleep(rng.uniform(0.5, 4.0))
        elif kind == "power":
            chips[where].power_cycle()
        elif not chips[where].unplugged:
            chips[where].unplugged = True
            self.out.append((now + rng.choice((0.05, 0.5, 2.0, 8.0)), where))


@pytest.mark.parametrize("name", BENCHES)
def test_a_week_of_faults(name: str) -> None:
    bench = Telltale(*BENCHES[name])
    storm = Storm(bench, seed=len(name))
    while storm.done.total() < FAULTS or storm.out:
        bench.run(60.0, storm.blow)
    storm.left = 0
    bench.run(30.0)
    assert set(storm.done) == set(KINDS)
    everything = bench.take()
    bench.run(5.0)
    calm = bench.take()

    assert faults(calm) == []
    told = {one.device: one for one in bench.bus.diagnostics()}
    for device in bench.devices.values():
        seen, gap_count = _check_stream(everything + calm, device)
        _check_truth(seen, device)
        counted = told[device.name]
        assert counted.running
        assert (counted.samples, counted.gaps) == (len(seen), gap_count)
        assert gap_count > 10
        came_back = [fault for fault in faults(everything) if fault.device == device.name]
        assert came_back[-1].ok
        taken = (seen[-1].t - seen[0].t) * device.rate * OSCILLATORS.get(device.driver.name, 1.0) + 1
        assert counted.lost > 0.02 * taken
        assert counted.samples + counted.lost == pytest.approx(taken, rel=0.005 if device.driver.fifo else 0.01)


def _check_stream(inputs: list[Input], device: Device) -> tuple[list[ImuSample | ForceSample], int]:
    """Times rise, and a hole of half a second and more holds a gap; the samples, and the number of gaps."""
    kind = ImuSample if device.role == "imu" else ForceSample
    seen: list[ImuSample | ForceSample] = []
    gap_count, last_t, named = 0, 0.0, True
    for item in inputs:
        is_sample = isinstance(item, kind) and item.tool == device.tool
        if not is_sample and not (isinstance(item, StreamGap) and (item.tool, item.of) == (device.tool, device.role)):
            continue
        assert item.t > last_t
        if isinstance(item, StreamGap):
            gap_count, named = gap_count + 1, True
        else:
            assert isinstance(item, ImuSample | ForceSample)
            assert named or item.t - seen[-1].t < 0.5
            seen.append(item)
            named = False
        last_t = item.t
    return seen, gap_count


def _check_truth(seen: list[ImuSample | ForceSample], device: Device) -> None:
    """Each sample is of its own moment, whole, of the right scale, and stamped near it."""
    strips = device.driver.name == "ads1115"  # reads its four one after the other
    least_step = 0.9 if device.driver.fifo else 0.2
    if device.driver.name == "bno055":
        least_step = -0.01  # has no flag: the newest sample may be read twice
    last: float | None = None
    for sample in seen:
        if near_the_seam(sample.t):
            last = None
            continue
        times = taken_t(sample)
        assert max(times) - min(times) < (0.03 if strips else 0.006), sample
        assert max(abs(t - sample.t) for t in times) < (0.03 if strips else 0.02), sample
        if last is not None:
            assert times[0] - last > least_step / device.rate, sample
        last = times[0]
