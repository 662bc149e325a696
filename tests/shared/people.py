"""Whom the simulator's own tests look at: everybody, with one of those who still learn for all of them."""

from __future__ import annotations

from firmware_host.simulator import learners
from firmware_host.simulator.scenarios import SCENARIOS

EVERY_KIND = [
    name
    for name, scenario in SCENARIOS.items()
    if name == "knee" or scenario.behaviour.__module__ != learners.__name__  # the others are tests/scenarios'
]
