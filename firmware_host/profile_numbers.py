"""A profile's numbers by their places, and how they are written: for files as TOML, for people with their unit."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_host.coaching.guidance import Profile

LEGEND = "[abs] abstract or page seen, [sec] second-hand, [drv] derived here, [mem] from memory; S1... docs/guidance.md"
_UNITS = {
    "_m_s": (100.0, "cm/s"),
    "_s": (1.0, "s"),
    "seconds": (1.0, "s"),
    "_m": (100.0, "cm"),
    "_n": (1.0, "N"),
    "_bw": (100.0, "% of body weight"),
    "_of_height": (100.0, "% of body height"),
    "_days": (1.0, "days"),
    "share": (100.0, "%"),
    "pain_most": (1.0, "of 10"),
    "pain_cap": (1.0, "of 10"),
    "help_rating": (1.0, "of 10"),
    "sore_from": (1.0, "of 10"),
}
"""By the end of a number's name, the first that fits: what it is multiplied by for people, and the unit then."""
_MINUTES_FROM_S = 120.0
"""Times from here on are told in minutes, or in hours."""


def number_in(profile: Profile, place: str) -> list[tuple[str, Any]]:
    """The values at a dotted place, such as "hold.done_s"; "muscles.*.set_s" is that of every muscle.

    A list, such as a muscle's `tools`, is one value. What is optional and not given is left out; KeyError for a place
    no profile has.
    """
    found: list[tuple[tuple[str, ...], Any]] = [((), msgspec.to_builtins(profile))]
    for step in place.split("."):
        inner = []
        for keys, table in found:
            if not isinstance(table, Mapping):
                raise KeyError(place)
            inner += [((*keys, key), table[key]) for key in (table if step == "*" else (step,))]
        found = inner
    return [(".".join(keys), value) for keys, value in found if value is not None]


def literal(value: Any) -> str:
    """One value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # TOML forbids a bare DEL
    return repr(value)


def spoken(place: str, value: Any) -> str:
    """One value as people read it: "45 s", "20 % of body weight", "foam roller, hands"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(spoken(place, item) for item in value) or "none named"
    if isinstance(value, str):
        return value.replace("_", " ")
    for end, (factor, unit) in _UNITS.items():
        if place.endswith(end):
            if unit == "s" and value >= _MINUTES_FROM_S:
                return _long(value)
            return f"{value * factor:.4g} {unit}"
    return f"{value:.4g}"


def _long(seconds: float) -> str:
    minutes = seconds / 60
    return f"{minutes:.4g} min" if minutes < 120 else f"{minutes / 60:.4g} h"
