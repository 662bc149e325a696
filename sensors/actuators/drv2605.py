"""DRV2605 and DRV2605L: a vibration motor (ERM) driven over I2C.

In its real-time mode the chip drives the motor until told otherwise: were the computer to stop in the middle of a
burst, the motor would run until the battery is empty. So a burst is a library effect that ends by itself, and is
cut short by clearing GO: effect 15, an "alert" of 750 ms at full strength, is the shortest that is longer than any
burst. How strong that is says the clamp register, which is the full scale in open loop.

The chip has no other state to lose: every burst looks first whether it was reset meanwhile.
"""

from __future__ import annotations

from typing import ClassVar

from sensors.driver import Actuator, I2CIo, Ident, SensorFault

STATUS = 0x00
MODE = 0x01
LIBRARY = 0x03
SEQUENCE_1 = 0x04
GO = 0x0C
OD_CLAMP = 0x17
FEEDBACK = 0x1A
CONTROL_3 = 0x1D

DEV_RESET = 0x80  # MODE
STANDBY = 0x40  # MODE
OVER_CURRENT = 0x01  # STATUS: OC_DETECT
OVER_HEATED = 0x02  # STATUS: OVER_TEMP

ERM_LIBRARY_B = 2
"""For a motor of 3 V, driven with 3 V, that spins up in 40 to 60 ms: an ordinary coin motor."""
ALERT_750_MS = 15
ERM = 0x36  # FEEDBACK: N_ERM_LRA 0, the rest as after reset
OPEN_LOOP = 0xA0  # CONTROL_3: ERM_OPEN_LOOP, the rest as after reset
CLAMP_AT_3_V = 139
"""3.0 V / 21.59 mV."""
RESET_WAITS = 20


class Drv2605(Actuator):
    """One eccentric-mass motor of 3 V between OUT+ and OUT-."""

    name: ClassVar[str] = "drv2605"
    addresses: ClassVar[tuple[int, ...]] = (0x5A,)
    ident: ClassVar[Ident] = Ident(STATUS, {0x60: "DRV2605", 0xE0: "DRV2605L"}, mask=0xE0)
    longest_s: ClassVar[float] = 0.75
    source: ClassVar[str] = "TI DRV2605L SLOS854D"

    def start(self, io: I2CIo, chip: str) -> None:
        io.write(MODE, DEV_RESET)  # MODE: DEV_RESET, clears itself; whatever plays ends
        for _ in range(RESET_WAITS):
            io.sleep(0.001)
            if not io.read(MODE, 1)[0] & DEV_RESET:
                break
        else:
            raise SensorFault(
                "the motor driver never ends its reset", "power it off and on, and check VIN at the board"
            )
        io.write(MODE, 0x00)  # MODE: out of standby, internal trigger
        io.write(LIBRARY, ERM_LIBRARY_B)  # LIBRARY: B; after reset it is empty, and nothing plays
        io.write(FEEDBACK, ERM)  # FEEDBACK: ERM
        io.write(CONTROL_3, OPEN_LOOP)  # CONTROL_3: open loop, as library B is made for; needs no auto-calibration
        io.write(SEQUENCE_1, ALERT_750_MS, 0)  # SEQUENCE_1: the effect, SEQUENCE_2: the end
        kept = io.read(MODE, 4)
        if kept[0] != 0x00 or kept[2:] != bytes((ERM_LIBRARY_B, ALERT_750_MS)):
            raise SensorFault(
                f"the motor driver did not keep its configuration (registers 0x01 to 0x04 read {kept.hex(' ')})",
                "its supply probably dips: feed VIN from 5 V or thicker wires",
            )

    def set(self, io: I2CIo, level: float, seconds: float) -> None:
        status, mode = io.read(STATUS, 2)
        if mode != 0x00:
            raise SensorFault(
                f"the motor driver was reset (its mode reads 0x{mode:02x})",
                "it probably lost power for a moment: check the VIN and GND wires",
            )
        if status & (OVER_CURRENT | OVER_HEATED):
            what = "too much current" if status & OVER_CURRENT else "too much heat"
            raise SensorFault(
                f"the motor driver reports {what}",
                "the motor's wires may touch, or it takes more than 250 mA: look at OUT+ and OUT-, try another motor",
            )
        io.write(GO, 0)  # GO: ends what plays
        if level > 0:
            io.write(OD_CLAMP, round(min(1.0, level) * CLAMP_AT_3_V))  # OD_CLAMP: full scale in open loop
            io.write(GO, 1)  # GO: the effect, once

    def stop(self, io: I2CIo) -> None:
        io.write(GO, 0)  # GO: ends what plays
        io.write(MODE, STANDBY)  # MODE: STANDBY
