"""LPS28DFW: the absolute pressure in an air or gel bladder, up to 406 kPa.

It is set to its wide range: the narrow one ends at 126 kPa, some 25 kPa above the air, which a person on a roller
passes at once. It measures at twice the rate it is read at, so that every read finds a new sample, behind a
low-pass below half of the rate it is read at.
"""

from __future__ import annotations

from typing import ClassVar

from sensors.driver import Channel, Gap, I2CDriver, I2CIo, Ident, Role, SensorFault

WHO_AM_I = 0x0F
CTRL_REG1 = 0x10
CTRL_REG2 = 0x11
CTRL_REG3 = 0x12
STATUS = 0x27

SWRESET = 0x04  # CTRL_REG2
WIDE = 0x58  # CTRL_REG2: FS_MODE 4060 hPa, LPF on at ODR/4, BDU
PRESSURE_READY = 0x01  # STATUS: P_DA

ODR: dict[float, tuple[int, int]] = {20: (5, 50), 50: (7, 100), 100: (8, 200)}
"""Rate it is read at -> (ODR bits, samples a second)."""
UNSETTLED = 4
"""Samples after the start that do not count: the low-pass still fills."""
AVERAGE_16 = 2
"""AVG bits; the noise of 16 is far below a person's, and every rate can do it."""
RESET_WAITS = 20
PA_PER_COUNT = 100 / 2048


class Lps28dfw(I2CDriver):
    """Absolute pressure and temperature, newest sample."""

    name: ClassVar[str] = "lps28dfw"
    role: ClassVar[Role] = "force"
    addresses: ClassVar[tuple[int, ...]] = (0x5C, 0x5D)
    ident: ClassVar[Ident | None] = Ident(WHO_AM_I, {0xB4: "LPS28DFW"})
    witness: ClassVar[int | None] = CTRL_REG2
    frame: ClassVar[str] = "<ih"  # pressure shifted up by eight zeros, temperature
    rates: ClassVar[tuple[float, ...]] = (20, 50, 100)
    force_full_scale: ClassVar[float | None] = 406_000.0
    source: ClassVar[str] = "ST LPS28DFW DS13317 rev 3"

    def channels(self, chip: str) -> tuple[Channel, ...]:
        return Channel("pressure", PA_PER_COUNT / 256), Channel("temperature", 0.01)

    def start(self, io: I2CIo, rate: float, chip: str) -> float:
        odr, samples = ODR[rate]
        io.write(CTRL_REG2, SWRESET)  # CTRL_REG2: SWRESET, clears itself
        for _ in range(RESET_WAITS):
            io.sleep(0.001)
            if not io.read(CTRL_REG2, 1)[0] & SWRESET:
                break
        else:
            raise SensorFault(
                "the pressure sensor never ends its reset", "power it off and on, and check 3.3 V at the board"
            )
        io.write(CTRL_REG3, 0x01)  # CTRL_REG3: IF_ADD_INC, several bytes in one transfer
        io.write(CTRL_REG2, WIDE)  # CTRL_REG2: FS_MODE 1 = 4060 hPa, EN_LPFP with LFPF_CFG 0 = ODR/4, BDU
        io.write(CTRL_REG1, odr << 3 | AVERAGE_16)  # CTRL_REG1: ODR and AVG; it measures from here on
        kept = io.read(CTRL_REG1, 2)
        if kept != bytes((odr << 3 | AVERAGE_16, WIDE)):
            raise SensorFault(
                f"the chip did not keep its configuration (registers 0x10 and 0x11 read {kept.hex(' ')})",
                "its supply probably dips as it starts: check VCC and GND, shorten the wires",
            )
        io.sleep(UNSETTLED / samples)
        io.read(STATUS, 6)  # throws away what was measured meanwhile
        return rate

    def read(self, io: I2CIo) -> bytes | Gap:
        answer = io.read(STATUS, 6)  # STATUS, PRESS_OUT_XL/L/H, TEMP_OUT_L/H
        if not answer[0] & PRESSURE_READY:
            return b""
        return b"\x00" + answer[1:]

    def stop(self, io: I2CIo) -> None:
        io.write(CTRL_REG1, 0x00)  # CTRL_REG1: ODR 0, power-down
