"""Model of the TI ADS1115 with a force-sensing resistor and a divider on each of its four inputs.

Source: TI SBAS444D. Taken in the reading that is hardest on a driver: a conversion takes 10 % longer than the data
rate says, a start while one runs is not heard, and what is read before it ends is the last one's value.
"""

from __future__ import annotations

from sensors.chips.model import ConductanceSource, GoldenWrite, Now, Specimen, Truth, no_answer

CONVERSION, CONFIG, LO_THRESH, HI_THRESH = 0, 1, 2, 3
OS, SINGLE = 0x8000, 0x0100
RATES = (8, 16, 32, 64, 128, 250, 475, 860)
FULL_SCALE_V = (6.144, 4.096, 2.048, 1.024, 0.512, 0.256, 0.256, 0.256)
MUX = ((0, 1), (0, 3), (1, 3), (2, 3), (0, None), (1, None), (2, None), (3, None))
WAKE_S = 25e-6


class Ads1115Chip:
    """One converter; `conductances` is asked for the FSRs' (S) when a conversion ends.

    Faults from outside: `unplugged`, `power_cycle()`, `stuck` (no conversion ever ends), and `thresholds` (what
    another chip at this address would have there).
    """

    def __init__(
        self,
        now: Now,
        conductances: ConductanceSource,
        *,
        address: int = 0x48,
        divider_ohm: float = 3300.0,
        supply_v: float = 3.3,
    ) -> None:
        self.address = address
        self.unplugged = False
        self.stuck = False
        self.thresholds = (0x8000, 0x7FFF)
        self._now = now
        self._conductances = conductances
        self._divider_ohm = divider_ohm
        self._supply_v = supply_v
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after power-up: config 0x8583, powered down, AIN0 against AIN1."""
        self._pointer = 0
        self._config = 0x0583
        self._value = 0
        self._end: float | None = None

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte written is the pointer, two more are the register's."""
        if self.unplugged:
            raise no_answer()
        t = self._now()
        self._catch_up(t)
        if write:
            self._pointer = write[0] & 3
            if len(write) >= 3 and self._pointer == CONFIG:
                self._configure(int.from_bytes(write[1:3], "big"), t)
            elif len(write) >= 3 and self._pointer in (LO_THRESH, HI_THRESH):
                value = int.from_bytes(write[1:3], "big")
                low, high = self.thresholds
                self.thresholds = (value, high) if self._pointer == LO_THRESH else (low, value)
        register = (
            self._value & 0xFFFF,
            self._config | (0 if self._end is not None else OS),
            *self.thresholds,
        )[self._pointer]
        return (register.to_bytes(2, "big") * (read_count // 2 + 1))[:read_count]

    def _configure(self, value: int, t: float) -> None:
        idle = self._end is None
        self._config = value & ~OS
        if idle and (value & OS or not value & SINGLE):
            self._end = t + WAKE_S + 1.1 / RATES[value >> 5 & 7]

    def _catch_up(self, t: float) -> None:
        while self._end is not None and t >= self._end and not self.stuck:
            self._value = self._sample(self._end)
            self._end = None if self._config & SINGLE else self._end + 1.1 / RATES[self._config >> 5 & 7]

    def _sample(self, t: float) -> int:
        volts = [
            self._supply_v * siemens * self._divider_ohm / (1 + siemens * self._divider_ohm)
            for siemens in self._conductances(t)
        ]
        plus, minus = MUX[self._config >> 12 & 7]
        volt = volts[plus] - (0.0 if minus is None else volts[minus])
        return max(-32768, min(32767, round(volt / FULL_SCALE_V[self._config >> 9 & 7] * 32768)))


def _transcript(_rate: float, _identity: int) -> tuple[GoldenWrite, ...]:
    writes = []
    for number in range(4):
        line = f"SBAS444D 9.6.3 Config: OS, MUX 1{number:02b} = AIN{number} to GND, PGA 001 = 4.096 V, MODE single"
        writes.append(GoldenWrite(CONFIG, 0xC3 | number << 4, line))
        # The second byte of the same register, as it lies on the bus.
        writes.append(GoldenWrite(CONFIG + 1, 0xE3, "SBAS444D 9.6.3 Config: DR 111 = 860 SPS, COMP_QUE 11 = off"))
    return tuple(writes)


def _build(now: Now, truth: Truth, _identity: int) -> Ads1115Chip:
    return Ads1115Chip(now, truth.conductances)


SPECIMEN = Specimen(driver="ads1115", identities=(0,), build=_build, transcript=_transcript)
