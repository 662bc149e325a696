"""Driver names and where their classes are: shipped, installed packages, a folder of files, or one file.

Nothing is imported until it is asked for, except to list. A driver that can't be loaded never disturbs the
others: it is listed with its error, and asking for it raises `CatalogError` with the file and what to do.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from sensors.driver import Actuator, I2CDriver

ENTRY_POINT_GROUP = "slowroll.drivers"

BUILT_IN: dict[str, str] = {
    "mpu6050": "sensors.imu.mpu6050:Mpu6050",
    "icm20948": "sensors.imu.icm20948:Icm20948",
    "icm42688": "sensors.imu.icm42688:Icm42688",
    "mprls": "sensors.pressure.mprls:Mprls",
    "lsm6ds3": "sensors.imu.lsm6ds3:Lsm6ds3",
    "lsm6dso": "sensors.imu.lsm6dso:Lsm6dso",
    "nau7802": "sensors.pressure.nau7802:Nau7802",
    "lps28dfw": "sensors.pressure.lps28dfw:Lps28dfw",
    "ads1115": "sensors.pressure.ads1115:Ads1115",
    "bmi160": "sensors.imu.bmi160:Bmi160",
    "bmi270": "sensors.imu.bmi270:Bmi270",
    "bno055": "sensors.imu.bno055:Bno055",
}
"""Name -> "module:Class" of the drivers that come with Slowroll."""
ACTUATORS: dict[str, str] = {
    "drv2605": "sensors.actuators.drv2605:Drv2605",
}
"""The same for what moves."""

_TABLE = ("name", "role", "addresses", "frame", "rates")
_METHODS = ("channels", "start", "read", "stop")


class CatalogError(Exception):
    """A driver can't be used; the text says which, where it is, why, and what to do."""


class BrokenDriver(CatalogError):
    """A driver is there, and is of no use: its code fails, or has no driver in it. The owner's settings are right."""


class Entry(NamedTuple):
    """One line of the list."""

    name: str
    origin: str
    """"built-in", "installed package" or "drivers folder"."""
    where: str
    """Module or file it is loaded from."""
    driver: type[I2CDriver] | None
    error: str
    """Why it can't be used; empty if it can."""


class Catalog:
    """All drivers this machine knows.

    `drivers_dir` is a folder in which every `NAME.py` holds one driver (None: no folder). `installed` are the
    entry points to look at; by default those of the packages installed here. Of several drivers with one name
    the folder's wins, then an installed package's: who put it there meant it.
    """

    def __init__(self, drivers_dir: Path | None = None, installed: Iterable[EntryPoint] | None = None) -> None:
        self._drivers_dir = drivers_dir
        self._installed = installed

    def get(self, name: str) -> type[I2CDriver]:
        """The driver class called `name`; also "path/file.py", "path/file.py:Class" or "module:Class".

        Raises `CatalogError` if there is none or it can't be loaded.
        """
        if ":" in name or name.endswith(".py"):
            return _load(name)
        sources = self._sources()
        if name not in sources:
            raise CatalogError(self._unknown(name, sorted(sources)))
        return _load(sources[name][1])

    def make(self, name: str) -> I2CDriver:
        """A driver object; raises `CatalogError` as `get` does, or if its constructor fails."""
        driver = self.get(name)
        try:
            return driver()
        except Exception as error:  # a stranger's code: whatever it raises is the finding
            raise BrokenDriver(
                f"driver {name!r}: {driver.__name__}() fails: {_words(error)}; "
                "the framework makes a driver without arguments"
            ) from error

    def entries(self) -> list[Entry]:
        """Every driver, loaded, or with the reason why it can't be; sorted by name."""
        listed = []
        for name, (origin, where) in sorted(self._sources().items()):
            try:
                listed.append(Entry(name, origin, where, _load(where), ""))
            except CatalogError as error:
                listed.append(Entry(name, origin, where, None, str(error)))
        return listed

    def folder_error(self) -> str:
        """Why the drivers folder can't be looked at; empty if it can, or if there is none."""
        if self._drivers_dir is None or self._drivers_dir.is_dir():
            return ""
        return f"drivers_dir {self._drivers_dir} is not a folder; make it, or correct drivers_dir in slowroll.toml"

    def _sources(self) -> dict[str, tuple[str, str]]:
        """Name -> (origin, "module:Class" or file), the strongest source last to be written."""
        found = {name: ("built-in", where) for name, where in BUILT_IN.items()}
        installed = entry_points(group=ENTRY_POINT_GROUP) if self._installed is None else self._installed
        for point in installed:
            found[point.name] = ("installed package", point.value)
        if self._drivers_dir is not None and self._drivers_dir.is_dir():
            for file in sorted(self._drivers_dir.glob("*.py")):
                if not file.stem.startswith(("_", "test_")):  # `drivers new` writes a test beside a driver
                    found[file.stem] = ("drivers folder", str(file))
        return found

    def _unknown(self, name: str, known: list[str]) -> str:
        near = difflib.get_close_matches(name, known, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"known are {', '.join(known)}"
        folder = self.folder_error()
        return f"there is no driver called {name!r}: {hint}" + (f" ({folder})" if folder else "")


def make_actuator(name: str) -> Actuator:
    """The actuator's driver called `name`; also "path/file.py:Class" or "module:Class".

    Raises `CatalogError` if there is none or it can't be loaded.
    """
    where = name if ":" in name else ACTUATORS.get(name)
    if where is None:
        known = ", ".join(sorted(ACTUATORS))
        raise CatalogError(
            f"there is no actuator called {name!r}: known are {known}; one of your own is path/file.py:Class"
        )
    place, _, class_name = where.partition(":")
    module = _import_file(Path(place).expanduser()) if place.endswith(".py") else _import_module(place, where)
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, Actuator)):
        raise CatalogError(f"{where}: {class_name} is not an actuator (a subclass of sensors.driver.Actuator)")
    missing = [key for key in ("name", "addresses", "ident", "longest_s") if not hasattr(found, key)]
    missing += [f"{key}()" for key in ("start", "set", "stop") if getattr(found, key) is getattr(Actuator, key)]
    if missing:
        raise CatalogError(
            f"{where}: {class_name} has no {', '.join(missing)}; sensors/driver.py says what each is for"
        )
    try:
        return found()
    except Exception as error:  # a stranger's code: whatever it raises is the finding
        raise CatalogError(f"{where}: {class_name}() fails: {_words(error)}") from error


def _load(where: str) -> type[I2CDriver]:
    """The class at "module:Class", "file.py:Class" or "file.py"."""
    place, _, class_name = where.partition(":")
    is_file = place.endswith(".py")
    module = _import_file(Path(place).expanduser()) if is_file else _import_module(place, where)
    chosen = _class_in(module, class_name, where) if class_name else _only_class(module, place)
    _check_table(chosen, where)
    return chosen


def _import_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise CatalogError(f"there is no driver file {path}; check the path")
    resolved = str(path.resolve())
    # Two files with one name in two folders must not be taken for each other.
    name = f"slowroll_driver_{path.stem}_{hashlib.sha256(resolved.encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise CatalogError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # a stranger's file: whatever it raises is the finding
        del sys.modules[name]
        raise BrokenDriver(f"{path} can't be loaded: {_words(error)}; correct it or take it away") from error
    return module


def _import_module(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        raise CatalogError(
            f"driver {where} can't be imported: {_words(error)}; is its package installed and right?"
        ) from error


def _class_in(module: ModuleType, class_name: str, where: str) -> type[I2CDriver]:
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, I2CDriver)):
        what = "is not a driver (a subclass of sensors.driver.I2CDriver)" if found else "is not in it"
        raise CatalogError(f"{where}: {class_name} {what}")
    return found


def _only_class(module: ModuleType, place: str) -> type[I2CDriver]:
    """The one driver class a file defines itself."""
    own = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, I2CDriver) and value.__module__ == module.__name__
    ]
    if len(own) == 1:
        return own[0]
    if not own:
        raise BrokenDriver(f"{place} defines no driver: write one class that is based on sensors.driver.I2CDriver")
    names = ", ".join(driver.__name__ for driver in own)
    raise CatalogError(f"{place} defines several drivers ({names}); name one: {place}:{own[0].__name__}")


def _check_table(driver: type[I2CDriver], where: str) -> None:
    """The least without which nothing can be done with a driver; the conformance kit checks the rest."""
    missing = [key for key in _TABLE if not hasattr(driver, key)]
    missing += [f"{key}()" for key in _METHODS if getattr(driver, key) is getattr(I2CDriver, key)]
    if missing:
        raise BrokenDriver(
            f"{where}: {driver.__name__} has no {', '.join(missing)}; sensors/driver.py says what each is for"
        )


def _words(error: BaseException) -> str:
    """An exception in one line, with the line of the file where Python gives one."""
    text = f"{type(error).__name__}: {error}".strip(": ")
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None or isinstance(error, SyntaxError):
        return text
    return f"{text} ({Path(trace.tb_frame.f_code.co_filename).name} line {trace.tb_lineno})"
