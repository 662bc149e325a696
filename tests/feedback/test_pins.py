"""Pin factories by name, and what is said when there is none."""

from __future__ import annotations

import os
import sys
import textwrap
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockPWMPin

from firmware_host.feedback import pins
from firmware_host.feedback.pins import PinError, backend_errors, open_factory


def test_mock_pins_do_pwm() -> None:
    factory = open_factory("mock")
    assert isinstance(factory.pin(18), MockPWMPin)
    factory.close()


def test_an_unknown_factory_names_the_known_ones() -> None:
    with pytest.raises(PinError, match=r"no pin factory 'lgpoi'.*lgpio.*native"):
        open_factory("lgpoi")


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pin factory package of our own, registered as "custom": its module's file, to be written by the test."""
    point = EntryPoint("custom", "custom_backend:Factory", pins.GROUP)
    lgpio = EntryPoint("lgpio", "custom_backend:Factory", pins.GROUP)
    monkeypatch.setattr(pins, "entry_points", lambda group: EntryPoints([point, lgpio]).select(group=group))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "custom_backend", raising=False)
    return tmp_path / "custom_backend.py"


def test_a_plugged_in_factory_is_found_and_made(backend: Path) -> None:
    backend.write_text("class Factory:\n    opened = True\n")
    assert open_factory("custom").opened


@pytest.mark.parametrize(
    ("name", "words"),
    [("lgpio", r"pip install 'slowroll\[gpio\]'.*python3-lgpio"), ("custom", 'factory = "lgpio"')],
)
def test_a_missing_library_says_how_to_get_it(backend: Path, name: str, words: str) -> None:
    backend.write_text("import no_such_library\n")
    with pytest.raises(PinError, match=words) as caught:
        open_factory(name)
    assert "no_such_library" in str(caught.value)


@pytest.mark.parametrize(
    "raises",
    [
        "OSError(13, 'Permission denied')",
        "RuntimeError('only on a Raspberry Pi')",
        "gpiozero.exc.PinUnknownPi('unable to locate Pi revision')",
    ],
)
def test_a_factory_without_hardware_says_so(backend: Path, raises: str) -> None:
    backend.write_text(
        textwrap.dedent(
            f"""
            import gpiozero.exc
            class Factory:
                def __init__(self):
                    raise {raises}
            """
        )
    )
    with pytest.raises(PinError, match=r"found no GPIO to drive.*usermod"):
        open_factory("custom")


def test_a_bug_in_a_factory_is_not_hidden(backend: Path) -> None:
    backend.write_text("class Factory:\n    def __init__(self):\n        raise KeyError('bug')\n")
    with pytest.raises(KeyError):
        open_factory("custom")


def test_what_a_library_leaves_in_the_working_directory_is_not_left_in_ours(
    backend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As lgpio does: a FIFO in the working directory, and a move into $LG_WD."""
    work, elsewhere = tmp_path / "work", tmp_path / "elsewhere"
    work.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(work)
    backend.write_text(f"import os\nos.mkfifo('.lgd-nfy0')\nos.chdir({str(elsewhere)!r})\nclass Factory:\n    pass\n")
    open_factory("lgpio")
    assert Path(os.getcwd()) == work
    assert list(work.iterdir()) == []


def test_the_working_directory_comes_back_after_a_failed_import(
    backend: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    backend.write_text("import no_such_library\n")
    with pytest.raises(PinError):
        open_factory("lgpio")
    assert Path(os.getcwd()) == tmp_path


def test_lgpios_own_error_counts_once_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "lgpio", raising=False)
    assert backend_errors() == (OSError,)
    (tmp_path / "lgpio.py").write_text("class error(Exception):\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    lgpio = __import__("lgpio")
    monkeypatch.setitem(sys.modules, "lgpio", lgpio)
    assert backend_errors() == (OSError, lgpio.error)
