"""Every file in config/ loads, slowroll.toml tells every setting, and `config show` writes what can be read again."""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.inspect import StructType

from firmware_host.acquisition.devices import actuator_for, devices_for
from firmware_host.cli import main
from firmware_host.coaching.inputs import Person
from firmware_host.coaching.planner import plan
from firmware_host.coaching.routine import Plan
from firmware_host.commands import demo
from firmware_host.profile_numbers import literal
from firmware_host.profiles import load_profile, profile_files
from firmware_host.routines import load_routines
from firmware_host.settings import Settings, load, parse, shipped_config
from firmware_host.techniques import load_techniques
from sensors.catalog import Catalog

CONFIG = Path(str(shipped_config()))
FILES = [CONFIG / "slowroll.toml", *sorted((CONFIG / "examples").glob("*.toml"))]
TEXT = (CONFIG / "slowroll.toml").read_text(encoding="utf-8")
UNCOMMENTED = re.sub(r"(?m)^#(?=[\[a-z])", "", TEXT)
"""The file as it is once an owner has taken every "#" away that stands right before a setting."""

NOT_THE_DEFAULT = {"tools[].pressure"}
"""Inside the example of a tool alone: a force sensor is refused beside the default, "none"."""


def is_struct(info: Any) -> bool:
    return isinstance(info, StructType)


def struct_in(info: Any) -> tuple[StructType | None, str]:
    """The struct a field holds, if any, directly, as an option or in a list; and what to add to the field's name."""
    if is_struct(info):
        return info, ""
    for part in getattr(info, "types", ()):
        if is_struct(part):
            return part, ""
    item = getattr(info, "item_type", None)
    return (item, "[]") if is_struct(item) else (None, "")


def keys_of(info: StructType, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every key there is, such as ("tools[].imu.rate", its default); tables themselves are none."""
    for field in info.fields:
        inner, mark = struct_in(field.type)
        if inner is not None:
            yield from keys_of(inner, f"{place}{field.encode_name}{mark}.")
        else:
            yield f"{place}{field.encode_name}", field.default


def values_of(table: dict[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    """Every key a file gives a value."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from values_of(value, f"{place}{key}.")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                yield from values_of(item, f"{place}{key}[].")
        else:
            yield f"{place}{key}", value


ROOT = msgspec.inspect.type_info(Settings)
assert isinstance(ROOT, StructType)
KNOWN = dict(keys_of(ROOT))


def test_the_walk_finds_the_keys() -> None:
    assert {"station", "drivers_dir", "person.mass_kg", "tools[].name", "tools[].imu.rate", "page.port"} <= set(KNOWN)
    assert KNOWN["page.port"] == 8080
    assert len(KNOWN) > 40


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_shipped_file_is_sound_with_drivers_and_profile(file: Path) -> None:
    settings = load(file)
    actuator_for(settings.haptic, devices_for(settings.tools, Catalog(installed=())))
    load_profile(settings.coach.profile)


def test_every_example_can_be_run() -> None:
    assert {file.name for file in FILES[1:]} >= {"imu-only.toml", "mpu6050-bladder.toml", "simulated.toml"}
    for file in FILES[1:]:
        assert any(tool.imu is not None for tool in load(file).tools), file


def test_the_whole_file_says_what_holds_without_a_file() -> None:
    assert parse(TEXT, "slowroll.toml") == Settings()


def test_the_whole_file_names_every_key_and_no_other() -> None:
    named = dict(values_of(tomllib.loads(UNCOMMENTED)))
    assert set(named) == set(KNOWN)
    parse(UNCOMMENTED, "slowroll.toml with every setting on")  # and they can stand beside each other


def test_the_whole_file_shows_every_default() -> None:
    active = dict(values_of(tomllib.loads(TEXT)))
    for key, value in values_of(tomllib.loads(UNCOMMENTED)):
        default = KNOWN[key]
        has_default = default not in (None, (), msgspec.NODEFAULT)
        if not key.startswith("tools[]"):
            assert (key in active) is has_default, f"{key}: with a default it is written out, without it is commented"
        if has_default and key not in NOT_THE_DEFAULT:
            assert value == default, key
            assert type(value) is type(default), key


def test_the_simulated_example_is_what_the_demo_runs() -> None:
    asked = argparse.Namespace(http_port=8080, mqtt_port=1883, seed=1)
    assert load(CONFIG / "examples" / "simulated.toml") == demo.settings_for(asked)


def test_every_profile_loads_under_its_own_name() -> None:
    names = profile_files(None)
    assert "article" in names
    for name in names:
        assert load_profile(name).name == name


def test_every_shipped_file_is_read_by_something() -> None:
    """A file that nothing reads would be a promise that nobody keeps."""
    found = {file.relative_to(CONFIG).as_posix() for file in CONFIG.rglob("*.toml")}
    read = {"slowroll.toml", *(f"examples/{file.name}" for file in FILES[1:])}
    read |= {f"profiles/{name}.toml" for name in profile_files(None)}
    read |= {f"routines/{name}.toml" for name in load_routines(None)[0]}
    code = "".join(file.read_text(encoding="utf-8") for file in (CONFIG.parent / "firmware_host").rglob("*.py"))
    assert {name for name in found - read if f'"{name}"' not in code} == set()
    assert read <= found
    assert "techniques.toml" in found


def test_every_routine_can_be_planned_by_every_profile() -> None:
    """With no tool at all: hands are always there."""
    cards = load_techniques()
    for name in profile_files(None):
        profile = load_profile(name)
        for routine in load_routines(None)[0].values():
            made = plan(routine, profile, Person(), (), "unknown", (), (), "calves", cards)
            assert isinstance(made, Plan), made
            assert {step.tool for step in made.steps} == {"hands"}
            assert all(step.kind in cards[step.muscle].tools for step in made.steps)


def test_the_whole_file_names_the_routines_that_can_be_followed_from_the_start() -> None:
    comment = TEXT.split("The routine that a session follows")[1].split("#routine =")[0]
    named = {name for name in load_routines(None)[0] if f'"{name}"' in comment}
    assert named == set(load_routines(None)[0]) - {"one-muscle"}, "which waits for a muscle"


def test_an_owners_profile_wins_and_is_found_beside_the_configuration(tmp_path: Path) -> None:
    shipped = (CONFIG / "profiles" / "article.toml").read_text(encoding="utf-8")
    (tmp_path / "article.toml").write_text(shipped.replace("enough_s = 30.0", "enough_s = 31.0"), encoding="utf-8")
    assert load_profile("article", tmp_path).hold.enough_s == 31.0


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_what_config_show_writes_gives_the_same_settings(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", "--config", str(file)]) == 0
    shown = capsys.readouterr().out
    assert str(file) in shown
    assert parse(shown, "config show") == load(file)
    assert "# [profile.muscles.calves]" in shown


def test_config_show_survives_every_value(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "slowroll.toml"
    mine.write_text(
        UNCOMMENTED.replace('["roller.local"]', '["a \\"quoted\\" näme", "tab\\tand\\u007f"]')
        .replace("mass_kg = 75.0", "mass_kg = 7.05e1")
        .replace("tls = false", "tls = true")
        .replace('drivers_dir = "~/.config/slowroll/drivers"', f"drivers_dir = '{tmp_path}\\no\"where'"),
        encoding="utf-8",
    )
    settings = load(mine)
    assert settings.page.allowed_hosts == ('a "quoted" näme', "tab\tand\x7f")
    assert settings.mqtt.tls
    assert main(["config", "show", "--config", str(mine)]) == 0
    assert parse(capsys.readouterr().out, "config show") == settings


@pytest.mark.parametrize("value", [True, 3, -0.5, 1e-9, "x\ny", ("a", "b"), (1.0, 0.0, -1.0)])
def test_a_literal_reads_back(value: Any) -> None:
    back = tomllib.loads(f"value = {literal(value)}")["value"]
    assert back == (list(value) if isinstance(value, tuple) else value)
