"""Puts the page into wheels and sdists: builds it (web/build.py) when it is missing or older than its source.

An editable install needs no Node: there the page is built by hand, or by `make page`.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageBuildHook(BuildHookInterface[Any]):
    """hatchling's name for it: the hook "custom"."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Node by way of PyPI, into the build's own environment, where the machine has none."""
        page = self._page_build()
        return [page.NODE_WHEEL] if page.is_stale() and page.find_tools() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        page = self._page_build()
        if version != "editable" and page.is_stale():
            page.build()

    def _page_build(self) -> ModuleType:
        """web/build.py, which is a script and no package."""
        path = Path(self.root) / "web" / "build.py"
        spec = importlib.util.spec_from_file_location("slowroll_page_build", path)
        if spec is None or spec.loader is None:
            raise RuntimeError(f"{path} can't be read: the source tree is not whole")
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
