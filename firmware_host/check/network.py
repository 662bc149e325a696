"""The broker and the page's port: is the one there, and is the other free?"""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

from firmware_host.check.finding import Finding, Result
from firmware_host.check.running import page_answers
from firmware_host.dashboard.assets import AssetsMissing, built_page, load
from firmware_host.dashboard.errors import PageError
from firmware_host.dashboard.listening import token_of, why_not_bound
from firmware_host.settings import MqttSettings, PageSettings, Settings

if TYPE_CHECKING:
    from firmware_host.messaging.trying import Tried

AREA = "network"
EMBEDDED = "embedded"


def network(settings: Settings) -> Iterator[Finding]:
    yield _broker(settings.mqtt, settings.station, settings.page.enabled)
    yield from _page(settings.page)


def _broker(mqtt: MqttSettings, station: str, page: bool) -> Finding:
    if not mqtt.broker:
        if page:
            return _finding(
                "broker",
                "warning",
                "none is configured, so the page has nothing to show",
                'broker = "localhost" under [mqtt] with mosquitto (sudo apt install mosquitto), or '
                'broker = "embedded"; or enabled = false under [page]',
            )
        return _finding("broker", "ok", "none is configured: no MQTT")
    if mqtt.broker == EMBEDDED:
        return _embedded(mqtt, station)
    from firmware_host.messaging.trying import try_broker

    return _broker_line(mqtt, try_broker(mqtt, station))


def _embedded(mqtt: MqttSettings, station: str) -> Finding:
    if importlib.util.find_spec("amqtt") is None:
        return _finding(
            "broker",
            "problem",
            "the embedded broker needs amqtt, which is not installed",
            "pip install 'slowroll[broker]'",
        )
    error = _bind("127.0.0.1", mqtt.port)
    if error is None:
        return _finding("broker", "ok", f"embedded: it starts with slowroll run; port {mqtt.port} is free for it")
    from firmware_host.messaging.trying import try_broker

    if try_broker(mqtt, station).how in ("in", "no commands", "no entry", "refused"):
        return _finding(
            "broker",
            "ok",
            f"a broker answers on port {mqtt.port}: a slowroll that runs, or a mosquitto "
            "(then the embedded one can't start)",
            'to use a mosquitto on this machine: broker = "localhost" under [mqtt]',
        )
    return _finding(
        "broker",
        "problem",
        f"port {mqtt.port} is not free for the embedded broker: {error.strerror}",
        f"ss -ltnp 'sport = :{mqtt.port}' says who has it; or another port under [mqtt]",
    )


def _broker_line(mqtt: MqttSettings, tried: Tried) -> Finding:
    where = f"{mqtt.broker}:{mqtt.port}"
    who = f"user {mqtt.username}" if mqtt.username is not None else "no user name"
    here = mqtt.broker in ("localhost", "127.0.0.1", "::1")
    said = f" ({tried.words})" if tried.words else ""
    match tried.how:
        case "in":
            return _finding("broker", "ok", f"{where} lets us in ({who})")
        case "no commands":
            return _finding(
                "broker",
                "warning",
                f"{where} lets us in ({who}), but not read commands",
                "allow this user to read slowroll/+/cmd/+ (acl_file in mosquitto.conf)",
            )
        case "settings":
            return _finding("broker", "problem", tried.words, "correct [mqtt] in slowroll.toml")
        case "no name":
            return _finding(
                "broker",
                "problem",
                f"there is no machine called {mqtt.broker}{said}",
                f"ping {mqtt.broker}; if that fails write its address (such as 192.168.1.10) as broker",
            )
        case "nobody listens":
            do = (
                "sudo systemctl status mosquitto; not installed? sudo apt install mosquitto"
                if here
                else (
                    f"on {mqtt.broker}: sudo systemctl status mosquitto. Since version 2 it listens to its own machine "
                    "alone until mosquitto.conf has: listener 1883"
                )
            )
            return _finding("broker", "problem", f"the machine is there, but no broker listens at {where}{said}", do)
        case "no answer" if mqtt.tls:
            return _finding(
                "broker",
                "problem",
                f"{where} makes no encrypted connection{said}",
                "with tls = true the port is usually 8883; a broker without encryption needs tls = false and port 1883",
            )
        case "no answer":
            return _finding(
                "broker",
                "problem",
                f"{where} does not answer{said}",
                f"is that machine on, and on this network? ping {mqtt.broker}; a firewall may hold back "
                f"port {mqtt.port}",
            )
        case "no entry":
            return _finding(
                "broker", "problem", f"the broker at {where} does not let us in with {who}{said}", _login(mqtt)
            )
        case "tls":
            return _finding(
                "broker",
                "problem",
                f"{where}: no encrypted connection{said}",
                "with tls = true the port is usually 8883, and the broker's certificate must be known to "
                "this machine (/usr/local/share/ca-certificates, then: sudo update-ca-certificates)",
            )
        case "refused":
            return _finding(
                "broker",
                "problem",
                f"{where} sends us away{said}",
                "its log says why: sudo journalctl -u mosquitto -n 20; if it speaks TLS alone: tls = true",
            )


def _login(mqtt: MqttSettings) -> str:
    if mqtt.username is None:
        return "it wants a user: set username and password_file under [mqtt] (docs/mqtt.md)"
    if mqtt.password_file is None:
        return "set password_file under [mqtt] to a file with the password on its first line"
    return (
        f"is the first line of {mqtt.password_file} the password of {mqtt.username}? To set it anew on the broker: "
        f"sudo mosquitto_passwd /etc/mosquitto/passwd {mqtt.username}, then: sudo systemctl reload mosquitto"
    )


def _page(page: PageSettings) -> Iterator[Finding]:
    if not page.enabled:
        yield _finding("page", "ok", "off (enabled = false under [page])")
        return
    try:
        load(built_page())
        token_of(page)
    except (AssetsMissing, PageError) as error:
        yield _finding("page", "problem", str(error))
    refused = _bind(page.host, page.port)
    if refused is None:
        yield _finding("page port", "ok", f"{page.port} on {page.host} is free for the page")
    elif page_answers(page):
        yield _finding(
            "page port", "ok", f"{page.port} is held by a slowroll that runs: open http://localhost:{page.port}"
        )
    else:
        says, _, do = why_not_bound(refused, page).partition(". ")
        yield _finding("page port", "problem", says, do)


def _bind(host: str, port: int) -> OSError | None:
    """Why nobody could listen there now; None if somebody can."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: a port just left is free
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        return error
    return None


def _finding(subject: str, result: Result, says: str, do: str = "") -> Finding:
    return Finding(area=AREA, subject=subject, result=result, says=says, do=do)
