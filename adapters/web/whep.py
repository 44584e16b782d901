"""``POST /whep/{room}``: a program listens to a room and looks at it (draft-ietf-wish-whep).

One audio slot: one talker at a time is heard. One video slot: whoever is to be seen. More lines are
answered as rejected, since refusing the whole offer would leave players without sound.
"""

from adapters.web.offer import Offer
from adapters.web.sdp_door import Direction
from gateway.model.grants import Verb
from gateway.model.participant import LegKind
from gateway.ports.media import LegProfile


def _fault(offer: Offer) -> str | None:
    audio = [line for line in offer.wanted if line.kind == "audio"]
    if len(audio) != 1:
        return "offer exactly one audio track"
    if audio[0].direction not in ("recvonly", "sendrecv"):
        return "offer the track recvonly"  # WHEP draft, media direction attributes
    return None


def _profile(_offer: Offer) -> LegProfile:
    return LegProfile(audio_slots=1, publishes=False, video_slots=1)


WHEP = Direction("whep", LegKind.WHEP, {"audio": Verb.LISTEN}, fault=_fault, profile=_profile)
