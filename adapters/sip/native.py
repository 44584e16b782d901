"""The SIP half of the Rust extension; the only importer of it outside of ``gateway.native``."""

from typing import TYPE_CHECKING

from gateway._native import SipEdge, sdp_agreed, sdp_answer, sdp_offer, sip_ha1

if TYPE_CHECKING:
    # Types of the stub; the extension itself has no such names.
    from gateway._native import SdpAgreed as SdpAgreed  # noqa: PLC0414
    from gateway._native import SdpLocal as SdpLocal  # noqa: PLC0414
    from gateway._native import SipEvent as SipEvent  # noqa: PLC0414
    from gateway._native import SipFlow as SipFlow  # noqa: PLC0414
    from gateway._native import SipWay as SipWay  # noqa: PLC0414

__all__ = ["SipEdge", "sdp_agreed", "sdp_answer", "sdp_offer", "sip_ha1"]
