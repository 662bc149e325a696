"""What a person reads in the log about the connection: each thing once, not once a retry."""

from __future__ import annotations

import logging

from firmware_host.messaging.client import Down, Refused, Unreachable, Up

log = logging.getLogger("slowroll.messaging")

SHORT_S = 5.0
"""A connection that ends sooner than this was taken from us."""
TIMES = 3
"""So many short ones in a row are no accident."""


class ConnectionLog:
    """Told every change, with the time in seconds; decides what is worth saying."""

    def __init__(self, address: str, client_id: str) -> None:
        self._address = address
        self._client_id = client_id
        self._said: set[str] = set()
        self._up_at: float | None = None
        self._short = 0

    def up(self, signal: Up, now: float) -> None:
        self._up_at = now
        self._said.clear()
        if self._short >= TIMES:
            return
        log.info("Connected to the MQTT broker at %s.", self._address)
        if not signal.commands:
            log.warning(
                "The broker at %s does not let us subscribe to commands: everything is published, nothing can be "
                "commanded over MQTT. Allow this user to read slowroll/+/cmd/+.",
                self._address,
            )

    def down(self, signal: Down, now: float) -> None:
        up_at, self._up_at = self._up_at, None
        if up_at is None:
            self._closed_early(signal)
            return
        self._short = self._short + 1 if now - up_at < SHORT_S else 0
        if self._short < TIMES:
            log.warning(
                "Lost the MQTT broker at %s (%s). Finished sets, sessions and spots are kept and sent when it is back.",
                self._address,
                signal.why,
            )
        elif self._short == TIMES:
            log.error(
                "The broker at %s drops us again and again. Most likely another client is called %s: give each "
                "station its own name (station = ...) in the config.",
                self._address,
                self._client_id,
            )

    def refused(self, signal: Refused) -> None:
        self._once(
            logging.ERROR,
            f"The broker at {self._address} refuses the login ({signal.why}). Check mqtt.username and "
            "mqtt.password_file, and that the broker knows this user; we go on trying.",
        )

    def unreachable(self, signal: Unreachable) -> None:
        hint = (
            "Set mqtt.tls and mqtt.port as the broker has them, and its name as in its certificate."
            if "SSL" in signal.why
            else "Is it running, and are mqtt.broker and mqtt.port right?"
        )
        self._once(
            logging.WARNING,
            f"No MQTT broker at {self._address} ({signal.why}). {hint} Everything else runs on; we go on trying.",
        )

    def _closed_early(self, signal: Down) -> None:
        if not self._said:  # a refusal is followed by this too, and says more
            self._once(
                logging.WARNING,
                f"The broker at {self._address} hangs up before it answers ({signal.why}). Is that its port for "
                "TLS or WebSockets? See mqtt.port and mqtt.tls; we go on trying.",
            )

    def _once(self, level: int, text: str) -> None:
        if text not in self._said:
            self._said.add(text)
            log.log(level, "%s", text)
