"""A profile's numbers for people: each with the file it was written in and where it is from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

import msgspec
from msgspec import Struct, structs

from firmware_host.coaching.guidance import Limits, Profile, limits
from firmware_host.coaching.inputs import Person, Tool
from firmware_host.commands import CommandError
from firmware_host.profile_numbers import LEGEND, literal
from firmware_host.profiles import Keys, SourcedProfile
from firmware_host.settings import Settings

_OWN_SOURCE = {"length_of_height": "length_source", "min_pass_m": "min_pass_source"}
"""Where one number of a muscle has a source of its own in the profile."""
_WHOLE_TABLES = tuple(
    field.name
    for field in structs.fields(Profile)
    if isinstance(field.type, type) and issubclass(field.type, Struct) and field.name != "unknown_muscle"
)
"""The tables that hold for every muscle and phase: hold, set_time, cues, start and so on."""


class _Sources:
    """Numbers the sources in the order they come, so that each is written out once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, source: str) -> str:
        return f"({self._numbers.setdefault(source, len(self._numbers) + 1)})"

    def lines(self) -> Iterator[str]:
        for source, number in self._numbers.items():
            yield f"({number}) {source}"


def profile_lines(sourced: SourcedProfile, settings: Settings, muscle: str | None, phase: str | None) -> Iterator[str]:
    """What holds, then the profile's own numbers, then the sources; `muscle` and `phase` leave the others out.

    Raises CommandError for a muscle or phase that the profile does not have.
    """
    profile = sourced.profile
    _known("--muscle", muscle, profile.muscles)
    _known("--phase", phase, profile.phases)
    sources = _Sources()
    yield f"Profile {profile.name}: {profile.about}"
    yield f"from {sourced.place}" + (f", base {', then '.join(sourced.bases)}" if sourced.bases else "")
    for tool in _tools(settings):
        yield ""
        yield from _held(profile, settings, tool, muscle, phase or "unknown", sources)
    for name, numbers in _tables(profile, muscle, phase):
        yield ""
        yield f"[{'.'.join(('profile', *name))}]"
        yield from _aligned(_numbers(sourced, name, numbers, sources))
    yield ""
    yield f"Sources: {LEGEND}"
    yield from sources.lines()


def _known(option: str, name: str | None, known: Iterable[str]) -> None:
    names = list(known)
    if name is not None and name not in names:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CommandError(f"{option} {name!r}: the profile has none of that name; {hint}There are: {', '.join(names)}")


def _tools(settings: Settings) -> list[Tool]:
    """The owner's tools; without any, the standard roller."""
    made = [Tool(name=tool.name, kind=tool.kind, radius_m=tool.radius_m) for tool in settings.tools]
    return made or [Tool(name="roller", kind="foam_roller")]


def _held(
    profile: Profile, settings: Settings, tool: Tool, muscle: str | None, phase: str, sources: _Sources
) -> Iterator[str]:
    """One line a muscle: the limits as the engine makes them of the profile, the person, the tool and the phase."""
    person = Person(mass_kg=settings.person.mass_kg, height_m=settings.person.height_m)
    rows = {name: limits(profile, person, tool, name, phase) for name in ((muscle,) if muscle else profile.muscles)}
    first = next(iter(rows.values()))
    yield f"What holds: {tool.name} ({tool.kind}), phase {phase}, {person.mass_kg:g} kg, {person.height_m:g} m"
    head = ("muscle", "counts from", "mean up to", "live up to", "force", "set time")
    cells = [head, *((name, *_cells(row, sources)) for name, row in rows.items())]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    held = profile.phases[phase]
    marks = [sources.mark(text) for text in (first.speed_source, held.source, profile.cues.source)]
    yield f"  speed {marks[0]}, phase {marks[1]}, live limit {profile.cues.live_factor:g} times the mean one {marks[2]}"
    asked = held.hold_cues and first.hold_low_s > 0
    most = f", {first.holds_most} a set at most" if asked and first.holds_most is not None else ""
    holds = (
        f"holds of {first.hold_low_s:g}-{first.hold_high_s:g} s{most}"
        if asked
        else (f"holds not asked for, up to {first.hold_high_s:g} s")
    )
    yield f"  {holds}; ratings up to {held.pain_most} of 10, over {held.pain_cap} no more holds {marks[1]}"


def _cells(held: Limits, sources: _Sources) -> tuple[str, ...]:
    force = "none known"
    if held.force_low_n is not None and held.force_high_n is not None:
        force = f"{held.force_low_n:.0f}-{held.force_high_n:.0f} N {sources.mark(held.force_source)}"
    return (
        f"{held.min_pass_m * 100:.0f} cm",
        f"{held.mean_speed_m_s * 100:.1f} cm/s",
        f"{held.live_speed_m_s * 100:.1f} cm/s",
        force,
        f"{held.set_s:.0f} s {sources.mark(held.set_source)}",
    )


def _tables(profile: Profile, muscle: str | None, phase: str | None) -> Iterator[tuple[Keys, dict[str, Any]]]:
    """The profile's tables of numbers; where one muscle or phase is asked for, of these only that one."""
    all_of = msgspec.to_builtins(profile)
    if profile.speed_m_s is not None:
        yield (), {"speed_m_s": profile.speed_m_s}
    for group, wanted in (("muscles", muscle), ("phases", phase)):
        if (muscle is None and phase is None) or wanted is not None:
            for name in (wanted,) if wanted else all_of[group]:
                yield (group, name), all_of[group][name]
    if muscle is None and phase is None:
        yield ("unknown_muscle",), all_of["unknown_muscle"]
        for group in ("tools", "goals"):
            for name, table in all_of[group].items():
                yield (group, name), table
    for name in _WHOLE_TABLES:
        yield (name,), all_of[name]


def _numbers(
    sourced: SourcedProfile, above: Keys, table: dict[str, Any], sources: _Sources
) -> Iterator[tuple[str, str, str]]:
    profile = sourced.profile
    for key, value in table.items():
        if value is None or value in ("", ()) or key in ("title", "source"):
            continue
        if not above:
            source = profile.speed_source
        elif key in _OWN_SOURCE:
            source = getattr(profile, _OWN_SOURCE[key])
        else:
            source = profile.force_source if key.endswith("_bw") else table["source"]
        file = sourced.files.get((*above, key))
        yield f"{key} = {literal(value)}", sources.mark(source), PurePath(file).name if file else "default"


def _aligned(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    for number, source, file in rows:
        yield f"{number:<32} {source:<5} {file}"
