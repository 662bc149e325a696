"""How each muscle is rolled: the cards of config/techniques.toml, read into `coaching.techniques.MuscleCard`."""

from __future__ import annotations

import tomllib
from typing import Any

from firmware_host.coaching.techniques import MuscleCard
from firmware_host.settings import SettingsError, convert, shipped_config


def load_techniques() -> dict[str, MuscleCard]:
    """Muscle -> card. A muscle that only an owner's profile knows has none."""
    place = shipped_config() / "techniques.toml"
    return techniques_from_recording(tomllib.loads(place.read_text(encoding="utf-8")), str(place))


def techniques_from_recording(stored: Any, where: str) -> dict[str, MuscleCard]:
    """The cards as they were when a recording was made."""
    if not isinstance(stored, dict) or not all(isinstance(table, dict) for table in stored.values()):
        raise SettingsError(f"{where}: must be a table of muscles by name")
    return {name: convert(table, MuscleCard, f"{where}: {name}") for name, table in stored.items()}
