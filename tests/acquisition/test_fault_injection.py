"""Hundreds of faults of every kind over simulated minutes: nothing twice, nothing out of order, no hole unnamed."""

from __future__ import annotations

import random

import pytest
from acquisition_doubles import Bench, faults, force_samples, gaps, imu_samples

from firmware_host.coaching.inputs import ForceSample, ImuSample, Input, StreamGap

MINUTES = 4


class Weather:
    """Chooses what goes wrong next, and when it is over."""

    def __init__(self, bench: Bench, seed: int) -> None:
        self.bench = bench
        self.rng = random.Random(seed)
        self.next_t = 2.0
        self.plug_back: list[tuple[float, str]] = []
        self.burst = 0
        self.burst_kind = ""
        self.done: dict[str, int] = {}
        bench.wire.fault = self._transfer_fault

    def _transfer_fault(self) -> str:
        if self.burst > 0:
            self.burst -= 1
            return self.burst_kind
        return ""

    def blow(self) -> None:
        now = self.bench.clock.now()
        for t, chip in list(self.plug_back):
            if now >= t:
                self.plug_back.remove((t, chip))
                model = self.bench.imu if chip == "imu" else self.bench.bladder
                model.unplugged = False
                model.power_cycle()
        if now < self.next_t:
            return
        self.next_t = now + self.rng.uniform(0.1, 0.8)
        kinds = ("nack", "reply lost", "reset", "stall", "long stall", "unplug imu", "unplug force", "wrong id")
        kind = self.rng.choices(kinds, (30, 30, 5, 15, 3, 4, 4, 2))[0]
        self.done[kind] = self.done.get(kind, 0) + 1
        if kind in ("nack", "reply lost"):
            self.burst, self.burst_kind = self.rng.randint(1, 4), kind
        elif kind == "reset":
            self.bench.imu.power_cycle()
        elif kind == "stall":
            self.bench.clock.sleep(self.rng.uniform(0.05, 0.6))
        elif kind == "long stall":
            self.bench.clock.sleep(self.rng.uniform(1.0, 3.0))
        elif kind == "wrong id":
            self.bench.imu.power_cycle()
            self.bench.imu.who_am_i = 0xFF
            self.next_t = now + 1.0
        else:
            chip = kind.split()[1]
            (self.bench.imu if chip == "imu" else self.bench.bladder).unplugged = True
            self.plug_back.append((now + self.rng.uniform(0.1, 4.0), chip))
        if kind != "wrong id":
            self.bench.imu.who_am_i = 0x68

    def clear_up(self) -> None:
        self.burst = 0
        self.bench.wire.fault = lambda: ""
        self.bench.imu.unplugged = self.bench.bladder.unplugged = False
        self.bench.imu.who_am_i = 0x68


def check_stream(stream: list[ImuSample | ForceSample | StreamGap]) -> None:
    """Times rise strictly, and a hole of half a second and more holds a gap."""
    last_sample_t: float | None = None
    named = True
    last_t = 0.0
    for item in stream:
        assert item.t > last_t, f"{item} after {last_t}"
        last_t = item.t
        if isinstance(item, StreamGap):
            named = True
            continue
        if last_sample_t is not None and item.t - last_sample_t >= 0.5:
            assert named, f"hole of {item.t - last_sample_t:.2f} s before {item.t:.2f} has no gap"
        last_sample_t, named = item.t, False


def of_stream(
    inputs: list[Input], kind: type[ImuSample] | type[ForceSample], name: str
) -> list[ImuSample | ForceSample | StreamGap]:
    return [item for item in inputs if isinstance(item, kind) or (isinstance(item, StreamGap) and item.of == name)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hundreds_of_faults(seed: int) -> None:
    bench = Bench(force=True, odr_error=-0.02)
    weather = Weather(bench, seed)
    bench.run(60.0 * MINUTES, weather.blow)
    assert sum(weather.done.values()) > 250
    assert len(weather.done) == 8
    stormy = bench.take()
    weather.clear_up()
    bench.run(8.0)
    calm = bench.take()
    everything = stormy + calm

    for kind, name in ((ImuSample, "imu"), (ForceSample, "force")):
        check_stream(of_stream(everything, kind, name))  # type: ignore[arg-type]
    for device in ("roller imu", "roller force"):
        told = [fault for fault in faults(everything) if fault.device == device]
        assert told
        assert told[-1].ok, f"{device} did not come back: {told[-1]}"
        assert all(fault.hint for fault in told if not fault.ok)
    # What came after the storm is as if there had been none.
    last = [sample for sample in imu_samples(calm) if sample.t > bench.clock.now() - 2.0]
    assert len(last) == pytest.approx(196, abs=8)
    assert len(force_samples(calm)) > 100
    # No frame was put together from parts of two: rocking never turns about z, and gravity stays.
    for sample in imu_samples(everything):
        assert sample.accel is not None
        assert sample.gyro is not None
        assert abs(sample.gyro[2]) < 0.05
        assert sample.accel[2] == pytest.approx(9.81, abs=0.5)
    told_gaps = {"imu": bench.bus.diagnostics()[0].gaps, "force": bench.bus.diagnostics()[1].gaps}
    assert sum(told_gaps.values()) == len(gaps(everything))
