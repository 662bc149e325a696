"""The checklist before the first use: config/checklist.toml, and how it is told to people."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from firmware_host.settings import SettingsError, convert, shipped_config

FILE = "checklist.toml"
WIDTH = 100

Text = Annotated[str, Meta(min_length=1)]
Tag = Literal["abs", "sec", "drv", "mem"]

READ: dict[Tag, str] = {
    "abs": "the abstract or page was read, no more",
    "sec": "second-hand",
    "drv": "derived",
    "mem": "from memory, unconfirmed",
}
"""What a tag of docs/guidance.md says about a source."""


class Item(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Text
    share: Annotated[float, Meta(gt=0, le=1)] | None = None
    """Of the study's experts who agreed."""


class Group(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Text
    about: Text
    source: Text
    items: Annotated[tuple[Item, ...], Meta(min_length=1)]


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Text
    link: Annotated[str, Meta(pattern="^https://", description="an address that begins with https://")] | None = None
    tag: Tag


class Checklist(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: Text
    notice: Text
    question: Text
    """What acknowledging it says."""
    groups: Annotated[tuple[Group, ...], Meta(min_length=1)]
    sources: dict[str, Source]


def checklist() -> Checklist:
    """The shipped one."""
    file = shipped_config() / FILE
    return parse(file.read_text(encoding="utf-8"), str(file))


def parse(text: str, where: str) -> Checklist:
    """The checklist written in `text`; `where` names it in errors (SettingsError)."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{where}: not valid TOML: {error}") from error
    found: Checklist = convert(table, Checklist, where)
    for group in found.groups:
        if group.source not in found.sources:
            raise SettingsError(
                f"{where}: group {group.title!r} names the source {group.source!r}, which is not among [sources]: "
                f"{', '.join(found.sources)}"
            )
    return found


def lines(asked: Checklist) -> Iterator[str]:
    """All of it, for a terminal."""
    yield asked.title
    yield from _wrapped(asked.notice)
    for group in asked.groups:
        yield ""
        yield f"{group.title} [{group.source}]"
        yield from _wrapped(group.about)
        for item in group.items:
            share = f" ({item.share:.0%} of the experts)" if item.share is not None else ""
            yield from textwrap.wrap(item.text + share, WIDTH, initial_indent="  - ", subsequent_indent="    ")
    yield ""
    yield "Sources"
    for name, source in asked.sources.items():
        yield from textwrap.wrap(
            f"{name}: {source.title}; {READ[source.tag]}. {source.link or ''}",
            WIDTH,
            initial_indent="  ",
            subsequent_indent="       ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)
