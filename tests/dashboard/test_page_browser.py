"""The page in a real browser (headless Chromium), over a real mosquitto, fed with the daemon's own structs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from brokers import Mosquitto, until
from browser_bench import (
    OFF_BODY,
    PHONE,
    ROLLING,
    SET_DONE,
    SLOW_DOWN,
    STATE,
    Stream,
    begin,
    change,
    live,
    low_contrast,
    plan_at,
)
from help_fixture import DOCUMENTS
from page_bench import (
    Ear,
)
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from firmware_host.coaching.events import Fault, Recovered, SessionDone
from firmware_host.coaching.inputs import Command
from firmware_host.dashboard.page import Page
from firmware_host.messaging import commands
from firmware_host.messaging.payloads import ResultPayload

pytestmark = [pytest.mark.browser, pytest.mark.broker]


def test_what_the_daemon_says_is_seen(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    stream = Stream(tab, ear)
    stream.until(live(), "#speed .figure", "8.2")
    stream.until(live(), "#speed .status", "Within the band")
    stream.until(live(), "#speed .limits", "mean up to 9.3, never over 19")
    stream.until(live(), "#force .figure", "212")
    stream.until(live(), "#force .status", "Within the band")
    stream.until(live(), "#hold .status", "No hold now")
    stream.until(live(haptic=1.0), "#led", "blue")
    stream.until(live(), "#hero .why", "Matches the guidance")
    expect(tab.locator("#set")).to_contain_text("Left calf")
    expect(tab.locator("#set")).to_contain_text("Foam roller")
    expect(tab.locator("#set")).to_contain_text("32 / 45 s")
    expect(tab.locator("#phase")).to_have_text("Deep · article")
    expect(tab.locator("#session tbody tr")).to_have_count(1)
    expect(tab.locator("#session tbody tr")).to_contain_text("Right glutes")
    expect(tab.locator("footer")).to_contain_text("For wellness, not medical care")


def test_speed_force_and_hold_are_told_apart_by_words_and_marks(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    stream = Stream(tab, ear)
    stream.until(live(speed_m_s=0.16), "#speed .status", "▲ Near the limit")
    stream.until(live(speed_m_s=-0.24), "#speed .status", "✖ Too fast")
    stream.until(live(force_n=90.0), "#force .status", "▼ Under the band")
    stream.until(live(force_n=400.0), "#force .status", "✖ Over the band")
    stream.until(live(force_n=None, load=0.43), "#force .figure", "43")
    stream.until(live(force_n=None, load=0.43), "#force .limits", "not calibrated")
    stream.until(live(force_n=None), "#force .status", "Not measured")
    stream.until(live(force_low_n=None, force_high_n=None), "#force .status", "No band for this")
    stream.until(live(state="holding", hold_s=12.3), "#hold .status", "Hold to 20 s")
    stream.until(live(state="holding", hold_s=23.4), "#hold .status", "✔ 20 s reached")
    stream.until(live(state="holding", hold_s=31.0), "#hold .status", "▲ 30 s: enough")


def test_a_cue_is_shown_large_read_out_and_explained_on_a_tap(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("event/cue", SLOW_DOWN)
    expect(tab.locator("#hero .words")).to_have_text("Slower: about half that speed")
    expect(tab.locator("[aria-live=assertive]")).to_have_text("Slower: about half that speed")
    expect(tab.locator("#hero summary")).to_contain_text("24 cm/s, limit 19 cm/s")
    expect(tab.get_by_text("guidance 2.4")).to_be_hidden()
    tab.locator("#hero summary").click()
    expect(tab.get_by_text("guidance 2.4")).to_be_visible()
    # The state that follows names the same cue: it is not a second one.
    ear.say("state", change(STATE, last_cue=SLOW_DOWN, t=100.5))
    ear.say("event/set", SET_DONE)
    expect(tab.locator(".feed li")).to_have_count(2)
    expect(tab.locator(".feed")).to_contain_text("Set done: Right IT band, 44 s, 12 passes, 77 % in guidance")


def test_pain_is_sent_answered_and_shown(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit(viewport=PHONE)
    begin(tab, ear)
    tab.get_by_role("button", name="Pain – stop").click()
    until(lambda: ear.commands("pain"), "the command at the broker")
    ear.say("result/pain", ResultPayload(id=ear.commands("pain")[0]["id"], ok=True))
    expect(tab.locator(".notices .ok")).to_contain_text("Pain – stop")
    ear.say("state", change(STATE, pain=True, t=101.0))
    expect(tab.locator("#hero .words")).to_have_text("Stopped for pain")


def test_a_refusal_is_shown_with_its_reason(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    tab.get_by_role("button", name="Next", exact=True).click()
    until(lambda: ear.commands("next"), "the command at the broker")
    ear.say("result/next", ResultPayload(id="somebody-else", ok=False, why="not yours"))
    ear.say("result/next", ResultPayload(id=ear.commands("next")[0]["id"], ok=False, why="no routine is chosen"))
    expect(tab.locator(".notices .no")).to_have_text("✖ Next set: no routine is chosen")


def test_every_button_sends_what_the_daemon_understands(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit(timezone_id="Europe/Berlin")
    two = (ROLLING, change(OFF_BODY, tool="ball", kind="massage_ball"))
    begin(tab, ear, change(STATE, muscle=None, side=None, tool=None, tools=two))

    def press(name: str, **options: Any) -> None:
        tab.get_by_role("button", name=name, exact=True, **options).click()

    press("Shin")
    expect(tab.get_by_text("Which side?")).to_be_visible()
    assert ear.commands("select") == [], "half a choice is not sent"
    press("Right")
    ear.say("state", change(STATE, muscle="tibialis_anterior", side="right", tools=two, t=101.0))
    press("Ball")
    for name in ("Hands", "Spot", "Next", "Quiet", "Tare", "Undo", "End session", "Pain – stop"):
        press(name)
    press("Before rolling")
    press("Rate 7 of 10")
    press("Quick five minutes")
    tab.get_by_role("link", name="Plan", exact=True).click()
    press("2 h")
    tab.get_by_label("Minutes since the run finished").fill("75")
    press("Set")
    tab.get_by_label("How hard it was").select_option("6")
    tab.get_by_label("Date and time at which the run finished").fill("2026-07-31T22:00")
    press("Set time")
    press("Begin One muscle")
    press("Use profile scan")
    ear.say("state", change(STATE, ask_soreness=True, t=102.0))
    press("Soreness 4 of 10")
    ear.say("state", change(STATE, plan=plan_at(2), acknowledged=False, t=103.0))
    press("I have read this")
    tab.get_by_role("link", name="Roll", exact=True).click()
    for name in ("Back", "Repeat", "Undo", "Skip"):
        press(name)
    until(lambda: len(ear.heard) == 23, "all commands at the broker")

    understood = {}
    for topic, payload in ear.heard:
        name = topic.removeprefix("cmd/")
        command = commands.decode(name, payload, 0.0, datetime(2026, 8, 1, tzinfo=UTC))
        assert isinstance(command, Command), command
        fields = {key: value for key, value in msgspec.structs.asdict(command).items() if value is not None}
        assert fields.pop("id")
        understood.setdefault(name, []).append({k: v for k, v in fields.items() if k not in {"t", "command"}})
    assert understood == {
        "select": [
            {"muscle": "tibialis_anterior", "side": "right"},
            {"muscle": "tibialis_anterior", "side": "right", "tool": "ball"},
            {"muscle": "tibialis_anterior", "side": "right", "tool": "hands"},
        ],
        "routine": [
            {"routine": "quick", "muscle": "tibialis_anterior"},
            {"routine": "one-muscle", "muscle": "tibialis_anterior"},
        ],
        "profile": [{"profile": "scan"}], "soreness": [{"value": 4}], "acknowledge": [{}],
        "back": [{}], "repeat": [{}], "undo": [{}, {}],
        "spot": [{}], "next": [{}, {}], "quiet": [{"on": True}], "tare": [{}], "end": [{}], "pain": [{}],
        "rate": [{"value": 7, "when": "before"}],
        "run_finished": [{"ago_s": 7200.0}, {"ago_s": 4500.0}, {"ago_s": 4 * 3600.0, "effort": 6}],
    }  # fmt: skip


def test_the_keyboard_reaches_the_stop(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    for _ in range(60):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.className") == "pain":
            break
    tab.keyboard.press("Enter")
    until(lambda: ear.commands("pain"), "the command at the broker")


def test_values_that_stop_coming_are_not_shown_as_live(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    tab.clock.install()
    tab.reload()
    begin(tab, ear)
    Stream(tab, ear).until(live(), "#speed .figure", "8.2")
    expect(tab.locator("#speed .figure")).to_have_text("–")
    expect(tab.locator("#speed .status")).to_contain_text("No live values")
    ear.say("state", change(STATE, tools=(OFF_BODY,), t=101.0))
    expect(tab.locator("#speed .status")).to_contain_text("Off the body")
    expect(tab.locator("#health")).to_contain_text("Live")
    tab.clock.fast_forward(13_000)
    expect(tab.locator("#health")).to_contain_text("No news")
    expect(tab.locator("#hero")).to_contain_text("Nothing has come from Slowroll for 1")
    expect(tab.locator("main")).to_have_class("stale")
    ear.say("state", change(STATE, t=115.0))
    expect(tab.locator("#health")).to_contain_text("Live")


def test_a_retained_state_and_a_dead_daemon_are_not_shown_as_live(visit: Callable[..., Tab], ear: Ear) -> None:
    ear.say("availability", b"offline", retain=True)
    ear.say("state", change(STATE, last_cue=SLOW_DOWN), retain=True)
    tab = visit()
    expect(tab.locator("#health")).to_contain_text("Slowroll is off")
    expect(tab.locator("#set")).to_contain_text("Left calf")
    expect(tab.locator("main")).to_have_class("stale")
    ear.say("availability", b"online", retain=True)
    expect(tab.locator("#health")).to_contain_text("Waiting")
    expect(tab.locator("#hero")).not_to_contain_text("Slower")


def test_a_broker_that_goes_and_comes_back_is_followed(
    visit: Callable[..., Tab], ear: Ear, mosquitto: Mosquitto
) -> None:
    tab = visit()
    begin(tab, ear)
    mosquitto.stop()
    expect(tab.locator("#health")).to_contain_text("Not connected")
    expect(tab.locator("#hero")).to_contain_text("The MQTT broker at 127.0.0.1")
    expect(tab.get_by_role("button", name="Next", exact=True)).to_be_disabled()
    tab.get_by_role("button", name="Pain – stop").click()
    expect(tab.locator(".notices .no")).to_contain_text("hold the roller's button")
    mosquitto.start()
    expect(tab.locator("#health")).to_contain_text("Waiting", timeout=15_000)
    again = Ear(mosquitto.port, "test")
    again.say("state", change(STATE, t=130.0))
    expect(tab.locator("#health")).to_contain_text("Live")
    again.close()


def test_faults_come_with_what_to_do_and_go(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("event/fault", Fault(t=101.0, device="roller force", what="no answer", hint="Check the cable."))
    expect(tab.locator("#faults")).to_contain_text("roller force: no answer Check the cable.")
    ear.say("event/recovered", Recovered(t=102.0, device="roller force", what="back", hint=""))
    expect(tab.locator("#faults")).to_have_count(0)


def test_the_last_session_is_shown_with_its_advice(visit: Callable[..., Tab], ear: Ear) -> None:
    done = SessionDone(
        t=300.0, start=0.0, end=290.0, phase="deep", profile="article", routine=None, sets=(SET_DONE,),
        per_leg_s={"right": 44.0}, work_s=44.0, in_guidance=0.77, ended="person", advice=("Drink some water.",),
    )  # fmt: skip
    ear.say("session/last", done, retain=True)
    tab = visit()
    begin(tab, ear, change(STATE, session=None, set=None, tools=(OFF_BODY,)))
    expect(tab.locator("#session")).to_contain_text("Last session")
    expect(tab.locator("#session")).to_contain_text("Drink some water.")
    expect(tab.locator("#session tbody tr")).to_contain_text("Right IT band")


def test_a_large_message_that_comes_in_pieces_holds_up_nothing(visit: Callable[..., Tab], ear: Ear) -> None:
    done = SessionDone(
        t=300.0, start=0.0, end=290.0, phase="deep", profile="article", routine=None, sets=(SET_DONE,) * 300,
        per_leg_s={"right": 44.0}, work_s=44.0, in_guidance=0.77, ended="person", advice=(),
    )  # fmt: skip
    tab = visit()
    begin(tab, ear, change(STATE, session=None))
    ear.say("session/last", done)  # about 130 kB: several WebSocket messages
    expect(tab.locator("#session tbody tr")).to_have_count(300)
    ear.say("state", change(STATE, session=None, muscle="glutes", t=101.0))
    expect(tab.locator("#set")).to_contain_text("Left glutes")


def test_a_message_that_can_not_be_read_is_named_and_the_rest_goes_on(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear)
    ear.say("state", b'{"t": "soon"}')
    expect(tab.locator("#faults")).to_contain_text("A message on state could not be read")
    Stream(tab, ear).until(live(), "#speed .figure", "8.2")


def test_with_a_token_the_browser_signs_in_once(
    visit: Callable[..., Tab], serve: Callable[..., Page], ear: Ear, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("a-long-and-random-token\n")
    tab = visit(serve(mosquitto.port, host="0.0.0.0", token_file=str(path), documents=DOCUMENTS))
    tab.get_by_label("Token").fill("a-long-and-random-token")
    tab.get_by_role("button", name="Sign in").click()
    begin(tab, ear)
    tab.reload()
    expect(tab.locator("#health")).to_contain_text("Waiting")


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_can_be_read(visit: Callable[..., Tab], ear: Ear, width: int, scheme: str) -> None:
    tab = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
    begin(tab, ear)
    ear.say("event/cue", SLOW_DOWN)
    ear.say("event/set", SET_DONE)
    expect(tab.locator(".feed li")).to_have_count(2)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width, "nothing sticks out sideways"
    assert tab.locator(".pain").bounding_box()["height"] >= 48
    assert low_contrast(tab) == []
