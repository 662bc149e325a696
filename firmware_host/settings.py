"""The owner's TOML, as frozen structs: every key, its bounds and its default.

An unknown key is an error that names the nearest known one; nothing is silently ignored. The commented file
with the same content is config/slowroll.toml, and a test holds the two together.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from firmware_host.coaching.inputs import PressureKind, ToolKind, Vector
from firmware_host.settings_errors import explain

Port = Annotated[int, Meta(ge=1, le=65535)]
NAME_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,31}$"
Name = Annotated[
    str, Meta(pattern=NAME_PATTERN, description="a name of lower-case letters, digits, - and _, 32 characters at most")
]


class SettingsError(Exception):
    """The configuration can't be used; the text says where, why, and what to write instead."""


class Section(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file; unknown keys are refused."""


class PersonSettings(Section, frozen=True, kw_only=True):
    mass_kg: Annotated[float, Meta(ge=20, le=300)] = 75.0
    height_m: Annotated[float, Meta(ge=0.8, le=2.5)] = 1.75


class SensorSettings(Section, frozen=True, kw_only=True):
    """One chip on one bus."""

    driver: str
    bus: str | int = 1
    """I2C bus number, or "sim" for the simulated one."""
    address: Annotated[int, Meta(ge=0x08, le=0x77)] | None = None
    """None: the driver's own addresses, tried in order."""
    rate: Annotated[float, Meta(gt=0, le=1000)] | None = None
    """Samples a second; None: 100 for an IMU, 50 for a pressure sensor."""


class ToolSettings(Section, frozen=True, kw_only=True):
    name: Name = "roller"
    kind: ToolKind = "foam_roller"
    radius_m: Annotated[float, Meta(ge=0.01, le=0.2)] = 0.075
    stiffness_n_m: Annotated[float, Meta(ge=1000, le=1_000_000)] | None = None
    axis: Vector | None = None
    pressure: PressureKind = "none"
    imu: SensorSettings | None = None
    force: SensorSettings | None = None


class CoachSettings(Section, frozen=True, kw_only=True):
    profile: str = "article"
    routine: str | None = None
    """The routine that a session follows when `start` names none; None: muscles are chosen one by one."""
    goal: Literal["calm", "release", "soreness"] | None = None
    """What for: says when a session fits best after a run."""
    thin_out: bool = False
    session_timeout_s: Annotated[float, Meta(ge=30, le=3600)] = 300.0


class PinSettings(Section, frozen=True, kw_only=True):
    """GPIO numbers (BCM). A pin that is not given is not used."""

    factory: str = "lgpio"
    """A gpiozero pin factory by name; "mock" drives pins that exist only in memory."""
    motor: Annotated[int, Meta(ge=0, le=53)] | None = None
    led_red: Annotated[int, Meta(ge=0, le=53)] | None = None
    led_green: Annotated[int, Meta(ge=0, le=53)] | None = None
    led_blue: Annotated[int, Meta(ge=0, le=53)] | None = None
    button: Annotated[int, Meta(ge=0, le=53)] | None = None
    motor_level: Annotated[float, Meta(ge=0.1, le=1)] = 1.0
    led_level: Annotated[float, Meta(ge=0, le=1)] = 0.6


class HapticSettings(Section, frozen=True, kw_only=True):
    """A motor driver on I2C, in place of a motor on a pin."""

    driver: str | None = None
    """None: the motor on `pins.motor`, if there is one."""
    bus: str | int = 1
    """I2C bus number."""
    address: Annotated[int, Meta(ge=0x08, le=0x77)] | None = None
    """None: the driver's own addresses, tried in order."""


class MqttSettings(Section, frozen=True, kw_only=True):
    broker: str = ""
    """Host name; "embedded" starts a broker of our own on loopback; "" runs without MQTT."""
    port: Port = 1883
    username: str | None = None
    password_file: str | None = None
    tls: bool = False
    outbox_limit: Annotated[int, Meta(ge=10, le=100_000)] = 5000


class PageSettings(Section, frozen=True, kw_only=True):
    enabled: bool = True
    host: str = "127.0.0.1"
    port: Port = 8080
    token_file: str | None = None
    """Needed when `host` is not loopback: the page then asks for the token in this file."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which browsers reach the page besides localhost and the address itself."""


class HistorySettings(Section, frozen=True, kw_only=True):
    record: bool = True
    keep_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    """Recordings older than this are removed; the statistics stay."""


class SimulatorSettings(Section, frozen=True, kw_only=True):
    scenario: str = "demo"
    seed: Annotated[int, Meta(ge=0)] = 1


class Settings(Section, frozen=True, kw_only=True):
    station: Name = "home"
    person: PersonSettings = PersonSettings()
    coach: CoachSettings = CoachSettings()
    tools: tuple[ToolSettings, ...] = ()
    pins: PinSettings = PinSettings()
    haptic: HapticSettings = HapticSettings()
    mqtt: MqttSettings = MqttSettings()
    page: PageSettings = PageSettings()
    history: HistorySettings = HistorySettings()
    simulator: SimulatorSettings = SimulatorSettings()
    drivers_dir: str | None = None
    runs_dir: str | None = None
    """FIT, TCX and GPX files that appear here say when a run ended; None: `runs` in the state folder."""


def shipped_config() -> Traversable:
    """The `config/` folder: inside the package when installed, beside it in a source tree."""
    packaged = files("firmware_host") / "shipped_config"
    if packaged.is_dir():
        return packaged
    return Path(str(files("firmware_host"))).parent / "config"


def config_path(given: str | None, environ: Mapping[str, str] = os.environ) -> Path | None:
    """The file to read: `--config`, $SLOWROLL_CONFIG, the person's, the machine's; None if there is none.

    A path that was named but does not exist is an error; the two default places may be empty.
    """
    for source, named in (("--config", given), ("$SLOWROLL_CONFIG", environ.get("SLOWROLL_CONFIG"))):
        if named:
            path = Path(os.path.expanduser(named))
            if os.path.isdir(path):
                raise SettingsError(f"{source}: {path} is a folder; name the file in it, such as {path}/slowroll.toml")
            if not os.path.exists(path):
                raise SettingsError(
                    f"{source}: there is no file {path}. Check the path, or begin with a copy of "
                    f"{shipped_config() / 'slowroll.toml'}"
                )
            return path
    home = Path(environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".config")
    for path in (home / "slowroll" / "slowroll.toml", Path("/etc/slowroll/slowroll.toml")):
        if os.path.isfile(path):
            return path
    return None


def state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Where recordings, statistics and the outbox live; $STATE_DIRECTORY under systemd."""
    given = environ.get("STATE_DIRECTORY")
    if given:
        return Path(given.split(":")[0])
    home = Path(environ.get("XDG_STATE_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".local/state")
    return home / "slowroll"


def runs_dir(settings: Settings, state: Path) -> Path:
    """The folder that is watched for files of runs, and that `slowroll run-finished` uses."""
    return Path(settings.runs_dir).expanduser() if settings.runs_dir is not None else state / "runs"


def load(path: Path) -> Settings:
    """Read one TOML file; every error names the file, the key and what to do."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a byte order mark, which TOML has not
    except UnicodeDecodeError as error:
        raise SettingsError(
            f"{path}: not a UTF-8 text file ({error.reason} at byte {error.start}): is it the right file? "
            "If it is, save it as UTF-8"
        ) from error
    except OSError as error:
        raise SettingsError(f"{path}: can't be read: {error.strerror or error}") from error
    return parse(text, str(path))


def parse(text: str, where: str) -> Settings:
    """The settings written in `text`; `where` names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{where}: not valid TOML: {error}. Text stands in quotes, a table is [name], a setting is key = value"
        ) from error
    settings: Settings = convert(table, Settings, where)
    _check(settings, where)
    return settings


def convert(table: Mapping[str, Any], kind: type[Any], where: str) -> Any:
    """`table` as the struct `kind`, with errors that name the key and the nearest known one."""
    try:
        return msgspec.convert(table, kind, strict=True)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {explain(error, table, kind)}") from error


def _check(settings: Settings, where: str) -> None:
    """What one key alone can't show."""
    seen: set[str] = set()
    for tool in settings.tools:
        if tool.name in seen:
            raise SettingsError(f"{where}: two tools are named {tool.name!r}; give each its own name")
        seen.add(tool.name)
        if tool.axis is not None and not 0.5 < sum(c * c for c in tool.axis) < 2.0:
            raise SettingsError(
                f"{where}: tools.{tool.name}.axis {list(tool.axis)} is not a direction of length 1; "
                "write [1, 0, 0] for a sensor whose x axis lies along the roller"
            )
        if tool.force is not None and tool.pressure == "none":
            raise SettingsError(
                f'{where}: tools.{tool.name} has a force sensor but pressure = "none"; '
                'say what it measures: "force", "bladder", "strips" or "contact"'
            )
    led = (settings.pins.led_red, settings.pins.led_green, settings.pins.led_blue)
    if any(pin is None for pin in led) and any(pin is not None for pin in led):
        raise SettingsError(f"{where}: pins: an RGB LED needs led_red, led_green and led_blue, all three")
    if settings.page.enabled and not is_loopback(settings.page.host) and settings.page.token_file is None:
        raise SettingsError(
            f"{where}: page.host {settings.page.host!r} opens the page to the network; "
            'set page.token_file to a file with a long random token, or host = "127.0.0.1"'
        )


def is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")
