"""Our sensor drivers beside others' from PyPI, on the same chip models: bus, rate, faults, values sample by sample.

    .venv/bin/python benchmarks/drivers.py [--out benchmarks/drivers.md]

Needs the `peers` extra. Nothing here ran on a real chip: both sides run on our register-level models (sensors/chips),
which take the reading of the data sheet that is hardest on a driver.
"""

from __future__ import annotations

import argparse
import importlib.util
import math
import random
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, NamedTuple

from code_lines import lines_of
from driver_peers import PEERS, Peer, Reading, Vector, Wire, pretend_blinka

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.i2c_bus import I2CBus
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import DeviceFault, ForceSample, ImuSample, Input, StreamGap
from firmware_host.simulator.bus import SimBus
from sensors.catalog import BUILT_IN, Catalog
from sensors.chips import icm20948
from sensors.chips.specimens import SPECIMENS
from sensors.driver import STANDARD_GRAVITY, I2CDriver

SLOW_HZ, FAST_HZ = 62_500, 250_000
RUN_S = 20.0
STALL_S = 0.05
POSES = 50
SETTLE_S = 0.4
"""A pose lasts this long: the filters settle, and nobody takes the chip for frozen."""
QUICK_RESET_S = 0.005
GOES_ON = "goes on"
PATIENCE_S = 60.0
"""A driver that has said nothing for so long (simulated) is given up."""
now_clock = ManualClock()

Row = list[str]


class TooLong(BaseException):
    """Not an `Exception`: no driver may swallow it."""


class WatchedClock(ManualClock):
    def __init__(self) -> None:
        super().__init__()
        self.until = math.inf

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.now() > self.until:
            raise TooLong


class World:
    """What the chip feels: turning ever faster (the reading tells its time), or a pose."""

    def __init__(self) -> None:
        self.pose: tuple[Vector, Vector] | None = None
        self.slopes = (2.0, 1.0)
        """m/s2 and rad/s a second."""

    def imu(self, t: float) -> tuple[Vector, Vector]:
        accel, gyro = self.slopes
        return self.pose or ((accel * (t % 30.0), 0.0, STANDARD_GRAVITY), (gyro * (t % 30.0), 0.0, 0.0))

    def pressure(self, t: float) -> tuple[float, float]:
        return 105_000.0 + 500.0 * (t % 30.0), 25.0

    def bridge(self, t: float) -> float:
        return 1e-4 * (t % 30.0)

    def conductances(self, t: float) -> tuple[float, ...]:
        return (1e-5 * (t % 30.0),) * 4


class Told(NamedTuple):
    """What one run gave: when (s) and what."""

    samples: list[tuple[float, Any]]
    bytes_s: float
    busy: float
    slopes: tuple[float, float]

    def new_a_second(self) -> float:
        return (1 + sum(a[1] != b[1] for a, b in pairwise(self.samples))) / RUN_S if self.samples else 0.0


class Ours:
    def __init__(self, name: str, bus_hz: float) -> None:
        specimen = SPECIMENS[name]
        found = Catalog(installed=()).get(name)
        self.driver: I2CDriver = type(found.__name__, (found,), _inside(found, specimen.stand_ins))()
        self.rate = min(self.driver.rates, key=lambda rate: abs(rate - 100.0))
        self.clock, self.world = WatchedClock(), World()
        self.wire = Wire(specimen.build(self.clock.now, self.world, specimen.identities[0]), self.clock, bus_hz)
        self.inputs: list[Input] = []
        device = Device("roller", self.driver.role, self.driver, None, self.rate)
        self.bus = I2CBus("sim", lambda: SimBus([self.wire]), [device], self.clock, self.inputs.extend)
        self.clock.sleep(1.0)

    def run(self, seconds: float, stalls: bool = False) -> list[Input]:
        end, stall_t = self.clock.now() + seconds, self.clock.now() + 0.5
        while self.clock.now() < end:
            if stalls and self.clock.now() >= stall_t:
                stall_t += 1.0
                self.clock.sleep(STALL_S)
            self.clock.sleep(min(self.bus.poll(), end) - self.clock.now())
        taken = list(self.inputs)
        self.inputs.clear()
        return taken

    def measure(self, stalls: bool = False) -> Told:
        self.run(30.0 - self.clock.now() % 30.0 + 2.0)
        count, busy = self.wire.data_bytes, self.wire.busy_s
        taken = self.run(RUN_S, stalls)
        samples: list[tuple[float, Any]] = [
            (one.t, (one.accel, one.gyro) if isinstance(one, ImuSample) else one.value)
            for one in taken
            if isinstance(one, ImuSample | ForceSample)
        ]
        return Told(
            samples, (self.wire.data_bytes - count) / RUN_S, (self.wire.busy_s - busy) / RUN_S, self.world.slopes
        )

    def faults(self) -> tuple[str, str]:
        """What is said of one lost transfer, and of a supply that drops."""
        self.run(8.0)
        self.wire.nack_next = True
        taken = self.run(2.0)
        count = sum(isinstance(one, ImuSample | ForceSample) for one in taken)
        quiet = not any(isinstance(one, DeviceFault) for one in taken)
        nack = f"read again, {count} samples in 2 s" if quiet else "fault told"
        self.wire.power_cycle()
        cut_t = self.clock.now()
        taken = self.run(6.0)
        told = [one for one in taken if isinstance(one, StreamGap | DeviceFault)]
        back = [one.t for one in taken if isinstance(one, ImuSample | ForceSample)]
        if not told:
            return nack, GOES_ON if len(back) > 1 else "not noticed"
        silent = max(b - a for a, b in pairwise([cut_t, *back, self.clock.now()]))
        running = bool(back) and back[-1] > cut_t + 5.0
        return nack, f"told, started again after {silent:.1f} s" if running else "told, does not come back"


class Theirs:
    def __init__(self, peer: Peer, bus_hz: float, strict: bool = False) -> None:
        """`strict`: an ICM-20948 is as slow after a reset as the model has it, else quicker than the driver's waits."""
        global now_clock
        specimen = SPECIMENS[peer.chip]
        now_clock = self.clock = WatchedClock()
        self.world = World()
        if peer.narrow:
            self.world.slopes = (0.4, 0.13)
        self.wire = Wire(specimen.build(self.clock.now, self.world, specimen.identities[0]), self.clock, bus_hz)
        self.rate = Ours(peer.chip, bus_hz).rate
        self.clock.sleep(1.0)
        self.clock.until = self.clock.now() + PATIENCE_S
        deaf_s = icm20948.DEAF_S
        try:
            icm20948.DEAF_S = deaf_s if strict else QUICK_RESET_S
            self.read = peer.begin(self.wire)
            self.read()
        finally:
            icm20948.DEAF_S = deaf_s
        self.clock.until = math.inf

    def measure(self, stalls: bool = False) -> Told:
        """Read on a fixed beat; a beat that comes while the driver is still busy is passed over."""
        self.clock.sleep(30.0 - self.clock.now() % 30.0 + 1.0)
        for _ in range(100):
            self.clock.sleep(0.01)
            self.read()
        count, busy, samples = self.wire.data_bytes, self.wire.busy_s, []
        due = self.clock.now()
        end, stall_t = due + RUN_S, due + 0.5
        while due < end:
            self.clock.sleep(due - self.clock.now())
            if stalls and due >= stall_t:
                stall_t += 1.0
                self.clock.sleep(STALL_S)
            samples.append((self.clock.now(), _key(self.read())))
            due += 1.0 / self.rate
            while due < self.clock.now():
                due += 1.0 / self.rate
        return Told(
            samples, (self.wire.data_bytes - count) / RUN_S, (self.wire.busy_s - busy) / RUN_S, self.world.slopes
        )

    def faults(self) -> tuple[str, str]:
        self.clock.sleep(0.5)
        self.read()
        self.wire.nack_next = True
        nack = self._says(1)
        self.clock.sleep(0.5)
        self.wire.power_cycle()
        self.clock.sleep(1.0)
        return nack, self._says(300)

    def _says(self, count: int) -> str:
        """What comes of so many readings: an exception, or values without a word."""
        seen = set()
        for _ in range(count):
            self.clock.sleep(0.01)
            self.clock.until = self.clock.now() + PATIENCE_S
            try:
                seen.add(_key(self.read()))
            except TooLong:
                return f"waits for ever (given up after {PATIENCE_S:.0f} s)"
            except Exception as error:  # noqa: BLE001 (a stranger's code: whatever it raises is the finding)
                return f"raises {type(error).__name__}"
        if count == 1:
            return "not noticed"
        return GOES_ON if len(seen) > 1 else "not told: the same value for ever"


def _inside(found: type[I2CDriver], stand_ins: Mapping[str, object]) -> dict[str, object]:
    """The body of a subclass that still counts as shipped with us."""
    return {"__module__": found.__module__, **stand_ins}


def _key(reading: Reading) -> Any:
    return (reading.accel, reading.gyro) if reading.accel is not None else reading.value


# --- what is compared -------------------------------------------------------------------------------------------------


def timing(told: Told) -> Row:
    """How well a reading's time is known, and how far apart in time its two halves are (IMUs)."""
    first = told.samples[0][1] if told.samples else None
    if not (isinstance(first, tuple) and isinstance(first[0], tuple)):
        return ["-", "-"]
    per_accel, per_gyro = told.slopes
    late = [1000.0 * (t % 30.0 - gyro[0] / per_gyro) for t, (_, gyro) in told.samples]
    apart = fmean(1000.0 * (gyro[0] / per_gyro - accel[0] / per_accel) for _, (accel, gyro) in told.samples)
    middle = fmean(late)
    return [f"{pstdev(late):.1f} / {max(abs(one - middle) for one in late):.0f}", f"{apart:+.1f}"]


def values(peer: Peer) -> Row:
    """Both on one pose after another: the largest difference from the truth, ours and theirs, and between them."""
    chance = random.Random(4)
    theirs, ours = Theirs(peer, FAST_HZ), Ours(peer.chip, FAST_HZ)
    ours.run(3.0)
    worst = {"ours": [0.0, 0.0], "theirs": [0.0, 0.0], "apart": [0.0, 0.0]}
    for _ in range(POSES):
        accel = _vector(chance.uniform(-15.0, 15.0) for _ in range(3))
        gyro = _vector(chance.uniform(-4.0, 4.0) for _ in range(3))
        theirs.world.pose = ours.world.pose = (accel, gyro)
        mine = [one for one in ours.run(SETTLE_S) if isinstance(one, ImuSample)][-1]
        for _ in range(round(SETTLE_S / 0.01)):
            theirs.clock.sleep(0.01)
            other = theirs.read()
        for part, truth, us, them in ((0, accel, mine.accel, other.accel), (1, gyro, mine.gyro, other.gyro)):
            assert us is not None
            assert them is not None
            for key, left, right in (("ours", us, truth), ("theirs", them, truth), ("apart", us, them)):
                worst[key][part] = max(worst[key][part], *(abs(a - b) for a, b in zip(left, right, strict=True)))
    return [f"{accel:.4f} / {math.degrees(gyro):.3f}" for accel, gyro in worst.values()]


def _vector(numbers: Iterable[float]) -> Vector:
    x, y, z = numbers
    return x, y, z


def our_modules(name: str) -> tuple[str, ...]:
    """The driver's module, and those of the family that it is built on."""
    shared = {"lsm6ds3": ("sensors.imu.lsm6ds",), "lsm6dso": ("sensors.imu.lsm6ds",)}
    shared |= {"bmi160": ("sensors.imu.bosch_fifo",), "bmi270": ("sensors.imu.bosch_fifo", "sensors.imu.bmi270_blob")}
    return (BUILT_IN[name].partition(":")[0], *shared.get(name, ()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, help="write the tables here too")
    args = parser.parse_args()
    missing = sorted(
        {peer.package for peer in PEERS if importlib.util.find_spec(peer.modules[0].split(".")[0]) is None}
    )
    if missing:
        parser.error(
            f"not installed: {', '.join(missing)}; get them with .venv/bin/python -m pip install -e '.[peers]'"
        )
    pretend_blinka(lambda: now_clock)
    bus: list[Row] = []
    faults: list[Row] = []
    equal: list[Row] = []
    for name in sorted(SPECIMENS):
        bus.append(bus_row(name, "**ours**", our_modules(name), lambda hz, name=name: Ours(name, hz)))
        faults.append([name, "**ours**", *Ours(name, FAST_HZ).faults()])
        for peer in (one for one in PEERS if one.chip == name):
            label = f"{peer.package} {version(peer.package)}"
            try:
                bus.append(bus_row(name, label, peer.modules, lambda hz, peer=peer: Theirs(peer, hz)))
                faults.append([name, label, *Theirs(peer, FAST_HZ).faults()])
                if ".imu." in BUILT_IN[name]:
                    equal.append([name, label, *values(peer)])
            except TooLong:
                none = f"no reading in {PATIENCE_S:.0f} s"
                bus.append([name, label, str(lines_of(peer.modules)), none, *["-"] * 6])
    strict = next(peer for peer in PEERS if peer.chip == "icm20948")
    sleeping = Theirs(strict, FAST_HZ, strict=True)._says(300)
    text = "\n".join(
        [
            INTRO,
            "## Bus and rate\n",
            table(BUS_HEAD, bus),
            BUS_NOTES,
            "## Faults\n",
            table(["chip", "driver", "one transfer not acknowledged", "supply lost for a moment"], faults),
            FAULT_NOTES.format(deaf=icm20948.DEAF_S * 1000, quick=QUICK_RESET_S * 1000, sleeping=sleeping),
            "## Values, sample by sample\n",
            table(["chip", "driver", "ours - truth", "theirs - truth", "ours - theirs"], equal),
            VALUE_NOTES,
        ]
    )
    print(text)
    if args.out:
        args.out.write_text(text)


def bus_row(name: str, label: str, modules: tuple[str, ...], make: Callable[[float], Any]) -> Row:
    slow, fast, stalled = make(SLOW_HZ).measure(), make(FAST_HZ).measure(), make(FAST_HZ).measure(stalls=True)
    return [
        name,
        label,
        str(lines_of(modules)),
        f"{slow.bytes_s:.0f}",
        f"{slow.busy:.0%}",
        f"{slow.new_a_second():.1f}",
        f"{fast.new_a_second():.1f}",
        f"{stalled.new_a_second():.1f}",
        *timing(stalled),
    ]


def table(head: Row, rows: list[Row]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


BUS_HEAD = [
    "chip",
    "driver",
    "lines",
    "bytes/s",
    "of a 62.5 kHz bus",
    "new/s, 62.5 kHz",
    "new/s, 250 kHz",
    "new/s, with stalls",
    "time error ms, sd / worst",
    "gyro after accel, ms",
]
INTRO = """# Our drivers beside others'

Written by `python benchmarks/drivers.py --out benchmarks/drivers.md` (the `peers` extra). Both sides run on our own
chip models, which take the reading of the data sheet that is hardest on a driver; **nothing here ran on a real chip**.
The others are used as in their own examples, with the settings they offer nearest to ours, through an I2C object as
Blinka's or a bus as smbus2's. Ours run under the bus thread's own loop. Every bit takes its time on the bus. Only what
was measured here or read in the installed packages is said; versions are in the tables.
"""
BUS_NOTES = """
- Lines: code without blank lines, comments and docstrings, of the driver and what its family shares, not of the
  library below it. The others' do more than we need (magnetometer, fusion, steps, other chips of a family).
- bytes/s: on the bus, addresses included, at 100 readings a second or the rate of ours nearest to it (`new/s`; 50 for
  the four inputs of an ADS1115, 80 for the NAU7802, 104 for ST's).
- Stalls: once a second the reading program is held up for 50 ms. A FIFO loses nothing by it; every driver without one
  does, ours too.
- Time error: how far the time a reading is given is from the time at which it was true (constant part taken off; in
  the run with stalls, 250 kHz). Chip and program keep exactly one beat here, so a driver that is simply polled looks
  better than a real oscillator, up to some per cent off, would let it. A high worst value of a polled driver is an
  old sample read again or bytes of two samples in one number (`mpu6050-raspberrypi` reads byte by byte).
- Gyro after accel: gyroscope and accelerometer of one reading are not of one moment. Part of it is the chips' filters.
- `cedargrove-nau7802` 2.1.4 sets `_pu_start`, which is no register, to begin converting; our model then converts
  nothing. Here the bit (PU_CTRL CS) is set for it. A real chip may convert without.
- `lsm6ds3` has no setting for the ranges and gives raw numbers: it is at 2 g and 250 deg/s, and felt slower turning.
"""
FAULT_NOTES = """
An exception is noticed, and left to the program that calls. "The same value for ever": the chip sleeps after its supply
came back, and the driver hands out its idle registers as if they were measured. An MPRLS and an ADS1115 are told all
they need with each reading: nothing is lost with the supply. Ours of both are not different there.

`adafruit-circuitpython-icm20x` wakes the ICM-20948 10 ms after its reset. Our model is deaf for {deaf:.0f} ms then (the
data sheet allows itself up to 100), stays asleep, and what is read is: {sleeping}. In the tables it is deaf for
{quick:.0f} ms for this driver.

Tests without hardware: no installed package has any. Adafruit's repositories for the MPU6050 and the LSM6DS have
examples and no tests folder, as far as an index of public repositories shows; the others' were not looked at: unknown.
Each of ours runs through the conformance kit and tests of its own on its model.
"""
VALUE_NOTES = f"""
The largest difference in {POSES} poses, each held until the filters settled: m/s2 / deg/s. The resolution at +-8 g and
+-2000 deg/s is 0.0024 m/s2 and 0.061 deg/s (0.070 with ST's chips).
"""


if __name__ == "__main__":
    main()
