"""`slowroll config show|check`: which file counts, whether it is sound, and every effective value."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add(commands: Any) -> None:
    sub = commands.add_parser("config", help="show or check the configuration")
    sub.add_argument("what", choices=("show", "check"), help="show: the effective values; check: is the file sound?")
    sub.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    from firmware_host.commands.common import profile_of, settings_of

    settings, path = settings_of(args)
    profile = profile_of(settings, path)
    place = str(path) if path is not None else "no file found: the defaults"
    if args.what == "check":
        sys.stdout.write(f"{place}: fine. Profile {profile.name}, {len(settings.tools)} tool(s).\n")
        return 0
    import msgspec

    sys.stdout.write(f"# {place}\n")
    table = msgspec.to_builtins(settings)
    write_table(table, "")
    sys.stdout.write(f"\n# profile {profile.name}: {profile.about}\n")
    write_table({"profile": msgspec.to_builtins(profile)}, "")
    return 0


def write_table(table: dict[str, Any], name: str) -> None:
    """`table` as TOML on stdout: its own values first, then the tables inside it."""
    plain = {key: value for key, value in table.items() if not _is_table(value)}
    if plain:
        if name:
            sys.stdout.write(f"\n[{name}]\n")
        for key, value in plain.items():
            sys.stdout.write(f"# {key} is not set\n" if value is None else f"{key} = {literal(value)}\n")
    for key, value in table.items():
        inner = f"{name}.{key}" if name else key
        if isinstance(value, dict):
            write_table(value, inner)
        elif _is_table(value):
            for item in value:
                _write_item(item, inner)


def _write_item(item: dict[str, Any], name: str) -> None:
    sys.stdout.write(f"\n[[{name}]]\n")
    for key, value in item.items():
        if not isinstance(value, dict):
            sys.stdout.write(f"# {key} is not set\n" if value is None else f"{key} = {literal(value)}\n")
    for key, value in item.items():
        if isinstance(value, dict):
            write_table(value, f"{name}.{key}")


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict))


def literal(value: Any) -> str:
    """One value as TOML writes it."""
    import json

    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
