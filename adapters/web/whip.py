"""``POST /whip/{room}``: a program speaks into a room and shows it a picture (RFC 9725).

The publisher is heard where the room's mode lets it: always in a conference; in a talkgroup only
with the floor, which WHIP has no way to ask for: an application does by ``api/floor.py``. Its picture is
seen from the moment its media is up: it is the camera of its leg.
"""

from adapters.web.offer import Offer
from adapters.web.sdp_door import Direction
from gateway.model.grants import Verb
from gateway.model.participant import LegKind
from gateway.ports.media import LegProfile


def _fault(offer: Offer) -> str | None:
    kinds = sorted(line.kind for line in offer.wanted)
    if kinds not in (["audio"], ["video"], ["audio", "video"]):
        # RFC 9725 section 4.4.2: a publication is taken whole or not at all.
        return "offer one audio track, one video track, or one of each"
    if any(line.direction not in ("sendonly", "sendrecv") for line in offer.wanted):
        return "offer the tracks sendonly"  # RFC 9725 section 4.2
    return None


def _profile(offer: Offer) -> LegProfile:
    kinds = {line.kind for line in offer.wanted}
    return LegProfile(audio_slots=0, publishes="audio" in kinds, cameras="video" in kinds)


WHIP = Direction(
    "whip", LegKind.WHIP, {"audio": Verb.TALK, "video": Verb.VIDEO}, fault=_fault, profile=_profile
)
