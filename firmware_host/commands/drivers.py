"""`slowroll drivers list|show|new|test`: which sensors this machine can read, and a driver of one's own."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sensors.catalog import Catalog
    from sensors.driver import I2CDriver


SHORTEST_STILL_S = 5.0


def add(commands: Any) -> None:
    """Put `drivers` into the command line."""
    parser = commands.add_parser("drivers", help="the sensors Slowroll can read, and a test for a driver of your own")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|show|new|test")
    listing = what.add_parser("list", help="every driver and where it is loaded from")
    listing.set_defaults(func=run)
    showing = what.add_parser("show", help="what one driver reads, at which addresses and rates")
    showing.add_argument("driver", metavar="NAME_OR_FILE")
    showing.set_defaults(func=run)
    new = what.add_parser("new", help="write a skeleton of a driver, with its test, to fill in from a data sheet")
    new.add_argument("driver", metavar="NAME", help="what the configuration will call it: lower case, such as lsm6dsox")
    new.add_argument("--role", choices=("imu", "force"), default="imu", help="what it measures (default: imu)")
    new.add_argument("--fifo", action="store_true", help="the chip queues samples and you want to read its queue")
    new.add_argument("--out", metavar="FILE", help="where to (default: NAME.py in the drivers folder)")
    new.set_defaults(func=_new)
    testing = what.add_parser(
        "test", help="try one driver on a model of its chip, or on the chip itself; exit 1 if something is wrong"
    )
    testing.add_argument("driver", metavar="NAME_OR_FILE")
    testing.add_argument("--live", action="store_true", help="with the chip itself, on the bench; about two minutes")
    testing.add_argument(
        "--bus", default="1", metavar="N", help="the chip's bus, with --live (default 1; sim: its model)"
    )
    testing.add_argument("--address", type=_address, metavar="0x68", help="where the chip is (default: the driver's)")
    testing.add_argument(
        "--seconds", type=_still_s, default=30.0, metavar="N", help="how long it lies still (default 30)"
    )
    testing.add_argument("--out", metavar="FILE", help="the recording to write (default: NAME-ROLE.jsonl)")
    testing.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """0 fine, 1 a driver that can't be loaded or fails its test."""
    from firmware_host.commands import CommandError
    from sensors.catalog import CatalogError

    catalog = _catalog(args)
    if args.what == "list":
        return _list(catalog)
    try:
        driver = catalog.get(args.driver)
    except CatalogError as error:
        raise CommandError(str(error), exit_code=1 if args.what == "test" else 2) from error
    if args.what == "test" and args.live:
        return _live(catalog, args)
    return _show(driver) if args.what == "show" else _test(driver, args.driver)


def _address(text: str) -> int:
    """argparse's type for a 7-bit I2C address."""
    try:
        address = int(text, 0)
    except ValueError:
        address = 0
    if not 0x08 <= address <= 0x77:
        raise argparse.ArgumentTypeError(f"{text!r} is no I2C address: 0x08 to 0x77, as i2cdetect shows it")
    return address


def _still_s(text: str) -> float:
    from firmware_host.commands.common import seconds

    given = seconds(text)
    if given < SHORTEST_STILL_S:
        raise argparse.ArgumentTypeError(f"{text} s are too short to measure a rate: {SHORTEST_STILL_S:g} or more")
    return given


def _live(catalog: Catalog, args: argparse.Namespace) -> int:
    from pathlib import Path

    from firmware_host.acquisition.strangers import file_of, is_stranger
    from firmware_host.commands.driver_live import run as live

    driver = catalog.make(args.driver)
    given = args.driver
    if is_stranger(driver) and not given.endswith(".py") and ":" not in given:
        given = file_of(driver)  # the test that is printed has to find it without anybody's configuration
    found, recording = live(driver, given, args.bus, args.address, args.seconds, args.out and Path(args.out))
    words = {"ok": "ok", "failed": "WRONG", "not_checked": "not checked"}
    for finding in found:
        sys.stdout.write(f"{words[finding.result]:<12} {finding.check:<18} {finding.says}\n")
    sys.stdout.write(recording)
    return 1 if any(finding.result == "failed" for finding in found) else 0


def _catalog(args: argparse.Namespace) -> Catalog:
    from pathlib import Path

    from firmware_host.commands.common import settings_of
    from sensors.catalog import Catalog

    folder = settings_of(args)[0].drivers_dir
    return Catalog(Path(folder).expanduser() if folder else None)


def _new(args: argparse.Namespace) -> int:
    from pathlib import Path

    from firmware_host.commands import CommandError
    from firmware_host.commands.common import settings_of
    from firmware_host.commands.driver_skeleton import check_name, write

    check_name(args.driver)
    folder = settings_of(args)[0].drivers_dir
    if args.out is None and folder is None:
        raise CommandError(
            "there is no drivers folder to put it in: set drivers_dir in slowroll.toml, or say where with --out FILE.py"
        )
    path = Path(args.out or Path(folder or "") / f"{args.driver}.py").expanduser()
    test = write(path, args.driver, args.role, args.fifo)
    use = path if args.out is not None else args.driver
    sys.stdout.write(
        f"{path}: fill in its TODOs (docs/write-a-driver.md goes through one)\n{test}: its test, for pytest\n"
        f"Then: slowroll drivers test {use}\n"
    )
    return 0


def _list(catalog: Catalog) -> int:
    broken = 0
    for entry in catalog.entries():
        if entry.driver is None:
            broken += 1
            sys.stdout.write(f"{entry.name:<12} can't be used  {entry.origin}: {entry.error}\n")
        else:
            sys.stdout.write(f"{entry.name:<12} {entry.driver.role:<13}  {entry.origin}: {entry.where}\n")
    problem = catalog.folder_error()
    if problem:
        sys.stderr.write(f"{problem}\n")
    return 1 if broken or problem else 0


def _show(driver: type[I2CDriver]) -> int:
    from sensors.driver import CHANNEL_UNITS

    ident = driver.ident
    chips = ("",) if ident is None else tuple(ident.chips.values())
    channels = driver().channels(chips[0])
    lines = {
        "driver": f"{driver.name} ({driver.__module__}.{driver.__name__})",
        "role": driver.role,
        "addresses": ", ".join(f"0x{address:02x}" for address in driver.addresses),
        "chips": "can't say what they are; used only where the config names this driver"
        if ident is None
        else ", ".join(f"{chip} (id 0x{value:02x})" for value, chip in ident.chips.items()),
        "rates": ", ".join(f"{rate:g}" for rate in driver.rates) + " samples a second",
        "queue": "in the chip: nothing is lost while the computer is busy" if driver.fifo else "none",
        "reads": ", ".join(f"{c.name} {CHANNEL_UNITS.get(c.name, '')}".strip() for c in channels),
        "source": driver.source,
    }
    for name, text in lines.items():
        sys.stdout.write(f"{name:<10} {text}\n")
    table = "imu" if driver.role == "imu" else "force"
    sys.stdout.write(
        f'\nTo use it, in slowroll.toml under its [[tools]]:\n  {table} = {{ driver = "{driver.name}" }}\n'
    )
    return 0


def _test(driver: type[I2CDriver], given: str) -> int:
    """One line a finding; what could not be checked for one reason is one line too."""
    from sensors.conformance import LIVE, NO_MODEL, checks

    count = dict.fromkeys(("ok", "failed", "not_checked"), 0)
    skipped: dict[str, list[str]] = {}
    seen: dict[str, str] = {}
    for finding in checks(driver):
        count[finding.result] += 1
        if finding.result == "not_checked":
            skipped.setdefault(finding.says, []).append(finding.check)
            continue
        says = finding.says
        if finding.result == "failed":
            says = f"the same as {seen[says]}" if says in seen else says
            seen.setdefault(finding.says, finding.check)
        sys.stdout.write(f"{'ok' if finding.result == 'ok' else 'WRONG':<12} {finding.check:<18} {says}\n")
        sys.stdout.flush()
    for why, names in skipped.items():
        sys.stdout.write(f"not checked  {', '.join(names)}: {why}\n")
    sys.stdout.write(f"{driver.name}: {count['ok']} ok, {count['failed']} wrong, {count['not_checked']} not checked\n")
    if NO_MODEL in skipped:
        live = [name for name in skipped[NO_MODEL] if name in LIVE]
        rest = [name for name in skipped[NO_MODEL] if name not in LIVE]
        sys.stdout.write(
            f"On the bench `slowroll drivers test {given} --live` makes, with the chip itself: {', '.join(live)}.\n"
            f"Only a model of the chip can make: {', '.join(rest)} (docs/write-a-driver.md, A chip without a model).\n"
        )
    return 1 if count["failed"] else 0
