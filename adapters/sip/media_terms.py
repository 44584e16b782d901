"""The media side of one call's negotiation: our place, our versions, and what is agreed now."""

from dataclasses import replace

from adapters.sip import native
from adapters.sip.translate import Terms, terms
from gateway.ports.media import PhoneCodec, PhoneMedia


class NotAgreed(Exception):
    """No session: nothing in common, or no description at all."""


class MediaTerms:
    """Offers and answers for one audio stream (RFC 3264); the text is the extension's business."""

    def __init__(self, address: str, session: int, codecs: tuple[PhoneCodec, ...]) -> None:
        self._address = address
        self._session = session
        self._version = 0
        self._codecs = [codec.value for codec in codecs]
        self._before: PhoneMedia | None = None
        self._two_way = False
        self.port = 0
        """Our RTP port, once the media core has opened it."""

    @property
    def media(self) -> PhoneMedia | None:
        """What is agreed; None while the peer has no place for media."""
        return self._before

    def offer(self) -> bytes:
        """Our description."""
        self._version += 1
        return native.sdp_offer(self._ours())

    def answer(self, offer: bytes) -> bytes:
        """Our answer to the peer's offer, which is agreed with it. Raises NotAgreed."""
        self._version += 1
        try:
            answer, agreed = native.sdp_answer(offer, self._ours())
            self._take(terms(agreed))
        except ValueError as error:
            raise NotAgreed(str(error)) from error
        return answer

    def agreed(self, answer: bytes) -> None:
        """The peer's answer to our offer. Raises NotAgreed."""
        try:
            self._take(terms(native.sdp_agreed(answer, self._ours())))
        except ValueError as error:
            raise NotAgreed(str(error)) from error

    def _take(self, agreed: Terms) -> None:
        media = agreed.media(self._before)
        if media is None:
            return
        self._two_way |= media.hears and media.speaks
        if self._two_way and not media.hears:
            # On hold (RFC 3264 section 8.4): what still comes is its music, nobody's speech. A device
            # that never listened, such as an intercom's microphone, is heard.
            media = replace(media, speaks=False)
        self._before = media

    def _ours(self) -> "native.SdpLocal":
        return self._address, self.port, self._session, self._version, self._codecs, "sendrecv"
