"""The demo's page in headless Chromium: live values, a cue and a finished set, and a picture to look at."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from brokers import Mosquitto, free_port, until
from playwright.sync_api import Browser, Page, expect
from product import SCENARIO, Product

from firmware_host import calibrations
from firmware_host.coaching.cues import CUES

PICTURES = Path(__file__).parents[2] / "build" / "screenshots"
PATIENCE_MS = 60_000

pytestmark = pytest.mark.browser


def picture(tab: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    tab.screenshot(path=PICTURES / f"{name}.png")


def test_the_page_shows_the_demo_live(chromium: Browser, tmp_path: Path) -> None:
    http = free_port()
    demo = Product(tmp_path, "demo", "--headless", "--http-port", str(http), "--mqtt-port", str(free_port()))
    try:
        until(lambda: "Page:" in demo.output, "the demo says where its page is", 30)
        tab = chromium.new_page(viewport={"width": 1280, "height": 900})
        errors: list[str] = []
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(f"http://localhost:{http}/")

        speed = tab.locator("#speed")
        expect(tab.locator("#led")).not_to_contain_text("not known", timeout=PATIENCE_MS)
        seen: set[str] = set()

        def changes() -> bool:
            seen.add(speed.get_attribute("aria-label") or "")
            return len(seen) >= 5

        until(changes, "the speed changes as the roller turns", 40)
        expect(tab.get_by_text("Slow down").first).to_be_visible(timeout=PATIENCE_MS)
        picture(tab, "page-cue")
        until(lambda: demo.output.count(" pass ") >= 3, "three passes", 40)

        tab.locator(".bar .main").click()
        expect(tab.get_by_text(re.compile(r"1 set\b"))).to_be_visible(timeout=PATIENCE_MS)
        picture(tab, "page")
        # What the program explains is of the form that the page takes, and all of it is there.
        tab.get_by_role("link", name="Help", exact=True).click()
        expect(tab.locator("[id^=cue-]")).to_have_count(len(CUES), timeout=PATIENCE_MS)
        tab.get_by_text("Rules (").click()
        expect(tab.locator("#rule-G2")).to_be_visible()
        tab.get_by_role("link", name="Plan", exact=True).click()
        expect(tab.locator("ol.plan li").first).to_be_visible()
        expect(tab.locator("#routines li")).not_to_have_count(0)
        picture(tab, "page-plan")
        dark = chromium.new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
        dark.goto(f"http://localhost:{http}/")
        expect(dark.locator("#led")).not_to_contain_text("not known", timeout=PATIENCE_MS)
        picture(dark, "page-phone-dark")
        assert errors == []
    finally:
        assert demo.end(signal.SIGINT) == 0


@pytest.mark.broker
def test_the_gyroscope_is_calibrated_from_the_page(chromium: Browser, tmp_path: Path) -> None:
    """Against the program itself: begun, watched, found, kept, and told by the diagnostics."""
    (tmp_path / "mosquitto").mkdir()
    broker = Mosquitto(tmp_path / "mosquitto")
    broker.start()
    http = free_port()
    config = tmp_path / "still.toml"
    config.write_text(
        SCENARIO.format(scenario="still", broker="127.0.0.1", mqtt_port=broker.port, page="true", http_port=http)
    )
    station = Product(tmp_path, "run", "--config", str(config))
    try:
        until(lambda: "Slowroll runs" in station.output, "the station runs", 30)
        tab = chromium.new_page(viewport={"width": 1280, "height": 900})
        tab.goto(f"http://localhost:{http}/")
        expect(tab.locator("#health")).to_contain_text("Live", timeout=PATIENCE_MS)
        card = tab.locator("#calibrate")
        card.locator("summary").click()
        expect(card).to_contain_text("Gyro: not calibrated", timeout=PATIENCE_MS)
        card.get_by_role("button", name="Begin").click()
        expect(card).to_contain_text("leave it alone: four seconds")
        expect(card).to_contain_text(re.compile(r"Gyro x -?[0-9.]+ °/s .* Still [1-4]\.[05] s"))
        card.scroll_into_view_if_needed()
        picture(tab, "page-calibrating")
        expect(card).to_contain_text("Gyro: done. Gyroscope bias (", timeout=PATIENCE_MS)
        until(lambda: (station.state / calibrations.NAME).exists(), "it is kept")
        expect(card.locator("li").first).to_contain_text("dps (within", timeout=PATIENCE_MS)
        phone = chromium.new_page(viewport={"width": 390, "height": 844})
        phone.goto(f"http://localhost:{http}/")
        phone.locator("#calibrate summary").click()
        phone.get_by_role("button", name="Axis", exact=True).click()
        phone.get_by_role("button", name="Begin").click()
        expect(phone.locator("#calibrate .progress")).to_be_visible()
        phone.locator("#calibrate").scroll_into_view_if_needed()
        picture(phone, "page-calibrating-phone")
        phone.get_by_role("button", name="Cancel").click()
        expect(phone.locator("#calibrate")).to_contain_text("Axis: cancelled, everything is as it was.")
    finally:
        assert station.end() == 0
        broker.stop()
