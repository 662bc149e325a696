"""A built page, a real mosquitto on a free port, and pages served against it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from brokers import Mosquitto, free_port
from help_fixture import DOCUMENTS
from page_bench import (
    ROOT,
    Ear,
)
from playwright.sync_api import Browser, BrowserContext
from playwright.sync_api import Page as Tab

from firmware_host.dashboard.documents import Document
from firmware_host.dashboard.page import Page
from firmware_host.settings import PageSettings


@pytest.fixture(scope="session")
def built_page() -> Path:
    """The page's static files, built from web/ if they are missing or older than it."""
    done = subprocess.run([sys.executable, str(ROOT / "web" / "build.py")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    return ROOT / "firmware_host" / "dashboard" / "static"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def ear(mosquitto: Mosquitto) -> Iterator[Ear]:
    client = Ear(mosquitto.port, "test")
    yield client
    client.close()


@pytest.fixture
def serve(built_page: Path) -> Iterator[Callable[..., Page]]:
    """serve(broker_port, ..., **PageSettings) starts a page on a free port; all are stopped at the end."""
    pages: list[Page] = []

    def make(
        broker_port: int = 1,
        broker_host: str = "127.0.0.1",
        station: str = "test",
        username: str | None = None,
        password: str | None = None,
        documents: Mapping[str, Document] | None = None,
        **settings: Any,
    ) -> Page:
        page_settings = PageSettings(**{"port": free_port(), **settings})
        page = Page(page_settings, station, broker_host, broker_port, username, password, documents=documents)
        page.start()
        pages.append(page)
        return page

    yield make
    for page in pages:
        page.stop()


@pytest.fixture
def visit(chromium: Browser, serve: Callable[..., Page], mosquitto: Mosquitto) -> Iterator[Callable[..., Tab]]:
    """visit() serves the page and opens it in a fresh browser context; no console error is forgiven."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_tab(page: Page | None = None, **options: Any) -> Tab:
        context = chromium.new_context(**options)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto((page or serve(mosquitto.port, documents=DOCUMENTS)).url)
        return tab

    yield open_tab
    for context in contexts:
        context.close()
    assert errors == [], "the browser's console"
