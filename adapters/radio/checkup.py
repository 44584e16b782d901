"""What ``crosspatch doctor`` asks of the radio door: is there a broker, does it know us, may we do our work.

Signing in is asked for separately: a broker lets one connection have a name, so that it would throw out a
gateway that runs elsewhere and take its radios off the air.
"""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from adapters._kit.reach import CONNECT_S, connected, secrets_check
from adapters.radio.broker import BrokerMissing, find_mosquitto
from adapters.radio.broker_choice import external
from adapters.radio.config import RadioConfig, address
from adapters.radio.contract.topics import VERSION
from adapters.radio.control import Broker, Identity
from gateway.ports.checkup import Check, Finding, fail, ok

_NOBODY = "DOCTOR"
"""In a bridge's place: no bridge can have a name in capitals, so that nobody hears of it."""
_STEP_S = 0.1


def radio_checks(config: RadioConfig, *, sign_in: bool) -> list[Check]:
    """Every question; none without a channel."""
    if not config.channels:
        return []
    if not config.broker:
        return [Check("radio broker", _own_broker)]
    checks = []
    files = [path for path in (config.password_file, config.control_password_file) if path is not None]
    if files:
        checks.append(secrets_check("radio passwords", [(path, "password") for path in files]))
    checks.append(Check("radio broker", lambda: _reachable(config), 2 * CONNECT_S + 4))
    for name, cert, key in (
        (config.user, config.cert, config.key),
        (config.control_user, config.control_cert, config.control_key),
    ):
        check = f"radio broker as {name}"
        if sign_in:
            pair = None if cert is None or key is None else (cert, key)
            run = lambda name=name, pair=pair: _signed_in(config, name, pair)  # noqa: E731 - bound to this turn
            checks.append(Check(check, run, 3 * CONNECT_S + 4))
    if not sign_in:
        checks.append(Check("radio broker's rights", _not_asked))
    return checks


def _own_broker() -> Iterator[Finding]:
    try:
        yield ok(f"our own, {find_mosquitto()}")
    except BrokerMissing as error:
        found, _, remedy = str(error).partition("; ")
        yield fail(found, remedy)


def _not_asked() -> Iterator[Finding]:
    yield ok("not tried: with --sign-in, while no gateway with these names runs anywhere")


def _reachable(config: RadioConfig) -> Iterator[Finding]:
    scheme, host, port = address(config.broker)
    try:
        with closing(connected(host, port)) as plain:
            if scheme == "mqtts":
                plain.settimeout(CONNECT_S)
                _tls(config, None).wrap_socket(plain, server_hostname=host).close()
    except ssl.SSLError as error:
        yield fail(
            f"{host} port {port} answers, TLS fails ({error.reason})",
            "[radio] authorities must be what the broker's certificate is from, and it must name this host",
        )
    except OSError as error:
        yield fail(
            f"{host} port {port} cannot be reached ({error.strerror or error})",
            "look whether the broker runs, at [radio] broker, and at the firewalls on the way",
        )
    else:
        yield ok(f"{host} port {port} takes connections")


def _tls(config: RadioConfig, pair: tuple[Path, Path] | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(config.authorities))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if pair is not None:
        context.load_cert_chain(*pair)
    return context


def _signed_in(config: RadioConfig, name: str, pair: tuple[Path, Path] | None) -> Iterator[Finding]:
    broker = external(config)
    identity = broker.timed if name == config.user else broker.control
    visit = _Visit(broker, identity, None if broker.tls is None else _tls(config, pair))
    try:
        refused = visit.sign_in()
        if refused:
            yield fail(f"the broker says: {refused}", f"look at user {name}'s password or certificate there")
            return
        yield ok("lets us in")
        yield _right(visit, f"{config.root}/{VERSION}/{_NOBODY}/dn/cfg", f"{config.root}/{VERSION}")
    except OSError as error:
        yield fail(f"cannot be reached ({error.strerror or error})", "see the line above")
    finally:
        visit.leave()


def _right(visit: "_Visit", topic: str, root: str) -> Finding:
    """A word to nobody, read back: both rights in one."""
    refused = visit.says(topic)
    if refused:
        return fail(
            f"its access list forbids writing {root}/+/dn/cfg ({refused})",
            "give the rights of docs/guides/connect-a-radio.md, section 4",
        )
    if not visit.heard(topic):
        return fail(
            f"its access list hides {root}/#: what was written was not read back",
            "give the rights of docs/guides/connect-a-radio.md, section 4",
        )
    return ok(f"may read {root}/# and write there")


class _Visit:
    """One connection, driven by whoever asks; every wait has its limit."""

    def __init__(self, broker: Broker, identity: Identity, tls: ssl.SSLContext | None) -> None:
        self._broker = broker
        self._entered: ReasonCode | None = None
        self._said: ReasonCode | None = None
        self._heard: set[str] = set()
        self._subscribed = False
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=identity.username, protocol=paho.MQTTv5
        )
        self._client.connect_timeout = CONNECT_S
        self._client.username_pw_set(identity.username, identity.password or None)
        if tls is not None:
            self._client.tls_set_context(tls)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def sign_in(self) -> str:
        """Why not; empty: we are in. Raises OSError."""
        self._client.connect(self._broker.host, self._broker.port, clean_start=True)
        self._until(lambda: self._entered is not None)
        return _refusal(self._entered)

    def says(self, topic: str) -> str:
        """Subscribes to it, then says it. Why it may not; empty: it may."""
        self._client.subscribe(topic)
        self._until(lambda: self._subscribed)
        self._client.publish(topic, b"", qos=1)
        self._until(lambda: self._said is not None)
        return _refusal(self._said)

    def heard(self, topic: str) -> bool:
        """Whether it came back."""
        self._until(lambda: topic in self._heard)
        return topic in self._heard

    def leave(self) -> None:
        """Say goodbye, if there is somebody."""
        with suppress(OSError, ValueError):
            self._client.disconnect()
            self._client.loop(_STEP_S)

    def _until(self, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + CONNECT_S
        while not done() and time.monotonic() < deadline:
            if self._client.loop(_STEP_S) != paho.MQTT_ERR_SUCCESS:
                return

    def _on_connect(self, *told: Any) -> None:  # noqa: ANN401 - paho's (client, userdata, flags, reason, properties)
        self._entered = told[3]

    def _on_publish(self, *told: Any) -> None:  # noqa: ANN401 - (client, userdata, message id, reason, properties)
        self._said = told[3]

    def _on_subscribe(self, *_told: Any) -> None:  # noqa: ANN401 - (client, userdata, message id, reasons, properties)
        self._subscribed = True

    def _on_message(self, _client: paho.Client, _userdata: object, message: paho.MQTTMessage) -> None:
        self._heard.add(message.topic)


def _refusal(reason: ReasonCode | None) -> str:
    if reason is None:
        return "no answer"
    return str(reason) if reason.is_failure else ""
