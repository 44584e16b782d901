"""Messages, receipts, status codes and positions of a room: what is taken, told, kept and refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.room_data import MESSAGES_KEPT, TEXT_LEN_MAX
from gateway.model.data import Position, ReceiptState, StatusCode
from gateway.model.effects import Effect, Tell
from gateway.model.events import MessagePosted, PositionChanged, ReceiptChanged, StatusChanged
from gateway.model.grants import Grants, Verb
from gateway.model.ids import BootId, LegId, MessageId
from gateway.model.inputs import (
    Booted,
    JoinRoom,
    LegLost,
    SendMessage,
    SendPosition,
    SendReceipt,
    SendStatus,
)
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import RefusalCode
from gateway.model.snapshot import RoomView
from tests.unit.core.world import FOREVER, OPS, ROOMS, World, answer, events

WRITES = frozenset({Verb.LISTEN, Verb.DATA})
ANA, WEI, WALL = LegId("ana"), LegId("wei"), LegId("wall")
HERE = Position(52.5, 13.25, 8.0, 500)


class Writers(World):
    """Ana and Wei may write, the wall may only look."""

    def __init__(self) -> None:
        super().__init__()
        self.come(ANA, "Ana")
        self.come(WEI, "Wei")
        self.come(WALL, "Wall", frozenset({Verb.LISTEN}))

    def come(self, leg: LegId, name: str, verbs: frozenset[Verb] = WRITES) -> None:
        person = Participant(leg, name, "", LegKind.BROWSER)
        may = Grants(name, verbs, None, FOREVER)
        self.feed(JoinRoom(self.next_id(), leg, OPS, person, may, self.at))

    def write(self, leg: LegId, message: str, text: str = "water rises") -> list[Effect]:
        return self.feed(SendMessage(self.next_id(), leg, OPS, MessageId(message), text, self.at))

    def mark(self, leg: LegId, message: str, state: ReceiptState = ReceiptState.SEEN) -> list[Effect]:
        return self.feed(SendReceipt(self.next_id(), leg, OPS, MessageId(message), state, self.at))

    def be_at(self, leg: LegId, position: Position) -> list[Effect]:
        return self.feed(SendPosition(self.next_id(), leg, OPS, position, self.at))

    def press(self, leg: LegId, code: StatusCode) -> list[Effect]:
        return self.feed(SendStatus(self.next_id(), leg, OPS, code, self.at))

    def view(self) -> RoomView:
        view = self.switchboard.view(OPS, self.now)
        assert view is not None
        return view

    def kept(self) -> list[str]:
        return [one.message.id for one in self.view().messages]


def code(effects: list[Effect]) -> RefusalCode | None:
    refusal = answer(effects).refusal
    return refusal.code if refusal else None


def receipts(effects: list[Effect]) -> list[tuple[LegId, str, int, int]]:
    told = [(e.leg, e.event) for e in effects if isinstance(e, Tell)]
    return [(leg, r.message, r.delivered, r.seen) for leg, r in told if isinstance(r, ReceiptChanged)]


def test_a_message_is_told_to_the_room_and_stands_in_its_snapshot() -> None:
    world = Writers()
    (posted,) = events(world.write(ANA, "m1"))
    assert isinstance(posted, MessagePosted)
    assert (posted.message.name, posted.message.text, posted.message.at) == ("Ana", "water rises", world.at)
    assert world.kept() == ["m1"]


def test_a_message_sent_again_under_a_new_leg_is_posted_once() -> None:
    world = Writers()
    world.write(ANA, "m1")
    world.feed(LegLost(ANA, "silent"))
    back = LegId("ana-again")
    world.come(back, "Ana")
    again = world.write(back, "m1")
    assert code(again) is None
    assert events(again) == []
    assert world.kept() == ["m1"]


def test_a_message_sent_again_after_a_restart_is_posted_once() -> None:
    before = Writers()
    (posted,) = events(before.write(ANA, "m1"))
    assert isinstance(posted, MessagePosted)
    world = Writers()
    world.feed(Booted(BootId("next"), ROOMS, messages=(posted.message,)))
    world.come(ANA, "Ana")
    assert events(world.write(ANA, "m1")) == []
    assert world.kept() == ["m1"]


@pytest.mark.parametrize(("leg", "text"), [(WEI, "water rises"), (ANA, "water falls")])
def test_an_id_that_another_message_has_is_refused(leg: LegId, text: str) -> None:
    world = Writers()
    world.write(ANA, "m1")
    assert code(world.write(leg, "m1", text)) is RefusalCode.INVALID
    assert world.kept() == ["m1"]


@pytest.mark.parametrize("text", ["\u200fאב 🚒\n\tאב", "<b>bold</b>", "x" * TEXT_LEN_MAX])
def test_a_text_is_kept_as_it_was_written(text: str) -> None:
    world = Writers()
    world.write(ANA, "m1", text)
    assert [one.message.text for one in world.view().messages] == [text]


@pytest.mark.parametrize("text", ["", " \n ", "x" * (TEXT_LEN_MAX + 1), "bell \x07", "half \ud800"])
def test_a_text_that_is_none_is_refused(text: str) -> None:
    world = Writers()
    assert code(world.write(ANA, "m1", text)) is RefusalCode.INVALID
    assert world.kept() == []


def test_without_the_data_right_nothing_is_posted() -> None:
    world = Writers()
    for refused in (world.write(WALL, "m1"), world.press(WALL, StatusCode.DONE), world.be_at(WALL, HERE)):
        assert code(refused) is RefusalCode.NOT_ALLOWED
        assert events(refused) == []


def test_who_writes_too_fast_is_told_to_wait_and_may_go_on_later() -> None:
    world = Writers()
    codes = [code(world.write(ANA, f"m{number}")) for number in range(11)]
    assert codes == [None] * 10 + [RefusalCode.TOO_MANY]
    world.wait(1.0)
    assert code(world.write(ANA, "m10")) is None


def test_ten_thousand_messages_leave_the_newest_of_them() -> None:
    world = Writers()
    for number in range(10_000):
        world.write(ANA, f"m{number}")
        world.wait(1.0)
    assert world.kept() == [f"m{number}" for number in range(10_000 - MESSAGES_KEPT, 10_000)]


def test_the_author_is_told_who_has_the_message_and_nobody_else_is() -> None:
    world = Writers()
    world.write(ANA, "m1")
    assert receipts(world.mark(WEI, "m1", ReceiptState.DELIVERED)) == [(ANA, "m1", 1, 0)]
    assert receipts(world.mark(WALL, "m1")) == [(ANA, "m1", 2, 1)]
    assert receipts(world.mark(WEI, "m1")) == [(ANA, "m1", 2, 2)]


def test_a_receipt_is_for_all_messages_before_it_and_counts_once() -> None:
    world = Writers()
    for name in ("m1", "m2", "m3"):
        world.write(ANA, name)
    assert [r[1] for r in receipts(world.mark(WEI, "m2"))] == ["m1", "m2"]
    assert receipts(world.mark(WEI, "m1")) == []
    assert receipts(world.mark(ANA, "m3")) == []
    assert receipts(world.mark(WEI, "never")) == []


def test_a_reader_who_came_back_under_a_new_leg_is_not_counted_twice() -> None:
    world = Writers()
    world.write(ANA, "m1")
    world.mark(WEI, "m1")
    world.feed(LegLost(WEI, "silent"))
    world.come(LegId("wei-again"), "Wei")
    world.mark(LegId("wei-again"), "m1")
    assert [(one.delivered, one.seen) for one in world.view().messages] == [(1, 1)]


def test_a_status_and_a_position_are_told_and_grow_old() -> None:
    world = Writers()
    assert events(world.press(ANA, StatusCode.EN_ROUTE)) == [StatusChanged(OPS, ANA, StatusCode.EN_ROUTE)]
    assert events(world.be_at(ANA, HERE)) == [PositionChanged(OPS, ANA, HERE)]
    world.wait(60.0)
    ana = world.view().members[0]
    assert ana.status is not None
    assert (ana.status.code, ana.status.age_ms) == (StatusCode.EN_ROUTE, 60_000)
    assert ana.position == Position(52.5, 13.25, 8.0, 60_500)


def test_who_left_and_came_back_is_nowhere() -> None:
    world = Writers()
    world.be_at(ANA, HERE)
    world.leave(ANA)
    world.come(ANA, "Ana")
    assert [member.position for member in world.view().members] == [None] * 3


ABSURD = (
    Position(math.nan, 0.0, 1.0, 0),
    Position(0.0, math.nan, 1.0, 0),
    Position(0.0, 0.0, math.nan, 0),
    Position(90.1, 0.0, 1.0, 0),
    Position(0.0, -180.1, 1.0, 0),
    Position(math.inf, 0.0, 1.0, 0),
    Position(0.0, 0.0, -1.0, 0),
    Position(0.0, 0.0, math.inf, 0),
    Position(0.0, 0.0, 1.0, -1),
    Position(0.0, 0.0, 1.0, 86_400_000),
)


@pytest.mark.parametrize("position", ABSURD, ids=str)
def test_an_absurd_position_is_refused_and_the_last_one_stands(position: Position) -> None:
    world = Writers()
    world.be_at(ANA, HERE)
    assert code(world.be_at(ANA, position)) is RefusalCode.INVALID
    assert world.view().members[0].position == HERE


def test_positions_are_taken_every_two_seconds_at_most() -> None:
    world = Writers()
    assert [code(world.be_at(ANA, HERE)) for _ in range(4)] == [None] * 3 + [RefusalCode.TOO_MANY]
    world.wait(2.0)
    assert code(world.be_at(ANA, HERE)) is None


STEPS = st.lists(
    st.tuples(st.sampled_from((ANA, WEI)), st.integers(0, 6), st.sampled_from((None, *ReceiptState))),
    max_size=60,
)


@given(STEPS)
def test_whatever_is_repeated_and_marked_each_message_stands_once_with_true_counts(
    steps: list[tuple[LegId, int, ReceiptState | None]],
) -> None:
    """The judge keeps the order of first posts and, for each reader, how far they came."""
    world = Writers()
    order: list[tuple[str, LegId]] = []
    marks: dict[tuple[LegId, ReceiptState], int] = {}
    for leg, number, state in steps:
        world.wait(1.0)
        names = [name for name, _ in order]
        name = f"m{number}"
        if state is None:
            world.write(leg, name)
            if name not in names:
                order.append((name, leg))
        else:
            world.mark(leg, name, state)
            for one in {ReceiptState.DELIVERED, state} if name in names else ():
                marks[leg, one] = max(marks.get((leg, one), 0), names.index(name) + 1)

    def count(place: int, author: LegId, state: ReceiptState) -> int:
        return sum(leg != author and at > place for (leg, one), at in marks.items() if one is state)

    assert [(one.message.id, one.delivered, one.seen) for one in world.view().messages] == [
        (name, count(place, author, ReceiptState.DELIVERED), count(place, author, ReceiptState.SEEN))
        for place, (name, author) in enumerate(order)
    ]
