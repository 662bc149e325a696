"""Whether a slowroll runs here already: its sensors and pins are then left to it."""

from __future__ import annotations

import http.client
import json

from firmware_host.check.machine import Machine
from firmware_host.settings import PageSettings, Settings

UNIT = "slowroll.service"
HEALTH_LIMIT_S = 2.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""To listen on all addresses is to be reached on loopback."""


def running(machine: Machine, settings: Settings) -> str:
    """How it is known that a slowroll runs here, for a sentence; empty if nothing says so.

    One that reads a bus is besides found by its lock on that bus (`acquisition.smbus_io`).
    """
    state = machine.run("systemctl", "is-active", UNIT)
    if state is not None and state.out == "active":
        return f"the service {UNIT} is active"
    if settings.page.enabled and page_answers(settings.page):
        return f"its page answers on port {settings.page.port}"
    return ""


def page_answers(page: PageSettings) -> bool:
    """Whether a slowroll's page is on that port."""
    link = http.client.HTTPConnection(EVERYWHERE.get(page.host, page.host), page.port, timeout=HEALTH_LIMIT_S)
    try:
        link.request("GET", "/health")
        answer = link.getresponse()
        found = json.loads(answer.read(1024)) if answer.status == 200 else None
        return isinstance(found, dict) and found.get("status") == "ok"
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        link.close()
