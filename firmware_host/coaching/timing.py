"""When to roll: what a run asks for, and which window a person's goal fits. Words only; nothing is decided by them."""

from __future__ import annotations

from firmware_host.coaching.guidance import Profile
from firmware_host.coaching.phases import ago_words


def significant(profile: Profile, effort: int | None) -> bool:
    """Whether the run asks for a session; a run nobody rated does."""
    return effort is None or effort >= profile.session.significant


def timing_words(profile: Profile, since_s: float, effort: int | None, goal: str | None) -> str:
    """What there is to say as a run becomes known: whether a session is due, and when for the goal."""
    session = profile.session
    minutes = f"{session.low_s / 60:.0f}-{session.high_s / 60:.0f} minutes"
    if significant(profile, effort):
        words = f"A session of {minutes} is due."
    else:
        words = f"An easy run ({effort} of 10): a session is up to you."
    known = profile.goals.get(goal or "")
    if known is None:
        return words
    window = profile.phases[known.phase]
    from_s, until_s = window.from_s or 0.0, window.until_s
    if since_s < from_s:
        return f"{words} Your goal, {known.title}: the best time begins in {ago_words(from_s - since_s)}."
    if until_s is not None and since_s >= until_s:
        return f"{words} Your goal, {known.title}: its best time is over, which rules nothing out."
    return f"{words} Your goal, {known.title}: the best time is now."
