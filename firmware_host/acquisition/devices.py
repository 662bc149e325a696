"""From the owner's settings to the sensors of each bus."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from firmware_host.acquisition.strangers import UnusableDriver, is_stranger, table_fault
from firmware_host.settings import HapticSettings, SensorSettings, SettingsError, ToolSettings
from sensors.catalog import BrokenDriver, Catalog, CatalogError, make_actuator
from sensors.driver import Actuator, I2CDriver, Role

DEFAULT_RATE_HZ: dict[Role, float] = {"imu": 100.0, "force": 50.0}


class Device(Struct, frozen=True):
    """One sensor of one tool: which driver reads it, where, and how often."""

    tool: str
    role: Role
    driver: I2CDriver
    address: int | None
    """None: the driver's own addresses, tried in order."""
    rate: float
    """Samples a second; one of `driver.rates`."""

    @property
    def name(self) -> str:
        """Such as "roller imu"."""
        return f"{self.tool} {self.role}"

    @property
    def addresses(self) -> tuple[int, ...]:
        """Where it may be, in the order to try."""
        return self.driver.addresses if self.address is None else (self.address,)


def devices_for(tools: Iterable[ToolSettings], catalog: Catalog) -> dict[str, list[Device]]:
    """The devices of each bus, by the bus's name as text ("1", "sim").

    Raises `SettingsError` if a driver is unknown or of the wrong kind, if it can't do the rate, or if two devices could
    be at one address. A driver that is there but broken becomes a device that says so: `broken(devices)`.
    """
    buses: dict[str, list[Device]] = {}
    for tool in tools:
        wanted: tuple[tuple[Role, SensorSettings | None], ...] = (("imu", tool.imu), ("force", tool.force))
        for role, sensor in wanted:
            if sensor is not None:
                device = _device(tool.name, role, sensor, catalog)
                on_bus = buses.setdefault(str(sensor.bus), [])
                _check_addresses(device, on_bus, str(sensor.bus))
                on_bus.append(device)
    return buses


def _device(tool: str, role: Role, sensor: SensorSettings, catalog: Catalog) -> Device:
    where = f"tools.{tool}.{role}"
    try:
        driver = catalog.make(sensor.driver)
    except BrokenDriver as error:
        return _unusable(tool, role, sensor, str(error))
    except CatalogError as error:
        raise SettingsError(f"{where}.driver: {error}") from error
    if is_stranger(driver) and (fault := table_fault(driver)):
        return _unusable(tool, role, sensor, f"driver {sensor.driver}: {fault}")
    if driver.role != role:
        raise SettingsError(
            f"{where}.driver: {driver.name} is for [tools.{driver.role}], not [tools.{role}]; see slowroll drivers list"
        )
    rate = sensor.rate
    if rate is None:
        rate = min(driver.rates, key=lambda offered: abs(offered - DEFAULT_RATE_HZ[role]))
    elif rate not in driver.rates:
        offered = ", ".join(f"{choice:g}" for choice in sorted(driver.rates))
        raise SettingsError(f"{where}.rate: {driver.name} can't do {rate:g} Hz; write one of {offered}")
    return Device(tool, role, driver, sensor.address, rate)


def _unusable(tool: str, role: Role, sensor: SensorSettings, what: str) -> Device:
    addresses = () if sensor.address is None else (sensor.address,)
    return Device(tool, role, UnusableDriver(sensor.driver, role, addresses, what), sensor.address, 1.0)


def broken(buses: dict[str, list[Device]]) -> list[str]:
    """What is wrong with drivers that can't be used, a sentence for each."""
    return [
        f"{device.name}: {device.driver.what}"
        for on_bus in buses.values()
        for device in on_bus
        if isinstance(device.driver, UnusableDriver)
    ]


def _check_addresses(device: Device, others: list[Device], bus: str) -> None:
    for other in others:
        shared = sorted(set(device.addresses) & set(other.addresses))
        if shared:
            raise SettingsError(
                f"tools: {other.name} and {device.name} on bus {bus} could both be at 0x{shared[0]:02x}; "
                "give each its own `address` (strap one chip's address pin), or use another bus"
            )


def actuator_for(haptic: HapticSettings, buses: dict[str, list[Device]]) -> Actuator | None:
    """The motor driver the owner names, if any; its bus is in `buses` afterwards.

    Raises `SettingsError` if the driver is unknown or broken, or if a sensor could be at its address.
    """
    if haptic.driver is None:
        return None
    if haptic.bus == "sim":
        raise SettingsError(
            'haptic.bus: the simulated bus has no motor driver; leave haptic.driver out, and use "mock" pins'
        )
    try:
        driver = make_actuator(haptic.driver)
    except CatalogError as error:
        raise SettingsError(f"haptic.driver: {error}") from error
    addresses = driver.addresses if haptic.address is None else (haptic.address,)
    for other in buses.setdefault(str(haptic.bus), []):
        shared = sorted(set(addresses) & set(other.addresses))
        if shared:
            raise SettingsError(
                f"haptic: {driver.name} and the {other.name} on bus {haptic.bus} could both be at 0x{shared[0]:02x}; "
                "give each its own `address`, or use another bus"
            )
    return driver
