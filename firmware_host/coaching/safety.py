"""Pain stops, ratings and soreness: what the person said, and what follows from it. Nothing is inferred.

1. A muscle that was stopped for pain rests a day: it is warned of, and left out of plans.
2. A rating over the phase's limit asks for less pressure on that muscle for the rest of the session; over the phase's
   cap nobody is asked to hold there.
3. A rating well above the first one of the session is increasing pain, at which the article says to stop.
4. Several pain stops or high ratings of one muscle within two weeks: the article's advice to seek help.
5. What was said of soreness holds a day, or until the next run.
"""

from __future__ import annotations

from typing import NamedTuple

from firmware_host.coaching.events import Topic
from firmware_host.coaching.guidance import PhaseGuide, SafetyGuide
from firmware_host.coaching.setup import Trouble

DAY_S = 86400.0
Place = tuple[str | None, str | None]
"""Muscle and side."""

SEEK_HELP = (
    "Persistent pain, swelling, numbness, or a suspected stress fracture or muscle tear: see a physical therapist, a "
    "sports massage therapist or a doctor. Slowroll makes no diagnosis."
)
NUMBNESS = (
    "Numbness or tingling: come off it, and keep pressure off the outside of the knee and the middle of the glute."
)


class Felt(NamedTuple):
    """What is remembered of a muscle's ratings in this session."""

    first: int | None
    over: int | None


class Word(NamedTuple):
    """One advice that is due."""

    topic: Topic
    words: str
    source: str


class Safety:
    """Feed it what the person says; it says what is due."""

    __slots__ = ("_firsts", "_guide", "_over", "soreness", "soreness_t", "troubles")

    def __init__(
        self, guide: SafetyGuide, troubles: tuple[Trouble, ...], soreness: int | None, soreness_t: float
    ) -> None:
        self._guide = guide
        self.troubles = list(troubles)
        self.soreness = soreness
        self.soreness_t = soreness_t
        self._firsts: dict[Place, int] = {}
        """The session's first rating of a muscle and side."""
        self._over: dict[Place, int] = {}
        """The session's last rating, where it is over the phase's limit."""

    def take_guide(self, guide: SafetyGuide) -> None:
        self._guide = guide

    def begin_session(self) -> None:
        self._firsts.clear()
        self._over.clear()

    # --- what was said -----------------------------------------------------------------------------------------

    def pain(self, t: float, place: Place, kind: str | None) -> list[Word]:
        """A pain stop at `t`."""
        muscle, side = place
        self._add(Trouble(t=t, muscle=muscle, side=side, kind="pain"))
        guide = self._guide
        hours = guide.rest_s / 3600
        words = [
            Word(
                "pain_stop",
                f"Stopped for pain: rest this muscle for {hours:.0f} hours. If the pain stays, sharpens or spreads, "
                "see a professional.",
                guide.source,
            )
        ]
        if kind in ("numb", "numbness", "tingling"):
            words.append(
                Word("numbness", f"{NUMBNESS} {SEEK_HELP}", "numbness: seek help, the article; nerves: S40 [abs]")
            )
        return words + self._help(muscle, t)

    def rate(self, t: float, place: Place, value: int, phase: PhaseGuide) -> list[Word]:
        """A rating at `t`, in `phase`."""
        guide, words = self._guide, []
        first = self._firsts.setdefault(place, value)
        if value >= guide.help_rating:
            self._add(Trouble(t=t, muscle=place[0], side=place[1], kind="rating", value=value))
        if value > phase.pain_most:
            self._over[place] = value
            words.append(
                Word(
                    "rating_high",
                    f"{value} of 10 is over the {phase.pain_most} this phase asks for: lighter here, "
                    f"{'no holds, ' if value > phase.pain_cap else ''}or leave this muscle.",
                    phase.source,
                )
            )
        else:
            self._over.pop(place, None)
        if value - first >= guide.rising:
            words.append(
                Word(
                    "rating_rising",
                    f"Your rating rose from {first} to {value}. Increasing pain means stop: end here for today.",
                    guide.source,
                )
            )
        return words + (self._help(place[0], t) if value >= guide.help_rating else [])

    def sore(self, t: float, value: int) -> None:
        self.soreness, self.soreness_t = value, t

    def forget_soreness(self) -> None:
        """A new run: how the legs feel after it, nobody has said."""
        self.soreness = None

    def felt(self, place: Place) -> Felt:
        """To come back to, should the next rating be taken back."""
        return Felt(self._firsts.get(place), self._over.get(place))

    def unrate(self, place: Place, value: int, before: Felt) -> None:
        """The last rating was taken back."""
        for kept, was in ((self._firsts, before.first), (self._over, before.over)):
            kept.pop(place, None)
            if was is not None:
                kept[place] = was
        for trouble in reversed(self.troubles):
            if (trouble.muscle, trouble.side) == place and trouble.kind == "rating" and trouble.value == value:
                self.troubles.remove(trouble)
                return

    # --- what follows ------------------------------------------------------------------------------------------

    def is_sore(self, now: float) -> bool | None:
        """What the person said of soreness, while it holds; None: nothing."""
        if self.soreness is None or not 0 <= now - self.soreness_t < self._guide.sore_s:
            return None
        return self.soreness >= self._guide.sore_from

    def rests_s(self, place: Place, now: float) -> float:
        """Seconds for which this muscle and side still rest; 0: they don't. A stop whose side is not known counts for
        both."""
        muscle, side = place
        left = [
            trouble.t + self._guide.rest_s - now
            for trouble in self.troubles
            if trouble.kind == "pain"
            and trouble.muscle == muscle
            and muscle is not None
            and (trouble.side == side or None in (trouble.side, side))
        ]
        return max([0.0, *left])

    def resting(self, now: float) -> set[tuple[str, str | None]]:
        """Every muscle and side that rests."""
        return {
            (trouble.muscle, trouble.side)
            for trouble in self.troubles
            if trouble.kind == "pain" and trouble.muscle is not None and now < trouble.t + self._guide.rest_s
        }

    def force_factor(self, place: Place) -> float:
        """By what the force band is to be multiplied."""
        return self._guide.eased if place in self._over else 1.0

    def no_holds(self, place: Place, phase: PhaseGuide) -> bool:
        """Nobody is asked to stay on a spot of this muscle."""
        return self._over.get(place, 0) > phase.pain_cap

    def recent(self, now: float) -> tuple[Trouble, ...]:
        """What is still to be remembered."""
        keep = max(self._guide.help_days * DAY_S, self._guide.rest_s)
        return tuple(trouble for trouble in self.troubles if now - trouble.t < keep)

    def _add(self, trouble: Trouble) -> None:
        self.troubles = [*self.recent(trouble.t), trouble]

    def _help(self, muscle: str | None, now: float) -> list[Word]:
        guide = self._guide
        since = now - guide.help_days * DAY_S
        times = sum(trouble.muscle == muscle and trouble.t >= since for trouble in self.troubles)
        if muscle is None or times < guide.help_count:
            return []
        what = f"{times} pain stops or ratings of {guide.help_rating} and more here in {guide.help_days:.0f} days."
        return [Word("seek_help", f"{what} {SEEK_HELP}", guide.source)]
