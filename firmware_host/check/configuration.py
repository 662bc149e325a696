"""The configuration: which file counts, whether it is sound, and what it wants of the sensors."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

from firmware_host.acquisition.devices import Device, actuator_for, broken, devices_for
from firmware_host.acquisition.identify import Driver, candidates
from firmware_host.acquisition.strangers import UnusableDriver
from firmware_host.check.finding import Finding
from firmware_host.check.machine import Machine
from firmware_host.check.motor import Motor
from firmware_host.profiles import load_profile, other_profiles
from firmware_host.routines import check_routine, load_routines
from firmware_host.settings import Settings, SettingsError, config_path, load, shipped_config
from firmware_host.techniques import load_techniques
from sensors.catalog import ACTUATORS, Catalog, CatalogError, Entry, make_actuator
from sensors.driver import I2CDriver

AREA = "configuration"


class Wanted:
    """What the owner wants, as far as the file can be read. Without one, or with a broken one: the defaults."""

    def __init__(self, machine: Machine, given: str | None) -> None:
        self.path: Path | None = None
        self.settings = Settings()
        self.devices: dict[str, list[Device]] = {}
        """By the name of the bus."""
        self.motor: Motor | None = None
        self.sound = False
        """The file was read; the rest says what its owner wants."""
        self.findings = list(self._read(machine, given))

    @property
    def catalog(self) -> Catalog:
        folder = self.settings.drivers_dir
        return Catalog(Path(folder).expanduser() if folder is not None else None)

    def drivers(self) -> Generator[Finding, None, list[Driver]]:
        """Those of the file, and all others; yields a line for each that can't be asked, and returns the rest."""
        usable: list[Driver] = [device.driver for devices in self.devices.values() for device in devices]
        usable += [self.motor.driver] if self.motor is not None else []
        for entry in self.catalog.entries():
            if entry.name in {driver.name for driver in usable}:
                continue
            try:
                usable.append(_made(self.catalog, entry))
            except CatalogError as error:
                yield Finding(
                    area=AREA,
                    subject=f"driver {entry.name}",
                    result="warning",
                    says=str(error),
                    do=f"slowroll drivers test {entry.name}",
                )
        named = {driver.name for driver in usable}
        return [*usable, *(make_actuator(name) for name in ACTUATORS if name not in named)]

    def _read(self, machine: Machine, given: str | None) -> Iterator[Finding]:
        try:
            self.path = config_path(given, machine.environ)
            if self.path is not None:
                self.settings = load(self.path)
        except SettingsError as error:
            yield _problem("file", str(error), "correct it, then: slowroll config check")
            return
        self.sound = True
        if self.path is None:
            yield Finding(
                area=AREA,
                subject="file",
                result="warning",
                says="there is none yet: nothing says which sensors your roller has",
                do=f"mkdir -p ~/.config/slowroll && cp {shipped_config() / 'examples' / 'mpu6050-bladder.toml'} "
                "~/.config/slowroll/slowroll.toml, then change what differs; without any hardware: slowroll demo",
            )
            return
        if not self.settings.tools:
            yield Finding(
                area=AREA,
                subject="file",
                result="warning",
                says=f"{self.path}: sound, but it names no [[tools]], so there is nothing to read",
                do=f"add one; every setting is explained in {shipped_config() / 'slowroll.toml'}",
            )
        else:
            tools = ", ".join(tool.name for tool in self.settings.tools)
            yield Finding(area=AREA, subject="file", result="ok", says=f"{self.path}: sound; tools: {tools}")
        yield self._sensors()
        yield self._guidance()

    def _sensors(self) -> Finding:
        try:
            devices = devices_for(self.settings.tools, self.catalog)
            haptic = self.settings.haptic
            actuator = actuator_for(haptic, devices)  # its bus is in `devices` afterwards
        except SettingsError as error:
            return _problem("sensors", str(error), f"change it in {self.path}, then: slowroll config check")
        if self.catalog.folder_error():
            return _problem("sensors", self.catalog.folder_error(), "slowroll drivers list")
        unusable = broken(devices)
        self.devices = {
            bus: [device for device in found if not isinstance(device.driver, UnusableDriver)]
            for bus, found in devices.items()
        }
        names = [
            f"{device.name}: {device.driver.name} on bus {bus}" for bus, found in devices.items() for device in found
        ]
        if actuator is not None:
            addresses = actuator.addresses if haptic.address is None else (haptic.address,)
            self.motor = Motor(str(haptic.bus), actuator, addresses)
            names.append(f"motor: {actuator.name} on bus {haptic.bus}")
        if unusable:
            says, do = "; ".join(unusable), "correct the driver's file: slowroll drivers test FILE"
            return _problem("sensors", says, do)
        return Finding(area=AREA, subject="sensors", result="ok", says="; ".join(names) or "none are wanted")

    def _guidance(self) -> Finding:
        """The profile, and every profile and routine that a person may switch to."""
        assert self.path is not None
        beside = self.path.parent
        coach = self.settings.coach
        try:
            profile = load_profile(coach.profile, beside / "profiles", "coach.profile")
            others, faults = other_profiles(coach.profile, beside / "profiles")
            every = (profile, *others.values())
            muscles = dict.fromkeys([*load_techniques(), *(muscle for one in every for muscle in one.muscles)])
            routines, more = load_routines(beside / "routines", muscles)
            check_routine(coach.routine, routines, "coach.routine")
        except SettingsError as error:
            return _problem("guidance", str(error), f"change it in {self.path}, then: slowroll config check")
        if faults or more:
            return Finding(
                area=AREA,
                subject="guidance",
                result="warning",
                says=f"left out, as it can't be used: {'; '.join((*faults, *more))}",
                do="correct or remove the file, then: slowroll config check",
            )
        words = f"profile {coach.profile}, routine at the start: {coach.routine or 'none'}"
        return Finding(area=AREA, subject="guidance", result="ok", says=words)


def _made(catalog: Catalog, entry: Entry) -> I2CDriver:
    """A driver whose table can be worked with. Raises CatalogError; an owner's file may be wrong in any way."""
    if entry.driver is None:
        raise CatalogError(entry.error)
    driver = catalog.make(entry.name)
    try:
        candidates([driver])
        if driver.ident is not None:
            _ = {driver.ident.register: [f"{value:x}{chip}" for value, chip in driver.ident.chips.items()]}
    except Exception as error:
        raise CatalogError(f"{entry.where}: its table is wrong: {type(error).__name__}: {error}") from error
    return driver


def _problem(subject: str, says: str, do: str) -> Finding:
    return Finding(area=AREA, subject=subject, result="problem", says=says, do=do)
