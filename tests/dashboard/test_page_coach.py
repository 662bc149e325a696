"""The coach on the page, in a real browser: checklist, routine, hands, phase, ratings, spots, advice, history, help."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from brokers import Mosquitto, until
from browser_bench import (
    CARD,
    HISTORY,
    OFF_BODY,
    PHONE,
    REST_MUSCLE,
    ROLLING,
    SLOW_DOWN,
    SPOTS,
    STATE,
    Stream,
    begin,
    change,
    live,
    low_contrast,
    plan_at,
)
from help_fixture import DOCUMENTS
from page_bench import Ear
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from firmware_host.coaching.events import Advice, PhaseChanged, Rating, Spot
from firmware_host.dashboard.documents import Document
from firmware_host.dashboard.page import Page
from firmware_host.history.spots import SpotMap
from firmware_host.messaging.payloads import ResultPayload

pytestmark = [pytest.mark.browser, pytest.mark.broker]

PLANNED = change(STATE, plan=plan_at(2, skipped=(1,)), card=CARD, lane="Turn the leg inward", run_ago_s=11000.0)


def go(tab: Tab, view: str) -> None:
    tab.get_by_role("link", name=view, exact=True).click()
    expect(tab.locator("main")).to_have_attribute("data-view", view.lower())


def test_before_the_first_use_the_checklist_is_read_and_acknowledged(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit(viewport=PHONE)
    begin(tab, ear, change(STATE, acknowledged=False, session=None, set=None, tools=(OFF_BODY,)))
    checklist = tab.locator("#checklist")
    expect(checklist.locator("li")).to_have_count(3)
    expect(checklist).to_contain_text("Do not S23 [abs]")
    expect(checklist.locator("h3")).to_have_count(2)
    expect(tab.locator("#hero .words")).to_have_text("First read the checklist")
    assert checklist.bounding_box()["y"] < tab.locator("#hero").bounding_box()["y"], "it stands first"
    tab.get_by_role("button", name="I have read this").click()
    ear.say("event/cue", change(SLOW_DOWN, t=99.0, tool=None, cue="read_first", words="Before the first use: read."))
    expect(tab.locator(".feed li")).to_have_count(1)
    expect(tab.locator("#hero .words")).to_have_text("First read the checklist")
    until(lambda: ear.commands("acknowledge"), "the command at the broker")
    ear.say("result/acknowledge", ResultPayload(id=ear.commands("acknowledge")[0]["id"], ok=True))
    ear.say("state", change(STATE, acknowledged=True, session=None, set=None, tools=(OFF_BODY,), t=101.0))
    expect(tab.locator("#hero .words")).to_have_text("Ready: left calf")
    expect(checklist).to_have_count(0)
    go(tab, "Help")
    tab.get_by_text("Before you roll for the first time").click()
    expect(tab.locator("#help-checklist")).to_contain_text("A thrombosis")
    expect(tab.get_by_role("button", name="I have read this")).to_have_count(0)


def test_a_checklist_that_can_not_be_shown_can_not_be_acknowledged(
    visit: Callable[..., Tab], serve: Callable[..., Page], ear: Ear, mosquitto: Mosquitto
) -> None:
    strange = {"/help.json": Document(make=lambda: b'{"profile": 7}', content_type="application/json")}
    tab = visit(serve(mosquitto.port, documents=strange))
    begin(tab, ear, change(STATE, acknowledged=False))
    expect(tab.locator("#checklist")).to_contain_text("a form that this page does not know")
    expect(tab.get_by_role("button", name="I have read this")).to_have_count(0)
    go(tab, "Help")
    expect(tab.locator("main")).to_contain_text("a form that this page does not know")


def test_a_program_without_a_coach_is_shown_as_before(visit: Callable[..., Tab], ear: Ear) -> None:
    new = [
        "acknowledged", "plan", "card", "lane", "advice", "starting_light", "resting", "breathe_in_s", "breathe_out_s",
        "run_ago_s", "sore", "ask_soreness",
    ]  # fmt: skip
    old = {name: value for name, value in msgspec.to_builtins(STATE).items() if name not in new}
    assert len(old) == len(msgspec.to_builtins(STATE)) - len(new)
    tab = visit()
    begin(tab, ear, msgspec.json.encode(old))
    Stream(tab, ear).until(live(), "#hero .why", "Matches the guidance")
    expect(tab.locator("#checklist, #plan-now, #technique, #faults, #soreness")).to_have_count(0)


def test_a_plan_is_shown_with_what_is_next_and_how(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear, PLANNED)
    now = tab.locator("#plan-now")
    expect(now).to_contain_text("3 of 12, 6:40 min left")
    expect(now).to_contain_text("Then: Right hamstrings, foam roller, 40 s")
    expect(tab.locator(".bar .main")).to_contain_text("Right hamstrings")
    technique = tab.locator("#technique")
    expect(technique).to_contain_text("gastrocnemius, soleus")
    expect(technique).to_contain_text("just above the ankle → below the knee")
    expect(technique.locator("[aria-current]")).to_have_text("Now: Turn the leg inward")
    expect(technique).to_contain_text("Keep off: the ankle bones and the knee")
    go(tab, "Plan")
    steps = tab.locator("ol.plan li")
    expect(steps).to_have_count(12)
    expect(steps.nth(0)).to_have_class("done")
    expect(steps.nth(1)).to_contain_text("Right calf foam roller (skipped)")
    expect(steps.nth(2)).to_have_attribute("aria-current", "step")
    expect(steps.nth(6)).to_contain_text("instead of the IT band")
    expect(steps.nth(10)).to_contain_text("Left shin by hand")
    expect(tab.get_by_text("A session is 5 to 10 min")).to_be_hidden()
    tab.get_by_text("How its time was shared out").click()
    expect(tab.get_by_text("A session is 5 to 10 min")).to_be_visible()
    expect(tab.get_by_role("button", name="Begin Post-run legs")).to_have_attribute("aria-pressed", "true")


def test_between_two_sets_the_next_muscle_and_its_card_come_first(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    plan = plan_at(0)
    begin(tab, ear, change(PLANNED, plan=plan, set=None, tools=(OFF_BODY,)))
    expect(tab.locator("#hero .words")).to_have_text("Next: left calf")
    expect(tab.locator("#hero .why")).to_have_text("From just above the ankle to below the knee")
    assert tab.locator("#technique").bounding_box()["y"] < tab.locator("#speed").bounding_box()["y"]
    ear.say("state", change(PLANNED, plan=plan, t=101.0))
    Stream(tab, ear).until(live(), "#hero .words", "Rolling")
    expect(tab.locator("#hero .why")).to_have_text("Matches the guidance · 32 of 45 s")
    assert tab.locator("#technique").bounding_box()["y"] > tab.locator("#speed").bounding_box()["y"]
    over = change(plan, steps=tuple(change(step, state="done") for step in plan.steps), left_s=0.0)
    ear.say("state", change(PLANNED, plan=over, t=102.0))
    expect(tab.locator("#plan-now")).to_contain_text("All steps are over")


def test_hands_are_timed_and_not_measured(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    # A roller without a pressure sensor is always on the body: what it says is not about the hands.
    timed = change(STATE.set, passes=0, holds=0, in_guidance=None)
    done = change(STATE.session, in_guidance=None)
    begin(tab, ear, change(STATE, tool="hands", tools=(ROLLING,), set=timed, session=done))
    ear.say("event/cue", SLOW_DOWN)  # of the roller that was just laid down
    expect(tab.locator(".feed li")).to_have_count(1)
    for _ in range(5):
        ear.say("live", live())
    expect(tab.locator("#speed .status")).to_have_text("Not measured")
    expect(tab.locator("#force .status")).to_have_text("Not measured")
    expect(tab.locator("#speed .figure")).to_have_text("–")
    expect(tab.locator("#hero .words")).to_have_text("By hand: left calf")
    expect(tab.locator("#hero .why")).to_have_text("13 s to go")
    expect(tab.locator("#set")).to_contain_text("Timer32 / 45 s")
    expect(tab.locator("#set")).to_contain_text("In guidance–")
    expect(tab.locator("#session .sum")).to_have_text("2:03 min of work, 1 set")
    expect(tab.get_by_role("button", name="Hands", exact=True)).to_have_attribute("aria-pressed", "true")


def test_a_phase_says_since_when_and_what_it_changes(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear, change(STATE, run_ago_s=11000.0, sore=False))
    expect(tab.locator("#phase")).to_have_text("Deep · 3 h after run · article")
    words = "Two hours after the run: deeper now, and holds on tender spots."
    ear.say(
        "event/phase",
        PhaseChanged(t=101.0, phase="deep", before="between", since_run_s=7200.0, words=words, source="W2"),
    )
    expect(tab.locator(".notices .ok")).to_contain_text(words)
    expect(tab.locator(".feed")).to_contain_text(words)
    go(tab, "Plan")
    phase = tab.locator("#phase-card")
    expect(phase).to_contain_text("The run ended 3 h ago. Your legs are not sore, you said.")
    expect(phase).to_contain_text(words)
    expect(phase).to_contain_text(
        "up to 9.3 cm/s on average, never over 19; 184 to 320 N; the hold timer's marks at 20 and 30 s. Source: W2."
    )
    ear.say("state", change(STATE, phase="unknown", t=102.0))
    expect(phase).to_contain_text("When the run ended is not known.")
    expect(phase).not_to_contain_text(words)


def test_soreness_is_asked_only_while_it_is_open(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear, change(STATE, phase="gentle", ask_soreness=True))
    expect(tab.locator("#soreness")).to_contain_text("How sore are your legs today?")
    ear.say("event/rating", Rating(t=101.0, value=2, when="before", kind="soreness"))
    ear.say("state", change(STATE, phase="maintenance", sore=False, t=101.0))
    expect(tab.locator("#soreness")).to_have_count(0)
    expect(tab.locator(".feed")).to_contain_text("Soreness of the legs: 2 of 10")


def test_ratings_are_kept_by_muscle_before_and_after(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    where = {"muscle": "calves", "side": "left"}
    ear.say("event/rating", Rating(t=101.0, value=6, when="before", **where))
    ear.say("event/rating", Rating(t=102.0, value=3, when="after", **where))
    expect(tab.locator(".rated")).to_have_text("Left calf: 6 before, 3 after")
    ear.say("event/rating", Rating(t=103.0, value=3, when="after", removed=True, **where))
    expect(tab.locator(".rated")).to_have_text("Left calf: 6 before, – after")
    expect(tab.locator(".feed")).to_contain_text("Left calf after rolling: 3 of 10, taken back")


def test_advice_stays_until_the_state_drops_it(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("event/advice", REST_MUSCLE)
    plan = Advice(t=97.0, topic="plan", words="3 muscles at 60 s would be 360 s in all.", source="")
    expect(tab.locator(".feed")).to_contain_text("Leave the right glutes alone until tomorrow")
    help_ = Advice(t=99.0, topic="seek_help", words="Please ask a physiotherapist or a doctor.", source="the article")
    ear.say("state", change(STATE, advice=(plan, REST_MUSCLE, help_), t=101.0))
    cards = tab.locator(".advice-cards section")
    expect(cards).to_have_count(2)
    expect(cards.nth(0)).to_contain_text("Please ask a physiotherapist or a doctor.")
    expect(cards.nth(0)).to_have_class("card note stop")
    expect(cards.nth(1)).to_have_class("card note warn")
    assert cards.nth(0).bounding_box()["y"] < tab.locator("#speed").bounding_box()["y"], "an alarm comes first"
    assert cards.nth(1).bounding_box()["y"] > tab.locator("#set").bounding_box()["y"], "the rest can wait"
    go(tab, "Plan")
    expect(cards).to_have_count(3)
    expect(cards.nth(2)).to_contain_text("3 muscles at 60 s")
    go(tab, "Roll")
    ear.say("state", change(STATE, advice=(help_,), t=102.0))
    expect(cards).to_have_count(1)
    ear.say("state", change(STATE, t=103.0))
    expect(cards).to_have_count(0)


def test_tender_spots_of_this_muscle_and_the_way_to_the_nearest(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    expect(tab.locator("#spots")).to_have_count(0)
    ear.say("spots", SPOTS, retain=True)
    spots = tab.locator("#spots")
    expect(spots.locator("li")).to_have_count(2)
    expect(spots.locator("circle")).to_have_count(2)
    expect(spots).to_contain_text("12 ± 1 cm, rated 6 of 10, ▾ easing, marked 3 times")
    expect(spots).to_contain_text("21 ± 2 cm, not rated, held once")
    stream = Stream(tab, ear)
    stream.until(live(position_m=0.06, speed_m_s=0.08), "#spots .way", "Tender spot 6 cm ahead")
    stream.until(live(position_m=0.06, speed_m_s=-0.08), "#spots .way", "Tender spot 6 cm behind")
    stream.until(live(position_m=0.06, speed_m_s=0.0), "#spots .way", "Tender spot 6 cm away")
    stream.until(live(position_m=0.125, speed_m_s=0.02), "#spots .way", "On the tender spot")
    ear.say("event/spot", Spot(t=101.0, muscle="calves", side="left", position_m=0.3, position_sd_m=0.01, rating=None))
    expect(tab.locator(".feed")).to_contain_text("Tender spot marked: Left calf, 30 cm")
    ear.say("state", change(STATE, muscle="glutes", side="right", t=102.0))
    expect(spots.locator("li")).to_have_count(1)
    ear.say("spots", SpotMap(spots=()))
    expect(spots).to_have_count(0)


def test_history_and_the_report_are_a_tap_away(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("history", HISTORY, retain=True)
    go(tab, "History")
    history = tab.locator("#history")
    expect(history).to_contain_text("Weeks in a row3")
    expect(history).to_contain_text("2 of 3")
    expect(history.get_by_role("img")).to_have_attribute(
        "aria-label", "Sessions in each of the last 4 weeks: 2, 1, 0, 3; goal 3"
    )
    expect(history).to_contain_text("A session has 6:10 min of work (the middle one); 6 of 9 are of 5 min to 10 min")
    expect(history).to_contain_text("Of the last 28 days' work 52 % was left and 48 % right")
    expect(history).to_contain_text("Longest not worked: right glutes, 9 days")
    expect(history).to_contain_text("Of 7 pairs of your ratings the middle is 6 before and 4 after")
    expect(history.locator("tbody tr")).to_contain_text("Left calf")
    expect(history.locator("tbody tr")).to_contain_text("▴ better")
    with tab.context.expect_page() as opened:
        history.get_by_role("link", name="Report").click()
    report = opened.value
    expect(report.locator("p")).to_have_text("Four weeks")
    assert report.evaluate("getComputedStyle(document.querySelector('p')).color") == "rgb(0, 0, 128)", "its own styles"


def test_one_session_is_no_habit(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    lengths = change(HISTORY.lengths, sessions=1, within=0, median_s=11.0)
    ear.say("history", change(HISTORY, total_sessions=1, lengths=lengths, due=(), helped=()))
    go(tab, "History")
    expect(tab.locator("#history tbody tr")).to_have_count(1)
    expect(tab.locator("#history .plain-list li")).to_have_count(0)


def test_a_history_without_the_weeks_is_shown_as_far_as_it_goes(visit: Callable[..., Tab], ear: Ear) -> None:
    """What an older program says of the past."""
    new = {"days", "days_since", "week_goal", "weeks", "lengths", "balance", "doses", "helped", "troubles", "due"}
    tab = visit()
    begin(tab, ear)
    old = {name: value for name, value in msgspec.to_builtins(HISTORY).items() if name not in new}
    ear.say("history", msgspec.json.encode(old))
    go(tab, "History")
    expect(tab.locator("#history")).to_contain_text("2 × 14 min in all")
    expect(tab.locator("#history .weeks, #history .plain-list li, #faults")).to_have_count(0)


def test_help_lists_every_rule_and_cue_with_its_numbers_and_sources(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("event/cue", SLOW_DOWN)
    tab.locator("#hero summary").click()
    tab.get_by_role("link", name="What this cue means").click()
    cue = tab.locator("#cue-slow_down")
    expect(cue).to_have_attribute("open", "")
    expect(cue).to_contain_text("speed is over the live limit for 0.3 s")
    expect(cue).to_be_in_viewport()
    cue.get_by_role("link", name="G2").click()
    rule = tab.locator("#rule-G2")
    expect(rule).to_have_attribute("open", "")
    expect(rule).to_contain_text("How it is known: measured")
    expect(rule).to_contain_text("Source: Behm 2020 (S1) [abs]")
    expect(rule).to_be_in_viewport()
    expect(rule.locator(".numbers tr")).to_have_count(2)
    expect(tab.locator("[id^=rule-]")).to_have_count(2)
    expect(tab.locator("#rule-M1d summary .tag")).to_have_text("prompted")
    tab.get_by_label("Find in the help").fill("rotate")
    expect(tab.locator("[id^=rule-]")).to_have_count(1)
    tab.get_by_label("Find in the help").fill("how long")
    expect(tab.get_by_text("How long?")).to_be_visible()
    expect(tab.locator("[id^=rule-]")).to_have_count(0)
    tab.get_by_label("Find in the help").fill("zebra")
    expect(tab.locator("#help")).to_contain_text("Nothing here speaks of “zebra”.")


def test_the_help_follows_the_profile(
    visit: Callable[..., Tab], serve: Callable[..., Page], ear: Ear, mosquitto: Mosquitto
) -> None:
    help_json = DOCUMENTS["/help.json"]
    profiles = ["article", "scan"]
    asked: list[str] = []

    def make() -> bytes:
        asked.append(profiles[len(asked)])
        return help_json.make().replace(b'"profile":"article"', f'"profile":"{asked[-1]}"'.encode())

    tab = visit(serve(mosquitto.port, documents={"/help.json": change(help_json, make=make)}))
    begin(tab, ear)
    go(tab, "Help")
    expect(tab.locator("#help")).to_contain_text("profile article")
    ear.say("state", change(STATE, profile="scan", t=101.0))
    expect(tab.locator("#help")).to_contain_text("profile scan")
    assert asked == profiles


def test_a_fault_is_seen_in_every_view(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("state", b'{"t": "soon"}')
    for view in ("Plan", "History", "Help", "Roll"):
        go(tab, view)
        expect(tab.locator("#faults")).to_contain_text("A message on state could not be read")


def test_a_cue_is_seen_in_every_view(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    for view in ("Plan", "History", "Help"):
        go(tab, view)
        expect(tab.locator("#hero")).to_be_visible()
    ear.say("event/cue", SLOW_DOWN)
    expect(tab.locator("#hero .words")).to_have_text("Slower: about half that speed")
    expect(tab.get_by_role("button", name="Pain – stop")).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_fits_the_screen_and_can_be_read(
    visit: Callable[..., Tab], ear: Ear, width: int, scheme: str
) -> None:
    tab = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    begin(tab, ear, change(PLANNED, acknowledged=False, ask_soreness=True, advice=(REST_MUSCLE,), sore=True))
    ear.say("spots", SPOTS)
    ear.say("history", HISTORY)
    ear.say("event/cue", SLOW_DOWN)
    expect(tab.locator("#spots")).to_be_visible()
    for view in ("Roll", "Plan", "History", "Help"):
        go(tab, view)
        tab.evaluate("document.querySelectorAll('main details').forEach((each) => { each.open = true; })")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, f"{view}: nothing sticks out sideways"
        assert low_contrast(tab) == [], view


@pytest.mark.parametrize("tail", ["#nothing", "#help/rule-none", "#%", "#help/%E0%A4%A"])
def test_an_address_that_leads_nowhere_shows_a_view(visit: Callable[..., Tab], ear: Ear, tail: str) -> None:
    tab = visit()
    tab.goto(tab.url.split("#")[0] + tail)
    begin(tab, ear)
    expect(tab.locator("main")).to_have_attribute("data-view", "help" if "help" in tail else "roll")
