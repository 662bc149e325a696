"""`drivers test --live` on a simulated bench: what is wrong with driver, chip or hand is found, and said."""

from __future__ import annotations

import gzip
import math
import os
import re
from pathlib import Path
from typing import ClassVar

import pytest
from product import slowroll

from firmware_host.commands import CommandError
from firmware_host.commands.driver_bench import SimulatedBench
from firmware_host.commands.driver_live import LiveTest, TerminalHands
from firmware_host.commands.driver_recording import replayed
from firmware_host.history.recording import RecordingError
from sensors.catalog import BUILT_IN, Catalog
from sensors.chips.model import Vector
from sensors.conformance.finding import Finding
from sensors.conformance.live import common_factor, judge_force
from sensors.driver import STANDARD_GRAVITY, Channel, Gap, I2CDriver, I2CIo, xyz
from sensors.imu.mpu6050 import Mpu6050
from sensors.pressure.mprls import Mprls

pytestmark = pytest.mark.slow


def judged(driver: I2CDriver, bench: SimulatedBench | None = None, out: Path | None = None) -> dict[str, Finding]:
    bench = bench or SimulatedBench(driver)
    test = LiveTest(bench.driver, "7", None, bench.open_bus, bench.clock, bench, Path("/nonexistent"))
    found = {finding.check: finding for finding in test.run(30.0)}
    if out is not None:
        test.save(out)
    return found


def wrong(driver: I2CDriver, bench: SimulatedBench | None = None) -> dict[str, str]:
    return {name: finding.says for name, finding in judged(driver, bench).items() if finding.result == "failed"}


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("turns", [5, -5])
def test_a_sound_driver_and_the_axis_it_was_turned_about(axis: int, turns: float) -> None:
    driver = Mpu6050()
    found = judged(driver, SimulatedBench(driver, turns=turns, axis=axis))
    assert {name for name, finding in found.items() if finding.result == "failed"} == set()
    expected = ["+0.00", "+0.00", "+0.00"]
    expected[axis] = f"{math.copysign(1, turns):+.2f}"
    assert f"[{', '.join(expected)}]" in found["axis"].says.replace("-0.00", "+0.00")
    assert found["signs"].result == "ok"
    assert "100.0" in found["rate"].says


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_shipped_driver_passes_on_the_simulated_bench(name: str, tmp_path: Path) -> None:
    out = tmp_path / "it.jsonl"
    found = judged(Catalog(installed=()).make(name), out=out)
    assert {check: finding.says for check, finding in found.items() if finding.result != "ok"} == {}
    assert len(found) >= 4
    assert replayed(out, name) == []


class InG(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*xyz("accel", 1 / 4096), *super().channels(chip)[3:])


class AccelOfAnotherRange(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*xyz("accel", STANDARD_GRAVITY / 8192), *super().channels(chip)[3:])


class Degrees(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*super().channels(chip)[:4], *xyz("gyro", 1 / 16.4))


class GyroOfAnotherRange(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*super().channels(chip)[:4], *xyz("gyro", math.radians(1 / 131)))


class FlippedGyro(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (*super().channels(chip)[:4], *xyz("gyro", -math.radians(1 / 16.4)))


class FlippedAccelAxis(Mpu6050):
    def channels(self, chip: str) -> tuple[Channel, ...]:
        x, y, z, *rest = super().channels(chip)
        return (x, Channel("accel_y", -y.scale), z, *rest)


class LittleEndian(Mpu6050):
    frame: ClassVar[str] = "<7h"


class RateToldWrong(Mpu6050):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        return super().start(io, rate, chip) * 1.08


class TooSlowAChip(Mpu6050):
    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        super().start(io, rate, chip)
        io.write(0x19, 10)
        return rate


class DropsFrames(Mpu6050):
    reads = 0

    def read(self, io: I2CIo) -> bytes | Gap:
        got = super().read(io)
        self.reads += 1
        return b"" if self.reads % 100 == 0 and isinstance(got, bytes) else got


class OneAxisStuck(Mpu6050):
    def read(self, io: I2CIo) -> bytes | Gap:
        got = super().read(io)
        if isinstance(got, Gap):
            return got
        return b"".join(got[i : i + 4] + b"\x00\x00" + got[i + 6 : i + 14] for i in range(0, len(got), 14))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("driver", "check", "says"),
    [
        (InG, "gravity", "That is g"),
        (AccelOfAnotherRange, "gravity", "another range"),
        (Degrees, "turns", "degrees, not radians"),
        (GyroOfAnotherRange, "turns", "another range"),
        (FlippedGyro, "signs", "polarity"),
        (FlippedAccelAxis, "signs", "polarity"),
        (LittleEndian, "still", "byte order"),
        (RateToldWrong, "rate", "divider"),
        (TooSlowAChip, "rate", "divider"),
        (DropsFrames, "loss", "FIFO count"),
        (OneAxisStuck, "noise-accel", "accel_z never changes"),
    ],
)
def test_a_mistake_shows_on_the_bench(driver: type[I2CDriver], check: str, says: str) -> None:
    found = wrong(driver())
    assert says in found.get(check, ""), found


def test_another_number_of_turns_is_asked_about() -> None:
    driver = Mpu6050()
    found = wrong(driver, SimulatedBench(driver, turns=4))
    assert "8.00 pi, 10 pi is right. Were it 4 turns? Then do it again" in found["turns"]


class Clumsy(SimulatedBench):
    """Does it wrong as often as `times`, then right."""

    def __init__(self, driver: I2CDriver, step: str, times: int) -> None:
        super().__init__(driver)
        self._wrong_step = step
        self._left = times + 1

    def told(self, step: str, words: str) -> None:
        super().told(step, words)
        if step == self._wrong_step:
            self._left -= 1

    @property
    def clumsy(self) -> bool:
        return self._left > 0


class Touches(Clumsy):
    def imu(self, t: float) -> tuple[Vector, Vector]:
        accel, (x, y, z) = super().imu(t)
        return accel, (x, y + (0.5 if self.clumsy and 0 < t % 10 < 1 else 0.0), z)


class Hasty(Clumsy):
    def imu(self, t: float) -> tuple[Vector, Vector]:
        self.turn_s = 1.5 if self.clumsy else 18.0
        return super().imu(t)


class Wobbles(Clumsy):
    def imu(self, t: float) -> tuple[Vector, Vector]:
        accel, (x, y, z) = super().imu(t)
        turning = self._step == "turn" and self.clumsy and abs(x) > 0.2
        return accel, (x, y + (0.8 * math.sin(6 * t) if turning else 0.0), z)


class TurnsBack(Clumsy):
    def _turned(self, t: float) -> tuple[float, float]:
        angle, rate = super()._turned(t)
        if not self.clumsy or self._began is None:
            return angle, rate
        back = 2 * math.pi * math.sin(2 * math.pi * min(1.0, max(0.0, (t - self._began) / self.turn_s)))
        return angle + back, rate * math.cos(2 * math.pi * (t - self._began) / 6)


class Idle(Clumsy):
    def _turned(self, t: float) -> tuple[float, float]:
        return (0.0, 0.0) if self.clumsy else super()._turned(t)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("person", "step", "says"),
    [
        (Touches, "still", "Not still: gyro_y moved"),
        (Hasty, "turn", "turned too fast"),
        (Wobbles, "turn", "another axis"),
        (TurnsBack, "turn", "turned back on the way"),
        (Idle, "turn", "was not turned"),
    ],
)
def test_a_hand_that_does_it_wrong_is_told_why_and_may_try_again(person: type[Clumsy], step: str, says: str) -> None:
    driver = Mpu6050()
    bench = person(driver, step, 1)
    found = wrong(driver, bench)
    assert any(says in said for said in bench.said), bench.said
    assert set(found) <= {"signs"}, found
    always = person(driver, step, 99)
    assert {"still", "turns"} & set(wrong(driver, always))


def test_a_force_sensor_and_a_known_mass() -> None:
    found = judged(Mprls())
    assert {name: finding.result for name, finding in found.items()} == dict.fromkeys(
        ("rate", "loss", "variety", "mass"), "ok"
    )
    rise = re.fullmatch(r"5 kg \(49\.0 N\) raise it by (\d+): 9\d\.\d+ a N\.", found["mass"].says)
    assert rise is not None
    assert float(rise[1]) == pytest.approx(4500, abs=10)


class Unsure(SimulatedBench):
    """Types something else first."""

    answers: ClassVar[tuple[str, ...]] = ()

    def answer(self) -> str | None:
        given, self.answers = self.answers[0], self.answers[1:]  # type: ignore[misc]
        self.mass_kg = 5.0 if given == "5,0 kg" else None
        return given


@pytest.mark.parametrize(("answers", "result"), [(("five", "-3", "5,0 kg"), "ok"), (("",), "not_checked")])
def test_the_mass_may_be_mistyped_or_left_out(answers: tuple[str, ...], result: str) -> None:
    driver = Mprls()
    bench = Unsure(driver)
    bench.answers = answers  # type: ignore[misc]
    assert judged(driver, bench)["mass"].result == result
    assert sum("is no mass" in said for said in bench.said) == len(answers) - 1


@pytest.mark.parametrize(("load", "says"), [(0.0, "within its noise"), (-900.0, "make it fall")])
def test_a_mass_that_does_not_show(load: float, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_host.commands.driver_bench.PA_A_KG", load)
    assert says in wrong(Mprls())["mass"]


def test_strips_that_nobody_touches_are_not_stuck() -> None:
    nothing = [0.0] * 500
    pressed = [0.1, 0.1001, 0.0999] * 50
    results = [
        {finding.check: finding.result for finding in judge_force(*given, strips=strips)}["variety"]
        for given, strips in (
            ((nothing, None, None), True),
            ((nothing, pressed, 5.0), True),
            ((nothing, nothing, 5.0), True),
            ((nothing, pressed, 5.0), False),
        )
    ]
    assert results == ["not_checked", "ok", "failed", "failed"]


def test_what_pins_a_scale_down() -> None:
    raw = [4096, 4100, 4094, -6]
    values = [count * 0.25 + 3.0 for count in raw]
    assert common_factor(values, 0.25, 3.0) == 2
    assert common_factor(values, 0.5, 3.0) == 1
    assert common_factor(values, 0.125, 3.0) == 4
    assert common_factor(values, 0.3, 3.0) == 0
    assert common_factor(values, 0.25, 3.1) == 0
    assert common_factor([0.0, 0.0], 0.25, 0.0) == 1


def test_nothing_there_is_said_with_what_to_do() -> None:
    driver = Mpu6050()
    bench = SimulatedBench(driver)
    bench.chip.unplugged = True
    with pytest.raises(CommandError, match="check the plug and the four wires"):
        judged(driver, bench)


def test_a_wire_that_comes_loose_ends_it() -> None:
    driver = Mpu6050()

    class Loose(SimulatedBench):
        def progress(self, words: str) -> None:
            self.chip.unplugged = self.clock.now() > 12.0

    with pytest.raises(CommandError, match="EREMOTEIO"):
        judged(driver, Loose(driver))


def test_nobody_there_to_turn_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("firmware_host.commands.driver_live.LONGEST_STEP_S", 120.0)
    driver = Mpu6050()

    class Gone(SimulatedBench):
        def answer(self) -> str | None:
            return None

    with pytest.raises(CommandError, match="nothing was done for 2 minutes"):
        judged(driver, Gone(driver))


def test_a_person_at_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    reading, writing = os.pipe()
    hands = TerminalHands()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert hands.answer() is None
        os.write(writing, b" 5.5 \n")
        assert hands.answer() == "5.5"
        assert hands.answer() is None
        os.write(writing, b"\n")
        assert hands.answer() == ""
        os.close(writing)
        with pytest.raises(CommandError, match="terminal was closed"):
            hands.answer()
    hands.told("turn", "Turn it.")
    hands.progress("not on a pipe")
    assert capsys.readouterr().err == "\nTurn it.\n"


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "mpu6050-imu.jsonl"
    judged(Mpu6050(), out=path)
    return path


def driver_file(folder: Path, name: str) -> str:
    """A driver file that is the class `name` of this module."""
    file = folder / f"{name.lower()}.py"
    source = Path(__file__).read_text()
    body = source[source.index(f"class {name}(") :].split("\n\n\n")[0]
    heads = "from sensors.driver import *\nfrom sensors.driver import xyz, STANDARD_GRAVITY\nimport math\n"
    file.write_text(f"{heads}from typing import ClassVar\nfrom sensors.imu.mpu6050 import Mpu6050\n\n{body}\n")
    return str(file)


def test_the_recording_is_the_drivers_regression_test(recording: Path, tmp_path: Path) -> None:
    assert replayed(recording, "mpu6050") == []
    assert replayed(str(recording), "mpu6050") == []
    for name, says in (
        ("InG", "scale: accel_x"),
        ("AccelOfAnotherRange", "scale: accel_x"),
        ("Degrees", "scale: gyro_x"),
        ("GyroOfAnotherRange", "scale: gyro_x"),
    ):
        assert says in " ".join(replayed(recording, driver_file(tmp_path, name))), name
    assert "role: mprls" in replayed(recording, "mprls")[0]


def test_a_recording_that_was_tampered_with_or_is_another(recording: Path, tmp_path: Path) -> None:
    lines = recording.read_bytes().splitlines(keepends=True)
    short = tmp_path / "short.jsonl.gz"
    short.write_bytes(gzip.compress(b"".join(lines[: len(lines) // 4])))
    assert replayed(short, "mpu6050") != []
    other = Path(__file__).parents[1] / "recordings" / "calm.jsonl.gz"
    with pytest.raises(RecordingError, match="not the recording of a bench test"):
        replayed(other, "mpu6050")


def test_the_command_and_what_it_prints(tmp_path: Path) -> None:
    out = tmp_path / "mine.jsonl"
    words = ("drivers", "test", "mpu6050", "--live", "--bus", "sim", "--seconds", "5", "--out", str(out))
    done = slowroll(*words)
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert "ok           turns" in text
    *_, first, second, third = text.splitlines()
    namespace: dict[str, object] = {}
    exec("\n".join(line.removeprefix("  ") for line in (first, second, third)), namespace)
    namespace["test_the_recording_of_the_chip"]()  # type: ignore[operator]
    again = slowroll(*words)
    assert again.returncode == 2
    assert b"is there already" in again.stderr
    assert slowroll("replay", str(out)).returncode == 0
