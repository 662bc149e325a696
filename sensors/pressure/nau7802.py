"""NAU7802: a 24-bit amplifier for load cells.

What it says is the bridge's output as a share of its excitation (V/V): the cell's own sensitivity, "2 mV/V" on its
label, is that number at full load. It is no force: newtons need a calibration, and until then a reading is a share
of the sensor's own maximum.

The chip offsets itself only when told to, and again after every change of gain or rate; an amplifier that was not
calibrated is off by more than a person weighs. It converts at twice the rate it is read at, or more, so that every
read finds a new conversion.
"""

from __future__ import annotations

from typing import ClassVar

from sensors.driver import Channel, Gap, I2CDriver, I2CIo, Ident, Role, SensorFault

PU_CTRL = 0x00
CTRL1 = 0x01
CTRL2 = 0x02
ADCO_B2 = 0x12
ADC_CTRL = 0x15
PGA_PWR = 0x1C
DEVICE_REV = 0x1F

RUNNING = 0x96  # PU_CTRL: AVDDS, CS, PUA, PUD
POWERED_UP = 0x08  # PU_CTRL: PUR
CYCLE_READY = 0x20  # PU_CTRL: CR
CALS = 0x04  # CTRL2
CAL_ERR = 0x08  # CTRL2

GAIN = 128
FULL_SCALE = 0.5 / GAIN
"""V/V: the input range is half of the reference, which is the excitation, to either side."""

CRS: dict[float, tuple[int, int]] = {20: (2, 40), 40: (3, 80), 80: (7, 320)}
"""Rate it is read at -> (CRS bits, conversions a second)."""
POWER_UP_WAITS = 20
"""Looks, 1 ms apart; the data sheet says 200 us."""
SETTLE_S = 0.3
"""The analog supply charges its capacitors before anything is calibrated against it."""
CALIBRATION_WAITS = 80
"""Looks, 10 ms apart; about 0.35 s is usual."""
UNSETTLED = 6
"""Conversions after a calibration that do not count: the filter still fills."""


class Nau7802(I2CDriver):
    """One load cell, or four wired as one bridge, on input 1."""

    name: ClassVar[str] = "nau7802"
    role: ClassVar[Role] = "force"
    addresses: ClassVar[tuple[int, ...]] = (0x2A,)
    ident: ClassVar[Ident | None] = Ident(DEVICE_REV, {0x0F: "NAU7802"})
    witness: ClassVar[int | None] = CTRL1
    frame: ClassVar[str] = ">i"  # the 24 bits, and eight zeros below them
    rates: ClassVar[tuple[float, ...]] = (20, 40, 80)
    force_full_scale: ClassVar[float | None] = FULL_SCALE
    source: ClassVar[str] = "Nuvoton NAU7802 data sheet rev 2.6"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return (Channel("bridge", FULL_SCALE / 2**31),)

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        crs, conversions = CRS[rate]
        io.write(PU_CTRL, 0x01)  # PU_CTRL: RR, register reset
        io.write(PU_CTRL, 0x06)  # PU_CTRL: RR off, PUD and PUA: power up digital and analog
        self._wait(io, PU_CTRL, POWERED_UP, POWERED_UP, 0.001, POWER_UP_WAITS, "it never says that it has powered up")
        io.write(PU_CTRL, 0x86)  # PU_CTRL: AVDDS, the analog supply from the regulator inside
        # 3.0 V: from the 3.3 V of a Raspberry Pi the regulator can't hold more, and then readings wander.
        io.write(CTRL1, 5 << 3 | 7)  # CTRL1: VLDO 5 = 3.0 V, GAINS 7 = 128
        io.write(CTRL2, crs << 4)  # CTRL2: CRS, conversions a second
        io.write(ADC_CTRL, 0x30)  # ADC: REG_CHPS 3, chopper clock off
        io.write(PGA_PWR, 0x80)  # POWER: PGA_CAP_EN, the capacitor across input 2
        io.write(PU_CTRL, RUNNING)  # PU_CTRL: CS, convert
        io.sleep(SETTLE_S)
        io.write(CTRL2, crs << 4 | CALS)  # CTRL2: CALS with CALMOD 0, internal offset
        self._wait(io, CTRL2, CALS, 0, 0.01, CALIBRATION_WAITS, "its offset calibration never ends")
        if io.read(CTRL2, 1)[0] & CAL_ERR:
            raise SensorFault(
                "the load cell amplifier's offset calibration failed (CAL_ERR)",
                "its analog supply is probably short of power or shorted: check E+ and E- at the load cell, and 3.3 V",
            )
        io.sleep(UNSETTLED / conversions)
        io.read(ADCO_B2, 3)  # throws away what was converted meanwhile
        kept = io.read(CTRL1, 2)
        if kept != bytes((5 << 3 | 7, crs << 4)):
            raise SensorFault(
                f"the chip did not keep its configuration (registers 0x01 and 0x02 read {kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        if not io.read(PU_CTRL, 1)[0] & CYCLE_READY:
            return b""
        return io.read(ADCO_B2, 3) + b"\x00"  # ADCO_B2..B0: 24 bits, signed, high byte first

    def stop(self, io: I2CIo) -> None:
        io.write(PU_CTRL, 0x00)  # PU_CTRL: everything off

    def _wait(self, io: I2CIo, register: int, mask: int, value: int, nap_s: float, looks: int, what: str) -> None:
        for _ in range(looks):
            io.sleep(nap_s)
            if io.read(register, 1)[0] & mask == value:
                return
        raise SensorFault(
            f"the load cell amplifier is stuck: {what}",
            "power it off and on; if this comes back, check 3.3 V and GND at the board",
        )
