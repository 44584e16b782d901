"""Words of the contract and of the native edge to words of the model. Pure."""

from adapters.radio.contract.names import OPUS, PCMU, Why
from adapters.radio.contract.up import Event, Talker
from gateway.model.participant import LegKind
from gateway.model.radio import AirWhy
from gateway.ports.media import PhoneCodec

_WHY: dict[str, AirWhy] = {
    Why.BUSY: AirWhy.BUSY,
    Why.PRIORITY: AirWhy.PRE_EMPTED,
    Why.TIME_OUT: AirWhy.TIMED_OUT,
    Why.KERCHUNK: AirWhy.KERCHUNK,
    Why.NO_CHANNEL: AirWhy.NO_CHANNEL,
    Why.CODEC: AirWhy.CODEC,
    Why.NOT_AUTHORISED: AirWhy.NOT_ALLOWED,
    Why.LIMIT: AirWhy.LIMIT,
    Why.EPOCH: AirWhy.EPOCH,
    Why.STALE: AirWhy.STALE,
    Why.LINK: AirWhy.LINK,
    Why.HARDWARE: AirWhy.HARDWARE,
    Why.ENCRYPTION: AirWhy.ENCRYPTION,
    Why.WATCHDOG: AirWhy.WATCHDOG,
    Why.CARRIER: AirWhy.CARRIER,
    Why.SHUTDOWN: AirWhy.SHUTDOWN,
}
CONTRACT_CODECS = {PhoneCodec.OPUS: OPUS, PhoneCodec.PCMU: PCMU}
PAYLOAD_TYPES = {PhoneCodec.OPUS: 111, PhoneCodec.PCMU: 0}
"""Of RTP between the edge and the media core (RFC 3551 section 6; the dynamic one is the edge's)."""
_SOURCES = {LegKind.PHONE: "sip", LegKind.RADIO: "radio", LegKind.APPLICATION: "app"}
NAME_CHARS_MAX = 64


def why(text: str) -> AirWhy:
    """Why air was denied or taken back; a newer bridge may have more words than we."""
    return _WHY.get(text, AirWhy.OTHER)


def source_kind(kind: LegKind) -> str:
    """The type of a source in a key."""
    return _SOURCES.get(kind, "web")


def talker_name(talker: Talker | Event) -> str:
    """What people read of who talks on the air; empty when nothing is known. Personal data."""
    return talker.alias or talker.id
