"""`slowroll simulate`: the two files, and errors that say what to do."""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from firmware_host.coaching.inputs import ForceSample, ImuSample, StreamGap
from firmware_host.commands import CommandError, simulate
from firmware_host.history.recording import open_recording
from firmware_host.simulator.conditions import CONDITIONS
from firmware_host.simulator.link import holes
from firmware_host.simulator.scenarios import SCENARIOS

pytestmark = pytest.mark.slow


def run(*words: str) -> int:
    top = argparse.ArgumentParser()
    subparsers = top.add_subparsers()
    simulate.add(subparsers)
    subparsers.choices["simulate"].add_argument("--config")  # as cli.py adds it to every command
    args = top.parse_args(["simulate", *words])
    code: int = args.func(args)
    return code


def test_it_writes_a_recording_that_reads_back_whole_and_the_truth_beside_it(tmp_path: Path) -> None:
    out, truth = tmp_path / "calm.jsonl", tmp_path / "truth.json"
    assert run("calm", "--seconds", "25", "--seed", "3", "--out", str(out), "--truth", str(truth)) == 0
    recording, file = open_recording(out)
    with file:
        inputs = list(recording.inputs())
    assert recording.warnings() == []
    assert recording.header.tools[0].pressure == "bladder"
    assert recording.header.tools[0].calibration.points
    assert sum(isinstance(given, ImuSample) for given in inputs) > 2400
    told: dict[str, Any] = json.loads(truth.read_text())
    assert (told["scenario"], told["seed"], told["seconds"]) == ("calm", 3, 25.0)
    assert (told["tool"], told["kind"]) == ("roller", "foam_roller")
    assert len(told["passes"]) >= 3
    assert {"start", "end", "direction", "length_m", "mean_speed_m_s", "peak_speed_m_s"} <= set(told["passes"][0])
    assert [contact["on"] for contact in told["contacts"]] == [True, False]
    assert {"short_passes", "holds"} <= set(told)


def test_the_same_command_gives_the_same_bytes_also_compressed(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("a.jsonl.gz", "b.jsonl.gz", "c.jsonl")]
    for file in files:
        run("fast", "--seconds", "8", "--out", str(file))
    assert files[0].read_bytes() == files[1].read_bytes()
    assert gzip.decompress(files[0].read_bytes()) == files[2].read_bytes()


def test_the_configuration_says_who_rolls_and_by_which_profile(tmp_path: Path) -> None:
    config = tmp_path / "slowroll.toml"
    config.write_text('station = "attic"\n[person]\nmass_kg = 92\n')
    out = tmp_path / "x.jsonl"
    run("calm", "--seconds", "5", "--out", str(out), "--config", str(config))
    header = json.loads(out.read_text().splitlines()[0])
    assert header["station"] == "attic"
    assert header["person"]["mass_kg"] == 92
    assert header["settings"]["profile"]["name"] == "article"


def test_a_condition_is_in_recording_and_truth(tmp_path: Path) -> None:
    out, told = tmp_path / "x.jsonl", tmp_path / "x.json"
    words = ["--seconds", "25", "--seed", "10", "--condition", "bad_link"]
    assert run("calm", *words, "--out", str(out), "--truth", str(told)) == 0
    recording, file = open_recording(out)
    with file:
        inputs = list(recording.inputs())
    assert recording.warnings() == []
    ((start, _),) = holes(10, 25.0)
    assert sum(isinstance(given, StreamGap) for given in inputs) == 1
    cut = [stroke for stroke in json.loads(told.read_text())["passes"] if stroke["end"] == round(start, 6)]
    assert len(cut) == 1


@pytest.mark.parametrize(("scenario", "kind"), [("stick", "massage_stick"), ("ball", "massage_ball")])
def test_stick_and_ball_are_tools_of_their_own(tmp_path: Path, scenario: str, kind: str) -> None:
    out, told = tmp_path / "x.jsonl", tmp_path / "x.json"
    assert run(scenario, "--seconds", "20", "--out", str(out), "--truth", str(told)) == 0
    header = json.loads(out.read_text().splitlines()[0])
    assert (header["tools"][0]["name"], header["tools"][0]["kind"]) == (scenario, kind)
    truth = json.loads(told.read_text())
    assert (truth["tool"], truth["kind"]) == (scenario, kind)
    assert truth["contacts"]
    recording, file = open_recording(out)
    with file:
        assert sum(isinstance(given, ForceSample) for given in recording.inputs()) == 1001
    assert recording.warnings() == []


@pytest.mark.parametrize(
    ("words", "why"),
    [(("calm", "--condition", "strip"), "'strip'.*Did you mean 'strips'"), (("ball", "--condition", "strips"), "ball")],
)
def test_a_condition_that_cannot_be_is_wrong_use(tmp_path: Path, words: tuple[str, ...], why: str) -> None:
    with pytest.raises(CommandError, match=why) as caught:
        run(*words, "--out", str(tmp_path / "x.jsonl"))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "x.jsonl").exists()


def test_an_unknown_scenario_is_told_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"'holdin'.*Did you mean 'holding'.*calm, fast") as caught:
        run("holdin", "--out", str(tmp_path / "x.jsonl"))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "x.jsonl").exists()


@pytest.mark.parametrize("which", ["--out", "--truth"])
def test_a_place_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path, which: str) -> None:
    places = {"--out": str(tmp_path / "ok.jsonl"), "--truth": str(tmp_path / "ok.json")}
    places[which] = str(tmp_path / "nowhere" / "x.jsonl")
    words = [word for pair in places.items() for word in pair]
    with pytest.raises(CommandError, match=r"nowhere.x\.jsonl: can't be written: .*Check that its folder") as caught:
        run("calm", "--seconds", "2", *words)
    assert caught.value.exit_code == 2


def test_one_file_cannot_be_both(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="both name"):
        run("calm", "--out", str(tmp_path / "x"), "--truth", str(tmp_path / "." / "x"))


@pytest.mark.parametrize("words", [("--seconds", "0"), ("--seconds", "nan"), ("--seconds", "x"), ("--seed", "-1")])
def test_numbers_out_of_reach_are_wrong_use(
    tmp_path: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run("calm", "--out", str(tmp_path / "x"), *words)
    assert caught.value.code == 2
    assert words[1] in capsys.readouterr().err


class Terminal:
    """A terminal that keeps what is written on it."""

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        """Nothing is held back."""


def test_progress_shows_on_a_terminal_once_it_takes_long_and_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(simulate, "SAY_AFTER_S", -1.0)
    say = simulate._progress("simulating calm", 120.0)
    say(30.0)
    assert terminal.text == "\rsimulating calm: 30 of 120 s "
    say(float("inf"))
    assert terminal.text.endswith("\x1b[K")


def test_progress_is_silent_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    say = simulate._progress("simulating calm", 120.0)
    say(30.0)
    assert capsys.readouterr().err == ""


def test_the_help_names_every_scenario_and_condition(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    shown = capsys.readouterr().out
    assert all(name in shown for name in SCENARIOS)
    assert all(name in shown for name in CONDITIONS)
