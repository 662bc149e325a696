"""Who may import whom (docs/architecture.md). The whole table is here; an import that is not in it fails.

Every `import` counts, also inside a function or under TYPE_CHECKING: knowing a type is knowing its room.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted([*(ROOT / "firmware_host").rglob("*.py"), *(ROOT / "sensors").rglob("*.py")])

VENDORS = {
    "msgspec": ["firmware_host"],
    "numpy": ["firmware_host.coaching.smoothness"],
    "smbus2": ["firmware_host.acquisition", "firmware_host.simulator.bus"],
    "gpiozero": ["firmware_host.feedback"],
    "paho": ["firmware_host.messaging"],
    "amqtt": ["firmware_host.messaging"],
    "aiohttp": ["firmware_host.dashboard"],
    "fitdecode": ["firmware_host.runs.fit"],
    "defusedxml": ["firmware_host.runs.track"],
}
"""Package -> the modules, or rooms, that may import it. One that is not here may be imported nowhere."""

TYPES = ["coaching.inputs", "coaching.events", "coaching.snapshot", "coaching.techniques"]
"""What goes from room to room."""
SHARED = [*TYPES, "settings", "clock"]
"""What every room but coaching may know."""
EVERYTHING = [""]

ALLOWED = {
    # The rooms. Data moves one way: none of them knows who listens to it.
    "coaching": ["coaching"],
    "acquisition": [*SHARED, "sensors"],
    "feedback": SHARED,
    "messaging": [*SHARED, "acquisition.diagnostics"],  # what it publishes about devices
    # what an engine is told of the past; what to aim at; when to seek help
    "history": [*SHARED, "coaching.setup", "coaching.guidance", "coaching.safety", "coaching.tender"],
    "dashboard": SHARED,
    "runs": SHARED,
    "simulator": [*SHARED, "acquisition", "sensors"],  # it runs the real drivers on models of their chips
    # What is no room.
    "clock": [],
    "version": [],
    "settings_errors": [],
    "settings": ["coaching.inputs", "settings_errors"],
    "profiles": ["coaching.guidance", "settings"],
    "routines": ["coaching.routine", "settings", "techniques"],
    "techniques": ["coaching.techniques", "settings"],
    "profile_numbers": ["coaching.guidance"],
    "explanations": [
        "checklist",
        "coaching.cues",
        "coaching.guidance",
        "coaching.routine",
        "profile_numbers",
        "settings",
    ],
    "calibrations": ["coaching.inputs"],
    "calibrating": [
        *SHARED,
        "calibrations",
        # the very axis, angle, rest and force that the engine will have
        *("coaching.axis", "coaching.clipping", "coaching.force", "coaching.motion", "coaching.movements"),
        *("coaching.stillness", "coaching.strips"),
    ],
    "running": [],
    "remembered": ["coaching.inputs", "coaching.setup", "runs.ending", "clock"],
    "checklist": ["settings"],
    "station": [*TYPES, "coaching.engine", "coaching.setup", "history.recording", "clock"],
    # It looks at everything that a person wires, writes or keeps, and nobody but its command knows it.
    "check": [
        *SHARED,
        "acquisition",
        "calibrations",
        "dashboard.assets",
        "dashboard.errors",
        "dashboard.listening",
        "feedback.pins",
        "feedback.trying",
        "history",
        "messaging.trying",
        "profiles",
        "remembered",
        "routines",
        "runs.ending",
        "sensors",
        "simulator",
        "techniques",
    ],
    # The wiring, and what is shown of it.
    "daemon": EVERYTHING,
    "services": EVERYTHING,
    "recalibrating": EVERYTHING,
    "schema": EVERYTHING,
    "terminal": [*TYPES, "daemon", "feedback.feedback"],
    "commands": EVERYTHING,
    "cli": ["commands", "version"],
    "__main__": ["cli"],
}
"""Room or module of firmware_host -> what it may import of firmware_host and of sensors, besides itself."""

IMPURE = {"time", "datetime", "random", "secrets", "threading", "queue", "asyncio", "logging", "os", "io", "pathlib"}
"""Clocks, chance, threads and the world outside: none of it inside coaching, or a recording would not be a test."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in FILES}


def imports_of(tree: ast.AST) -> Iterator[str]:
    """The modules a file imports; `from package import module` is that module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole module"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def within(module: str, places: list[str]) -> bool:
    """Whether `module` is one of `places`, or inside of one; "" is everywhere."""
    return any(place == "" or module == place or module.startswith(f"{place}.") for place in places)


def wrong(importer: str, imported: str) -> str | None:
    """Why `importer` may not import `imported`, or None."""
    package = imported.partition(".")[0]
    if package in sys.stdlib_module_names:
        impure = within(importer, ["firmware_host.coaching"]) and package in IMPURE
        return f"coaching is pure: no {package}" if impure else None
    if package not in ("firmware_host", "sensors"):
        return None if within(importer, VENDORS.get(package, [])) else f"{package} has no place here"
    if within(importer, ["sensors"]):
        return None if package == "sensors" else "sensors knows nobody"
    room = importer.removeprefix("firmware_host").lstrip(".").partition(".")[0]
    if room == "":
        return "firmware_host/__init__.py imports nothing"
    inside = imported.removeprefix("firmware_host.")
    return None if within(inside, [room, *ALLOWED[room]]) else f"{room} may not know {inside}"


def test_the_table_names_every_room_and_no_other() -> None:
    rooms = {module.split(".")[1] for module in MODULES if module.startswith("firmware_host.")}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("module", MODULES)
def test_imports(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    found = {imported: wrong(module, imported) for imported in imports_of(tree)}
    assert not {imported: why for imported, why in found.items() if why}


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("sensors.driver", "from firmware_host.clock import Clock"),
        ("sensors.imu.mpu6050", "import smbus2"),
        ("firmware_host.coaching.engine", "import time"),
        ("firmware_host.coaching.engine", "from datetime import datetime"),
        ("firmware_host.coaching.holds", "import numpy as np"),
        ("firmware_host.coaching.holds", "from firmware_host.settings import Settings"),
        ("firmware_host.coaching.holds", "from sensors.driver import Gap"),
        ("firmware_host.feedback.feedback", "from firmware_host.coaching.engine import Engine"),
        ("firmware_host.feedback.feedback", "import paho.mqtt.client"),
        ("firmware_host.history.store", "from firmware_host import daemon"),
        ("firmware_host.messaging.payloads", "from firmware_host.acquisition import i2c_bus"),
        ("firmware_host.simulator.world", "import smbus2"),
        ("firmware_host.daemon", "import gpiozero"),
        ("firmware_host.commands.run", "def run():\n    import aiohttp"),
        ("firmware_host.dashboard.page", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import requests"),
    ],
)
def test_the_rules_see_what_is_wrong(importer: str, line: str) -> None:
    assert [imported for imported in imports_of(ast.parse(line)) if wrong(importer, imported)]


@pytest.mark.parametrize(
    ("importer", "line"),
    [
        ("firmware_host.coaching.smoothness", "import numpy as np"),
        ("firmware_host.coaching.engine", "import math\nimport msgspec\nfrom firmware_host.coaching import requests"),
        ("firmware_host.simulator.bus", "from smbus2 import i2c_msg"),
        ("firmware_host.feedback.feedback", "from firmware_host.coaching.events import Cue"),
        ("firmware_host.daemon", "from firmware_host.history.historian import Historian"),
    ],
)
def test_the_rules_let_through_what_is_right(importer: str, line: str) -> None:
    assert not [imported for imported in imports_of(ast.parse(line)) if wrong(importer, imported)]
