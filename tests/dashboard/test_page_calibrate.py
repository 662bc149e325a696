"""Calibrating from the page, in a real browser; the station's answers are played."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from brokers import Mosquitto, until
from browser_bench import OFF_BODY, PHONE, STATE, begin, change, low_contrast
from page_bench import Ear
from playwright.sync_api import Locator, expect
from playwright.sync_api import Page as Tab

from firmware_host.calibrating.bench import Progress
from firmware_host.messaging.payloads import CalibrationNote, DiagnosticsPayload, ResultPayload

pytestmark = [pytest.mark.browser, pytest.mark.broker]

IDLE = change(STATE, session=None, set=None, tools=(OFF_BODY, change(OFF_BODY, tool="stick")))
ALONE = change(IDLE, tools=(OFF_BODY,))
WAITS = Progress(
    what="force", tool="roller", step="load", do="Put a known mass on the roller.", share=0.0, wants_mark=True,
    live={"reading_pa": 105182.4},
)  # fmt: skip
DONE = change(WAITS, step="done", do="", share=1.0, wants_mark=False, words="force up to 196 N by 2 points")


class Station:
    """Answers what was asked last, as the daemon would."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._answered = 0

    def next(self, step: str) -> dict[str, Any]:
        """The next command of this step; looks before it are left alone."""
        found: list[dict[str, Any]] = []

        def came() -> bool:
            heard = self._ear.commands("calibrate")
            found[:] = [one for one in heard[self._answered :] if one["step"] == step][:1]
            if found:
                self._answered = heard.index(found[0]) + 1
            return bool(found)

        until(came, f"{step} at the broker")
        return found[0]

    def answer(self, step: str, data: Progress | None, why: str = "") -> dict[str, Any]:
        asked = self.next(step)
        self._ear.say("result/calibrate", ResultPayload(id=asked["id"], ok=not why, why=why, data=data))
        return {name: value for name, value in asked.items() if name != "id"}


def opened(tab: Tab) -> Locator:
    card = tab.locator("#calibrate")
    expect(card.get_by_role("button", name="Begin")).to_be_hidden()
    card.locator("summary").click()
    expect(card.get_by_role("button", name="Begin")).to_be_visible()
    return card


def press(card: Locator, name: str) -> None:
    card.get_by_role("button", name=name, exact=True).click()


def test_force_is_calibrated_mass_by_mass(visit: Callable[..., Tab], ear: Ear) -> None:
    tab, station = visit(viewport=PHONE), Station(ear)
    begin(tab, ear, IDLE)
    card = opened(tab)
    press(card, "Force")
    expect(card).to_contain_text("a bathroom scale to press it on. 3 min")
    press(card, "Stick")
    press(card, "Roller")
    press(card, "Begin")
    tare = change(WAITS, step="tare", do="Take everything off.", share=0.4, wants_mark=False)
    assert station.answer("begin", tare) == {"what": "force", "tool": "roller", "step": "begin"}
    expect(card).to_contain_text("Take everything off.")
    mark = card.get_by_role("button", name="Mark: it is on now")
    kg = card.get_by_label("Mass on the roller, kg")
    kg.fill("10")
    expect(mark).to_be_disabled()
    # What somebody else is told is not for this page.
    ear.say("result/calibrate", ResultPayload(id="other-1", ok=True, data=DONE))
    assert station.answer("look", WAITS) == {"what": "force", "tool": "roller", "step": "look"}
    expect(card).to_contain_text("Put a known mass on the roller.")
    expect(card).to_contain_text("Reading 105.18 kPa")
    for wrong in ("", "x", "0.1", "201"):
        kg.fill(wrong)
        expect(mark).to_be_disabled()
    kg.fill("10,5")
    mark.click()
    assert station.answer("mark", change(WAITS, problem="the reading is not steady"))["kg"] == 10.5
    expect(card.locator(".trouble")).to_have_text("The reading is not steady")
    # It goes on while something else is looked at.
    tab.get_by_role("link", name="Help", exact=True).click()
    tab.get_by_role("link", name="Calibrating").click()
    expect(card).to_contain_text("Put a known mass on the roller.")
    press(card, "Finish")
    station.answer("finish", DONE)
    expect(card.get_by_role("status")).to_have_text("Force: done. Force up to 196 N by 2 points. It holds from now on.")
    expect(tab.get_by_role("link", name="Calibrating")).to_have_count(0)
    expect(card.get_by_role("button", name="Begin")).to_be_visible()


def test_a_refusal_gives_its_reason_and_a_cancel_changes_nothing(visit: Callable[..., Tab], ear: Ear) -> None:
    tab, station = visit(), Station(ear)
    begin(tab, ear, ALONE)
    card = opened(tab)
    expect(card.get_by_role("button", name="Roller")).to_have_count(0)  # one tool is no choice
    press(card, "Begin")
    station.answer("begin", None, "a session is on: end it first")
    expect(card.get_by_role("status")).to_have_text("Gyro: not calibrated. A session is on: end it first")
    press(card, "Radius")
    distance = card.get_by_label("Distance between the marks, m")
    distance.fill("9")
    expect(card.get_by_role("button", name="Begin")).to_be_disabled()
    distance.fill("1.5")
    press(card, "Begin")
    lies = change(WAITS, what="radius", step="first", do="Lay it at the first mark.", wants_mark=False)
    assert station.answer("begin", lies)["distance_m"] == 1.5
    expect(card).to_contain_text("Lay it at the first mark.")
    expect(card.get_by_role("button", name="Mark")).to_have_count(0)
    station.answer("look", change(lies, step="refused", problem="it slipped"), "it slipped")
    expect(card.get_by_role("status")).to_have_text("Radius: not calibrated. It slipped")
    press(card, "Span")
    card.get_by_label("Muscle to measure").select_option("glutes")
    press(card, "Begin")
    end = change(WAITS, what="span", step="first_end", do="Roll to one end.")
    assert station.answer("begin", end)["muscle"] == "glutes"
    press(card, "Mark: here is an end")
    assert "kg" not in station.answer("mark", change(end, do="Roll to the other end.", share=0.5))
    expect(card).to_contain_text("Roll to the other end.")
    press(card, "Cancel")
    station.answer("cancel", end)
    expect(card.get_by_role("status")).to_contain_text("Span: cancelled, everything is as it was.")


def test_a_lost_line_is_said_and_it_looks_again_when_it_is_back(
    visit: Callable[..., Tab], ear: Ear, mosquitto: Mosquitto
) -> None:
    tab, station = visit(), Station(ear)
    begin(tab, ear, ALONE)
    card = opened(tab)
    press(card, "Begin")
    lies = change(WAITS, what="gyro", step="still", do="Leave it alone.", wants_mark=False)
    station.answer("begin", lies)
    expect(card).to_contain_text("Leave it alone.")
    mosquitto.stop()
    expect(card.locator(".trouble")).to_contain_text("connection", timeout=15_000)
    expect(card).to_contain_text("Leave it alone.")
    mosquitto.start()
    expect(tab.locator("#health")).not_to_contain_text("connect", timeout=30_000, ignore_case=True)
    station.answer("look", change(lies, step="done", words="gyroscope bias (0, 0, 0) dps"))
    expect(card.get_by_role("status")).to_contain_text("Gyro: done. Gyroscope bias", timeout=15_000)


def test_what_is_calibrated_is_listed_by_tool(visit: Callable[..., Tab], ear: Ear) -> None:
    tab = visit()
    begin(tab, ear, IDLE)
    notes = (
        CalibrationNote(device="roller imu", what="gyro", at=None, residual=None, unit="", words="bias, on 2026-07-01"),
        CalibrationNote(device="stick imu", what="gyro", at=None, residual=None, unit="", words="another"),
    )
    said = DiagnosticsPayload(
        at=STATE.at, version="1", uptime_s=1.0, devices=(), dropped={}, temperature_c=None, calibrations=notes
    )
    ear.say("diagnostics", msgspec.json.encode(said), retain=True)
    card = opened(tab)
    lines = card.locator("li")
    expect(lines).to_have_count(5)
    expect(lines.nth(0)).to_have_text("Gyro: bias, on 2026-07-01")
    expect(lines.nth(1)).to_have_text("Axis: not calibrated")
    press(card, "Stick")
    expect(lines.nth(0)).to_have_text("Gyro: another")


@pytest.mark.parametrize("width", [320, 390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_the_screen_and_can_be_read_while_it_is_on(
    visit: Callable[..., Tab], ear: Ear, width: int, scheme: str
) -> None:
    tab, station = visit(viewport={"width": width, "height": 800}, color_scheme=scheme), Station(ear)
    begin(tab, ear, IDLE)
    card = opened(tab)
    press(card, "Force")
    press(card, "Begin")
    live = {"reading_pa": 105182.4, "above_zero_pa": 4439.1}
    station.answer("begin", change(WAITS, problem="the masses do not rise: measure again", live=live))
    expect(card).to_contain_text("The masses do not rise")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert low_contrast(tab) == []
