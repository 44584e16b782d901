"""What the members of one room sent each other: recent messages, receipts, last status, last position.

A message is known by the id that its sender gave it: sent again, by the same person with the same text,
it is taken as the same one and changes nothing, also after a reconnect or a restart (DESIGN 3.12). A
receipt says that somebody has a message *and all before it*, so that one mark a person is enough.
Authors, not legs, own messages and marks: a leg ends with its session, a person comes back.

All tables are bounded and the oldest entry makes room: ``MESSAGES_KEPT``, ``IDS_KEPT``, ``READERS_KEPT``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gateway.core.pace import Pace
from gateway.model.data import Message, MessageView, Position, ReceiptState, Status, StatusCode
from gateway.model.ids import LegId, MessageId
from gateway.model.refusal import Refusal, RefusalCode

MESSAGES_KEPT = 50
"""Messages of a room in memory, and in a snapshot."""
IDS_KEPT = 1000
"""Ids of a room by which a repeated message is recognised."""
READERS_KEPT = 500
"""People of a room whose receipts are remembered."""
TEXT_LEN_MAX = 2000
"""Characters of a message."""
ID_LEN_MAX = 64
ACCURACY_M_MAX = 100_000.0
LAT_MAX, LON_MAX = 90.0, 180.0
AGE_MS_MAX = 3_600_000
"""An older fix says nothing of where somebody is."""
_CONTROLS = frozenset(map(chr, (*range(0x20), 0x7F))) - {"\n", "\t"}


@dataclass(slots=True)
class _Sent:
    """What one leg sent last, and how much more it may send now."""

    status: StatusCode | None = None
    status_at: float = 0.0
    position: Position | None = None
    position_at: float = 0.0
    messages: Pace = field(default_factory=lambda: Pace(per_s=1.0, burst=10))
    statuses: Pace = field(default_factory=lambda: Pace(per_s=1.0, burst=10))
    positions: Pace = field(default_factory=lambda: Pace(per_s=0.5, burst=3))


class RoomData:
    """The data of one room."""

    def __init__(self) -> None:
        self._numbers = 0
        self._messages: dict[int, Message] = {}
        """By number, which counts up within the room."""
        self._ids: dict[MessageId, int] = {}
        self._marks: dict[str, dict[ReceiptState, int]] = {}
        """By reader: the number of the last message that has come so far."""
        self._sent: dict[LegId, _Sent] = {}

    # -- messages ----------------------------------------------------------------------------

    def restore(self, messages: Iterable[Message]) -> None:
        """Take over what an earlier run knew, oldest first."""
        for message in messages:
            self._add(message)

    def post(self, message: Message, now: float) -> bool | Refusal:
        """Take a message. False: it is here already, nothing changes."""
        wrong = _fault_of_text(message)
        if wrong:
            return Refusal(RefusalCode.INVALID, wrong)
        number = self._ids.get(message.id)
        if number is not None:
            known = self._messages.get(number)
            same = known is None or (known.author, known.text) == (message.author, message.text)
            return False if same else Refusal(RefusalCode.INVALID, "another message has this id")
        if not self._of(message.leg).messages.take(now):
            return Refusal(RefusalCode.TOO_MANY, "too many messages: wait a second and send it again")
        self._add(message)
        return True

    def mark(self, reader: str, message: MessageId, state: ReceiptState) -> list[MessageView]:
        """Somebody has this message and all before it. Those whose counts changed, oldest first."""
        number = self._ids.get(message)
        if number is None:
            return []
        marks = self._marks.setdefault(reader, dict.fromkeys(ReceiptState, 0))
        states = (ReceiptState.DELIVERED, state)  # what was seen was delivered
        before = min(marks[one] for one in states)
        for one in states:
            marks[one] = max(marks[one], number)
        if len(self._marks) > READERS_KEPT:
            del self._marks[next(iter(self._marks))]
        fresh = (n for n in self._messages if before < n <= number)
        return [self._view(n) for n in fresh if self._messages[n].author != reader]

    def recent(self) -> tuple[MessageView, ...]:
        """The messages kept, oldest first."""
        return tuple(self._view(number) for number in self._messages)

    def _add(self, message: Message) -> None:
        self._numbers += 1
        self._messages[self._numbers] = message
        self._ids[message.id] = self._numbers
        if len(self._messages) > MESSAGES_KEPT:
            del self._messages[next(iter(self._messages))]
        if len(self._ids) > IDS_KEPT:
            del self._ids[next(iter(self._ids))]

    def _view(self, number: int) -> MessageView:
        message = self._messages[number]
        others = [marks for reader, marks in self._marks.items() if reader != message.author]
        delivered, seen = (sum(marks[state] >= number for marks in others) for state in ReceiptState)
        return MessageView(message, delivered, seen)

    # -- status and position -----------------------------------------------------------------

    def set_status(self, leg: LegId, code: StatusCode, now: float) -> Refusal | None:
        """A member says by a key how it is with them."""
        sent = self._of(leg)
        if not sent.statuses.take(now):
            return Refusal(RefusalCode.TOO_MANY, "too many status codes: wait a second and send it again")
        sent.status, sent.status_at = code, now
        return None

    def set_position(self, leg: LegId, position: Position, now: float) -> Refusal | None:
        """A member says where they are."""
        wrong = _fault_of_position(position)
        if wrong:
            return Refusal(RefusalCode.INVALID, wrong)
        sent = self._of(leg)
        if not sent.positions.take(now):
            return Refusal(RefusalCode.TOO_MANY, "too many positions: send one every 2 s at most")
        sent.position, sent.position_at = position, now
        return None

    def status(self, leg: LegId, now: float) -> Status | None:
        """The last status of a member."""
        sent = self._sent.get(leg)
        if sent is None or sent.status is None:
            return None
        return Status(sent.status, _ms(now - sent.status_at))

    def position(self, leg: LegId, now: float) -> Position | None:
        """The last position of a member, with its age now."""
        sent = self._sent.get(leg)
        if sent is None or sent.position is None:
            return None
        return replace(sent.position, age_ms=sent.position.age_ms + _ms(now - sent.position_at))

    def forget(self, leg: LegId) -> None:
        """A member left: where they are is nobody's business any more."""
        self._sent.pop(leg, None)

    def _of(self, leg: LegId) -> _Sent:
        return self._sent.setdefault(leg, _Sent())


def _ms(seconds: float) -> int:
    return max(0, round(seconds * 1000))


def _fault_of_text(message: Message) -> str:
    if not 1 <= len(message.id) <= ID_LEN_MAX or not message.id.isprintable():
        return f"a message id has 1 to {ID_LEN_MAX} printable characters"
    if not message.text.strip() or len(message.text) > TEXT_LEN_MAX:
        return f"a text has 1 to {TEXT_LEN_MAX} characters"
    if not _CONTROLS.isdisjoint(message.text):
        return "a text has no control characters but line feed and tab"
    if any("\ud800" <= character <= "\udfff" for character in message.text):
        return "a text is whole Unicode: half a surrogate pair is no character"
    return ""


def _fault_of_position(position: Position) -> str:
    """Comparisons with NaN are false, so each is written as what must hold."""
    if not abs(position.lat) <= LAT_MAX:
        return "lat is -90 to 90 degrees"
    if not abs(position.lon) <= LON_MAX:
        return "lon is -180 to 180 degrees"
    if not 0.0 <= position.accuracy_m <= ACCURACY_M_MAX:
        return f"accuracy_m is 0 to {ACCURACY_M_MAX:.0f} metres"
    if not 0 <= position.age_ms <= AGE_MS_MAX:
        return f"age_ms is 0 to {AGE_MS_MAX}: a fix of the future or of long ago is none"
    return ""
