from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from firmware_host.coaching.events import Event
from firmware_host.messaging import topics

CONTRACT = Path(__file__).parents[2] / "docs" / "contract.md"


def contract_rows() -> dict[str, tuple[int, bool]]:
    """Topic -> QoS and retained, as the contract's table has them."""
    rows = {}
    for line in CONTRACT.read_text(encoding="utf-8").splitlines():
        match = re.match(r"\| (`[^|]+) \| ([01]) \| (\w[^|]*) \|", line)
        if match:
            for name in re.findall(r"`([^`]+)`", match[1]):
                rows[name] = (int(match[2]), match[3].strip() == "yes")
    return rows


def test_the_table_is_the_contracts() -> None:
    assert {row.suffix: (row.qos, row.retained) for row in topics.TABLE} == contract_rows()


def test_every_event_has_a_topic() -> None:
    for kind in get_args(Event):
        assert topics.find(f"event/{kind.__struct_config__.tag}") is topics.EVENT


def test_durable_suffixes_are_real_ones() -> None:
    tags = {f"event/{kind.__struct_config__.tag}" for kind in get_args(Event)}
    assert {suffix for suffix in topics.DURABLE if suffix.startswith("event/")} <= tags
    assert all(topics.find(suffix).qos == 1 for suffix in topics.DURABLE)


def test_an_unknown_suffix_is_refused() -> None:
    with pytest.raises(ValueError, match="no topic 'temperature'"):
        topics.find("temperature")


def test_a_command_is_named_by_its_topic() -> None:
    assert topics.command_name("home", "slowroll/home/cmd/next") == "next"
    assert topics.command_name("home", "slowroll/home/state") is None
    assert topics.command_name("home", "slowroll/other/cmd/next") is None


@pytest.mark.parametrize("name", ["", "a" * 60_000, "näxt", "a\x00b", "A B"])
def test_a_name_no_command_could_have_is_answered_on_one_topic(name: str) -> None:
    assert topics.result_suffix(name) == "result/unknown"


def test_a_plausible_name_is_answered_on_its_own_topic() -> None:
    assert topics.result_suffix("run_finished") == "result/run_finished"
