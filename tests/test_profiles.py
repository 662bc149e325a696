"""The shipped profiles say what the guidance says, an owner's may build on them, and slips are explained."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from firmware_host.cli import main
from firmware_host.coaching.guidance import GRAVITY, limits
from firmware_host.coaching.inputs import Person, Tool
from firmware_host.coaching.requests import OTHER_MUSCLES
from firmware_host.profile_numbers import literal
from firmware_host.profiles import load_profile, other_profiles, profile_files, profile_from_recording, sourced_profile
from firmware_host.settings import SettingsError

SHIPPED = ("article", "evidence", "scan", "tempo")
PERSON = Person(mass_kg=75, height_m=1.75)
ROLLER = Tool(name="roller", kind="foam_roller")


def own(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, name: str = "mine") -> str:
    with pytest.raises(SettingsError) as error:
        load_profile(name, folder)
    return str(error.value)


def child(body: str, base: str = "article") -> str:
    return f'base = "{base}"\nabout = "a trial"\n{body}'


def test_these_are_shipped_and_each_knows_every_muscle_the_page_names() -> None:
    assert sorted(profile_files(None)) == list(SHIPPED)
    for name in SHIPPED:
        assert set(OTHER_MUSCLES) < set(load_profile(name).muscles)


def test_the_article_is_the_table_of_recovery_phases() -> None:
    """Guidance 2.4: calves, deep: mean 9.3, live 18.7 cm/s; 20-35 % of body weight times 1.25."""
    deep = limits(load_profile("article"), PERSON, ROLLER, "calves", "deep")
    assert deep.mean_speed_m_s == pytest.approx(0.28 / 3)
    assert deep.live_speed_m_s == pytest.approx(0.56 / 3)
    assert deep.force_high_n == pytest.approx(0.35 * 1.25 * 75 * 9.80665)
    assert deep.set_s == 60


@pytest.mark.parametrize("profile", SHIPPED)
def test_a_part_has_its_own_cap_in_every_phase(profile: str) -> None:
    """M4c: the IT band 25 % of body weight; M6c: the shin 60 N with a stick, and a shorter set."""
    loaded = load_profile(profile)
    for phase in loaded.phases:
        band = limits(loaded, PERSON, ROLLER, "it_band", phase)
        shin = limits(loaded, PERSON, Tool(name="stick", kind="massage_stick"), "tibialis_anterior", phase)
        assert band.force_high_n is not None
        assert band.force_high_n <= 0.25 * PERSON.mass_kg * GRAVITY + 1e-9
        assert shin.force_high_n is not None
        assert shin.force_high_n <= 60


def test_tempo_is_two_seconds_a_pass_in_every_phase() -> None:
    tempo = load_profile("tempo")
    for phase in tempo.phases:
        assert limits(tempo, PERSON, ROLLER, "calves", phase).mean_speed_m_s == pytest.approx(0.28 / 2)
    assert (tempo.set_time.low_s, tempo.set_time.high_s) == (30, 120)


def test_scan_is_an_inch_a_second_whatever_the_muscle() -> None:
    scan = load_profile("scan")
    for phase in scan.phases:
        for muscle in scan.muscles:
            held = limits(scan, PERSON, ROLLER, muscle, phase)
            assert (held.mean_speed_m_s, held.live_speed_m_s) == (0.025, 0.05)


def test_evidence_is_ninety_seconds_a_muscle_group_in_every_phase() -> None:
    evidence = load_profile("evidence")
    for phase in evidence.phases:
        times = {name: limits(evidence, PERSON, ROLLER, name, phase).set_s for name in evidence.muscles}
        assert {name for name, set_s in times.items() if set_s != 90} == {"it_band", "tibialis_anterior"}
        assert times["it_band"] == times["tibialis_anterior"] == 30


def test_every_source_names_the_article_a_tag_or_this_project() -> None:
    for name in SHIPPED:
        sources = list(_sources(msgspec.to_builtins(load_profile(name))))
        assert len(sources) > 20
        for source in sources:
            assert any(word in source for word in ("the article", "this project", "[abs]", "[sec]", "[drv]", "[mem]"))


def _sources(table: dict[str, Any]) -> Any:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _sources(value)
        elif key.endswith("source"):
            yield value


def test_a_profile_of_ones_own_gives_only_what_differs(tmp_path: Path) -> None:
    text = child('[muscles.calves]\nset_s = 40.0\nsource = "my choice"\n[hold]\nenough_s = 25.0\nsource = "mine too"\n')
    mine = sourced_profile("mine", own(tmp_path, mine=text))
    article = load_profile("article")
    assert mine.profile.name == "mine"
    assert mine.profile.muscles["calves"].set_s == 40
    assert mine.profile.muscles["calves"].min_pass_m == article.muscles["calves"].min_pass_m
    assert mine.profile.muscles["glutes"] == article.muscles["glutes"]
    assert mine.profile.hold.done_s == article.hold.done_s
    assert mine.bases == ("article",)
    assert mine.files["muscles", "calves", "set_s"] == str(tmp_path / "mine.toml")
    assert mine.files["muscles", "calves", "min_pass_m"].endswith("article.toml")


def test_a_base_may_have_a_base_and_an_owners_file_a_shipped_one_of_its_name(tmp_path: Path) -> None:
    folder = own(
        tmp_path,
        article=child('[hold]\nenough_s = 28.0\nsource = "mine"\n'),
        mine=child("speed_m_s = 0.03\n", base="article"),
    )
    assert load_profile("article", folder).hold.enough_s == 28
    assert load_profile("mine", folder).hold.enough_s == 28
    assert load_profile("scan", folder).hold.enough_s == 30, "a shipped profile stays as shipped"
    own(tmp_path, two=child('speed_source = "mine"\n', base="mine"))
    assert sourced_profile("two", folder).bases == ("mine", "article", "article")


def test_the_merged_profile_is_a_recordings_whole_profile() -> None:
    stored = msgspec.to_builtins(load_profile("evidence"))
    assert "base" not in stored
    assert profile_from_recording(stored, "x") == load_profile("evidence")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (child("", base="artcle"), ["mine.toml", "'artcle'", "'article'"]),
        (child("", base="mine"), ["no profile 'mine'"]),
        ("base = 3\n", ["base must be the name", 'base = "article"']),
        ('base = "article"\n', ["about is missing"]),
        (child('name = "article"\n'), ["name is 'article'", 'name = "mine"']),
        (child("[muscles.calfs]\nset_s = 30.0\n"), ["muscles.calfs", "'calves'", "min_pass_m"]),
        (child('[muscles.calves]\nset_z = 30.0\nsource = "x"\n'), ["set_z", "set_s", "muscles"]),
        (child("[muscles.calves]\nset_s = 30.0\n"), ["muscles.calves: set_s differs", "source ="]),
        (child('[muscles.calves]\nset_s = 1e9\nsource = "x"\n'), ["muscles", "at most 600"]),
        (child('[muscles.calves]\nforce_low_bw = 0.9\nsource = "x"\n'), ["force_low_bw is above force_high_bw"]),
        (child('[phases.deep]\nhold_high_s = 10.0\nsource = "x"\n'), ["phases.deep", "20 s", "10 s", "hold_low_s"]),
        (child('[phases.deep]\npain_most = 8\nsource = "x"\n'), ["phases.deep: pain_most is above pain_cap"]),
        (child('[phases.gentle]\nunless_sore = "maintainance"\n'), ["unless_sore", "'maintenance'"]),
        (child('[tools.masage_ball]\nforce_low_n = 1.0\nforce_high_n = 2.0\nsource = "x"\n'), ["'massage_ball'"]),
        (child('[phases.light]\nuntil_s = 4000.0\nsource = "x"\n'), ["phases.light ends after phases.between"]),
        (child('[hold]\ndone_s = 40.0\nsource = "x"\n'), ["hold: done_s is above enough_s"]),
        (child('[session]\nleg_low_s = 200.0\nsource = "x"\n'), ["session: leg_low_s is above leg_high_s"]),
        (child('[session]\nlow_s = 700.0\nsource = "x"\n'), ["session: low_s is above high_s"]),
        (child('[muscles.calves]\ninstead = ["nose"]\n'), ["calves: instead names 'nose'"]),
        (child('order = ["calves", "nose"]\n'), ["'nose'"]),
        (child("muscles = 3\n"), ["muscles", "must be a table"]),
        ("base = ", ["not valid TOML"]),
    ],
)
def test_slips_are_explained(tmp_path: Path, text: str, says: list[str]) -> None:
    told = refused(own(tmp_path, mine=text))
    for words in says:
        assert words in told


def test_a_slip_in_a_base_is_told_as_the_bases(tmp_path: Path) -> None:
    told = refused(own(tmp_path, mine=child("", base="under"), under=child("speed_m_s = 9.0\n")))
    assert "under.toml: speed_m_s" in told


def test_a_circle_of_bases_is_named(tmp_path: Path) -> None:
    told = refused(own(tmp_path, mine=child("", base="other"), other=child("", base="mine")))
    assert "mine.toml -> other.toml -> mine.toml" in told


def test_a_name_that_nobody_could_send_is_refused(tmp_path: Path) -> None:
    assert "can't be asked for by name" in refused(own(tmp_path, **{"My Profile": child("")}), "My Profile")


def test_a_file_nobody_asked_for_is_left_out_and_told(tmp_path: Path) -> None:
    found, faults = other_profiles("article", own(tmp_path, mine=child(""), broken="base = "))
    assert sorted(found) == ["evidence", "mine", "scan", "tempo"]
    assert len(faults) == 1
    assert "broken.toml" in faults[0]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(list(words)) == 0
    return capsys.readouterr().out


def test_config_show_gives_every_number_its_source_and_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "slowroll.toml").write_text('[coach]\nprofile = "mine"\n', encoding="utf-8")
    folder = tmp_path / "profiles"
    folder.mkdir()
    own(folder, mine=child('[muscles.calves]\nset_s = 41.0\nsource = "I like it"\n', base="evidence"))
    shown = told(capsys, "config", "show", "--config", str(tmp_path / "slowroll.toml"))
    assert tomllib.loads(shown)["coach"]["profile"] == "mine"
    rows = [line.split() for line in shown.splitlines() if line.startswith("# set_s = 41.0")]
    assert [row[-1] for row in rows] == ["mine.toml"]
    assert f"# {rows[0][-2]} I like it" in shown.splitlines()
    for name, guide in load_profile("mine", folder).muscles.items():
        assert f"# [profile.muscles.{name}]" in shown
        assert f"# length_of_height = {guide.length_of_height}" in shown


def test_config_show_leaves_no_number_of_a_profile_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Also of tables that were added later: each row has its source's number and its file."""
    for name in SHIPPED:
        shown = told(capsys, "config", "show", "--profile", name).splitlines()
        for table, key, value in _leaves(msgspec.to_builtins(load_profile(name))):
            if table and value not in (None, (), ""):
                place = shown.index(f"# [profile.{table}]")
                row = next(line for line in shown[place:] if line.startswith(f"# {key} = {literal(value)}"))
                assert re.search(r"\(\d+\) +(\w+\.toml|default)$", row), row
    assert any("[profile.safety]" in line for line in shown)
    assert any(line.startswith('# tools = ["massage_stick", "hands"] ') for line in shown)


def _leaves(table: dict[str, Any], above: str = "") -> Any:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{above}.{key}".lstrip("."))
        elif not key.endswith("source") and key != "title":
            yield above, key, value


def test_config_show_narrows_to_a_muscle_and_a_phase(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "config", "show", "--profile", "article", "--muscle", "calves", "--phase", "deep")
    assert "184-322 N" in shown
    assert "9.3 cm/s" in shown
    assert "18.7 cm/s" in shown
    assert "[profile.muscles.calves]" in shown
    assert "[profile.phases.deep]" in shown
    assert "glutes" not in shown
    assert "holds of 20-30 s, 2 a set at most; ratings up to 6 of 10, over 7 no more holds" in shown
    assert "[profile.phases.light]" not in shown
    assert tomllib.loads(shown) == {}


@pytest.mark.parametrize(
    ("option", "near"),
    [(("--profile", "tempi"), "tempo"), (("--muscle", "calfs"), "calves"), (("--phase", "dep"), "deep")],
)
def test_config_show_names_the_nearest(option: tuple[str, str], near: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "show", *option]) == 2
    assert f"did you mean {near!r}?" in capsys.readouterr().err


def test_config_check_looks_at_every_profile_beside_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "slowroll.toml"
    config.write_text("", encoding="utf-8")
    assert main(["config", "check", "--config", str(config)]) == 0
    assert "evidence, scan, tempo" in capsys.readouterr().out
    (tmp_path / "profiles").mkdir()
    own(tmp_path / "profiles", broken="name = 3\n")
    assert main(["config", "check", "--config", str(config)]) == 1
    assert "broken.toml" in capsys.readouterr().err


def test_the_profile_shown_in_the_document_loads(tmp_path: Path) -> None:
    document = (Path(__file__).parents[1] / "docs" / "profiles.md").read_text(encoding="utf-8")
    text = document.split("```toml profile\n")[1].split("```")[0]
    mine = load_profile("mine", own(tmp_path, mine=text))
    assert mine.muscles["calves"].force_high_bw == 0.30
    for name in SHIPPED:
        assert f"| `{name}` |" in document
