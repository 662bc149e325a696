from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from firmware_host.messaging.outbox import Outbox


def opened(folder: Path, limit: int = 100) -> Outbox:
    outbox = Outbox(folder / "outbox.sqlite", limit)
    outbox.open()
    return outbox


def fill(outbox: Outbox, first: int, last: int) -> None:
    for number in range(first, last + 1):
        outbox.put("t/set", str(number).encode(), f"id-{number}")


def held(outbox: Outbox) -> list[int]:
    return [int(message.payload) for message in outbox.after(0, 1000)]


def test_messages_come_back_as_they_were_put_and_in_order(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    outbox.put("a/event/set", b"\x00\xff", "x")
    outbox.put("a/session/last", b"{}", "y", retained=True)
    first, second = outbox.after(0, 10)
    assert first[1:] == ("x", "a/event/set", b"\x00\xff", False)
    assert second[1:] == ("y", "a/session/last", b"{}", True)
    assert first.position < second.position
    assert outbox.after(first.position, 10) == [second]
    assert outbox.after(0, 1) == [first]
    assert outbox.after(0, 0) == []


def test_what_the_broker_has_is_gone_for_good(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    fill(outbox, 1, 3)
    outbox.delete(outbox.after(0, 2)[1].position)
    outbox.close()
    again = opened(tmp_path)
    assert held(again) == [1, 3]
    assert len(again) == 2


def test_positions_rise_over_runs(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    fill(outbox, 1, 2)
    outbox.close()
    again = opened(tmp_path)
    fill(again, 3, 3)
    assert held(again) == [1, 2, 3]


def test_when_full_the_oldest_makes_room_and_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = opened(tmp_path, limit=10)
    fill(outbox, 1, 13)
    assert held(outbox) == list(range(4, 14))
    assert outbox.dropped == 3
    assert [record.message for record in caplog.records if "is full" in record.message] == [caplog.records[0].message]


def test_a_smaller_limit_trims_what_an_earlier_run_left(tmp_path: Path) -> None:
    outbox = opened(tmp_path)
    fill(outbox, 1, 30)
    outbox.close()
    smaller = opened(tmp_path, limit=10)
    fill(smaller, 31, 31)
    assert held(smaller) == list(range(22, 32))


KILLED = """
import os, signal, sys
from pathlib import Path
from firmware_host.messaging.outbox import Outbox
outbox = Outbox(Path(sys.argv[1]) / "outbox.sqlite", 100)
outbox.open()
for number in range(1, 8):
    outbox.put("t/set", str(number).encode(), f"id-{number}")
outbox.delete(outbox.after(0, 1)[0].position)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_survives_kill_9(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert ended.returncode == -9
    assert held(opened(tmp_path)) == list(range(2, 8))


@pytest.mark.parametrize("damage", ["not a database", "torn page"])
def test_a_damaged_file_is_put_aside_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: str) -> None:
    file = tmp_path / "outbox.sqlite"
    if damage == "not a database":
        file.write_bytes(b"nothing of the sort " * 500)
    else:
        outbox = opened(tmp_path, limit=1000)
        fill(outbox, 1, 400)
        outbox.close()
        whole = bytearray(file.read_bytes())
        whole[4096:12288] = b"\x5a" * 8192
        file.write_bytes(whole)
    broken = file.read_bytes()
    again = opened(tmp_path)
    fill(again, 7, 8)
    assert held(again) == [7, 8]
    again.close()
    assert held(opened(tmp_path)) == [7, 8]
    assert (tmp_path / "outbox.sqlite.damaged").read_bytes() == broken
    assert sum("is damaged" in record.message for record in caplog.records) == 1


def test_damage_seen_only_while_it_runs_costs_no_new_message(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = opened(tmp_path)
    fill(outbox, 1, 1)
    with sqlite3.connect(tmp_path / "outbox.sqlite") as other:  # what a bad card does to the schema's page
        other.execute("PRAGMA writable_schema = ON")
        other.execute("UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'outbox'")
        other.execute("PRAGMA schema_version = 99")
    other.close()
    fill(outbox, 2, 4)
    assert held(outbox) == [2, 3, 4]
    assert any("is damaged" in record.message for record in caplog.records)


FULL = """
import logging, resource, sys
from pathlib import Path
from firmware_host.messaging.outbox import Outbox

logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.INFO)
folder = Path(sys.argv[1])

def put(first, last):
    for number in range(first, last + 1):
        outbox.put("t/set", b"%d" % number + b" " * 3000, f"id-{number}")

def room(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

outbox = Outbox(folder / "outbox.sqlite", 20)
outbox.open()
put(1, 3)
room(sum(file.stat().st_size for file in folder.glob("outbox.sqlite-wal")) + 100)
put(4, 8)
print("waiting", *(int(message.payload) for message in outbox.after(0, 100)))
put(9, 40)
print("full", len(outbox), outbox.dropped)
room(resource.RLIM_INFINITY)
put(41, 41)
print("mended", *(int(message.payload) for message in outbox.after(0, 100)))
outbox.close()
again = Outbox(folder / "outbox.sqlite", 20)
again.open()
print("kept", *(int(message.payload) for message in again.after(0, 100)))
"""


def test_a_full_disk_is_said_once_and_nothing_is_lost_to_it(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], check=False, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    waiting, full, mended, kept = ended.stdout.splitlines()
    assert waiting == "waiting 1 2 3 4 5 6 7 8"
    assert full == "full 20 20"
    # Rows on a full disk may be impossible to delete; then the oldest in memory make room instead.
    numbers = [int(word) for word in mended.split()[1:]]
    assert len(numbers) == 20
    assert numbers == sorted(numbers)
    assert numbers[3:] == list(range(25, 42))
    assert kept.split()[1:] == mended.split()[1:]
    assert ended.stderr.count("can't be used") == 1
    assert ended.stderr.count("can be written again") == 1


def test_a_place_that_can_not_hold_a_file_is_said_and_memory_serves(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    outbox = opened(tmp_path / "state", limit=10)
    fill(outbox, 1, 12)
    assert held(outbox) == list(range(3, 13))
    assert outbox.dropped == 2
    outbox.delete(outbox.after(0, 1)[0].position)
    assert held(outbox) == list(range(4, 13))
    assert sum("can't be used" in record.message for record in caplog.records) == 1
    assert caplog.records[0].levelno == logging.ERROR


class OutboxAgainstAList(RuleBasedStateMachine):
    """Whatever is put, deleted and restarted, it is a bounded queue."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.outbox = opened(Path(self.folder.name), limit=10)
        self.model: list[int] = []
        self.number = 0

    @rule(count=st.integers(min_value=1, max_value=12))
    def put(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            fill(self.outbox, self.number, self.number)
            self.model = [*self.model, self.number][-10:]

    @rule(which=st.integers(min_value=0, max_value=9))
    def delete(self, which: int) -> None:
        waiting = self.outbox.after(0, 100)
        if which < len(waiting):
            self.outbox.delete(waiting[which].position)
            del self.model[which]

    @rule()
    def restart(self) -> None:
        self.outbox.close()
        self.outbox = opened(Path(self.folder.name), limit=10)

    @invariant()
    def same(self) -> None:
        assert held(self.outbox) == self.model
        assert len(self.outbox) == len(self.model)

    def teardown(self) -> None:
        self.outbox.close()
        self.folder.cleanup()


TestOutboxAgainstAList = OutboxAgainstAList.TestCase
TestOutboxAgainstAList.settings = hypothesis_settings(max_examples=15, stateful_step_count=12, deadline=None)
