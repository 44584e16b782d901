"""Default deny, and what each grant is good for."""

import pytest

from gateway.core.policy import Action, decide
from gateway.core.switchboard import Switchboard
from gateway.model.effects import EndLeg
from gateway.model.events import ParticipantLeft
from gateway.model.grants import DangerousVerb, Verb
from gateway.model.ids import BootId, CommandId, RoomId
from gateway.model.inputs import AskDangerous, Booted, MediaUp, Tick
from gateway.model.refusal import RefusalCode
from gateway.model.room import RoomMode
from tests.unit.core.world import (
    COMMAND,
    DISPATCH_1,
    FOREVER,
    MEDIC_7,
    OPS,
    ROOMS,
    TALKS,
    UTC_0,
    World,
    answer,
    events,
    grants,
)

NEVER = (Action.DISCREET_LISTENING, Action.REMOTE_MICROPHONE)
GRANTABLE = tuple(action for action in Action if action not in NEVER)


@pytest.mark.parametrize("action", GRANTABLE)
def test_a_token_without_rights_may_nothing(action: Action) -> None:
    refusal = decide(grants(frozenset()), action, OPS, RoomMode.TALKGROUP, UTC_0)
    assert refusal is not None
    assert refusal.code is RefusalCode.NOT_ALLOWED


@pytest.mark.parametrize("action", GRANTABLE)
def test_a_token_of_another_room_may_nothing_here(action: Action) -> None:
    verbs = frozenset(Verb) - {Verb.ADMIN}
    refusal = decide(grants(verbs, frozenset({COMMAND})), action, OPS, RoomMode.TALKGROUP, UTC_0)
    assert refusal is not None
    assert refusal.code is RefusalCode.NOT_ALLOWED


@pytest.mark.parametrize("action", Action)
def test_an_expired_token_may_nothing_not_even_the_administrators(action: Action) -> None:
    refusal = decide(grants(frozenset(Verb), until=UTC_0), action, OPS, RoomMode.TALKGROUP, UTC_0)
    assert refusal is not None
    assert refusal.code is RefusalCode.EXPIRED


@pytest.mark.parametrize("action", GRANTABLE)
@pytest.mark.parametrize("mode", RoomMode)
def test_the_administrator_may_everything_in_every_room(action: Action, mode: RoomMode) -> None:
    assert decide(grants(frozenset({Verb.ADMIN}), frozenset()), action, OPS, mode, UTC_0) is None


@pytest.mark.parametrize(
    ("verb", "allowed"),
    [
        (Verb.LISTEN, {Action.SEE, Action.JOIN, Action.HEAR, Action.MARK}),
        (Verb.TALK, {Action.JOIN, Action.SPEAK}),
        (Verb.VIDEO, {Action.JOIN, Action.SHOW}),
        (
            Verb.DISPATCH,
            {
                Action.JOIN,
                Action.SWITCH_MODE,
                Action.CALL,
                Action.MODERATE,
                Action.MAKE_ROOM,
                Action.OVERRIDE,
                Action.WHISPER,
            },
        ),
    ],
)
def test_a_grant_is_good_for_its_own_actions_only(verb: Verb, allowed: set[Action]) -> None:
    token = grants(frozenset({verb}))
    assert {a for a in Action if decide(token, a, OPS, RoomMode.TALKGROUP, UTC_0) is None} == allowed


@pytest.mark.parametrize("action", NEVER)
def test_no_right_lets_anybody_listen_in_secret_or_open_anothers_microphone(action: Action) -> None:
    refusal = decide(grants(frozenset(Verb)), action, OPS, RoomMode.TALKGROUP, UTC_0)
    assert refusal is not None
    assert (refusal.code, bool(refusal.detail)) == (RefusalCode.FORBIDDEN, True)


@pytest.mark.parametrize("verb", DangerousVerb)
def test_what_nobody_may_is_refused_even_under_a_policy_that_allows_everything(verb: DangerousVerb) -> None:
    for switchboard in (Switchboard(), Switchboard(lambda *_: None)):
        switchboard.handle(Booted(BootId("b"), ROOMS), 1.0)
        may = grants(frozenset({Verb.ADMIN}))
        asked = AskDangerous(CommandId(1), DISPATCH_1, OPS, MEDIC_7, verb, may, UTC_0)
        effects = switchboard.handle(asked, 2.0)
        refusal = answer(effects).refusal
        assert refusal is not None
        assert (refusal.code, len(effects)) == (RefusalCode.FORBIDDEN, 1)


def test_who_may_not_enter_a_room_does_not_learn_whether_it_exists() -> None:
    world = World()
    there = answer(world.join(MEDIC_7, OPS, frozenset())).refusal
    nowhere = answer(world.join(MEDIC_7, RoomId("nowhere"), frozenset())).refusal
    assert there == nowhere


def test_grants_that_expire_take_the_leg_out_of_the_room_and_end_it() -> None:
    world = World()
    world.feed(MediaUp(MEDIC_7))
    world.join(MEDIC_7, until=world.at + 60)
    world.request(MEDIC_7)
    world.now += 60
    ended = world.feed(Tick())
    assert ParticipantLeft(OPS, MEDIC_7, "expired") in events(ended)
    assert ended[-1] == EndLeg(MEDIC_7, "expired")
    assert (world.holder(), world.people()) == (None, [])


def test_a_renewed_token_keeps_the_leg_in_the_room() -> None:
    world = World()
    world.join(MEDIC_7, until=world.at + 60)
    world.join(MEDIC_7, OPS, TALKS, FOREVER)
    world.now += 61
    world.feed(Tick())
    assert world.people() == [MEDIC_7]
