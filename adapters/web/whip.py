"""``POST /whip/{room}``: a program speaks into a room (RFC 9725).

The publisher is heard where the room's mode lets it: always in a conference; in a talkgroup only
with the floor, which WHIP has no way to ask for.
"""

from adapters.web.offer import Offer
from adapters.web.sdp_door import Direction
from gateway.model.grants import Verb
from gateway.model.participant import LegKind
from gateway.ports.media import LegProfile


def _fault(offer: Offer) -> str | None:
    if [line.kind for line in offer.wanted] != ["audio"]:
        # RFC 9725 section 4.4.2: a publication is taken whole or not at all.
        return "offer exactly one audio track; video is not taken"
    if offer.wanted[0].direction not in ("sendonly", "sendrecv"):
        return "offer the track sendonly"  # RFC 9725 section 4.2
    return None


WHIP = Direction("whip", LegKind.WHIP, LegProfile(audio_slots=0, publishes=True), Verb.TALK, _fault)
