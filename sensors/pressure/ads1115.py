"""ADS1115 with force-sensing resistors (FSR): contact, or strips around the roller.

Each input has its own divider: 3.3 V - FSR - input - resistor - GND. What an FSR tells is its conductance, which is
near linear in force (its resistance is not), and falls off above 10 to 20 N: good for contact and for where the load
is, not for how many newtons. So a strip is its conductance as a share of `full_siemens`, and 1 means "this or more".

An input without an FSR reads 0 as long as its resistor is there, or it is tied to GND; one left open floats. For
fewer inputs, or another resistor, put a file into the drivers folder:

    from sensors.pressure.ads1115 import Ads1115

    class TwoStrips(Ads1115):
        name = "two_strips"
        inputs = (0, 1)
        divider_ohm = 10_000

The chip has no identity. Its threshold registers, which nothing here writes, hold values after power-up that its
neighbours at these addresses (temperature sensors) do not have. Single conversions: in its continuous mode nobody
can tell a new value from an old one, nor one input's from the other's.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sensors.driver import Channel, Gap, I2CDriver, I2CIo, Role, SensorFault

CONVERSION = 0x00
CONFIG = 0x01
LO_THRESH = 0x02
HI_THRESH = 0x03
RESET_THRESHOLDS = (0x8000, 0x7FFF)

OS = 0x8000
SINGLE_SHOT = 0x8000 | 1 << 9 | 0x0100 | 7 << 5 | 3
"""OS start, PGA +-4.096 V, MODE single, DR 860 a second, comparator off."""
AIN_TO_GND = 4
VOLT_PER_COUNT = 4.096 / 32768
CONVERSION_S = 1.1 / 860 + 0.0001
"""The data rate is good to 10 %; waking up takes 25 us."""
EXTRA_WAITS = 10
FULL_COUNTS = 10_000
"""A frame's number for a strip that is fully pressed."""


class Ads1115(I2CDriver):
    """One conversion of each input for each read."""

    name: ClassVar[str] = "ads1115"
    role: ClassVar[Role] = "force"
    addresses: ClassVar[tuple[int, ...]] = (0x48, 0x49, 0x4A, 0x4B)
    frame: ClassVar[str] = ">4H"
    rates: ClassVar[tuple[float, ...]] = (20, 50)
    source: ClassVar[str] = "TI ADS1115 SBAS444D"

    inputs: ClassVar[tuple[int, ...]] = (0, 1, 2, 3)
    """The inputs with an FSR, in the order of the strips; A0 is 0."""
    divider_ohm: ClassVar[float] = 3300
    supply_volt: ClassVar[float] = 3.3
    full_siemens: ClassVar[float] = 1e-3
    """Conductance that counts as fully pressed: about what an FSR 402 has at 10 to 15 N."""

    def __init_subclass__(cls, **more: Any) -> None:
        """One number of the frame for each input."""
        super().__init_subclass__(**more)
        cls.frame = f">{len(cls.inputs)}H"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return tuple(Channel(f"strip_{place}", 1 / FULL_COUNTS) for place in range(len(self.inputs)))

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        found = tuple(int.from_bytes(io.read(register, 2), "big") for register in (LO_THRESH, HI_THRESH))
        if found != RESET_THRESHOLDS:
            raise SensorFault(
                f"the chip's registers 2 and 3 read 0x{found[0]:04x} and 0x{found[1]:04x}, which is not an ADS1115",
                "another chip may sit at this address (an LM75 or TMP102 thermometer?): check the board and `address`",
            )
        self.read(io)
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        return b"".join(self._pressed(self._convert(io, number)).to_bytes(2, "big") for number in self.inputs)

    def stop(self, io: I2CIo) -> None:
        """Nothing to do: the chip sleeps by itself after each conversion."""

    def _convert(self, io: I2CIo, number: int) -> float:
        """Volts at one input."""
        wanted = SINGLE_SHOT | (AIN_TO_GND + number) << 12
        io.write(CONFIG, *wanted.to_bytes(2, "big"))  # CONFIG: this input against GND, start
        io.sleep(CONVERSION_S)
        for _ in range(EXTRA_WAITS):
            config = int.from_bytes(io.read(CONFIG, 2), "big")  # CONFIG: OS is 1 once it is done
            if config | OS != wanted:
                raise SensorFault(
                    f"the chip's configuration reads 0x{config:04x} where 0x{wanted:04x} was written",
                    "it probably lost power for a moment and was reset: check the VCC and GND wires",
                )
            if config & OS:
                # CONVERSION: 16 bits, signed; a hair below 0 at an input that is at GND
                counts = int.from_bytes(io.read(CONVERSION, 2), "big", signed=True)
                return max(0, counts) * VOLT_PER_COUNT
            io.sleep(0.0005)
        raise SensorFault(
            "the analog converter stays busy: no value 6 ms after it was asked",
            "its supply may be weak or another program uses it: check 3.3 V at the board",
        )

    def _pressed(self, volt: float) -> int:
        """The FSR's conductance, V / (R (supply - V)), as a share of `full_siemens` in counts of a frame."""
        left = self.supply_volt - volt
        if left <= 0:
            return FULL_COUNTS
        return min(FULL_COUNTS, round(volt / (left * self.divider_ohm) / self.full_siemens * FULL_COUNTS))
