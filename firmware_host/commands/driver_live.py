"""`slowroll drivers test --live`: a real chip on the bench, lying still and then moved by a person, step by step.

It is read as the daemon reads it (`acquisition.i2c_bus`), on one thread. What must come of it is in
`sensors/conformance/live.py`; what came is written as a recording, and `driver_recording.replayed` judges it again.
"""

from __future__ import annotations

import select
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from firmware_host.acquisition.devices import DEFAULT_RATE_HZ, Device
from firmware_host.acquisition.diagnostics import DeviceDiagnostics
from firmware_host.acquisition.i2c_bus import SYSFS_DEVICES, I2CBus
from firmware_host.acquisition.smbus_io import Bus
from firmware_host.clock import Clock
from firmware_host.coaching.inputs import DeviceFault, Input
from firmware_host.commands import CommandError
from firmware_host.commands.driver_recording import (
    Bench,
    Loaded,
    Span,
    forces_in,
    has_strips,
    lines_of_test,
    readings_in,
    save,
)
from sensors.conformance.finding import Finding
from sensors.conformance.live import (
    TURNS,
    Reading,
    Stream,
    bias_of,
    judge_force,
    judge_still,
    judge_stream,
    judge_turns,
    not_still,
    not_turned,
)
from sensors.driver import I2CDriver

TOOL = "bench"
FOUND_WITHIN_S = 5.0
SETTLE_S = 1.0
ATTEMPTS = 3
LONGEST_STEP_S = 600.0
STEP_S = 0.05
SAY_EVERY_S = 0.5
WEIGH = "2. Put a known mass on it, type its kilograms and press Enter (Enter alone: leave it out)."


class Hands(Protocol):
    """The person at the bench, or one who stands in for them."""

    def told(self, step: str, words: str) -> None:
        """What to do now; `step` is "still", "turn" or "load"."""

    def answer(self) -> str | None:
        """What was typed since: None if nothing yet, "" for Enter alone."""

    def progress(self, words: str) -> None:
        """How it goes, on one line that is written over."""

    def say(self, words: str) -> None:
        """A line that stays."""


class TerminalHands:
    """A person at a terminal."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def told(self, step: str, words: str) -> None:
        self.say(f"\n{words}")

    def answer(self) -> str | None:
        if not select.select([sys.stdin], [], [], 0)[0]:
            return None
        line = sys.stdin.readline()
        if not line:
            raise CommandError("the terminal was closed before the sensor was moved: nothing was written", exit_code=1)
        return line.strip()

    def progress(self, words: str) -> None:
        if self._live:
            sys.stderr.write(f"\r{words}\x1b[K")
            sys.stderr.flush()

    def say(self, words: str) -> None:
        sys.stderr.write(f"{chr(13) + chr(27) + '[K' if self._live else ''}{words}\n")
        sys.stderr.flush()


class LiveTest:
    """One driver on one bus. `run` returns the findings; `save` writes the recording of them."""

    def __init__(
        self,
        driver: I2CDriver,
        bus: str,
        address: int | None,
        open_bus: Callable[[], Bus],
        clock: Clock,
        hands: Hands,
        sysfs: Path = SYSFS_DEVICES,
    ) -> None:
        self._driver = driver
        self._clock = clock
        self._hands = hands
        rate = min(driver.rates, key=lambda offered: abs(offered - DEFAULT_RATE_HZ[driver.role]))
        device = Device(TOOL, driver.role, driver, address, rate)
        self._inputs: list[Input] = []
        self._bus = I2CBus(bus, open_bus, [device], clock, self._inputs.extend, sysfs)
        self._said_t = 0.0
        self.bench: Bench | None = None

    def run(self, seconds: float) -> list[Finding]:
        """Every step in turn. Raises `CommandError` if the chip isn't found, breaks off, or nobody moves it."""
        try:
            self._find()
            return self._imu(seconds) if self._driver.role == "imu" else self._force(seconds)
        finally:
            self._bus.stop()

    def save(self, path: Path) -> None:
        """Everything that was read, as a recording."""
        assert self.bench is not None
        save(path, self._driver, self.bench, self._inputs, self._clock.wall())

    # --- steps

    def _find(self) -> None:
        self._hands.say(f"Looking for {self._driver.name} ...")
        end = self._clock.now() + FOUND_WITHIN_S
        while not self._told().samples:
            if self._clock.now() > end:
                raise CommandError("the chip was started and gives no samples: is it asleep?", exit_code=1)
            self._poll()
        told = self._told()
        where = f"0x{told.address:02x}" if told.address is not None else "?"
        self._hands.say(
            f"{told.chip or told.driver} at {where} on bus {told.bus}, {told.told_hz or 0:g} samples a second."
        )
        self._wait(SETTLE_S)

    def _still(self, seconds: float, words: str) -> tuple[Span, Stream]:
        """`seconds` in which nobody touches it."""
        for attempt in range(ATTEMPTS):
            self._hands.told("still", words)
            before, began = self._told(), self._clock.now()
            self._wait(seconds, seconds)
            after, span = self._told(), Span(began, self._clock.now())
            stream = Stream(
                told_hz=after.told_hz or 0.0,
                measured_hz=after.rate_hz,
                samples=after.samples - before.samples,
                lost=after.lost - before.lost + after.gaps - before.gaps,
                fifo=self._driver.fifo,
            )
            why = not_still(readings_in(self._inputs, span)) if self._driver.role == "imu" else ""
            if not why or attempt == ATTEMPTS - 1:
                break
            self._hands.say(f"Not still: {why}. Once more.")
        return span, stream

    def _imu(self, seconds: float) -> list[Finding]:
        words = f"1. Lay the sensor down, its axis level, and do not touch it for {seconds:g} seconds."
        span, stream = self._still(seconds, words)
        self.bench = self._seen(stream, span)
        still = readings_in(self._inputs, span)
        why = not_still(still)
        found = judge_stream(stream)
        if why:
            why = f"It never lay still: {why}; or its numbers are wrong. Look at: byte order, low-pass, sensitivity."
            found.append(Finding("still", "failed", why))
        if not_still(still, ("accel",)):
            return found  # a gyroscope alone that is never still has a wrong scale: the turns will say which
        found += judge_still(still)
        if not still or still[0].gyro is None:
            return [*found, Finding("turns", "not_checked", "The driver has no gyroscope.")]
        return found + self._turns(still)

    def _turns(self, still: list[Reading]) -> list[Finding]:
        bias = bias_of(still)
        words = (
            f"2. Put a mark on the roller and one on the floor. Roll it by exactly {TURNS} turns, from mark to mark,\n"
            "   in one direction, about a turn in three seconds, its axis level. Then press Enter."
        )
        why = ""
        for _ in range(ATTEMPTS):
            self._hands.told("turn", words if not why else f"Not counted: {why}.\n{words}")
            span = self._until_enter()
            readings = readings_in(self._inputs, span)
            why = not_turned(readings, bias, self._driver.gyro_full_scale_rad_s)
            if not why:
                assert self.bench is not None
                self.bench = self.bench.with_turns(span)
                return judge_turns(readings, bias)
        return [Finding("turns", "failed", f"{ATTEMPTS} times it could not be counted: {why}.")]

    def _force(self, seconds: float) -> list[Finding]:
        words = f"1. Take everything off the sensor, and do not touch it for {seconds:g} seconds."
        span, stream = self._still(seconds, words)
        self.bench = self._seen(stream, span)
        self._hands.told(
            "load", "2. Put a known mass on it, type its kilograms and press Enter (Enter alone: leave it out)."
        )
        mass = self._mass()
        loaded = None
        if mass is not None:
            self._wait(SETTLE_S)
            began = self._clock.now()
            self._wait(5.0, 5.0)
            loaded = Loaded(mass, Span(began, self._clock.now()))
            self.bench = self.bench.with_load(loaded)
        unloaded = forces_in(self._inputs, span)
        weighed = forces_in(self._inputs, loaded.span) if loaded is not None else None
        return judge_stream(stream) + judge_force(unloaded, weighed, mass, has_strips(self._driver, self._told().chip))

    def _mass(self) -> float | None:
        while True:
            text = self._enter()
            if not text:
                return None
            try:
                mass = float(text.replace(",", ".").removesuffix("kg").strip())
            except ValueError:
                mass = 0.0
            if 0 < mass < 1000:
                return mass
            self._hands.say(f"{text!r} is no mass in kilograms, such as 5 or 2.5; Enter alone leaves it out.")

    # --- time goes on

    def _until_enter(self) -> Span:
        began = self._clock.now()
        self._enter()
        self._wait(0.5)  # what the chip still has in its queue
        return Span(began, self._clock.now())

    def _enter(self) -> str:
        end = self._clock.now() + LONGEST_STEP_S
        while (text := self._hands.answer()) is None:
            self._poll()
            self._progress("waiting for Enter")
            if self._clock.now() > end:
                raise CommandError(f"nothing was done for {LONGEST_STEP_S / 60:g} minutes: start again", exit_code=1)
        return text

    def _wait(self, seconds: float, of: float = 0.0) -> None:
        end = self._clock.now() + seconds
        while (left := end - self._clock.now()) > 0:
            self._poll()
            if of:
                self._progress(f"{of - left:4.0f} of {of:.0f} s")

    def _poll(self) -> None:
        """Read what is due. Raises `CommandError` at a fault: on the bench it is seen to, not survived."""
        begin = len(self._inputs)
        due = self._bus.poll()
        for given in self._inputs[begin:]:
            if isinstance(given, DeviceFault) and not given.ok:
                raise CommandError(f"{given.what}. {given.hint}".rstrip(), exit_code=1)
        self._clock.sleep(min(STEP_S, due - self._clock.now()))

    def _progress(self, words: str) -> None:
        now = self._clock.now()
        if now - self._said_t < SAY_EVERY_S:
            return
        self._said_t = now
        told = self._told()
        rate = f"{told.rate_hz:.1f} Hz" if told.rate_hz is not None else ""
        self._hands.progress(f"{words}   {told.samples} samples  {rate}  {told.lost} lost")

    def _told(self) -> DeviceDiagnostics:
        return self._bus.diagnostics()[0]

    def _seen(self, stream: Stream, span: Span) -> Bench:
        told = self._told()
        return Bench(
            driver=self._driver.name,
            role=self._driver.role,
            chip=told.chip,
            told_hz=stream.told_hz,
            measured_hz=stream.measured_hz,
            lost=stream.lost,
            fifo=stream.fifo,
            still=span,
        )


def run(
    driver: I2CDriver, given: str, bus: str, address: int | None, seconds: float, out: Path | None
) -> tuple[list[Finding], str]:
    """The whole test, from the command line's words; findings, and what to do with the recording."""
    path = out or Path(f"{driver.name}-{driver.role}.jsonl")
    if path.exists():
        raise CommandError(f"{path} is there already and is left as it is: name another with --out FILE")
    if bus == "sim":
        from firmware_host.commands.driver_bench import SimulatedBench

        simulated = SimulatedBench(driver, address)
        test = LiveTest(simulated.driver, bus, address, simulated.open_bus, simulated.clock, simulated)
    else:
        from firmware_host.acquisition.smbus_io import open_linux_bus
        from firmware_host.clock import SystemClock

        test = LiveTest(driver, bus, address, lambda: open_linux_bus(bus), SystemClock(), TerminalHands())
    found = test.run(seconds)
    test.save(path)
    words = f"{path}: the recording, as a bug report, or as a test:\n"
    if any(finding.result == "failed" for finding in found):
        return found, f"{path}: the recording. Once nothing is wrong, one like it becomes the driver's test.\n"
    return found, words + lines_of_test(path, given)
