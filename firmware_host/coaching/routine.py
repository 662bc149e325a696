"""Routines and plans: which muscles, in which order, with which tool, for how long.

A routine is what a person chose (config/routines/*.toml); a plan is what becomes of it today: `plan` fits it to the
profile, the phase, the tools at hand and the muscles that rest, and explains its budget. Pure.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from firmware_host.coaching.inputs import Side, ToolKind

HANDS = "hands"
"""The tool that is always there, by name and by kind."""
CHOSEN = "chosen"
"""In a routine's step: the muscle that the person chose."""


class RoutineStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One muscle of a routine, on both sides unless one is given."""

    muscle: str
    side: Side | None = None
    tool: ToolKind | None = None
    """None: the first of the muscle's suitable kinds that is at hand."""
    set_s: Annotated[float, Meta(ge=10, le=180)] | None = None
    """None: the profile's for the muscle and phase."""
    direct: bool = False
    """True: the muscle itself, although the profile names others that are better rolled instead."""


class Routine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    title: str
    about: str
    source: str
    sides: Literal["alternate", "leg_by_leg"] = "alternate"
    """alternate: left and right of each muscle; leg_by_leg: all of the left leg, then all of the right."""
    session_high_s: Annotated[float, Meta(gt=0, le=7200)] | None = None
    """The most work in all; None: the profile's."""
    steps: tuple[RoutineStep, ...]


class Step(Struct, frozen=True, kw_only=True):
    """One set of a plan."""

    muscle: str
    side: Side
    tool: str
    """Name of the station's tool, or "hands"."""
    kind: ToolKind
    set_s: float
    why: str
    """What the plan changed here, in words; empty if nothing."""


class Plan(Struct, frozen=True, kw_only=True):
    routine: str
    title: str
    steps: tuple[Step, ...]
    explained: tuple[str, ...]
    """The budget, sentence by sentence: what was asked, which rule won, what was left out and why."""
    per_leg_s: dict[str, float]
    total_s: float
