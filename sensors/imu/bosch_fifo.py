"""The FIFO that Bosch's BMI160 and BMI270 share, in header mode: every frame says what it holds.

A frame that is read only in part is sent again whole at the next read, and samples that were lost announce
themselves by a skip frame, so nothing has to be counted or guessed. A sample is gyroscope, then accelerometer
(in the data registers it is the other way round), little-endian.
"""

from __future__ import annotations

from typing import NamedTuple

from sensors.driver import I2CIo

SAMPLE_BYTES = 12
TRANSFER_BYTES = 19 * (1 + SAMPLE_BYTES)
"""247 bytes: whole frames, and under 11 ms on a 250 kHz bus, so that other devices get their turn."""

OVERFLOW = "fifo overflow"
DROPPED = "sample dropped by the chip"
OUT_OF_STEP = "fifo out of step"

_TAG_BITS = 0x03
"""Levels of the interrupt pins at the time of the sample, in the low bits of every header."""
_GYRO_ACCEL = 0x8C
_LOSSES = {0x40: OVERFLOW, 0x50: DROPPED}
"""By the headers of skip frame and sample drop frame."""


class Batch(NamedTuple):
    """What one read of the FIFO held."""

    samples: bytes
    used: int
    """Bytes of whole frames; what follows them comes again."""
    lost: str
    """Why samples are missing, or ""."""


def split(data: bytes, config_bytes: int) -> Batch:
    """The samples in `data`; `config_bytes` is the length of the chip's "input config" frame."""
    lengths = {_GYRO_ACCEL: SAMPLE_BYTES, 0x84: 6, 0x88: 6, 0x44: 3, 0x48: config_bytes}
    samples = bytearray()
    at = 0
    while at < len(data):
        header = data[at] & ~_TAG_BITS
        if header in _LOSSES:
            return Batch(bytes(samples), at, _LOSSES[header])
        if header not in lengths:
            return Batch(bytes(samples), at, OUT_OF_STEP)
        end = at + 1 + lengths[header]
        if end > len(data):
            break
        if header == _GYRO_ACCEL:  # one sensor without the other (while the second starts up) is no sample
            samples += data[at + 1 : end]
        at = end
    return Batch(bytes(samples), at, "")


def drain(io: I2CIo, length_register: int, count_mask: int, config_bytes: int) -> Batch:
    """Everything that waits, in transfers of a size that lets others have their turn.

    `length_register` holds the count of bytes, and the FIFO's port is two behind it, in both chips.
    """
    left = int.from_bytes(io.read(length_register, 2), "little") & count_mask
    samples = bytearray()
    used = 0
    while left > 0:
        batch = split(io.read(length_register + 2, min(left, TRANSFER_BYTES)), config_bytes)
        if batch.lost:
            return batch
        if not batch.used:
            break
        samples += batch.samples
        used += batch.used
        left -= batch.used
    return Batch(bytes(samples), used, "")
