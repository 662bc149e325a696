"""The commonest mistakes, made in every shipped driver: the kit finds them on each chip, not only on the MPU-6050."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest

from sensors.catalog import BUILT_IN, Catalog
from sensors.conformance import checks, specimen_of
from sensors.driver import Channel, Gap, I2CDriver, I2CIo

Channels = tuple[Channel, ...]
Change = Callable[[Channels], Channels]


def channels(base: type[I2CDriver], change: Change) -> type[I2CDriver]:
    """`base` with other channels."""

    class Mistaken(base):  # type: ignore[misc, valid-type]
        def channels(self, chip: str) -> Channels:
            return change(super().channels(chip))

    return Mistaken


def reading(base: type[I2CDriver], change: Callable[[Any, Callable[[], bytes | Gap], I2CIo], Any]) -> type[I2CDriver]:
    """`base` with another `read`, made of its own."""

    class Mistaken(base):  # type: ignore[misc, valid-type]
        def read(self, io: I2CIo) -> Any:
            return change(self, lambda: super(Mistaken, self).read(io), io)

    return Mistaken


def byte_order(base: type[I2CDriver]) -> type[I2CDriver]:
    order = "<" if base.frame[0] == ">" else ">"
    return type(base.__name__, (base,), {"frame": order + base.frame[1:]})


def twice_the_scale(base: type[I2CDriver]) -> type[I2CDriver]:
    kept = ("status", "temperature")
    return channels(
        base, lambda cs: tuple(c if c.name in kept else Channel(c.name, 2 * c.scale, 2 * c.offset) for c in cs)
    )


def degrees(base: type[I2CDriver]) -> type[I2CDriver]:
    return channels(
        base, lambda cs: tuple(c._replace(scale=math.degrees(c.scale)) if "gyro" in c.name else c for c in cs)
    )


def sign(base: type[I2CDriver]) -> type[I2CDriver]:
    return channels(base, lambda cs: tuple(c._replace(scale=-c.scale) if c.name == "gyro_y" else c for c in cs))


def axes(base: type[I2CDriver]) -> type[I2CDriver]:
    other = {"accel_x": "accel_y", "accel_y": "accel_x"}
    return channels(base, lambda cs: tuple(c._replace(name=other.get(c.name, c.name)) for c in cs))


def order(base: type[I2CDriver]) -> type[I2CDriver]:
    def exchange(cs: Channels) -> Channels:
        by_name = {c.name: c for c in cs}
        other = {f"{a}_{axis}": f"{b}_{axis}" for a, b in (("accel", "gyro"), ("gyro", "accel")) for axis in "xyz"}
        return tuple(by_name[other.get(c.name, c.name)] for c in cs)

    return channels(base, exchange)


def swallowed(base: type[I2CDriver]) -> type[I2CDriver]:
    def read(_self: Any, own: Callable[[], bytes | Gap], _io: I2CIo) -> Any:
        try:
            return own()
        except OSError:
            return b""

    return reading(base, read)


def never_started(base: type[I2CDriver]) -> type[I2CDriver]:
    return type(base.__name__, (base,), {"start": lambda _self, _io, rate, _chip: float(rate)})


def rate_told_wrong(base: type[I2CDriver]) -> type[I2CDriver]:
    def start(self: Any, io: I2CIo, rate: float, chip: str) -> float:
        return base.start(self, io, rate, chip) * 1.06

    return type(base.__name__, (base,), {"start": start})


def floats(base: type[I2CDriver]) -> type[I2CDriver]:
    return reading(base, lambda _self, own, _io: [float(byte) for byte in own()])


def slow(base: type[I2CDriver]) -> type[I2CDriver]:
    return reading(base, lambda _self, own, io: (io.sleep(0.15), own())[1])


def never_sleeps(base: type[I2CDriver]) -> type[I2CDriver]:
    return type(base.__name__, (base,), {"stop": lambda _self, _io: None})


def no_gap(base: type[I2CDriver]) -> type[I2CDriver]:
    return reading(base, lambda _self, own, _io: b"" if isinstance(got := own(), Gap) else got)


def again(base: type[I2CDriver]) -> type[I2CDriver]:
    def read(self: Any, own: Callable[[], bytes | Gap], _io: I2CIo) -> Any:
        got = own()
        if isinstance(got, Gap):
            return got
        self.last = got[-struct.calcsize(self.frame) :] or getattr(self, "last", b"")
        return got or self.last

    return reading(base, read)


ANY = (byte_order, twice_the_scale, swallowed, never_started, floats, slow)
OF_IMUS = (degrees, sign, axes, order)
OF_FIFOS = (rate_told_wrong, never_sleeps, no_gap, again)
NO_MISTAKE = {("ads1115", byte_order)}
"""This class makes its frame itself, from its list of inputs."""


def cases() -> list[Any]:
    found = []
    for name in sorted(BUILT_IN):
        driver = Catalog(installed=()).get(name)
        mistakes = (*ANY, *(OF_IMUS if driver.role == "imu" else ()), *(OF_FIFOS if driver.fifo else ()))
        found += [
            pytest.param(driver, mistake, id=f"{name}-{mistake.__name__}")
            for mistake in mistakes
            if (name, mistake) not in NO_MISTAKE
        ]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("driver", "mistake"), cases())
def test_it_is_found_on_every_chip(
    driver: type[I2CDriver], mistake: Callable[[type[I2CDriver]], type[I2CDriver]]
) -> None:
    specimen = specimen_of(driver)
    assert specimen is not None
    one = specimen._replace(identities=specimen.identities[:1])
    assert any(finding.result == "failed" for finding in checks(mistake(driver), one))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_without_a_mistake_nothing_is_found(name: str) -> None:
    """What makes the mistakes above makes none of its own."""
    driver = Catalog(installed=()).get(name)
    same = reading(channels(driver, lambda cs: cs), lambda _self, own, _io: own())
    specimen = specimen_of(driver)
    assert specimen is not None
    one = specimen._replace(identities=specimen.identities[:1])
    assert [finding for finding in checks(same, one) if finding.result == "failed"] == []
