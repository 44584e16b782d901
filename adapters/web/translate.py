"""Wire messages to model values and back. Pure: no socket, no clock, no state."""

from adapters.web.ice_servers import IceServer
from gateway.model import effects, events, inputs
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CallId, CommandId, LegId, RoomId
from gateway.model.participant import Participant
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.snapshot import Member, RoomView
from gateway.ports.media import LegProfile
from gateway.wire import client, server


def change(event: events.Event) -> server.Change:  # noqa: PLR0911 - one message an event
    """What members of a room are told, as a delta's content."""
    match event:
        case events.ParticipantJoined(room, participant, media_up):
            return server.Joined(room=room, person=_person(participant, media_up=media_up))
        case events.ParticipantLeft(room, leg, why):
            return server.Left(room=room, leg=leg, why=why)
        case events.MediaChanged() | events.SlotFilled():
            return _media_change(event)
        case events.FloorTaken(room, leg, talkspurt, limit_ms):
            return server.FloorTaken(room=room, leg=leg, talkspurt=talkspurt, limit_ms=limit_ms)
        case events.FloorIdle(room, leg, talkspurt, ended):
            return server.FloorIdle(room=room, leg=leg, talkspurt=talkspurt, why=ended)
        case events.TalkerChanged(room, leg, on):
            return server.Talker(room=room, leg=leg, on=on)
        case events.RoomModeChanged(room, mode, by):
            return server.ModeChanged(room=room, mode=mode, by=by)
        case events.CallChanged(room, call, number, state, by):
            return server.CallChanged(room=room, call=call, number=number, state=state, by=by)
        case events.AirChanged() | events.RadioTalkerNamed():
            return _radio_change(event)


def ice_servers(known: tuple[IceServer, ...]) -> list[server.IceServer]:
    """As a page hands them to its browser."""
    return [
        server.IceServer(urls=list(one.urls), username=one.username, credential=one.credential)
        for one in known
    ]


def room(view: RoomView) -> server.Room:
    """A room's snapshot."""
    return server.Room(
        id=view.id,
        name=view.name,
        mode=view.mode,
        talk_limit_ms=view.talk_limit_ms,
        members=[_member(member) for member in view.members],
        holder=view.holder,
        talkspurt=view.talkspurt,
        holder_since_ms=view.holder_since_ms,
        talkers=list(view.talkers),
    )


def answer(answered: effects.Answer) -> server.Answer:
    """The core's answer to a command."""
    if answered.refusal is not None:
        return refused(answered.id, answered.refusal)
    return server.Answer(
        id=answered.id,
        ok=True,
        talkspurt=answered.talkspurt or 0,
        limit_ms=answered.limit_ms,
        call=answered.call or 0,
    )


def refused(number: int, refusal: Refusal) -> server.Answer:
    """A negative answer to command ``number``."""
    return server.Answer(id=number, ok=False, code=refusal.code, detail=refusal.detail)


def join(number: int, into: str, participant: Participant, grants: Grants, at: float) -> inputs.JoinRoom:
    """``at``: UTC seconds, as in every command."""
    return inputs.JoinRoom(
        id=CommandId(number),
        leg=participant.leg,
        room=RoomId(into),
        participant=participant,
        grants=grants,
        at=at,
    )


def command(
    message: client.Leave
    | client.FloorRequest
    | client.FloorRelease
    | client.SetMode
    | client.CallNumber
    | client.GiveUpCall,
    leg: LegId,
    at: float,
) -> inputs.Command:
    """A client's command that the core decides alone."""
    number, where = CommandId(message.id), RoomId(message.room)
    match message:
        case client.Leave():
            return inputs.LeaveRoom(id=number, leg=leg, room=where)
        case client.FloorRequest():
            return inputs.FloorRequest(id=number, leg=leg, room=where, at=at)
        case client.FloorRelease():
            return inputs.FloorRelease(id=number, leg=leg, room=where)
        case client.SetMode():
            return inputs.SetRoomMode(id=number, leg=leg, room=where, mode=message.mode, at=at)
        case client.CallNumber():
            return inputs.CallNumber(id=number, leg=leg, room=where, number=message.number, at=at)
        case client.GiveUpCall():
            return inputs.GiveUpCall(id=number, leg=leg, room=where, call=CallId(message.call), at=at)


def page_profile(offer: client.MediaOffer, grants: Grants) -> LegProfile:
    """A page's transport: its microphone is taken only with the right to talk."""
    return LegProfile(audio_slots=offer.audio_slots, publishes=may_talk(grants))


def may_talk(grants: Grants) -> bool:
    """The right to talk somewhere; in which rooms is the core's question."""
    return not grants.verbs.isdisjoint({Verb.TALK, Verb.DISPATCH, Verb.ADMIN})


def bye_of(refusal: Refusal) -> server.ByeCode:
    """How a refused hello is said goodbye to."""
    codes = {
        RefusalCode.EXPIRED: server.ByeCode.EXPIRED,
        RefusalCode.TOO_MANY: server.ByeCode.TOO_MANY,
        RefusalCode.INVALID: server.ByeCode.INVALID,
        RefusalCode.INTERNAL: server.ByeCode.INTERNAL,
    }
    return codes.get(refusal.code, server.ByeCode.NOT_ALLOWED)


def _media_change(event: events.MediaChanged | events.SlotFilled) -> server.Change:
    if isinstance(event, events.SlotFilled):
        return server.SlotFilled(slot=event.slot, number=event.number, leg=event.source)
    return server.MediaState(room=event.room, leg=event.leg, up=event.up)


def _radio_change(event: events.AirChanged | events.RadioTalkerNamed) -> server.Change:
    if isinstance(event, events.RadioTalkerNamed):
        return server.RadioTalker(room=event.room, leg=event.leg, name=event.name)
    air = server.Air(state=event.state, why=event.why)
    return server.AirChanged(room=event.room, leg=event.leg, air=air)


def _member(member: Member) -> server.Person:
    air = None if member.air is None else server.Air(state=member.air.state, why=member.air.why)
    return _person(member.participant, media_up=member.media_up, air=air, talker=member.talker)


def _person(
    participant: Participant, *, media_up: bool, air: server.Air | None = None, talker: str = ""
) -> server.Person:
    return server.Person(
        leg=participant.leg,
        name=participant.name,
        unit=participant.unit,
        kind=participant.kind,
        media_up=media_up,
        air=air,
        talker=talker,
    )
