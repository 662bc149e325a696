"""Rules, cues and topics as lines for a terminal; what they say is firmware_host/explanations.py's."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping

from firmware_host.coaching.cues import CUES
from firmware_host.coaching.guidance import Profile
from firmware_host.explanations import Explanations, Topic, filled, numbers_at, spoken_by, unused
from firmware_host.profile_numbers import LEGEND, literal


def overview(known: Explanations, told: Mapping[str, Topic]) -> Iterator[str]:
    """One line a rule, a cue and a topic."""
    yield "Rules (docs/guidance.md, section 4): how it is known, and whether it is built"
    for name, rule in known.rules.items():
        yield f"  {name:<4} {rule.title:<36} {rule.how:<11} {rule.built}"
    yield ""
    yield "Cues, highest priority first"
    for name in CUES:
        yield f"  {name:<15} {CUES[name].words}"
    yield ""
    yield "Topics"
    for name, topic in told.items():
        yield f"  {name:<15} {topic.title}"
    yield ""
    yield "More on one of them: slowroll explain G1. All topics: slowroll explain topics. Where S1... can be read:"
    yield "slowroll explain sources"


def topic_lines(topics: Iterable[Topic], profile: Profile) -> Iterator[str]:
    """Each topic with its text, under `profile`, and its source."""
    for number, topic in enumerate(topics):
        if number:
            yield ""
        yield topic.title
        yield from _wrapped(filled(topic.text, profile))
        yield from _labelled("Source", topic.source)
        yield from _labelled("Rules", ", ".join(topic.rules))


def source_lines(sources: Mapping[str, str]) -> Iterator[str]:
    yield LEGEND
    for name, where in sources.items():
        yield f"  {name:<4} {where}"


def explained(name: str, known: Explanations, told: Mapping[str, Topic], profile: Profile) -> Iterator[str]:
    """Everything about one rule, cue or topic, under `profile`."""
    rule, cue = known.rules.get(name), known.cues.get(name)
    rows: dict[str, str]
    if rule is not None:
        yield f"{name}: {rule.title}"
        rows = {"Wants": rule.wants, "Source": rule.source, "Known": rule.how, "Built": f"{rule.built}. {rule.where}"}
        rows["Cues"] = ", ".join(spoken_by(name, known))
        rows["Topics"] = ", ".join(one for one, topic in told.items() if name in topic.rules)
        numbers = rule.numbers
    elif cue is not None:
        yield f"{name}: “{CUES[name].words}”"
        rows = {"When": cue.where, "Source": cue.source, "Known": cue.how}
        rows["Rules"] = ", ".join(f"{one} ({known.rules[one].title})" for one in cue.rules)
        numbers = cue.numbers
    else:
        yield from topic_lines([told[name]], profile)
        return
    for label, text in rows.items():
        yield from _labelled(label, text)
    if numbers:
        yield f"  Numbers, profile {profile.name}:"
        for place in numbers:
            yield from _number(place, profile)
        yield "  Source and file of each: slowroll config show"


def _labelled(label: str, text: str) -> list[str]:
    """Nothing where there is no text."""
    return textwrap.wrap(text, 100, initial_indent=f"  {label + ':':<9}", subsequent_indent=" " * 11) if text else []


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 100, initial_indent="  ", subsequent_indent="  ")


def _number(place: str, profile: Profile) -> Iterable[str]:
    """One line for a number, or for the same number of every muscle or phase."""
    found = numbers_at(profile, place)
    if unused(place, profile):
        return [f"    {place}: not used, speed_m_s holds"]
    if not found:
        return [f"    {place}: not given in this profile"]
    if "*" not in place:
        return [f"    {place} = {literal(value)}" for _, value in found]
    which = place.split(".").index("*")
    text = ", ".join(f"{where.split('.')[which]} {literal(value)}" for where, value in found)
    return textwrap.wrap(f"{place}: {text}", 104, initial_indent="    ", subsequent_indent=" " * 8)
