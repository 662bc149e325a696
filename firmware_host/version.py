"""Which version this is, as the installed package says."""

from __future__ import annotations


def version() -> str:
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as of

    try:
        return of("slowroll")
    except PackageNotFoundError:
        return "not installed"
