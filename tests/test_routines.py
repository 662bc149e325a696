"""The shipped routines are the article's, an owner's may stand beside or before them, and slips are explained."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from firmware_host.cli import main
from firmware_host.clock import ManualClock
from firmware_host.coaching.inputs import Person, Tool
from firmware_host.coaching.planner import plan
from firmware_host.coaching.routine import Plan, RoutineStep
from firmware_host.commands.common import routines_of
from firmware_host.daemon import Daemon
from firmware_host.profiles import load_profile
from firmware_host.routines import check_routine, load_routines, routines_from_recording
from firmware_host.settings import SettingsError, load
from firmware_host.techniques import load_techniques

SHIPPED = ["ball", "one-muscle", "post-run-legs", "quick", "stick"]
MINE = """
title = "Mine"
about = "a trial"
source = "my choice"

[[steps]]
muscle = "calves"
side = "left"
set_s = 50
"""


def own(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return folder


def fault(folder: Path, text: str, name: str = "mine") -> str:
    found, faults = load_routines(own(folder, **{name: text}))
    assert sorted(found) == SHIPPED, "the others are kept"
    assert len(faults) == 1
    assert str(folder / f"{name}.toml") in faults[0]
    return faults[0]


def test_these_are_shipped() -> None:
    found, faults = load_routines(None)
    assert sorted(found) == SHIPPED
    assert faults == []
    assert [step.muscle for step in found["post-run-legs"].steps] == list(load_profile("article").order)
    assert found["quick"].session_high_s == 300
    assert {step.tool for step in found["stick"].steps} == {"massage_stick"}
    assert [step.muscle for step in found["stick"].steps] == ["calves", "tibialis_anterior"]
    assert {step.tool for step in found["ball"].steps} == {"massage_ball"}
    assert [step.muscle for step in found["one-muscle"].steps] == ["chosen"]
    for routine in found.values():
        assert any(word in routine.source for word in ("the article", "[drv]"))


def test_an_owners_routine_stands_beside_the_shipped_ones_or_before_one(tmp_path: Path) -> None:
    found, faults = load_routines(own(tmp_path, mine=MINE, quick=MINE))
    assert faults == []
    assert sorted(found) == sorted([*SHIPPED, "mine"])
    assert found["mine"].name == "mine"
    assert found["quick"].steps == (RoutineStep(muscle="calves", side="left", set_s=50),)


def test_a_folder_need_not_be_there(tmp_path: Path) -> None:
    assert load_routines(tmp_path / "none")[1] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MINE.replace("title", "titel"), "unknown key 'titel' at the top level: did you mean 'title'?"),
        (MINE.replace("side =", "sides ="), "unknown key 'sides' in [steps[0]]: did you mean 'side'?"),
        (MINE.replace("calves", "calfs"), "step 1: there is no muscle 'calfs'; did you mean 'calves'?"),
        (MINE + 'tool = "foamroller"\n', "there is no 'foamroller'; did you mean 'foam_roller'?"),
        (MINE.replace("50", "5"), "must be at least 10: it is 5"),
        (MINE.replace('"left"', '"both"'), "there is no 'both'; it can be left, right"),
        (MINE.split("[[")[0], "steps is missing"),
        (MINE.split("[[")[0] + "steps = []", "it has no steps"),
        (MINE + '[[steps]]\nmuscle = "glutes"\n' * 40, "it has 41 steps; 40 are the most"),
        ('name = "other"\n' + MINE, "name is 'other', but a routine is found by its file"),
        ("title =", "not valid TOML"),
    ],
)
def test_a_slip_is_explained_and_the_others_are_kept(tmp_path: Path, text: str, words: str) -> None:
    assert words in fault(tmp_path, text)


def test_a_file_that_cannot_be_asked_for_by_name_is_said(tmp_path: Path) -> None:
    assert "name the file with a-z" in fault(tmp_path, MINE, name="Mine!")


def test_a_muscle_of_an_owners_profile_may_be_named(tmp_path: Path) -> None:
    folder = own(tmp_path, mine=MINE.replace("calves", "forearms"))
    assert "no muscle 'forearms'" in load_routines(folder)[1][0]
    assert "mine" in load_routines(folder, ["calves", "forearms", *load_profile("article").muscles])[0]


def test_the_routine_to_start_with_must_be_one() -> None:
    check_routine(None, SHIPPED, "coach.routine")
    check_routine("quick", SHIPPED, "coach.routine")
    with pytest.raises(SettingsError, match=r"coach\.routine: there is no routine 'qick'; did you mean 'quick'"):
        check_routine("qick", SHIPPED, "coach.routine")


def test_a_recordings_routines_read_back_and_are_checked() -> None:
    found, _ = load_routines(None)
    assert routines_from_recording(msgspec.to_builtins(found), "line 1") == found
    with pytest.raises(SettingsError, match="line 1: must be a table of routines by name"):
        routines_from_recording({"quick": 3}, "line 1")
    with pytest.raises(SettingsError, match=r"line 1\.quick: .*title is missing"):
        routines_from_recording({"quick": {"name": "quick"}}, "line 1")


# --- beside the configuration ------------------------------------------------------------------------------------


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with a routine of the owner's, which is followed from the start."""
    (tmp_path / "routines").mkdir()
    own(tmp_path / "routines", mine=MINE)
    (tmp_path / "slowroll.toml").write_text('[coach]\nroutine = "mine"\n', encoding="utf-8")
    return tmp_path / "slowroll.toml"


def test_config_check_looks_at_every_routine_beside_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "check", "--config", str(config)]) == 0
    assert "stick, mine" in (said := capsys.readouterr().out)
    assert "(at the start: mine)" in said
    own(config.parent / "routines", bad=MINE.replace("title", "titel"), worse=MINE.replace("calves", "nose"))
    assert main(["config", "check", "--config", str(config)]) == 1
    said = capsys.readouterr().err
    assert "bad.toml: unknown key 'titel'" in said
    assert "worse.toml: step 1: there is no muscle 'nose'" in said


def test_config_show_lists_the_routines(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own(config.parent / "routines", bad=MINE.replace("title", "titel"))
    assert main(["config", "show", "--config", str(config)]) == 0
    shown = capsys.readouterr().out
    assert "#   mine: a trial (calves), followed from the start\n" in shown
    assert "#   quick: " in shown
    assert f"#   left out: {config.parent / 'routines' / 'bad.toml'}: unknown key 'titel'" in shown


def test_the_routine_to_start_with_is_not_replaced_by_the_shipped_one(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own(config.parent / "routines", quick=MINE.replace("title", "titel"))
    config.write_text('[coach]\nroutine = "quick"\n', encoding="utf-8")
    assert main(["config", "check", "--config", str(config)]) == 1
    assert "quick.toml: unknown key 'titel'" in capsys.readouterr().err


def test_a_muscle_of_an_owners_profile_may_be_rolled(config: Path) -> None:
    (config.parent / "profiles").mkdir()
    own(
        config.parent / "profiles",
        arms='base = "article"\nabout = "a trial"\n[muscles.forearms]\ntitle = "Forearms"\nmin_pass_m = 0.05\n'
        'length_of_height = 0.1\nforce_low_bw = 0.05\nforce_high_bw = 0.1\nset_s = 30.0\nsource = "mine"\n',
    )
    own(config.parent / "routines", mine=MINE.replace("calves", "forearms"))
    assert main(["config", "check", "--config", str(config)]) == 0


def test_the_daemon_knows_the_routines_and_the_cards(config: Path, tmp_path: Path) -> None:
    settings = load(config)
    profile = load_profile("article")
    daemon = Daemon(settings, profile, ManualClock(), tmp_path, routines=routines_of(settings, config, [profile]))
    stored = daemon.station.header.settings
    assert stored is not None
    assert stored["routine"] == "mine"
    assert sorted(stored["routines"]) == sorted([*SHIPPED, "mine"])
    assert set(stored["techniques"]) == set(profile.muscles)


# --- the document ------------------------------------------------------------------------------------------------

DOCUMENT = (Path(__file__).parents[1] / "docs" / "routines.md").read_text(encoding="utf-8")


def test_the_routine_shown_in_the_document_loads(tmp_path: Path) -> None:
    text = DOCUMENT.split("```toml routine\n")[1].split("```")[0]
    found, faults = load_routines(own(tmp_path, stairs_day=text))
    assert faults == []
    assert [step.direct for step in found["stairs-day"].steps] == [False, True, False]
    for name in SHIPPED:
        assert f"| `{name}` |" in DOCUMENT


def test_the_example_in_the_document_is_what_the_planner_says() -> None:
    told = DOCUMENT.split("```text\n")[1].split("```")[0].splitlines()
    made = plan(
        load_routines(None)[0]["post-run-legs"],
        load_profile("article"),
        Person(),
        [Tool(name="roller", kind="foam_roller")],
        "moderate",
        (),
        (),
        None,
        load_techniques(),
    )
    assert isinstance(made, Plan)
    assert list(made.explained) == told
    assert made.steps[-1].why.startswith("by hand, as no tool that suits it is here")
