"""Checks of what a driver does on the bus: start, FIFO, errors, use of the bus, the data sheet's own list."""

from __future__ import annotations

import struct
from collections.abc import Callable

from sensors.chips.model import Vector
from sensors.conformance.bench import BenchIo, NotChecked, Transfer, Trial, Wrong, expecting_os_error
from sensors.conformance.diagnosis import vector_cause
from sensors.driver import Gap, SensorFault
from sensors.probe import probe

NewTrial = Callable[[], Trial]

SLOW_BUS_HZ = 62_500
"""What a Raspberry Pi up to 4 really runs at when told 100 kHz (raspberrypi/firmware issue 1281)."""
START_LIMIT_S = 2.0
FIFO_RESET = "FIFO reset: in which order, and when it is honoured (many ignore it while the FIFO runs)"
LONGEST_READ = 256
"""Bytes in one transfer: 37 ms on the slowest bus, and every other sensor waits."""
EXAMPLE_ACCEL = (1.0, -2.0, 9.0)
EXAMPLE_GYRO = (0.5, -1.0, 2.0)


def probe_reads_only(new: NewTrial) -> None:
    """Asking who is there writes nothing, and names the variant."""
    trial = new()
    if trial.driver.ident is None:
        raise NotChecked("this chip can't say what it is; it is used only when the config names it")
    if trial.identity not in trial.driver.ident.chips:
        raise Wrong(f"A chip with the id 0x{trial.identity:02x} is not in ident.", "identity register: its values")
    try:
        seen = probe(trial.io, trial.driver)
    except SensorFault as fault:
        raise Wrong(f"The chip is not recognised: {fault.what}.", "identity register (who am I): its number") from fault
    if seen != trial.variant or not seen:
        raise Wrong(f"The chip with id 0x{trial.identity:02x} is taken for {seen!r}.", "identity register")
    if trial.io.writes():
        raise Wrong("Asking for the id writes to the chip; it may be a clock, whose registers are the time.")


def foreign_refused(new: NewTrial) -> None:
    """A chip that is another one is not claimed."""
    trial = new()
    if trial.driver.ident is None:
        _dumb_chip_refused(trial)
        return
    for value in sorted({0x00, 0xFF, *trial.specimen.foreign}):
        io = BenchIo(lambda _data, count, value=value: bytes([value]) * count)  # type: ignore[misc]
        try:
            seen = probe(io, trial.driver)
        except SensorFault as fault:
            if not fault.hint:
                raise Wrong("A refused chip must come with a hint what to do.") from fault
            continue
        raise Wrong(f"A chip whose id is 0x{value:02x} is claimed as {seen}.", "identity register")


def _dumb_chip_refused(trial: Trial) -> None:
    for value in (0x00, 0xFF):
        io = BenchIo(lambda _data, count, value=value: bytes([value]) * count)  # type: ignore[misc]
        try:
            trial.driver.start(io, trial.pick_rate(), "")
        except SensorFault as fault:
            if not fault.hint:
                raise Wrong("A refused chip must come with a hint what to do.") from fault
            continue
        raise Wrong(f"start() accepts a bus on which every byte is 0x{value:02x}.", "status byte")


def address(new: NewTrial) -> None:
    """The chip is looked for where it is."""
    trial = new()
    if trial.chip.address not in trial.driver.addresses:
        raise Wrong(
            f"The chip is at 0x{trial.chip.address:02x}, which is not among addresses.",
            "slave address (7 bit), and its address pin",
        )


def nack_propagates(new: NewTrial) -> None:
    """With no chip there, probe, start and read raise OSError."""
    trial = new()
    trial.chip.unplugged = True
    if trial.driver.ident is not None:
        with expecting_os_error("The probe claims a chip that does not answer."):
            probe(trial.io, trial.driver)
    with expecting_os_error("start() raises no OSError when the chip does not answer."):
        trial.start()
    trial = new()
    trial.start()
    trial.chip.unplugged = True
    with expecting_os_error("read() raises no OSError when the chip does not answer."):
        trial.read()


def starts_at_each_rate(new: NewTrial) -> None:
    """start() takes under 2 s, tells a rate near the one asked for, and samples come."""
    for rate in new().driver.rates:
        trial = new()
        before = trial.io.t
        told = trial.start(rate)
        if not 0.9 * rate <= told <= 1.1 * rate:
            raise Wrong(f"start() at {rate:g} Hz says {told:g} Hz, more than 10 % off.", "sample rate divider")
        took = trial.io.t - before
        if took > START_LIMIT_S:
            raise Wrong(f"start() took {took:.1f} s; the bus waits meanwhile, 2 s is the limit.", "start-up times")
        if not trial.frames(1.0, trial.poll_s(rate)):
            raise Wrong(
                f"After start() at {rate:g} Hz no sample comes: is the chip still asleep, or its FIFO off?"
                + trial.too_early(),
                "power management (sleep bit), reset and start-up times, FIFO enable",
            )


def empty_fifo(new: NewTrial) -> None:
    """With nothing waiting, read() returns b""."""
    trial = new()
    if not trial.driver.fifo:
        raise NotChecked("the driver has no FIFO")
    trial.start()
    trial.frames(0.2, 0.05)
    for _ in range(3):  # a sample may fall between two reads; not three times
        got = trial.read()
        if got == b"":
            return
    raise Wrong("read() returns samples though none is waiting.", "FIFO count")


def whole_frames(new: NewTrial) -> None:
    """However it is timed, read() gives each sample once and whole, also while the chip is writing one."""
    trial = new()
    if not trial.driver.fifo:
        raise NotChecked("the driver has no FIFO")
    if hasattr(trial.chip, "torn"):
        trial.chip.torn = True
    _feel_example(trial)
    rate = trial.start()
    before = trial.io.t
    count = 0
    for every_s in (0.0013, 0.0371):
        frames = trial.frames(2.0, every_s)
        _check_example(trial, frames)
        count += len(frames)
    expected = (trial.io.t - before) * rate
    if abs(count - expected) > 0.02 * expected + 5:
        why = (
            "Samples are given again: with nothing new waiting, read() returns b''."
            if count > expected
            else "Samples are dropped: read() returns all that wait, not only the newest."
        )
        raise Wrong(f"{count} samples came where {expected:.0f} were taken. {why}", "FIFO count, sample rate")


def overflow_is_a_gap(new: NewTrial) -> None:
    """After an overflow: one Gap, nothing before it, and whole, aligned frames after it."""
    trial = new()
    if not trial.driver.fifo:
        raise NotChecked("the driver has no FIFO")
    _feel_example(trial)
    trial.start()
    trial.frames(0.5, 0.05)
    trial.io.sleep(10.0)  # longer than any FIFO lasts: 8 kB of 12 bytes at 104 Hz are 6.6 s
    got = trial.read()
    if not isinstance(got, Gap):
        raise Wrong(
            "After the FIFO has overflowed, read() returns data instead of a Gap: samples were lost without a word.",
            "FIFO overflow flag, and what enables it",
        )
    trial.io.sleep(0.05)
    if isinstance(trial.read(), Gap):
        raise Wrong("One overflow makes a Gap at every read: the FIFO is not emptied by its reset.", FIFO_RESET)
    frames = trial.frames(1.0, 0.05)
    if not frames:
        raise Wrong("After an overflow no samples come any more.", FIFO_RESET)
    _check_example(trial, frames)


def bus_use(new: NewTrial) -> None:
    """At every rate the driver takes less than half of the slowest bus."""
    for rate in new().driver.rates:
        trial = new()
        trial.start(rate)
        mark, before = len(trial.io.log), trial.io.t
        trial.frames(2.0, trial.poll_s(rate))
        used = sum(transfer.bits for transfer in trial.io.log[mark:]) / (trial.io.t - before) / SLOW_BUS_HZ
        if used > 0.5:
            raise Wrong(
                f"At {rate:g} Hz the driver takes {used:.0%} of a Raspberry Pi's slowest bus; half is the limit.",
                "burst read: several bytes in one transfer (auto-increment)",
            )


def longest_transfer(new: NewTrial) -> None:
    """After a pause of 0.3 s the FIFO is read in parts, so that other sensors get their turn."""
    trial = new()
    if not trial.driver.fifo:
        raise NotChecked("the driver has no FIFO")
    trial.start()
    trial.frames(0.5, 0.05)
    trial.io.sleep(0.3)
    mark = len(trial.io.log)
    trial.read()
    longest = max(transfer.read_count for transfer in trial.io.log[mark:])
    if longest > LONGEST_READ:
        raise Wrong(
            f"One transfer reads {longest} bytes; {LONGEST_READ} is the limit, for other sensors wait meanwhile.",
            "FIFO: read it in parts of whole frames",
        )


def read_time(new: NewTrial) -> None:
    """read() is back before the next is due."""
    for rate in new().driver.rates:
        trial = new()
        trial.start(rate)
        due = trial.poll_s(rate)
        for _ in range(20):
            trial.io.sleep(due)
            before = trial.io.t
            trial.read()
            took = trial.io.t - before
            if took > due:
                raise Wrong(
                    f"At {rate:g} Hz read() takes {took * 1000:.0f} ms and is called every {due * 1000:.0f}: every "
                    "sensor on the bus waits. Sleep no longer than the conversion takes, or do not wait at all.",
                    "conversion time, data ready bit",
                )


def errors_pass_through(new: NewTrial) -> None:
    """A missing acknowledge at any transfer of start or read is raised, and a new start recovers."""
    reference = new()
    reference.start()
    in_start = len(reference.io.log)
    reference.io.sleep(0.1)
    reference.driver.read(reference.io)
    for index in _unlike(reference.io.log):
        trial = new()
        trial.io.fail_at = index
        place = "start()" if index < in_start else "read()"
        with expecting_os_error(f"{place} swallows a missing acknowledge (its transfer {index + 1})."):
            trial.start()
            trial.io.sleep(0.1)
            trial.read()
        rate = trial.start()
        if not trial.frames(0.3, trial.poll_s(rate)):
            raise Wrong(f"After a failed transfer in {place} a new start() does not bring samples back.", "reset")


def _unlike(log: list[Transfer]) -> list[int]:
    """Where to break: of transfers alike in register and lengths the first two and the last, for an upload has
    hundreds of them."""
    alike: dict[tuple[bytes, int, int], list[int]] = {}
    for index, (written, read_count) in enumerate(log):
        alike.setdefault((written[:1], len(written), read_count), []).append(index)
    return sorted({index for places in alike.values() for index in (*places[:2], places[-1])})


def stop_and_start(new: NewTrial) -> None:
    """stop() works, and the chip starts again after it."""
    trial = new()
    trial.start()
    trial.driver.stop(trial.io)
    if trial.driver.fifo:
        _must_sleep(trial)
    rate = trial.start()
    if not trial.frames(1.0, trial.poll_s(rate)):
        raise Wrong("After stop() a new start() brings no samples.", "sleep and wake")


def _must_sleep(trial: Trial) -> None:
    try:
        trial.io.sleep(0.1)
        trial.read()
        trial.io.sleep(0.5)
        got = trial.read()
    except (OSError, SensorFault, Wrong):
        return  # a chip that sleeps need not make sense
    if isinstance(got, bytes) and len(got) > struct.calcsize(trial.driver.frame):
        raise Wrong("stop() leaves the chip measuring: it should sleep until the next start().", "sleep bit")


def start_transcript(new: NewTrial) -> None:
    """start() writes exactly what the data sheet asks for, byte by byte."""
    trial = new()
    if trial.specimen.transcript is None:
        raise NotChecked("no data sheet transcript for this chip")
    for rate in trial.driver.rates:
        trial = new()
        assert trial.specimen.transcript is not None
        golden = trial.specimen.transcript(rate, trial.identity)
        trial.start(rate)
        written = trial.io.writes(trial.specimen.uploads)
        for position, expected in enumerate(golden):
            found = written[position] if position < len(written) else None
            if found != (expected.register, expected.value):
                says = "nothing more" if found is None else f"0x{found[1]:02x} to register 0x{found[0]:02x}"
                raise Wrong(
                    f"At {rate:g} Hz write {position + 1} of start() is {says}; "
                    f"expected 0x{expected.value:02x} to 0x{expected.register:02x}.",
                    expected.line,
                )
        if len(written) > len(golden):
            register, value = written[len(golden)]
            line = next((write.line for write in golden if write.register == register), "register map")
            raise Wrong(f"At its end start() also writes 0x{value:02x} to register 0x{register:02x}: what for?", line)


def _feel_example(trial: Trial) -> None:
    trial.truth.accel_at = lambda _t: EXAMPLE_ACCEL
    trial.truth.gyro_at = lambda _t: EXAMPLE_GYRO


def _check_example(trial: Trial, frames: list[dict[str, float]]) -> None:
    """Every frame says what the chip felt; one that is shifted by a byte does not."""
    for kind, truth, tolerance in (("accel", EXAMPLE_ACCEL, 0.5), ("gyro", EXAMPLE_GYRO, 0.05)):
        found = [_vector(frame, kind) for frame in frames if f"{kind}_x" in frame]
        wrong = [seen for seen in found if any(abs(a - b) > tolerance for a, b in zip(seen, truth, strict=True))]
        if not wrong:
            continue
        says = f"{kind} is {_text(wrong[-1])} where it was {_text(truth)}."
        settled = found[len(found) // 2 :]
        if all(seen in wrong for seen in settled):  # not here and there: each and every one is read wrongly
            cause = vector_cause(trial, kind, _middle(settled), truth)
            raise Wrong(f"{says} {cause.says}", cause.look_at)
        size = struct.calcsize(trial.driver.frame)
        raise Wrong(
            f"{says} Other frames are right: some are shifted, so not whole frames of {size} bytes are taken.",
            "FIFO count (a sample may be half written), FIFO reset after an overflow",
        )


def _vector(frame: dict[str, float], kind: str) -> Vector:
    return frame[f"{kind}_x"], frame[f"{kind}_y"], frame[f"{kind}_z"]


def _middle(found: list[Vector]) -> Vector:
    x, y, z = (sorted(column)[len(found) // 2] for column in zip(*found, strict=True))
    return x, y, z


def _text(vector: Vector) -> str:
    return f"({', '.join(f'{value:.3g}' for value in vector)})"
