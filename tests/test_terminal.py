"""The demo's screen, line by line."""

from __future__ import annotations

import io

import pytest
from rolling import Rolling, only, run, setup

from firmware_host.coaching.engine import Engine
from firmware_host.coaching.events import Hold, Pass, SetDone, Spot
from firmware_host.coaching.inputs import DeviceFault
from firmware_host.feedback.feedback import Shown
from firmware_host.feedback.patterns import AMBER, BLUE, MAGENTA, RED, WHITE
from firmware_host.terminal import TerminalView, colour_name, describe, fitted, hold_ring, screen, speed_bar


def shown_after(rolling: Rolling) -> list[str]:
    engine = Engine(setup())
    for given in rolling.inputs:
        engine.feed(given)
    return screen(engine.snapshot(), Shown((0.0, 0.2, 0.5), 1.0, None), "http://localhost:1", True, ["  1.0 s  x"])


def test_the_screen_names_muscle_state_speed_force_hold_light_buzz_and_page() -> None:
    rolling = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left").press(200.0).rest(1.0)
    text = "\n".join(shown_after(rolling.steady(0.1, 2.0)))
    for part in ("http://localhost:1", "left calves", "ROLLING", "10.0 cm/s", "200 N", "147-257", "blue 50%", "BUZZ"):
        assert part in text, part
    holding = "\n".join(shown_after(rolling.rest(10.0)))
    assert "HOLDING" in holding
    assert "ooo" in holding
    assert "quit" in holding


def test_bars_fill_to_their_marks() -> None:
    engine = Engine(setup())
    tool = engine.snapshot().tools[0]
    assert "=" not in speed_bar(tool)
    assert hold_ring(20.0, 20.0, 30.0, 30) == "o" * 20 + "|" + "." * 9
    assert hold_ring(300.0, 20.0, 30.0, 30).count("o") == 29


@pytest.mark.parametrize(
    ("led", "name"),
    [((0.0, 0.0, 0.0), "off"), ((0.0, 0.2, 0.5), "blue 50%"), ((1.0, 0.6, 0.0), "amber 100%")],
)
def test_colours_have_names(led: tuple[float, float, float], name: str) -> None:
    assert colour_name(led) == name


def test_every_colour_of_the_light_has_its_name() -> None:
    for name, colour in {"blue": BLUE, "amber": AMBER, "magenta": MAGENTA, "red": RED, "white": WHITE}.items():
        red, green, blue = colour
        for level in (0.05, 0.5, 1.0):
            assert colour_name((red * level, green * level, blue * level)) == f"{name} {level:.0%}"


def test_every_kind_of_line_has_words() -> None:
    rolling = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left").press(200.0).rest(1.0)
    events = run(rolling.passes(2).rest(6.0).say("spot").say("rate", value=4).stroke(0.2, 2.0).rest(1.0).inputs)
    for kind, word in ((Pass, "pass 25 cm"), (Hold, "hold"), (SetDone, "set done: left calves"), (Spot, "tender spot")):
        assert word in (describe(only(events, kind)[0]) or "")
    fault = DeviceFault(1.0, "roller", "roller imu", "no answer", "Check the wire.", ok=False)
    engine = Engine(setup())
    assert "roller imu: no answer. Check the wire." in (describe(engine.feed(fault)[0]) or "")
    assert "is back" in (describe(engine.feed(DeviceFault(2.0, "roller", "roller imu", "", "", ok=True))[0]) or "")
    assert "rated 4" in (describe(only(events, Spot)[1]) or "")


def test_without_a_terminal_there_are_plain_lines_only() -> None:
    out = io.StringIO()
    view = TerminalView(out, redraw=False)
    rolling = Rolling(force_n=0.0).rest(2.0).press(200.0).rest(1.0).passes(2).rest(1.0)
    view(None, run(rolling.inputs))  # type: ignore[arg-type]
    assert "pass 25 cm" in out.getvalue()
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("columns", [40, 80, 110])
def test_no_line_is_longer_than_the_terminal_is_wide_and_none_is_lost(columns: int) -> None:
    rolling = Rolling(force_n=0.0).rest(2.0).say("select", muscle="calves", side="left").press(200.0).rest(1.0)
    lines = shown_after(rolling.steady(0.1, 2.0).say("pain").rest(1.0))
    fitting = fitted(lines, columns)
    assert max(map(len, fitting)) < columns
    assert "".join("".join(fitting).split()) == "".join("".join(lines).split())
    assert fitted([""], columns) == [""]
