"""The page's build: what is locked, what it weighs, what it leaves behind; and its own types and unit tests."""

from __future__ import annotations

import gzip
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from page_bench import (
    ROOT,
)

from firmware_host.coaching.cues import CUES

WEB = ROOT / "web"
WEIGHT_LIMIT = 40_000
"""Bytes gzip for everything a browser loads: seconds matter on a phone on a garage's WLAN."""


@pytest.fixture
def build_script() -> ModuleType:
    """web/build.py as a module of its own for each test."""
    spec = importlib.util.spec_from_file_location("page_build_under_test", WEB / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_lock_pins_by_hash_and_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert {"node_modules/preact", "node_modules/u8-mqtt", "node_modules/esbuild"} <= set(packages)
    for name, entry in packages.items():
        assert "resolved" not in entry, name
        assert entry["integrity"].startswith("sha512-"), name


def test_what_a_browser_loads_is_light_and_packed(built_page: Path) -> None:
    loaded = re.findall(r'(?:src|href)="/([^"]+)"', (built_page / "index.html").read_text())
    packed = {name: (built_page / f"{name}.gz").read_bytes() for name in ["index.html", *loaded]}
    assert sum(map(len, packed.values())) <= WEIGHT_LIMIT
    for name, data in packed.items():
        assert gzip.decompress(data) == (built_page / name).read_bytes(), name


def test_the_page_asks_nothing_of_other_hosts(built_page: Path) -> None:
    names = {  # XML namespaces: names that are never fetched
        "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml", "http://www.w3.org/1998/Math/MathML",
    }  # fmt: skip
    for file in built_page.iterdir():
        if file.suffix != ".gz":
            assert set(re.findall(r"https?://[\w./-]+", file.read_text(encoding="utf-8"))) <= names, file.name


def test_the_page_knows_every_cue() -> None:
    text = (WEB / "src" / "words.ts").read_text(encoding="utf-8")
    tones = re.search(r"const TONES[^{]*{(.*?)^};", text, re.DOTALL | re.MULTILINE)
    assert tones is not None
    assert re.findall(r"^  (\w+):", tones[1], re.MULTILINE) == list(CUES)


@pytest.mark.slow
def test_its_types_and_unit_tests_are_fine() -> None:
    done = subprocess.run([sys.executable, str(WEB / "build.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_build_is_due_when_a_source_is_newer(
    build_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, static = tmp_path / "web", tmp_path / "static"
    for folder in (source / "src", source / "public", static):
        folder.mkdir(parents=True)
    for file in (source / "src" / "main.tsx", source / "build.mjs", source / "package-lock.json"):
        file.write_text("")
        os.utime(file, (100, 100))
    for folder in (source / "src", source / "public"):
        os.utime(folder, (100, 100))
    monkeypatch.setattr(build_script, "WEB", source)
    monkeypatch.setattr(build_script, "STATIC", static)
    assert build_script.is_stale(), "nothing was built"
    (static / "index.html").write_text("")
    os.utime(static / "index.html", (100, 100))
    assert not build_script.is_stale(), "as old as its sources, as out of an sdist"
    os.utime(source / "src" / "main.tsx", (101, 101))
    assert build_script.is_stale()


def test_an_old_or_missing_node_is_not_used(
    build_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build_script.importlib.util, "find_spec", lambda name: None)
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\necho v16.20.0\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_script.find_tools() is None
    (tmp_path / "node").write_text("#!/bin/sh\necho v18.0.0\n")
    assert build_script.find_tools() == (str(tmp_path / "node"), (str(tmp_path / "npm"),))
    monkeypatch.setenv("PATH", "")
    assert build_script.find_tools() is None


def test_a_step_that_fails_is_named_and_leaves_the_page_as_it_was(
    build_script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    static = tmp_path / "static"
    static.mkdir()
    (static / "index.html").write_text("the old one")
    monkeypatch.setattr(build_script, "STATIC", static)
    monkeypatch.setattr(build_script, "ready", lambda: build_script.Tools("/bin/false", ("/bin/false",)))
    with pytest.raises(build_script.BuildError, match=r"failed.*build\.mjs"):
        build_script.build()
    assert (static / "index.html").read_text() == "the old one"
