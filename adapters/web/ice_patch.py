"""PATCH on a WHIP or WHEP session: trickled candidates and ICE restarts (RFC 9725 section 4.3).

The gateway learns a peer's address from its checks: trickled candidates are taken and need no work. A
restart keeps the session; whatever is refused leaves it as it was.
"""

from aiohttp import web

from adapters.web.ice_session import Meaning, answer_fragment
from adapters.web.offer import IceCredentials, NotSdp, read_fragment
from adapters.web.problem import problem, refused
from adapters.web.publication import Publication
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.media import MediaPlane, OfferRefused, PlaneBusy

SDP_FRAGMENT = "application/trickle-ice-sdpfrag"
FRAGMENT_MAX = 16_384
"""Longest fragment (characters): a hundred candidates."""


async def patched(
    if_match: str | None, text: str, publication: Publication, media: MediaPlane
) -> web.Response:
    """The answer to a PATCH with this If-Match and body."""
    if len(text) > FRAGMENT_MAX:
        return problem(413, f"a fragment has at most {FRAGMENT_MAX} characters")
    try:
        credentials = read_fragment(text)
    except NotSdp as error:
        return problem(400, str(error))
    async with publication.ice.one_at_a_time:
        fault = _precondition(if_match, publication)
        return fault or await _taken(credentials, publication, media)


def _precondition(if_match: str | None, publication: Publication) -> web.Response | None:
    """RFC 9110 section 13.1.1. RFC 9725 has ``*`` for restarts and the ETag for candidates; both do here."""
    if if_match is None:
        return problem(428, "send the session's ETag in If-Match, or * to restart ICE")  # RFC 6585 section 3
    tags = {tag.strip() for tag in if_match.split(",")}
    if tags.isdisjoint({publication.ice.etag, "*", '"*"'}):
        return problem(412, "this is not the present ICE session's ETag")
    return None


async def _taken(credentials: IceCredentials, publication: Publication, media: MediaPlane) -> web.Response:
    match publication.ice.meaning(credentials):
        case Meaning.TRICKLE:
            return web.Response(status=204)
        case Meaning.LATE:
            return problem(412, "these are the credentials of the ICE session before")
        case Meaning.NEITHER:
            return problem(422, "an ICE restart has one new ice-ufrag and one new ice-pwd")
        case Meaning.RESTART:
            return await _restarted(credentials, publication, media)


async def _restarted(
    credentials: IceCredentials, publication: Publication, media: MediaPlane
) -> web.Response:
    try:
        answer = await media.restart(publication.leg, publication.ice.next_offer(credentials))
    except OfferRefused as error:
        return refused(Refusal(RefusalCode.BAD_OFFER, error.reason))
    except PlaneBusy:
        return refused(Refusal(RefusalCode.TOO_MANY, "the media plane is full"))
    publication.ice.restarted(credentials)
    # As bytes: text would add a charset parameter, which the media type does not have.
    return web.Response(
        body=answer_fragment(answer).encode(),
        content_type=SDP_FRAGMENT,
        headers={"ETag": publication.ice.etag, "Cache-Control": "no-store"},
    )
