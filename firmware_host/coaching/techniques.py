"""How to roll each muscle, in words: what a card shows and what is said as the next one comes.

Nothing of it is sensed. The words live in config/techniques.toml, each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from firmware_host.coaching.inputs import ToolKind

Text = Annotated[str, Meta(min_length=1)]


class Technique(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One muscle with one kind of tool."""

    position: Text
    """How to sit, lie or stand, and how to press."""
    lanes: tuple[Text, ...] = ()
    """Prompts in turn, such as "Turn the leg inward": rotation, sides or lanes, which no sensor sees."""
    more: str = ""
    """For more pressure; said in the deep phase alone."""
    note: str = ""
    """A caution that belongs to this tool."""
    source: Text


class MuscleCard(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One muscle: where it begins and ends, and each tool's technique."""

    one: Text
    """The muscle of one side, as it is said: "calf", "outer thigh"."""
    muscles: tuple[Text, ...]
    """What the group is made of."""
    start: Text
    end: Text
    """The article's bounds, in its direction: "just above the ankle", "below the knee"."""
    keep_off: Text
    """Bones and joints beside it."""
    source: Text
    tools: dict[ToolKind, Technique]


Techniques = Mapping[str, MuscleCard]


class Card(Struct, frozen=True, kw_only=True):
    """What is shown of one muscle with one kind of tool."""

    muscle: str
    side: str | None
    tool: ToolKind
    title: str
    """ "Left calf" """
    muscles: tuple[str, ...]
    position: str
    start: str
    end: str
    lanes: tuple[str, ...]
    more: str
    note: str
    keep_off: str
    source: str


def named(techniques: Techniques, muscle: str | None, side: str | None) -> str:
    """The muscle as it is said: "left calf"; its plain name where there is no card."""
    if muscle is None:
        return "this muscle"
    card = techniques.get(muscle)
    name = card.one if card is not None else muscle.replace("_", " ")
    return f"{side} {name}" if side else name


def card_for(
    techniques: Techniques, muscle: str | None, side: str | None, tool: ToolKind, deep: bool = False
) -> Card | None:
    """The card of a muscle with a tool; None where nothing is known of the muscle or of that tool on it."""
    known = techniques.get(muscle or "")
    technique = known.tools.get(tool) if known is not None else None
    if known is None or technique is None or muscle is None:
        return None
    name = named(techniques, muscle, side)
    return Card(
        muscle=muscle,
        side=side,
        tool=tool,
        title=name[:1].upper() + name[1:],
        muscles=known.muscles,
        position=technique.position,
        start=known.start,
        end=known.end,
        lanes=technique.lanes,
        more=technique.more if deep else "",
        note=technique.note,
        keep_off=known.keep_off,
        source=technique.source,
    )
