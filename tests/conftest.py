"""Test folders are no packages: each may import the helper modules beside its tests and in tests/shared.

In CI hypothesis tries the same examples every time, so that a run says something about the change alone; on a
developer's machine it goes on looking for new ones.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
