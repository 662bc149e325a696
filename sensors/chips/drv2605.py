"""Model of the TI DRV2605L motor driver with an eccentric-mass motor, as far as one can be felt.

Source: SLOS854D, and Linux drivers/input/misc/drv260x.c for what stands in the registers after reset. Taken in the
reading that is hardest on a driver: real-time playback holds its level for ever, nothing plays in standby or from an
empty library, GO does not start anew what still plays, and a closed loop without auto-calibration is feeble.
"""

from __future__ import annotations

from sensors.chips.model import GoldenWrite, Now, no_answer

STATUS, MODE, RTP, LIBRARY, SEQUENCE_1, GO, OD_CLAMP, FEEDBACK, CONTROL_3 = (
    0x00,
    0x01,
    0x02,
    0x03,
    0x04,
    0x0C,
    0x17,
    0x1A,
    0x1D,
)
AFTER_RESET = {
    MODE: 0x40,
    SEQUENCE_1: 0x01,
    0x11: 0x05,
    0x12: 0x19,
    0x13: 0xFF,
    0x14: 0x19,
    0x15: 0xFF,
    0x16: 0x3E,
    OD_CLAMP: 0x8C,
    0x18: 0x0C,
    0x19: 0x6C,
    FEEDBACK: 0x36,
    0x1B: 0x93,
    0x1C: 0xF5,
    CONTROL_3: 0xA0,
    0x1E: 0x20,
}
RESET_S = 0.0005
EFFECT_S = {1: 0.05, 14: 0.5, 15: 0.75, 16: 1.0, 47: 0.25, 118: 10.0}
VOLT_PER_CLAMP = 21.59e-3
MOTOR_V = 3.0


class Drv2605Chip:
    """One driver and its motor; `level()` is what the motor feels now.

    Faults from outside: `unplugged`, `power_cycle()`, and `shorted` (the motor's wires touch).
    """

    def __init__(self, now: Now, *, address: int = 0x5A, identity: int = 0xE0) -> None:
        self.address = address
        self.unplugged = False
        self.shorted = False
        self._identity = identity
        self._now = now
        self.power_cycle()

    def power_cycle(self) -> None:
        """As after power-up: standby, nothing plays."""
        self._pointer = 0
        self._reset_until = 0.0
        self._reset()

    def _reset(self) -> None:
        self._registers = bytearray(0x23)
        for register, value in AFTER_RESET.items():
            self._registers[register] = value
        self._playing_until: float | None = None
        self._over_current = False

    def level(self) -> float:
        """0..1 and more: the motor's voltage now over the 3 V it is made for."""
        self._catch_up()
        registers = self._registers
        if registers[MODE] & 0x40 or self.shorted:
            return 0.0
        full = registers[OD_CLAMP] * VOLT_PER_CLAMP / MOTOR_V
        if not registers[CONTROL_3] & 0x20:
            full *= 0.2
        if registers[FEEDBACK] & 0x80:
            full *= 0.1  # alternating, as a resonant actuator wants it
        if registers[MODE] & 7 == 5:
            return full * max(0, registers[RTP] - (256 if registers[RTP] > 127 else 0)) / 127
        return full if self._playing_until is not None else 0.0

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """One bus transfer: the first byte is the register."""
        if self.unplugged:
            raise no_answer()
        self._catch_up()
        if write:
            self._pointer = write[0]
            for value in write[1:]:
                self._write(self._pointer, value)
                self._pointer += 1
        answer = bytearray()
        for _ in range(read_count):
            answer.append(self._read(self._pointer))
            self._pointer += 1
        return bytes(answer)

    def _read(self, register: int) -> int:
        if register == STATUS:
            status = self._identity | (1 if self._over_current else 0)
            self._over_current = False
            return status
        if register == MODE and self._now() < self._reset_until:
            return self._registers[MODE] | 0x80
        if register == GO:
            return 1 if self._playing_until is not None else 0
        return self._registers[register] if register < len(self._registers) else 0

    def _write(self, register: int, value: int) -> None:
        if self._now() < self._reset_until or register == STATUS or register >= len(self._registers):
            return
        if register == MODE and value & 0x80:
            self._reset()
            self._reset_until = self._now() + RESET_S
            return
        self._registers[register] = value
        if register == GO:
            self._trigger(value & 1)
        elif register == MODE and value & 0x47:
            self._playing_until = None

    def _trigger(self, go: int) -> None:
        registers = self._registers
        if not go:
            self._playing_until = None
        elif self._playing_until is None and not registers[MODE] & 0x47 and 1 <= registers[LIBRARY] <= 5:
            effect = registers[SEQUENCE_1]
            if effect & 0x7F:
                self._over_current = self.shorted
                self._playing_until = self._now() + EFFECT_S.get(effect, 0.1)

    def _catch_up(self) -> None:
        if self._playing_until is not None and self._now() >= self._playing_until:
            self._playing_until = None


TRANSCRIPT = (
    GoldenWrite(MODE, 0x80, "SLOS854D 8.6.2 Mode: DEV_RESET, bit 7"),
    GoldenWrite(MODE, 0x00, "SLOS854D 9.3.1 initialization: out of standby; MODE 0, internal trigger"),
    GoldenWrite(LIBRARY, 0x02, "SLOS854D 8.6.4 Library selection: 2 = TS2200 library B, 3 V / 3 V, 40-60 ms"),
    GoldenWrite(FEEDBACK, 0x36, "SLOS854D 8.6.21 Feedback control: N_ERM_LRA, bit 7, 0 = ERM"),
    GoldenWrite(CONTROL_3, 0xA0, "SLOS854D 8.6.24 Control3: ERM_OPEN_LOOP, bit 5"),
    GoldenWrite(SEQUENCE_1, 15, "SLOS854D 12.1.2 effects: 15, 750 ms alert, 100 %"),
    GoldenWrite(SEQUENCE_1 + 1, 0, "SLOS854D 8.6.5 Waveform sequencer: 0 ends it"),
)
