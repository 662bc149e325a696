"""What every chip model offers, and what the conformance kit and the simulator need to know of it.

A model answers bus transfers as the chip would, register by register, from a truth it is given. It catches up
with `now()` whenever it is spoken to, so it costs nothing while nobody asks.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

Vector = tuple[float, float, float]
Now = Callable[[], float]
"""Seconds, monotonic."""
ImuSource = Callable[[float], tuple[Vector, Vector]]
"""Time in s -> (specific force in m/s2, angular rate in rad/s), both in sensor axes."""
PressureSource = Callable[[float], tuple[float, float]]
"""Time in s -> (absolute pressure in Pa, temperature in degC)."""
BridgeSource = Callable[[float], float]
"""Time in s -> a load cell's output over its excitation (V/V)."""
ConductanceSource = Callable[[float], tuple[float, ...]]
"""Time in s -> the conductance (S) of the force-sensing resistor at each of four inputs."""


class ChipModel(Protocol):
    """One chip on a bus."""

    address: int
    unplugged: bool
    """True: nobody answers at this address."""

    def transfer(self, write: bytes, read_count: int) -> bytes:
        """Write, then read, as one bus transfer. Raises `OSError` when the chip does not answer."""

    def power_cycle(self) -> None:
        """The supply was lost for a moment: everything is as after power-up."""


class Truth(Protocol):
    """What the conformance kit lets a model feel."""

    def imu(self, t: float) -> tuple[Vector, Vector]:
        """Specific force (m/s2) and angular rate (rad/s) at `t`."""

    def pressure(self, t: float) -> tuple[float, float]:
        """Pressure (Pa) and temperature (degC) at `t`."""

    def bridge(self, t: float) -> float:
        """A load cell's output over its excitation (V/V) at `t`."""

    def conductances(self, t: float) -> tuple[float, ...]:
        """Conductances (S) of four force-sensing resistors at `t`."""


class GoldenWrite(NamedTuple):
    """One byte that `start` must write, and the line of the data sheet that asks for it."""

    register: int
    value: int
    line: str


class Specimen(NamedTuple):
    """A chip model as the conformance kit wants it: how to build one, and what the data sheet expects."""

    driver: str
    """Name of the driver the model belongs to."""
    identities: tuple[int, ...]
    """Values of the identity register to test, one for each variant; (0,) for a chip without one."""
    build: Callable[[Now, Truth, int], ChipModel]
    """(clock, truth, identity) -> a model at the driver's first address, without noise."""
    foreign: tuple[int, ...] = ()
    """Values of the same identity register that belong to chips this driver can't drive."""
    transcript: Callable[[float, int], tuple[GoldenWrite, ...]] | None = None
    """(rate in Hz, identity) -> every register write of `start`, in order."""
    uploads: tuple[int, ...] = ()
    """Registers through which a block of data goes to the chip. Bursts to them are not in the transcript: how it is
    cut up is free, and the model refuses what did not arrive whole."""
    stand_ins: Mapping[str, object] = MappingProxyType({})
    """Attributes of the driver's class that are replaced on the bench, by name: what it gets from outside this
    repository and of the chip."""


def no_answer() -> OSError:
    """What a missing acknowledge looks like from Linux on a Raspberry Pi."""
    return OSError(errno.EREMOTEIO, os.strerror(errno.EREMOTEIO))
