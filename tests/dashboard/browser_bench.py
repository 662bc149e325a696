"""What the page's tests in a real browser stand on: the daemon's structs, a stream of live ones, a look at colours."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from brokers import until
from page_bench import Ear
from playwright.sync_api import Page as Tab
from playwright.sync_api import ViewportSize, expect

from firmware_host.coaching.events import Advice, Cue, Reason, SetDone
from firmware_host.coaching.snapshot import (
    PlanSnapshot,
    SessionSnapshot,
    SetBrief,
    SetSnapshot,
    StepSnapshot,
    ToolSnapshot,
)
from firmware_host.coaching.techniques import Card
from firmware_host.history.dose import Balance, Due, Lengths, Week
from firmware_host.history.helped import Helped
from firmware_host.history.spots import SpotMap, TenderSpot
from firmware_host.history.summary import HistorySummary, MuscleHistory
from firmware_host.messaging.payloads import LivePayload, StatePayload, live_payload

AT = "2026-08-01T07:30:00.000Z"
PHONE: ViewportSize = {"width": 390, "height": 844}

ROLLING = ToolSnapshot(
    tool="roller", kind="foam_roller", t=100.0, state="rolling", on_body=True, speed_m_s=-0.082,
    mean_speed_limit_m_s=0.093, live_speed_limit_m_s=0.187, force_n=212.4, force_low_n=184.0, force_high_n=320.0,
    load=None, position_m=0.1, position_sd_m=0.01, hold_s=0.0,
)  # fmt: skip
STATE = StatePayload(
    at=AT, t=100.0, tools=(ROLLING,), muscle="calves", side="left", tool="roller", phase="deep", profile="article",
    routine=None, last_cue=None, pain=False, quiet=False, faults=(), hold_done_s=20.0, hold_enough_s=30.0,
    set=SetSnapshot(
        started_t=60.0, work_s=32.4, target_s=45.0, passes=11, short_passes=1, holds=1, hold_s=21.0, in_guidance=0.87
    ),
    session=SessionSnapshot(
        started_t=0.0, work_s=123.0, in_guidance=0.84,
        sets=(
            SetBrief(muscle="glutes", side="right", tool="roller", work_s=46.0, passes=14, holds=2, in_guidance=0.91),
        ),
    ),
)  # fmt: skip
OFF_BODY = msgspec.structs.replace(ROLLING, state="off", on_body=False)
SLOW_DOWN = Cue(
    t=99.5, tool="roller", muscle="calves", side="left", cue="slow_down", pattern="slow_down", repeat_after_s=5.0,
    words="Slower: about half that speed",
    reason=Reason(value=0.236, limit=0.187, unit="m/s", source="guidance 2.4"),
)  # fmt: skip
SET_DONE = SetDone(
    t=101.0, tool="roller", muscle="it_band", side="right", start=50.0, end=96.0, duration_s=46.0, work_s=44.0,
    passes=12, short_passes=0, holds=1, hold_s=20.0, distance_m=3.4, mean_speed_m_s=0.08, in_guidance=0.77,
    mean_force_n=None, peak_force_n=None, force_source="not_measured", verdicts=(),
)  # fmt: skip


def change(struct: Any, **fields: Any) -> Any:
    return msgspec.structs.replace(struct, **fields)


def live(tool: ToolSnapshot = ROLLING, haptic: float = 0.0, **fields: Any) -> LivePayload:
    return live_payload(change(tool, **fields), AT, None, (0.0, 0.2, 0.6), haptic)


def begin(tab: Tab, ear: Ear, state: StatePayload = STATE) -> None:
    """Wait for the page to be connected, then let the daemon speak."""
    expect(tab.locator("#health")).to_contain_text("Waiting")
    ear.say("availability", b"online", retain=True)
    ear.say("state", state)
    expect(tab.locator("#health")).to_contain_text("Live")


class Stream:
    """Repeats a live message while something is looked for, as the daemon does at 10 Hz."""

    def __init__(self, tab: Tab, ear: Ear) -> None:
        self._tab = tab
        self._ear = ear

    def until(self, payload: LivePayload, selector: str, text: str) -> None:
        def seen() -> bool:
            self._ear.say("live", payload)
            return text in (self._tab.locator(selector).text_content() or "")

        until(seen, f"{text!r} in {selector}")


def low_contrast(tab: Tab) -> list[str]:
    """Texts under 4.5:1 (WCAG 2.1, 1.4.3) against the nearest ground that is painted behind them."""
    return tab.evaluate(
        """() => {
            const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
            const light = ([r, g, b]) => [r, g, b].map((level) => level / 255)
                .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
                .reduce((sum, c, index) => sum + c * [0.2126, 0.7152, 0.0722][index], 0);
            const ground = (node) => {
                for (let at = node; at; at = at.parentElement) {
                    const colour = parse(getComputedStyle(at).backgroundColor);
                    if (colour.length === 3 || colour[3] === 1) return colour;
                }
                return parse(getComputedStyle(document.body).backgroundColor);
            };
            const poor = [];
            for (const node of document.querySelectorAll("#page *")) {
                const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim() !== "");
                if (!own || node.disabled || getComputedStyle(node).visibility === "hidden") continue;
                const style = getComputedStyle(node);
                const ink = light(parse(node instanceof SVGElement ? style.fill : style.color));
                const back = light(ground(node));
                const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
                if (ratio < 4.5) poor.push(`${node.textContent.trim()}: ${ratio.toFixed(2)}`);
            }
            return poor;
        }"""
    )


CARD = Card(
    muscle="calves", side="left", tool="foam_roller", title="Left calf", muscles=("gastrocnemius", "soleus"),
    position="Sit with the roller under the left calf, hands behind you, and lift your seat off the floor.",
    start="just above the ankle", end="below the knee",
    lanes=("Toes up", "Turn the leg inward", "Turn the leg outward"),
    more="Lay the other leg on top.", note="Light on the Achilles tendon.", keep_off="the ankle bones and the knee",
    source="the article",
)  # fmt: skip
LEGS = ("calves", "hamstrings", "quadriceps", "tfl", "glutes", "tibialis_anterior")
STEPS = tuple(
    StepSnapshot(
        muscle=muscle, side=side, tool="hands" if muscle == "tibialis_anterior" else "roller",
        kind="hands" if muscle == "tibialis_anterior" else "foam_roller", set_s=40.0, state="next",
        why="instead of the IT band: the muscles that attach to it" if muscle == "tfl" else "",
    )
    for muscle in LEGS for side in ("left", "right")
)  # fmt: skip


def plan_at(index: int, skipped: tuple[int, ...] = ()) -> PlanSnapshot:
    """The plan with its step `index` on."""

    def place(at: int) -> Literal["done", "skipped", "now", "next"]:
        if at in skipped:
            return "skipped"
        return "done" if at < index else "now" if at == index else "next"

    steps = tuple(change(step, state=place(at)) for at, step in enumerate(STEPS))
    return PlanSnapshot(
        routine="post-run-legs", title="Post-run legs", steps=steps, total_s=480.0, left_s=480.0 - 40.0 * index,
        explained=("Asked for: 12 sets of 30 to 60 s.", "A session is 5 to 10 min, so that a set is 40 s."),
    )  # fmt: skip


SPOTS = SpotMap(
    spots=(
        TenderSpot(
            muscle="calves", side="left", position_m=0.12, position_sd_m=0.012, count=3,
            last_marked=AT, last_rating=6, trend="better", by="person", weeks=(),
        ),
        TenderSpot(
            muscle="calves", side="left", position_m=0.21, position_sd_m=0.02, count=1,
            last_marked=AT, last_rating=None, trend=None, by="hold", weeks=(),
        ),
        TenderSpot(
            muscle="glutes", side="right", position_m=0.05, position_sd_m=0.01, count=2,
            last_marked=AT, last_rating=3, trend="same", by="person", weeks=(),
        ),
    )
)  # fmt: skip
REST_MUSCLE = Advice(
    t=98.0, muscle="glutes", side="right", topic="rest_muscle",
    words="Leave the right glutes alone until tomorrow: they were stopped for pain.", source="the article",
)  # fmt: skip
HISTORY = HistorySummary(
    sessions=(), total_sessions=12, total_work_s=5400.0, streak_days=1, streak_weeks=3, week_sessions=2,
    week_minutes=14.0,
    muscles=(
        MuscleHistory(
            muscle="calves", side="left", last_done=AT, sessions=9, work_s=44.0, in_guidance=0.9, trend="better"
        ),
    ),
    days=28, days_since=1, week_goal=3,
    weeks=tuple(Week(since=f"2026-07-{day:02}", sessions=day % 4, work_s=60.0) for day in (6, 13, 20, 27)),
    lengths=Lengths(sessions=9, median_s=370.0, within=6, low_s=300.0, high_s=600.0),
    balance=(Balance(muscle=None, left_s=520.0, right_s=480.0, unsaid_s=0.0, left_share=0.52),),
    doses=(), troubles=(), due=(Due(muscle="glutes", side="right", days_since=9),),
    helped=(Helped(by="all", muscle=None, tool=None, phase=None, n=7, before=6.0, after=4.0, change=-2.0),),
)  # fmt: skip
