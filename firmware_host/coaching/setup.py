"""What an engine is made of, and what it takes over from the one before it: the first line of a recording.

Times are the engine's own (`t`, seconds on the run's monotonic clock) and may lie before it began, so before 0.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from firmware_host.coaching.events import Advice
from firmware_host.coaching.guidance import Profile
from firmware_host.coaching.inputs import Person, Tool
from firmware_host.coaching.routine import Plan, Routine
from firmware_host.coaching.techniques import MuscleCard


class Trouble(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A pain stop, or a high rating, of the last days."""

    t: float
    muscle: str | None
    side: str | None
    kind: Literal["pain", "rating"]
    value: int | None = None


class KnownSpot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tender spot that earlier sets or sessions left."""

    muscle: str
    side: str | None
    position_m: float
    """From where the set began, as in the `spot` event."""
    position_sd_m: float
    rating: int | None = None
    count: int = 1


class Progress(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A plan, and how far it is."""

    plan: Plan
    at: int = 0
    """Index of the step that is on or comes next; the number of steps once all are over."""
    states: tuple[Literal["done", "skipped", "next"], ...] = ()
    worked_s: float = 0.0
    """Work already done on the step that is on, in sets before a break."""
    t: float = 0.0
    """When something was last done."""


class Carried(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a new engine takes over from the one before it, so that each recording stands alone."""

    now: float = 0.0
    run_end_t: float | None = None
    effort: int | None = None
    quiet: bool = False
    pain: bool = False
    faults: dict[str, str] = {}
    acknowledged: bool = True
    """The checklist was read. False comes from the daemon alone: a recording is of somebody who had."""
    soreness: int | None = None
    soreness_t: float = 0.0
    troubles: tuple[Trouble, ...] = ()
    spots: tuple[KnownSpot, ...] = ()
    progress: Progress | None = None
    session_t: float | None = None
    """When the last session with work in it ended."""
    notes: tuple[Advice, ...] = ()
    """Advice that still holds: what was said last must not go with the session."""
    last_muscle: str | None = None
    last_side: str | None = None
    """What was rolled last, within the hour: what is said after a session is about it."""


class Setup(Struct, frozen=True, kw_only=True):
    """What an engine is made of: the first line of a recording, with the profile read in."""

    person: Person
    tools: tuple[Tool, ...]
    profile: Profile
    profiles: dict[str, Profile] = {}
    """Other profiles it may be told to go by."""
    routines: dict[str, Routine] = {}
    """Routines it may be told to follow."""
    routine: str | None = None
    """The one that `start` follows, if any."""
    techniques: dict[str, MuscleCard] = {}
    session_timeout_s: float = 300.0
    goal: str | None = None
    """What for: one of the profile's goals."""
    thin_out: bool = False
    """Cues that only accompany become rarer while all is well."""
    carried: Carried = Carried()
