"""The checklist before the first use, and `slowroll acknowledge` as its users type it."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from firmware_host.checklist import checklist, lines, parse
from firmware_host.cli import main
from firmware_host.remembered import ACKNOWLEDGED, acknowledged
from firmware_host.settings import SettingsError, shipped_config

GUIDANCE = (Path(__file__).parents[1] / "docs" / "guidance.md").read_text(encoding="utf-8")
SHIPPED = (shipped_config() / "checklist.toml").read_text(encoding="utf-8")


def told() -> str:
    return " ".join("\n".join(lines(checklist())).split())


def test_everything_that_the_sources_name_is_in_it() -> None:
    """Guidance 2.1: contraindications and cautions of S23 and S24, warning signs of S40."""
    text = told().lower()
    for word in (
        *("open wound", "broken bone", "inflammation", "deep vein thrombosis", "osteomyelitis", "myositis ossificans"),
        *("blood pressure", "osteoporosis", "pregnancy", "diabetes", "varicose veins", "recent injury or operation"),
        *("medicines", "feel less", "kneecap", "numbness", "swelling", "hard as wood", "pain at night", "can't lift"),
    ):
        assert word in text, word


def test_the_experts_shares_are_those_of_the_guidance() -> None:
    (row,) = [line for line in GUIDANCE.splitlines() if line.startswith("| contraindications |")]
    shares = [item.share for group in checklist().groups for item in group.items if item.share is not None]
    assert [f"{share:.0%}" for share in shares] == [one.replace(" ", "") for one in re.findall(r"\d+ %", row)]
    assert all(group.source == "S23" for group in checklist().groups if any(item.share for item in group.items))


def test_every_source_is_one_of_the_guidance_and_no_stronger_than_its_tag() -> None:
    used = {group.source for group in checklist().groups}
    assert used == set(checklist().sources)
    for name, source in checklist().sources.items():
        assert name == "article" or f"{name} " in GUIDANCE.split("\n## 5.")[1]
        assert source.tag == "abs"
    (doi,) = re.findall(r"S23 doi (\S+)", GUIDANCE)
    assert checklist().sources["S23"].link == f"https://doi.org/{doi}"
    assert told().count("the abstract or page was read, no more") == len(used)


@pytest.mark.parametrize(
    "claim",
    [
        r"\byou have (a|an|the|got)\b",
        r"\b(heal|cure|prevent|flush|safe for|suffer|patient|symptom|therap(y|ies)\b)",
        r"\bit treats\b|\bdiagnoses\b",
        r"\bis safe\b",
    ],
)
def test_it_makes_no_diagnosis_and_promises_nothing(claim: str) -> None:
    assert not re.search(claim, told(), re.IGNORECASE)
    assert "does not diagnose or treat" in told()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('source = "S24"', 'source = "S99"', "S99.*S23, S24, S40"),
        ("share = 0.73", "share = 73", "at most 1"),
        ("share = 0.73", "shares = 0.73", "did you mean 'share'"),
        ('tag = "abs"', 'tag = "sure"', "abs, drv, mem, sec"),
        ('link = "https://doi', 'link = "http://doi', "https://"),
        ('title = "Before', "title = Before", "not valid TOML"),
    ],
)
def test_a_mistake_in_the_file_is_named(before: str, after: str, says: str) -> None:
    assert before in SHIPPED
    with pytest.raises(SettingsError, match=f"(?s)checklist.toml.*{says}"):
        parse(SHIPPED.replace(before, after), "checklist.toml")


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    return tmp_path / "state"


def test_yes_for_scripts_keeps_it_and_a_second_time_says_so(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["acknowledge", "--yes"]) == 0
    said = capsys.readouterr()
    assert acknowledged(state)
    assert "osteomyelitis" in said.out
    assert "doi.org" in said.out
    assert said.err == ""
    before = (state / ACKNOWLEDGED).read_bytes()
    assert main(["acknowledge"]) == 0
    assert "already, on 2" in capsys.readouterr().out
    assert (state / ACKNOWLEDGED).read_bytes() == before


def test_without_a_terminal_it_says_what_to_do(state: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "firmware_host", "acknowledge"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 2
    assert "osteomyelitis" in ran.stdout
    assert ran.stderr.count("\n") == 1
    assert "slowroll acknowledge --yes" in ran.stderr
    assert not acknowledged(state)


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), (" YES ", 0), ("y", 1), ("", 1), ("no", 1)])
def test_on_a_terminal_it_asks(state: Path, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    with open(theirs, "rb", buffering=0) as terminal:
        running = subprocess.Popen(
            [sys.executable, "-m", "firmware_host", "acknowledge"],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(ours, f"{answer}\n".encode())
        out, err = running.communicate(timeout=60)
    os.close(ours)
    assert running.returncode == code, err
    assert "Write yes if that is so: " in out
    assert acknowledged(state) is (code == 0)
    assert ("not acknowledged" in err) is (code == 1)


def test_a_state_folder_that_can_not_be_had_is_one_sentence(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state.write_text("a file where the folder should be")
    assert main(["acknowledge", "--yes"]) == 1
    said = capsys.readouterr()
    assert "STATE_DIRECTORY" in said.err
    assert said.err.count("\n") == 1


def test_rubbish_from_before_is_moved_aside_and_asked_anew(state: Path) -> None:
    state.mkdir()
    (state / ACKNOWLEDGED).write_text("yes!")
    assert main(["acknowledge", "--yes"]) == 0
    assert acknowledged(state)
    assert (state / f"{ACKNOWLEDGED}.unreadable").read_text() == "yes!"
