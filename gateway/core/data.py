"""Messages, receipts, status codes and positions: one command against the data of its room."""

from typing import assert_never

from gateway.core.room import Affiliation, Room
from gateway.model.data import Message
from gateway.model.effects import Effect, Publish, Tell
from gateway.model.events import MessagePosted, PositionChanged, ReceiptChanged, StatusChanged
from gateway.model.inputs import SendMessage, SendPosition, SendReceipt, SendStatus
from gateway.model.refusal import Refusal

DataCommand = SendMessage | SendReceipt | SendStatus | SendPosition


def decide(room: Room, by: Affiliation, what: DataCommand, now: float) -> list[Effect] | Refusal:
    """What follows from a command of a member who may send it."""
    match what:
        case SendMessage():
            return _post(room, by, what, now)
        case SendReceipt():
            return _mark(room, by, what)
        case SendStatus():
            refusal = room.data.set_status(what.leg, what.code, now)
            return refusal or [Publish(what.room, StatusChanged(what.room, what.leg, what.code))]
        case SendPosition():
            refusal = room.data.set_position(what.leg, what.position, now)
            return refusal or [Publish(what.room, PositionChanged(what.room, what.leg, what.position))]
        case _:
            assert_never(what)


def _post(room: Room, by: Affiliation, what: SendMessage, now: float) -> list[Effect] | Refusal:
    person = by.participant
    message = Message(
        what.room, what.message, what.leg, by.author, person.name, person.unit, what.text, what.at
    )
    posted = room.data.post(message, now)
    if isinstance(posted, Refusal):
        return posted
    return [Publish(what.room, MessagePosted(message))] if posted else []


def _mark(room: Room, by: Affiliation, what: SendReceipt) -> list[Effect]:
    changed = room.data.mark(by.author, what.message, what.state)
    return [
        Tell(leg, ReceiptChanged(what.room, view.message.id, view.delivered, view.seen))
        for view in changed
        for leg in room.legs(view.message.author)
    ]
