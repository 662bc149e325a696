"""msgspec's complaint about an owner's file in the words of the file: which key, what stands there, what would do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from msgspec.inspect import LiteralType, Metadata, StructType, type_info

_TYPES = {
    "int": "a whole number",
    "float": "a number",
    "str": "text in quotes",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
}
_BOUNDS = {">=": "at least", ">": "above", "<=": "at most", "<": "below"}
_INNER = ("type", "types", "item_type", "item_types", "value_type")
"""Where msgspec.inspect keeps the types inside a type."""


def explain(error: msgspec.ValidationError, table: Mapping[str, Any], kind: type[Any]) -> str:
    """One sentence about what is wrong in `table`, which was to become the struct `kind`."""
    match = re.fullmatch(r"(?P<what>.*?)(?: - at `\$(?P<path>.*)`)?", str(error), re.DOTALL)
    what, path = (match["what"], match["path"] or "") if match else (str(error), "")
    place = path.lstrip(".").replace("[...]", ".*")
    unknown = re.search(r"unknown field `(.+?)`", what)
    steps = re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", path)
    if unknown:
        return _unknown_key(unknown[1], place, kind, _type(kind, steps))
    given = _value(table, steps) if "[...]" not in path else None
    return f"{place or 'the file'}: {_words(what, given, _type(kind, steps))}"


def _words(what: str, given: Any, wanted: Any) -> str:
    missing = re.search(r"missing required field `(.+?)`", what)
    if missing:
        return f"{missing[1]} is missing"
    wrong_type = re.fullmatch(r"Expected `([^`]+)`, got `([^`]+)`", what)
    if wrong_type:
        good = " or ".join(_TYPES.get(name, name) for name in wrong_type[1].split(" | ") if name != "null")
        bad = "one with a point" if isinstance(given, float) else _TYPES.get(wrong_type[2], f"a {wrong_type[2]}")
        hint = ": write its name in two pairs of brackets, [[...]]" if (good, bad) == ("a list", "a table") else ""
        return f"must be {good}, not {bad}{hint}{_as_written(given)}"
    length = re.fullmatch(r"Expected `array` of length (\d+), got (\d+)", what)
    if length:
        return f"must be a list of {length[1]}, not of {length[2]}"
    bound = re.fullmatch(r"Expected `[^`]+` (>=|>|<=|<) (\S+)", what)
    if bound:
        return f"must be {_BOUNDS[bound[1]]} {float(bound[2]):g}{_as_written(given)}"
    literal = next((one for one in (wanted, *getattr(wanted, "types", ())) if isinstance(one, LiteralType)), None)
    if "enum value" in what and literal is not None:
        known = [str(value) for value in literal.values]
        near = difflib.get_close_matches(str(given), known, n=1)
        hint = f"did you mean {near[0]!r}? It can be" if near else "it can be"
        return f"there is no {given!r}; {hint} {', '.join(known)}"
    if "matching regex" in what and isinstance(wanted, Metadata):
        return f"{given!r} can't be used; write {(wanted.extra_json_schema or {}).get('description', what)}"
    return f"{what[0].lower()}{what[1:]}{_as_written(given)}"


def _as_written(given: Any) -> str:
    return f": it is {given!r}" if isinstance(given, str | float) or type(given) is int else ""


def _unknown_key(name: str, place: str, kind: type[Any], here: Any) -> str:
    what = f"unknown key {name!r} {f'in [{place}]' if place else 'at the top level'}"
    known = [field.encode_name for struct in _structs(here) for field in struct.fields]
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"{what}: did you mean {near[0]!r}?"
    elsewhere = sorted({table for table, key in _keys(type_info(kind)) if key == name})
    hint = (
        f"it is a key of {' and '.join(f'[{table}]' for table in elsewhere)}; " if all(elsewhere) and elsewhere else ""
    )
    return f"{what}: {hint}here you can write {', '.join(known)}"


def _value(table: Any, steps: list[tuple[str, str]]) -> Any:
    """What stands at that place of the file."""
    for key, index in steps:
        table = table[key] if key else table[int(index)]
    return table


def _type(kind: type[Any], steps: list[tuple[str, str]]) -> Any:
    """The type that belongs there, or None where that can't be said."""
    info: Any = type_info(kind)
    for key, _index in steps:
        if not key:
            continue  # _structs looks into lists by itself
        fields = [field for struct in _structs(info) for field in struct.fields if field.encode_name == key]
        if not fields:
            return None
        info = fields[0].type
    return info


def _keys(info: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every table of the file and key in it, such as ("tools.imu", "driver"); "" is the top level."""
    for struct in _structs(info):
        for field in struct.fields:
            yield place, field.encode_name
            yield from _keys(field.type, f"{place}.{field.encode_name}".lstrip("."))


def _structs(info: Any) -> Iterator[StructType]:
    """The structs in a type, through unions, lists and dicts."""
    if isinstance(info, StructType):
        yield info
        return
    for name in _INNER:
        inner = getattr(info, name, None)
        for one in inner if isinstance(inner, tuple) else (inner,):
            if one is not None:
                yield from _structs(one)
