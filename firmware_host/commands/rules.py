"""The rules and cues as config/explain.toml tells them, and how they are told to people."""

from __future__ import annotations

import difflib
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from firmware_host.coaching.cues import CUES
from firmware_host.coaching.guidance import Profile
from firmware_host.commands import CommandError
from firmware_host.commands.config import literal
from firmware_host.commands.numbers import number_in
from firmware_host.settings import convert, shipped_config

Text = Annotated[str, Meta(min_length=1)]
How = Literal["measured", "declared", "prompted", "not sensed"]


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of docs/guidance.md, section 4."""

    title: Text
    wants: Text
    numbers: tuple[str, ...] = ()
    """Dotted places in the profile; `*` stands for every muscle or phase."""
    source: Text
    how: How
    built: Literal["yes", "partly", "not yet"]
    where: Text


class CueEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cue the engine gives; its words are the engine's."""

    numbers: tuple[str, ...] = ()
    rules: tuple[str, ...]
    source: Text
    how: How
    where: Text


class Explanations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rules: dict[str, Rule]
    cues: dict[str, CueEntry]


def explanations() -> Explanations:
    """The shipped config/explain.toml."""
    file = shipped_config() / "explain.toml"
    found: Explanations = convert(tomllib.loads(file.read_text(encoding="utf-8")), Explanations, str(file))
    return found


def find(asked: str, known: Explanations) -> str:
    """The rule or cue meant, whatever its case and with - for _; CommandError with the nearest names."""
    names = (*known.rules, *known.cues)
    plain = {name.lower(): name for name in names}
    wanted = asked.lower().replace("-", "_")
    if wanted in plain:
        return plain[wanted]
    near = [plain[one] for one in difflib.get_close_matches(wanted, plain, n=3)]
    hint = f"Did you mean {', '.join(near)}? " if near else ""
    raise CommandError(f"there is no rule or cue {asked!r}. {hint}`slowroll explain` lists them all")


def overview(known: Explanations) -> Iterator[str]:
    """One line a rule and a cue."""
    yield "Rules (docs/guidance.md, section 4): what is known of it, and whether it is built"
    for name, rule in known.rules.items():
        yield f"  {name:<4} {rule.title:<36} {rule.how:<11} {rule.built}"
    yield ""
    yield "Cues, highest priority first"
    for name in CUES:
        yield f"  {name:<11} {CUES[name].words}"
    yield ""
    yield "More on one of them: slowroll explain G1"


def explained(name: str, known: Explanations, profile: Profile) -> Iterator[str]:
    """Everything about one rule or cue, under `profile`."""
    rule, cue = known.rules.get(name), known.cues.get(name)
    rows: Mapping[str, str]
    if rule is not None:
        yield f"{name}: {rule.title}"
        said_by = [cue_name for cue_name, entry in known.cues.items() if name in entry.rules]
        rows = {"Wants": rule.wants, "Source": rule.source, "Known": rule.how, "Built": f"{rule.built}. {rule.where}"}
        if said_by:
            rows = {**rows, "Cues": ", ".join(said_by)}
        numbers = rule.numbers
    else:
        assert cue is not None
        yield f"{name}: “{CUES[name].words}”"
        titles = [f"{one} ({known.rules[one].title})" for one in cue.rules]
        rows = {"When": cue.where, "Source": cue.source, "Known": cue.how}
        if titles:
            rows = {**rows, "Rules": ", ".join(titles)}
        numbers = cue.numbers
    for label, text in rows.items():
        yield from textwrap.wrap(text, 100, initial_indent=f"  {label + ':':<9}", subsequent_indent=" " * 11)
    if numbers:
        yield f"  Numbers, profile {profile.name}:"
        for place in numbers:
            yield from _number(place, profile)
        yield "  Source and file of each: slowroll config show"


def _number(place: str, profile: Profile) -> Iterable[str]:
    """One line for a number, or for the same number of every muscle or phase."""
    found = number_in(profile, place)
    if place == "phases.*.shortest_pass_s" and profile.speed_m_s is not None:
        return [f"    {place}: not used, speed_m_s holds"]
    if "*" not in place:
        return [f"    {place} = {literal(value)}" for _, value in found] or [f"    {place}: not given in this profile"]
    which = place.split(".").index("*")
    text = ", ".join(f"{where.split('.')[which]} {literal(value)}" for where, value in found)
    return textwrap.wrap(f"{place}: {text}", 104, initial_indent="    ", subsequent_indent=" " * 8)
