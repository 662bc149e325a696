"""What can be wrong with messaging before it runs: the owner's settings, or the machine's."""

from __future__ import annotations


class MessagingError(Exception):
    """Messaging can't start as configured; the text says what, the likely cause and the next step.

    A broker that is merely away is no error: the client waits for it and says so in the log.
    """
