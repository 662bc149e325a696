"""What a recovery phase asks for, in words."""

from __future__ import annotations

from firmware_host.coaching.guidance import PhaseGuide, Profile


def ago_words(since_s: float) -> str:
    """How long ago, as people say it: "40 min", "3 h", "2 days"."""
    if since_s < 7200:
        return f"{since_s / 60:.0f} min"
    if since_s < 36 * 3600:
        return f"{since_s / 3600:.0f} h"
    return f"{since_s / 86400:.0f} days"


def phase_words(name: str, guide: PhaseGuide, profile: Profile, since_s: float | None) -> str:
    """One sentence with the phase's numbers; the same words on the page, in the terminal and over MQTT."""
    when = f"{ago_words(since_s)} after the run" if since_s is not None and since_s >= 0 else "Run time not known"
    force = "as usual" if guide.force_factor == 1 else f"{guide.force_factor:g} times the usual"
    low = profile.hold.done_s if guide.hold_low_s is None else guide.hold_low_s
    high = profile.hold.enough_s if guide.hold_high_s is None else guide.hold_high_s
    holds = f"up to {high:.0f} s" if low == 0 else f"{low:.0f} s" if low == high else f"{low:.0f}-{high:.0f} s"
    if profile.speed_m_s is None:
        pace = f"a pass in {guide.shortest_pass_s:g} s or more"
    else:
        pace = f"no faster than {profile.speed_m_s * 100:g} cm/s"
    return f"{when}: {name}. Pressure {force}, {pace}, holds {holds}."
