"""Every rule, cue and topic as config/*.toml tells it, for `slowroll explain` and the page's help.

The words live in config/explain.toml and config/topics.toml, the places of the sources in config/sources.toml; cue
words are the engine's own, numbers those of the profile in use.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from firmware_host.checklist import Checklist
from firmware_host.coaching.cues import CUES
from firmware_host.coaching.guidance import Profile
from firmware_host.coaching.routine import Routine
from firmware_host.profile_numbers import LEGEND, number_in, spoken
from firmware_host.settings import convert, shipped_config

Text = Annotated[str, Meta(min_length=1)]
How = Literal["measured", "declared", "prompted", "not sensed"]
Built = Literal["yes", "partly", "not yet"]
PLACE = re.compile(r"\{([a-z_.]+)\}")
"""A number's place in a topic's text."""
T = TypeVar("T")


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of docs/guidance.md, section 4."""

    title: Text
    wants: Text
    numbers: tuple[str, ...] = ()
    """Dotted places in the profile; `*` stands for every muscle or phase."""
    source: Text
    how: How
    built: Built
    where: Text


class CueEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cue the engine gives; its words are the engine's."""

    numbers: tuple[str, ...] = ()
    rules: tuple[str, ...]
    source: Text
    how: How
    where: Text


class Topic(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to know rather than to do."""

    title: Text
    text: Text
    """`{hold.done_s}` in it is that number of the profile in use: `filled`."""
    source: Text
    rules: tuple[str, ...]


class Explanations(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rules: dict[str, Rule]
    cues: dict[str, CueEntry]


class NumberHelp(Struct, frozen=True, kw_only=True):
    place: str
    value: str
    """With its unit, as people read it."""


class NamedHelp(Struct, frozen=True, kw_only=True):
    name: str
    about: str


class RoutineHelp(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    about: str
    source: str


class ChecklistItemHelp(Struct, frozen=True, kw_only=True):
    text: str
    kind: str
    """The title of its group: what it asks for."""
    source: str


class ChecklistHelp(Struct, frozen=True, kw_only=True):
    title: str
    intro: str
    items: tuple[ChecklistItemHelp, ...]
    source: str


class RuleHelp(Struct, frozen=True, kw_only=True):
    id: str
    title: str
    wants: str
    numbers: tuple[NumberHelp, ...]
    source: str
    how: How
    built: Built
    where: str
    cues: tuple[str, ...]
    """Names of the cues that speak for it."""


class CueHelp(Struct, frozen=True, kw_only=True):
    name: str
    words: str
    when: str
    numbers: tuple[NumberHelp, ...]
    source: str
    how: How
    rules: tuple[str, ...]


class TopicHelp(Struct, frozen=True, kw_only=True):
    title: str
    text: str
    source: str


class SourceHelp(Struct, frozen=True, kw_only=True):
    id: str
    where: str


class Help(Struct, frozen=True, kw_only=True):
    """What the page's help is made of."""

    profile: str
    profiles: tuple[NamedHelp, ...]
    routines: tuple[RoutineHelp, ...]
    checklist: ChecklistHelp
    rules: tuple[RuleHelp, ...]
    cues: tuple[CueHelp, ...]
    topics: tuple[TopicHelp, ...]
    sources: tuple[SourceHelp, ...]
    legend: str


class NotKnown(LookupError):
    """Nothing of that name is explained; the text names the nearest ones."""


def explanations() -> Explanations:
    """The shipped config/explain.toml."""
    return _shipped("explain.toml", Explanations)


def topics() -> dict[str, Topic]:
    """The shipped config/topics.toml, by short name."""
    return _shipped("topics.toml", dict[str, Topic])


def sources() -> dict[str, str]:
    """The shipped config/sources.toml: where each S<n> can be read."""
    return _shipped("sources.toml", dict[str, str])


def _shipped(name: str, kind: type[T]) -> T:
    file = shipped_config() / name
    found: T = convert(tomllib.loads(file.read_text(encoding="utf-8")), kind, str(file))
    return found


def find(asked: str, known: Explanations, told: Mapping[str, Topic]) -> str:
    """The rule, cue or topic meant, by name or title, whatever its case and with - for _; NotKnown with the nearest."""
    plain = {_plain(topic.title): name for name, topic in told.items()}
    plain |= {_plain(name): name for name in (*told, *known.cues, *known.rules)}
    wanted = _plain(asked)
    if wanted in plain:
        return plain[wanted]
    near = list(dict.fromkeys(plain[one] for one in difflib.get_close_matches(wanted, plain, n=3)))
    hint = f"Did you mean {', '.join(near)}? " if near else ""
    raise NotKnown(f"there is no rule, cue or topic {asked!r}. {hint}`slowroll explain` lists them all")


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_").strip("?_")


def spoken_by(rule: str, known: Explanations) -> tuple[str, ...]:
    """The cues that speak for a rule, highest priority first."""
    return tuple(cue for cue in CUES if cue in known.cues and rule in known.cues[cue].rules)


def filled(text: str, profile: Profile) -> str:
    """A topic's text with the numbers of `profile` in place of their names."""

    def value(match: re.Match[str]) -> str:
        found = numbers_at(profile, match[1])
        return spoken(match[1], found[0][1]) if found else "(not given)"

    return PLACE.sub(value, text)


def numbers_at(profile: Profile, place: str) -> list[tuple[str, Any]]:
    """As `number_in`; nothing for a muscle or phase that a profile of the owner's leaves out."""
    try:
        return number_in(profile, place)
    except KeyError:
        return []


def unused(place: str, profile: Profile) -> bool:
    """Whether the profile has the number and does not go by it: its own speed stands over pass times."""
    return place == "phases.*.shortest_pass_s" and profile.speed_m_s is not None


def help_payload(
    profile: Profile,
    profiles: Mapping[str, Profile],
    routines: Mapping[str, Routine],
    checklist: Checklist,
) -> dict[str, Any]:
    """`Help` as it is in JSON: everything the page's help shows, with the numbers of `profile`.

    `profiles` are those one may switch to, with or without the one in use.
    """
    known = explanations()
    names = {profile.name: profile, **{name: other for name, other in profiles.items() if name != profile.name}}
    whole = Help(
        profile=profile.name,
        profiles=tuple(NamedHelp(name=name, about=one.about) for name, one in names.items()),
        routines=tuple(
            RoutineHelp(name=name, title=one.title, about=one.about, source=one.source)
            for name, one in sorted(routines.items(), key=lambda item: -len(item[1].steps))  # the fullest first
        ),
        checklist=_checklist(checklist),
        rules=tuple(_rule(name, rule, known, profile) for name, rule in known.rules.items()),
        cues=tuple(_cue(name, known.cues[name], profile) for name in CUES if name in known.cues),
        topics=tuple(
            TopicHelp(title=one.title, text=filled(one.text, profile), source=one.source) for one in topics().values()
        ),
        sources=tuple(SourceHelp(id=name, where=where) for name, where in sources().items()),
        legend=LEGEND,
    )
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return plain


def _checklist(asked: Checklist) -> ChecklistHelp:
    """The groups in one list, each item with its group's title and source."""
    return ChecklistHelp(
        title=asked.title,
        intro=f"{asked.notice} Who goes on says: “{asked.question}”",
        items=tuple(
            ChecklistItemHelp(
                text=item.text if item.share is None else f"{item.text} ({item.share * 100:.0f} % of the experts)",
                kind=group.title,
                source=f"{group.source} [{asked.sources[group.source].tag}]",
            )
            for group in asked.groups
            for item in group.items
        ),
        source="; ".join(f"{name}: {source.title}" for name, source in asked.sources.items()),
    )


def _rule(name: str, rule: Rule, known: Explanations, profile: Profile) -> RuleHelp:
    return RuleHelp(
        id=name,
        title=rule.title,
        wants=rule.wants,
        numbers=tuple(_numbers(rule.numbers, profile)),
        source=rule.source,
        how=rule.how,
        built=rule.built,
        where=rule.where,
        cues=spoken_by(name, known),
    )


def _cue(name: str, entry: CueEntry, profile: Profile) -> CueHelp:
    return CueHelp(
        name=name,
        words=CUES[name].words,
        when=entry.where,
        numbers=tuple(_numbers(entry.numbers, profile)),
        source=entry.source,
        how=entry.how,
        rules=entry.rules,
    )


def _numbers(places: Iterable[str], profile: Profile) -> Iterable[NumberHelp]:
    """One for each place that the profile gives and goes by; of every muscle or phase in one."""
    for place in places:
        found = numbers_at(profile, place)
        if found and not unused(place, profile):
            yield NumberHelp(place=place, value=_values(place, found, profile))


def _values(place: str, found: list[tuple[str, Any]], profile: Profile) -> str:
    """One value; or "calves 45 s, glutes 45 s", those with the same value told together."""
    steps = place.split(".")
    if "*" not in steps:
        return spoken(place, found[0][1])
    which = steps.index("*")
    by_value: dict[str, list[str]] = {}
    for where, value in found:
        by_value.setdefault(spoken(place, value), []).append(where.split(".")[which].replace("_", " "))
    if len(by_value) == 1 and len(found) == len(number_in(profile, ".".join(steps[: which + 1]))):
        return f"all {steps[0]}: {next(iter(by_value))}"
    return "; ".join(f"{', '.join(names)}: {value}" for value, names in by_value.items())
