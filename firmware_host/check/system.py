"""The machine itself: clock, service, Bluetooth adapter, supply."""

from __future__ import annotations

import re
from collections.abc import Iterator

from firmware_host.check.finding import Finding, Result
from firmware_host.check.machine import Machine
from firmware_host.check.running import UNIT
from firmware_host.runs.ending import clock_unset

AREA = "machine"
SYNCHRONISED = "/run/systemd/timesync/synchronized"
UNDER_VOLTAGE_NOW, UNDER_VOLTAGE_BEFORE = 1 << 0, 1 << 16
"""Bits of `vcgencmd get_throttled` (Raspberry Pi documentation, "vcgencmd")."""
OFTEN = 3
"""So many restarts are no accident."""


def system(machine: Machine) -> Iterator[Finding]:
    yield _clock(machine)
    yield _service(machine)
    yield _bluetooth(machine)
    yield from _supply(machine)


def _clock(machine: Machine) -> Finding:
    wall = machine.clock.wall()
    says = f"{wall.astimezone():%Y-%m-%d %H:%M}"
    if clock_unset(wall):
        return _finding(
            "clock",
            "problem",
            f"{says}: it has not been set (a Pi has no clock of its own)",
            "connect it to the network once, or: sudo date -s '2026-01-31 18:00'",
        )
    if machine.path(SYNCHRONISED).exists():
        return _finding("clock", "ok", f"{says}, synchronised")
    asked = machine.run("timedatectl", "show", "--property=NTPSynchronized", "--value")
    if asked is None or asked.code != 0 or asked.out not in ("yes", "no"):
        return _finding(
            "clock", "not checked", f"{says}; whether it is synchronised is unknown: timedatectl does not say"
        )
    if asked.out == "yes":
        return _finding("clock", "ok", f"{says}, synchronised")
    return _finding(
        "clock",
        "warning",
        f"{says}, set but not synchronised: days and run times may be off",
        "sudo timedatectl set-ntp true, and a network; timedatectl says how it is",
    )


def _service(machine: Machine) -> Finding:
    asked = machine.run("systemctl", "show", UNIT, "--property=LoadState,ActiveState,UnitFileState,NRestarts")
    if asked is None or asked.code != 0:
        return _finding("service", "not checked", "systemd is not there to ask; slowroll run starts the coach by hand")
    state = dict(line.split("=", 1) for line in asked.out.splitlines() if "=" in line)
    if state.get("LoadState") != "loaded":
        return _finding("service", "ok", f"{UNIT} is not installed: slowroll run starts the coach by hand")
    active, restarts = state.get("ActiveState", ""), state.get("NRestarts", "0")
    log = f"journalctl -u {UNIT.removesuffix('.service')} -n 50 --no-pager"
    if active == "failed":
        return _finding("service", "problem", f"{UNIT} has failed", log)
    if restarts.isdecimal() and int(restarts) >= OFTEN:
        return _finding("service", "problem", f"{UNIT} was restarted {restarts} times: it stops by itself", log)
    if active == "active":
        starts = state.get("UnitFileState") == "enabled"
        return _finding(
            "service",
            "ok",
            f"{UNIT} runs{'' if starts else ', but not from the next start of the machine on'}",
            "" if starts else f"sudo systemctl enable {UNIT}",
        )
    return _finding("service", "ok", f"{UNIT} is installed and does not run ({active})", f"sudo systemctl start {UNIT}")


def _bluetooth(machine: Machine) -> Finding:
    folder = machine.path("/sys/class/bluetooth")
    adapters = sorted(one.name for one in folder.glob("hci*") if ":" not in one.name) if folder.is_dir() else []
    if adapters:
        return _finding("Bluetooth", "ok", f"{', '.join(adapters)} is there; Slowroll does not use it yet")
    return _finding("Bluetooth", "ok", "no adapter; Slowroll does not use one yet")


def _supply(machine: Machine) -> Iterator[Finding]:
    """What the Pi's firmware has seen of its 5 V; nothing on other machines."""
    asked = machine.run("vcgencmd", "get_throttled")
    seen = re.fullmatch(r"throttled=(0x[0-9a-f]+)", asked.out) if asked is not None else None
    if seen is None:
        return
    bits = int(seen[1], 16)
    do = "a supply and cable made for this Pi (5.1 V); a motor on its 5 V pin wants a capacitor of 100 uF beside it"
    if bits & UNDER_VOLTAGE_NOW:
        yield _finding("supply", "problem", "under-voltage right now: sensors reset, cards break", do)
    elif bits & UNDER_VOLTAGE_BEFORE:
        yield _finding("supply", "warning", "under-voltage since the start: it dips when something draws current", do)
    else:
        yield _finding("supply", "ok", "no under-voltage since the start")


def _finding(subject: str, result: Result, says: str, do: str = "") -> Finding:
    return Finding(area=AREA, subject=subject, result=result, says=says, do=do)
