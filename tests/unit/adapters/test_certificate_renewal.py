"""A new certificate that could not be read for a moment is in use a moment later."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters._kit.counters import Counters
from adapters._kit.pem_pair import PemPair
from adapters.sip.certificate import COUNTERS, Renewal
from adapters.sip.native import SipEdge
from adapters.web.tls import Certificate
from sim.peers.certificate import make_certificate


@contextmanager
def no_descriptor_free() -> Iterator[None]:
    """No file can be opened; those that are open work."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_https_door_reads_it_again_and_tells_of_the_fault_once(tmp_path: Path) -> None:
    identity, counters = tmp_path / "identity.pem", Counters(*COUNTERS)
    identity.write_text(make_certificate().pem)
    certificate = Certificate(identity, identity, counters)
    identity.write_text(make_certificate().pem)
    with no_descriptor_free():
        assert not certificate.reload_if_changed()
        assert not certificate.reload_if_changed()
    assert certificate.reload_if_changed()
    assert not certificate.reload_if_changed()
    assert counters.read() == {"certificate_errors_total": 1, "certificate_reloads_total": 1}


def test_the_sip_door_reads_it_again_and_tells_of_the_fault_once(tmp_path: Path) -> None:
    identity, counters = tmp_path / "identity.pem", Counters(*COUNTERS)
    identity.write_text(make_certificate().pem)
    pair = PemPair(identity, identity)
    edge = SipEdge(
        listen=[("tls", "127.0.0.1", 0, None)],
        realm="test",
        algorithms=["SHA-256"],
        limits={},
        identity=pair.read(),
    )
    try:
        renewal = Renewal(pair, edge, counters)
        identity.write_text(make_certificate().pem)
        with no_descriptor_free():
            renewal.look()
            renewal.look()
        renewal.look()
        renewal.look()
    finally:
        edge.stop()
    assert counters.read() == {"certificate_errors_total": 1, "certificate_reloads_total": 1}
