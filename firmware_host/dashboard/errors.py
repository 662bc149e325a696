"""What can be wrong with the page before it is served; apart from the server, which loads a web framework."""

from __future__ import annotations


class PageError(Exception):
    """The page can't be served; the text says why and what to do."""
