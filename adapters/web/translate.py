"""Wire messages to model values and back. Pure: no socket, no clock, no state."""

import msgspec

from adapters.web.ice_servers import IceServer
from gateway.model import effects, events, inputs
from gateway.model.data import Message, Position
from gateway.model.grants import DangerousVerb, Grants, Verb
from gateway.model.ids import CallId, CommandId, LegId, MessageId, RoomId
from gateway.model.participant import Participant
from gateway.model.refusal import Refusal, RefusalCode
from gateway.model.room import RoomSpec
from gateway.model.snapshot import Member, RoomView
from gateway.model.video import VideoKind
from gateway.ports.media import LegProfile
from gateway.wire import client, server


def change(event: events.Event) -> server.Change:  # noqa: C901, PLR0911, PLR0912 - one message an event
    """What members of a room are told, as a delta's content."""
    match event:
        case events.ParticipantJoined(room, participant, media_up):
            return server.Joined(room=room, person=_person(participant, media_up=media_up))
        case events.ParticipantLeft(room, leg, why):
            return server.Left(room=room, leg=leg, why=why)
        case events.MediaChanged() | events.PictureShown() | events.SlotFilled() | events.SlotPictured():
            return _media_change(event)
        case events.FloorTaken(room, leg, talkspurt, limit_ms):
            return server.FloorTaken(room=room, leg=leg, talkspurt=talkspurt, limit_ms=limit_ms)
        case events.FloorIdle(room, leg, talkspurt, ended):
            return server.FloorIdle(room=room, leg=leg, talkspurt=talkspurt, why=ended)
        case events.QueueChanged() | events.FloorUnserved() | events.FloorWarned() | events.FloorRevoked():
            return _floor_change(event)
        case events.TalkerChanged(room, leg, on):
            return server.Talker(room=room, leg=leg, on=on)
        case events.RoomModeChanged(room, mode, by):
            return server.ModeChanged(room=room, mode=mode, by=by)
        case events.CallChanged(room, call, number, state, by):
            return server.CallChanged(room=room, call=call, number=number, state=state, by=by)
        case events.MemberMuted(room, leg, muted, by):
            return server.MemberMuted(room=room, leg=leg, muted=muted, by=by)
        case events.WhisperChanged(room, leg, member, on, ended):
            return server.WhisperChanged(room=room, leg=leg, member=member, on=on, why=ended)
        case events.MemberMoved(room, _, to):
            return server.Moved(room=room, to=to)
        case events.RoomMade(spec):
            return server.RoomMade(made=_empty(spec))
        case events.RoomGone(gone):
            return server.RoomGone(gone=gone)
        case events.AirChanged() | events.RadioTalkerNamed():
            return _radio_change(event)
        case (
            events.MessagePosted()
            | events.ReceiptChanged()
            | events.StatusChanged()
            | events.PositionChanged()
        ):
            return _data_change(event)


def ice_servers(known: tuple[IceServer, ...]) -> list[server.IceServer]:
    """As a page hands them to its browser."""
    return [
        server.IceServer(urls=list(one.urls), username=one.username, credential=one.credential)
        for one in known
    ]


def room(view: RoomView, *, inside: bool) -> server.Room:
    """A room's snapshot; its messages are for those ``inside``."""
    return server.Room(
        id=view.id,
        name=view.name,
        mode=view.mode,
        talk_limit_ms=view.talk_limit_ms,
        members=[_member(member, inside=inside) for member in view.members],
        holder=view.holder,
        talkspurt=view.talkspurt,
        holder_since_ms=view.holder_since_ms,
        talkers=list(view.talkers),
        messages=[
            _message(one.message, delivered=one.delivered, seen=one.seen)
            for one in (view.messages if inside else ())
        ],
        made=view.made,
        queue=list(view.queue),
        beside=list(view.beside),
        talkers_max=view.talkers_max,
    )


def dangerous(message: client.Dangerous, leg: LegId, grants: Grants, at: float) -> inputs.AskDangerous:
    """What nobody may; ``grants`` say who asks, in whatever room."""
    asked = isinstance(message, client.DiscreetListening)
    verb = DangerousVerb.DISCREET_LISTENING if asked else DangerousVerb.REMOTE_MICROPHONE
    where, member = RoomId(message.room), LegId(message.member)
    return inputs.AskDangerous(CommandId(message.id), leg, where, member, verb, grants, at)


def _empty(spec: RoomSpec) -> server.Room:
    """A room that nobody is in yet."""
    return server.Room(
        id=spec.id,
        name=spec.name,
        mode=spec.mode,
        talk_limit_ms=spec.talk_limit_ms,
        members=[],
        holder=None,
        talkspurt=None,
        holder_since_ms=0,
        talkers=[],
        made=spec.made,
        talkers_max=spec.floor.talkers_max,
    )


def answer(answered: effects.Answer) -> server.Answer:
    """The core's answer to a command."""
    if answered.refusal is not None:
        negative = refused(answered.id, answered.refusal)
        return msgspec.structs.replace(negative, wait_ms=answered.wait_ms)
    return server.Answer(
        id=answered.id,
        ok=True,
        talkspurt=answered.talkspurt or 0,
        limit_ms=answered.limit_ms,
        place=answered.place,
        call=answered.call or 0,
        made=answered.made or "",
    )


def refused(number: int, refusal: Refusal) -> server.Answer:
    """A negative answer to command ``number``."""
    return server.Answer(id=number, ok=False, code=refusal.code, detail=refusal.detail)


def join(
    number: int, into: str, participant: Participant, grants: Grants, at: float, *, monitor: bool = False
) -> inputs.JoinRoom:
    """``at``: UTC seconds, as in every command."""
    return inputs.JoinRoom(
        id=CommandId(number),
        leg=participant.leg,
        room=RoomId(into),
        participant=participant,
        grants=grants,
        at=at,
        monitor=monitor,
    )


def of_rooms(
    message: client.CreateRoom | client.DeleteRoom, leg: LegId, grants: Grants, at: float
) -> inputs.CreateRoom | inputs.DeleteRoom:
    """What is asked of no room that one is in, but by the rights of the session."""
    number = CommandId(message.id)
    if isinstance(message, client.CreateRoom):
        return inputs.CreateRoom(number, leg, message.name, message.mode, grants, at)
    return inputs.DeleteRoom(number, leg, RoomId(message.room), grants, at)


def command(  # noqa: C901, PLR0911, PLR0912 - one input a message
    message: client.Leave
    | client.FloorRequest
    | client.FloorRelease
    | client.CancelRequest
    | client.ShowPicture
    | client.HidePicture
    | client.SetMode
    | client.CallNumber
    | client.GiveUpCall
    | client.RemoveMember
    | client.MuteMember
    | client.Whisper
    | client.MoveMember
    | client.DataMessage,
    leg: LegId,
    at: float,
) -> inputs.Command:
    """A client's command that the core decides alone."""
    number, where = CommandId(message.id), RoomId(message.room)
    match message:
        case client.Leave():
            return inputs.LeaveRoom(id=number, leg=leg, room=where)
        case client.FloorRequest():
            return inputs.FloorRequest(number, leg, where, at, message.wait, message.override)
        case client.FloorRelease():
            return inputs.FloorRelease(id=number, leg=leg, room=where)
        case client.CancelRequest(member=member):
            return inputs.CancelRequest(number, leg, where, LegId(member), at)
        case client.ShowPicture():
            return inputs.ShowPicture(id=number, leg=leg, room=where, kind=message.kind, at=at)
        case client.HidePicture():
            return inputs.HidePicture(id=number, leg=leg, room=where, kind=message.kind)
        case client.SetMode():
            return inputs.SetRoomMode(id=number, leg=leg, room=where, mode=message.mode, at=at)
        case client.CallNumber():
            return inputs.CallNumber(id=number, leg=leg, room=where, number=message.number, at=at)
        case client.GiveUpCall():
            return inputs.GiveUpCall(id=number, leg=leg, room=where, call=CallId(message.call), at=at)
        case client.RemoveMember(member=member):
            return inputs.RemoveMember(number, leg, where, LegId(member), at)
        case client.MuteMember(member=member, muted=muted):
            return inputs.MuteMember(number, leg, where, LegId(member), muted, at)
        case client.Whisper(member=member, on=on):
            return inputs.WhisperTo(number, leg, where, LegId(member), on, at)
        case client.MoveMember(member=member, to=to):
            return inputs.MoveMember(number, leg, where, LegId(member), RoomId(to), at)
        case _:
            return _data_command(message, leg, at)


def page_profile(offer: client.MediaOffer, grants: Grants) -> LegProfile:
    """A page's transport: its microphone is taken only with the right to talk, its cameras with theirs."""
    return LegProfile(
        audio_slots=offer.audio_slots,
        publishes=may_talk(grants),
        video_slots=offer.video_slots,
        cameras=may_show(grants),
    )


def may_talk(grants: Grants) -> bool:
    """The right to talk somewhere; in which rooms is the core's question."""
    return not grants.verbs.isdisjoint({Verb.TALK, Verb.DISPATCH, Verb.ADMIN})


def may_show(grants: Grants) -> bool:
    """The right to show a picture somewhere; in which rooms is the core's question."""
    return not grants.verbs.isdisjoint({Verb.VIDEO, Verb.ADMIN})


def bye_of(refusal: Refusal) -> server.ByeCode:
    """How a refused hello is said goodbye to."""
    codes = {
        RefusalCode.EXPIRED: server.ByeCode.EXPIRED,
        RefusalCode.TOO_MANY: server.ByeCode.TOO_MANY,
        RefusalCode.INVALID: server.ByeCode.INVALID,
        RefusalCode.INTERNAL: server.ByeCode.INTERNAL,
    }
    return codes.get(refusal.code, server.ByeCode.NOT_ALLOWED)


def _floor_change(
    event: events.QueueChanged | events.FloorUnserved | events.FloorWarned | events.FloorRevoked,
) -> server.Change:
    match event:
        case events.QueueChanged(room, waiting):
            return server.QueueChanged(room=room, waiting=list(waiting))
        case events.FloorUnserved(room, _, why):
            return server.FloorUnserved(room=room, code=why)
        case events.FloorWarned(room, _, talkspurt, left_ms):
            return server.FloorWarned(room=room, talkspurt=talkspurt, left_ms=left_ms)
        case events.FloorRevoked(room, _, talkspurt, grace_ms):
            return server.FloorRevoked(room=room, talkspurt=talkspurt, grace_ms=grace_ms)


def _media_change(
    event: events.MediaChanged | events.PictureShown | events.SlotFilled | events.SlotPictured,
) -> server.Change:
    match event:
        case events.MediaChanged(room, leg, up):
            return server.MediaState(room=room, leg=leg, up=up)
        case events.PictureShown(room, leg, kind, on):
            return server.PictureShown(room=room, leg=leg, kind=kind, on=on)
        case events.SlotFilled(slot, number, source):
            return server.SlotFilled(slot=slot, number=number, leg=source)
        case events.SlotPictured(slot, number, source, kind, rtp_timestamp, layer, paused):
            return server.PictureTurned(
                slot=slot,
                number=number,
                leg=source,
                kind=kind,
                rtp_timestamp=rtp_timestamp,
                layer=layer,
                paused=paused,
            )


def _radio_change(event: events.AirChanged | events.RadioTalkerNamed) -> server.Change:
    if isinstance(event, events.RadioTalkerNamed):
        return server.RadioTalker(room=event.room, leg=event.leg, name=event.name)
    air = server.Air(state=event.state, why=event.why)
    return server.AirChanged(room=event.room, leg=event.leg, air=air)


def _data_command(message: client.DataMessage, leg: LegId, at: float) -> inputs.Command:
    number, where = CommandId(message.id), RoomId(message.room)
    match message:
        case client.SendMessage(message=name, text=text):
            return inputs.SendMessage(number, leg, where, MessageId(name), text, at)
        case client.SendReceipt(message=name, state=state):
            return inputs.SendReceipt(number, leg, where, MessageId(name), state, at)
        case client.SendStatus(code=code):
            return inputs.SendStatus(number, leg, where, code, at)
        case client.SendPosition(lat=lat, lon=lon, accuracy_m=accuracy_m, age_ms=age_ms):
            return inputs.SendPosition(number, leg, where, Position(lat, lon, accuracy_m, age_ms), at)


def _data_change(
    event: events.MessagePosted | events.ReceiptChanged | events.StatusChanged | events.PositionChanged,
) -> server.Change:
    match event:
        case events.MessagePosted(posted):
            return server.MessagePosted(room=posted.room, message=_message(posted))
        case events.ReceiptChanged(room, message, delivered, seen):
            return server.ReceiptChanged(room=room, message=message, delivered=delivered, seen=seen)
        case events.StatusChanged(room, leg, code):
            return server.StatusChanged(room=room, leg=leg, code=code)
        case events.PositionChanged(room, leg, position):
            return server.PositionChanged(room=room, leg=leg, position=_position(position))


def _message(message: Message, *, delivered: int = 0, seen: int = 0) -> server.Message:
    return server.Message(
        id=message.id,
        leg=message.leg,
        name=message.name,
        unit=message.unit,
        text=message.text,
        at=message.at,
        delivered=delivered,
        seen=seen,
    )


def _position(position: Position) -> server.Position:
    return server.Position(
        lat=position.lat, lon=position.lon, accuracy_m=position.accuracy_m, age_ms=position.age_ms
    )


def _member(member: Member, *, inside: bool) -> server.Person:
    air = None if member.air is None else server.Air(state=member.air.state, why=member.air.why)
    person = _person(
        member.participant, media_up=member.media_up, air=air, talker=member.talker, shows=member.shows
    )
    person = msgspec.structs.replace(person, muted=member.muted)
    if not inside:
        return person
    status, position = member.status, member.position
    return msgspec.structs.replace(
        person,
        status=None if status is None else server.Status(code=status.code, age_ms=status.age_ms),
        position=None if position is None else _position(position),
    )


def _person(
    participant: Participant,
    *,
    media_up: bool,
    air: server.Air | None = None,
    talker: str = "",
    shows: tuple[VideoKind, ...] = (),
) -> server.Person:
    return server.Person(
        leg=participant.leg,
        name=participant.name,
        unit=participant.unit,
        kind=participant.kind,
        media_up=media_up,
        air=air,
        talker=talker,
        shows=list(shows),
    )
