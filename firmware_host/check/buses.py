"""The I2C buses: are they there, may this user open them, who answers on them, and is it what the file says?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from firmware_host.acquisition.devices import Device
from firmware_host.acquisition.hints import error_name, error_words, open_hint
from firmware_host.acquisition.identify import Driver, Roll, candidates, roll_call
from firmware_host.acquisition.smbus_io import Bus
from firmware_host.check.chips import AREA, Expected, chip_line, compared, sensor
from firmware_host.check.finding import Finding, Result
from firmware_host.check.machine import Machine
from firmware_host.check.motor import Motor

SIMULATED = "sim"
FOREIGN = re.compile(r"ddc|i915|gmbus|nvidia|amdgpu|radeon|hdmi|fef0|smbus|i801|piix|aux|dpmst", re.IGNORECASE)
"""Adapters of a screen or a main board: strangers live there, and no roller is ever wired to them."""
TURN_ON = "sudo raspi-config nonint do_i2c 0, then: sudo reboot"
FAR = "unplug the sensors one by one and run this again; check for a short, and for pull-ups to 3.3 V (not 5 V)"


class Buses:
    """Looks at every bus; afterwards knows which of the wanted sensors can be measured."""

    def __init__(
        self,
        machine: Machine,
        wanted: Mapping[str, list[Device]],
        motor: Motor | None,
        drivers: Sequence[Driver],
        openers: Mapping[str, Callable[[], Bus]],
        running: str,
    ) -> None:
        """`openers`: how the buses are opened that are none of the machine's ("sim"); `running`: see running.py."""
        self._machine = machine
        self._wanted = wanted
        self._motor = motor
        self._drivers = drivers
        self._openers = openers
        self._running = running
        self.rolls: dict[str, Roll] = {}
        self.busy = running
        """Why buses of the machine were left alone, or ""."""
        self.ready: dict[str, list[Device]] = {}
        """Sensors that answered as they should, by bus."""
        self.motor_at: int | None = None
        """Where the motor's driver answered."""

    def look(self) -> Iterator[Finding]:
        there = self._machine.bus_names()
        named = {_number(name): name for name in self._wanted if name != SIMULATED}
        if SIMULATED in self._wanted:
            yield from self._call(SIMULATED, "simulated")
        for number, name in named.items():
            if number not in there:
                yield self._missing(name, there)
        if not there and not self._wanted:
            yield self._missing("1", there)
        skipped = []
        for number in there:
            adapter = self._machine.text(f"/sys/bus/i2c/devices/i2c-{number}/name")
            if number not in named and FOREIGN.search(adapter):
                skipped.append(f"{number} ({adapter})")
            else:
                yield from self._call(named.get(number, number), adapter)
        if skipped:
            yield _finding(
                "other buses", "ok", f"left alone, they belong to a screen or the main board: {_and(skipped)}"
            )
        yield from self._compare()

    # --- one bus ----------------------------------------------------------------------------------------------------

    def _missing(self, name: str, there: list[str]) -> Finding:
        subject = f"bus {name}"
        if there:
            others = _and([f"/dev/i2c-{number}" for number in there])
            return _finding(
                subject,
                "problem",
                f"there is no /dev/i2c-{_number(name)}; this machine has {others}",
                f"write `bus = {there[0]}` into slowroll.toml if the sensor is wired there, "
                f"or turn bus {name} on: {TURN_ON}",
            )
        if self._machine.path(f"/sys/bus/i2c/devices/i2c-{_number(name)}").exists():
            return _finding(
                subject,
                "problem",
                "I2C is on, but its device files are missing: the module i2c-dev is not loaded",
                "sudo modprobe i2c-dev; for every start: echo i2c-dev | sudo tee /etc/modules-load.d/i2c-dev.conf",
            )
        says = f"there is no /dev/i2c-{_number(name)}: "
        if "Raspberry Pi" in self._machine.text("/proc/device-tree/model"):
            return _finding(subject, "problem", f"{says}I2C is not enabled on this machine", TURN_ON)
        return _finding(
            subject,
            "problem",
            f"{says}this machine has no I2C bus",
            "an adapter on USB would be one; a Raspberry Pi has one on its header; without any hardware: slowroll demo",
        )

    def _call(self, name: str, adapter: str) -> Iterator[Finding]:
        """Open a bus and ask who is there."""
        subject = f"bus {name}"
        real = name not in self._openers
        if real and self._running:
            yield _finding(subject, "not checked", f"slowroll runs ({self._running}) and reads it", _stop_words())
            return
        try:
            bus = self._machine.open_bus(name) if real else self._openers[name]()
        except OSError as error:
            yield self._not_opened(subject, name, error)
            return
        try:
            here = [address for expected, _ in self._expected(name) for address in expected.addresses]
            sysfs = self._machine.path("/sys/bus/i2c/devices")
            addresses = candidates(self._drivers, here)
            roll = roll_call(name, bus, self._drivers, addresses, self._machine.clock.sleep, sysfs)
        finally:
            bus.close()
        self.rolls[name] = roll
        yield self._bus_line(subject, name, adapter, roll)

    def _not_opened(self, subject: str, name: str, error: OSError) -> Finding:
        kind = error_name(error)
        if kind in ("EACCES", "EPERM"):
            return self._no_right(subject, name)
        if kind == "EBUSY":
            self.busy = self.busy or f"another slowroll reads bus {name}"
            return _finding(subject, "not checked", "another slowroll reads this bus now", _stop_words())
        return _finding(subject, "problem", f"it can't be opened: {error_words(error)}", open_hint(error))

    def _no_right(self, subject: str, name: str) -> Finding:
        machine = self._machine
        user = machine.user()
        path = machine.path(f"/dev/i2c-{_number(name)}")
        try:
            group = machine.group_of(path)
        except OSError:
            group = "i2c"
        says = f"user {user} may not use /dev/i2c-{_number(name)}: "
        if group == "root":
            return _finding(
                subject,
                "problem",
                f"{says}it belongs to root alone",
                f"sudo apt install i2c-tools (it makes the group i2c); sudo usermod -aG i2c {user}; sudo reboot",
            )
        if machine.listed_in(group) and group not in machine.groups():
            return _finding(
                subject,
                "problem",
                f"{says}it was put into the group {group}, but this login is older than that",
                "log out and in again (a reboot does it too), then: slowroll check",
            )
        return _finding(
            subject,
            "problem",
            f"{says}not in the group {group}",
            f"sudo usermod -aG {group} {user}, then log in again",
        )

    def _bus_line(self, subject: str, name: str, adapter: str, roll: Roll) -> Finding:
        kind = f"; adapter {adapter}" if adapter else ""
        if roll.stuck:
            says = f"the bus is stuck: {roll.stuck}. A line is held down, so nobody on it can be reached"
            return _finding(subject, "problem", f"{says}{kind}", FAR)
        if roll.unable:
            return _finding(
                subject,
                "problem" if name in self._wanted else "ok",
                f"this adapter can't read a byte from a chip: {roll.unable}{kind}",
                "connect the sensors to the Raspberry Pi's own I2C pins (header pins 3 and 5)",
            )
        speed = self._speed(name)
        count = sum(found.kind != "kernel" for found in roll.found)
        who = f"{count} chip{'s answer' if count > 1 else ' answers'}" if count else "nobody answers"
        says = f"{who}, {roll.asked} addresses asked{kind}{speed}"
        if roll.smbus_only:
            says += "; SMBus only: slower, and chips without registers (MPRLS) can't be read"
        if not count and (name in self._wanted or len(self._machine.bus_names()) == 1):
            return _finding(
                subject,
                "problem" if name in self._wanted else "warning",
                says,
                "check the plug and the four wires at both ends: 3.3 V (pin 1), SDA (pin 3), SCL (pin 5), GND (pin 6); "
                f"SDA and SCL swapped is the usual mistake. Then: i2cdetect -y {_number(name)}",
            )
        return _finding(subject, "ok", says)

    def _speed(self, name: str) -> str:
        """What the device tree says; 32 bits, the high byte first."""
        place = self._machine.path(f"/sys/bus/i2c/devices/i2c-{_number(name)}/of_node/clock-frequency")
        try:
            raw = place.read_bytes()
        except OSError:
            return ""
        return f", {int.from_bytes(raw, 'big') / 1000:g} kHz" if len(raw) == 4 else ""

    # --- against the file -------------------------------------------------------------------------------------------

    def _expected(self, bus: str) -> Iterator[tuple[Expected, Device | None]]:
        """What the file wants on that bus: sensors, and the motor's driver (None)."""
        for device in self._wanted.get(bus, []):
            yield sensor(device), device
        if self._motor is not None and self._motor.bus == bus:
            yield Expected("motor", "[haptic]", self._motor.driver.name, self._motor.addresses), None

    def _compare(self) -> Iterator[Finding]:
        explained = set()
        for name in self._wanted:
            roll = self.rolls.get(name)
            if roll is None or roll.stuck or roll.unable:
                continue  # the bus's own line has said why
            for expected, device in self._expected(name):
                finding, at, works = compared(name, _number(name), expected, self.rolls)
                if works and device is not None:
                    self.ready.setdefault(name, []).append(device)
                elif works and at is not None:
                    self.motor_at = at.address
                if at is not None:
                    explained.add((name, at.address))
                yield finding
        for name, roll in self.rolls.items():
            for found in roll.found:
                if (name, found.address) not in explained:
                    yield chip_line(name, found)


def _stop_words() -> str:
    return "to have it checked stop slowroll first: sudo systemctl stop slowroll, or Ctrl-C where it runs"


def _number(name: str) -> str:
    """The number in "1" or "/dev/i2c-1"."""
    found = re.search(r"(\d+)$", name)
    return found[1] if found else name


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _finding(subject: str, result: Result, says: str, do: str = "", **values: str | int) -> Finding:
    return Finding(area=AREA, subject=subject, result=result, says=says, do=do, values=dict(values))
