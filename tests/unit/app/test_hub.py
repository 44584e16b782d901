"""The hub with everything but the network: legs, rooms, media news, and going down in order."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.app.assembly import assembled
from gateway.app.data_dir import InUse
from gateway.app.shutdown import Step, run_steps
from gateway.app.supervisor import Supervisor
from gateway.model.events import FloorEnd, FloorIdle, FloorTaken, ParticipantJoined, ParticipantLeft
from gateway.model.grants import Grants, Verb
from gateway.model.ids import CommandId, LegId, RoomId, TalkspurtId
from gateway.model.inputs import FloorRequest, JoinRoom, LeaveRoom
from gateway.model.participant import LegKind, Participant
from gateway.model.refusal import Refusal, RefusalCode
from gateway.ports.hub import Hub, TooManyLegs
from gateway.ports.media import Channel, LegProfile
from sim.fakes.media import FakeMediaPlane
from tests.unit.app.values import COMMAND, OFFER, OPS, Ear, config, eventually

ALL = Grants("tester", frozenset(Verb), None, time.time() + 3600)
PROFILE = LegProfile(audio_slots=3, publishes=True)


async def person(hub: Hub, number: int = 1, room: RoomId = OPS) -> tuple[LegId, Ear]:
    """A leg in a room whose media is up."""
    ear = Ear()
    leg = hub.attach(ear)
    who = Participant(leg, "Ann", "", LegKind.BROWSER)
    await hub.command(JoinRoom(CommandId(number), leg, room, who, ALL, time.time()))
    await hub.media.accept(leg, OFFER, PROFILE)
    await eventually(lambda: (True, "") in ear.media_news)
    return leg, ear


async def press(hub: Hub, leg: LegId, number: int = 100) -> TalkspurtId:
    answer = await hub.command(FloorRequest(CommandId(number), leg, OPS, time.time()))
    assert answer.talkspurt is not None
    return answer.talkspurt


async def test_a_press_opens_the_gate_and_everybody_in_the_room_is_told(tmp_path: Path) -> None:
    media = FakeMediaPlane()
    async with assembled(config(tmp_path), media) as hub:
        ann, ann_ear = await person(hub)
        _, bo_ear = await person(hub)
        _, cy_ear = await person(hub, room=COMMAND)
        spurt = await press(hub, ann)
        assert media.open_gates(OPS) == {ann: spurt}
        taken = FloorTaken(OPS, ann, spurt, 30_000)
        assert ann_ear.events[-1] == bo_ear.events[-1] == taken
        assert taken not in cy_ear.events


async def test_whoever_leaves_is_the_last_to_be_told_and_hears_no_more(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        ann, ear = await person(hub)
        await hub.command(LeaveRoom(CommandId(2), ann, OPS))
        await person(hub)
        assert ear.events[-1] == ParticipantLeft(OPS, ann, "left")


async def test_a_detached_leg_gives_back_its_floor_and_its_media(tmp_path: Path) -> None:
    media = FakeMediaPlane()
    async with assembled(config(tmp_path), media) as hub:
        ann, _ = await person(hub)
        _, bo_ear = await person(hub)
        spurt = await press(hub, ann)
        hub.detach(ann, "link")
        await eventually(lambda: FloorIdle(OPS, ann, spurt, FloorEnd.LEG_LOST) in bo_ear.events)
        assert media.counters()["sessions"] == 1
        assert media.open_gates(OPS) == {}


async def test_a_command_of_a_detached_leg_is_refused(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        ann, _ = await person(hub)
        hub.detach(ann, "link")
        answer = await hub.command(FloorRequest(CommandId(9), ann, OPS, time.time()))
        assert answer.refusal is not None
        assert answer.refusal.code is RefusalCode.INVALID


async def test_a_transport_that_breaks_is_told_to_its_leg_and_to_the_room(tmp_path: Path) -> None:
    media = FakeMediaPlane()
    async with assembled(config(tmp_path), media) as hub:
        ann, ear = await person(hub)
        spurt = await press(hub, ann)
        media.fail(ann, "consent")
        await eventually(lambda: FloorIdle(OPS, ann, spurt, FloorEnd.LEG_LOST) in ear.events)
        assert ear.media_news[-1] == (False, "consent")


async def test_a_message_on_a_data_channel_reaches_its_legs_adapter(tmp_path: Path) -> None:
    media = FakeMediaPlane()
    async with assembled(config(tmp_path), media) as hub:
        ann, ear = await person(hub)
        media.receive(ann, Channel.FAST, b"press")
        assert ear.messages == [(Channel.FAST, b"press")]


async def test_one_leg_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    async with assembled(config(tmp_path, legs=2), FakeMediaPlane()) as hub:
        hub.attach(Ear())
        gone = hub.attach(Ear())
        with pytest.raises(TooManyLegs):
            hub.attach(Ear())
        hub.detach(gone, "left")
        hub.attach(Ear())


async def test_an_adapter_whose_sink_raises_costs_nobody_else_an_event(tmp_path: Path) -> None:
    class Broken(Ear):
        def event(self, _event: object) -> None:
            raise ZeroDivisionError

    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        broken = hub.attach(Broken())
        who = Participant(broken, "Bo", "", LegKind.BROWSER)
        await hub.command(JoinRoom(CommandId(1), broken, OPS, who, ALL, time.time()))
        ann, ear = await person(hub)
        assert [e.participant.leg for e in ear.events if isinstance(e, ParticipantJoined)] == [ann]
        assert hub.legs.counters["sink_errors_total"] > 0


async def test_a_room_is_shown_to_those_who_may_listen_there(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        listener = replace(ALL, verbs=frozenset({Verb.LISTEN}), rooms=frozenset({OPS}))
        assert [view.id for view in hub.rooms(listener)] == [OPS]
        assert [view.id for view in hub.rooms(ALL)] == [OPS, COMMAND]
        for grants, room, code in (
            (listener, COMMAND, RefusalCode.NOT_ALLOWED),
            (replace(listener, expires_at=1.0), OPS, RefusalCode.EXPIRED),
            (ALL, RoomId("nowhere"), RefusalCode.UNKNOWN_ROOM),
        ):
            refused = hub.room(room, grants)
            assert isinstance(refused, Refusal)
            assert refused.code is code


async def test_a_token_that_expires_while_in_a_room_ends_the_leg(tmp_path: Path) -> None:
    media = FakeMediaPlane()
    async with assembled(config(tmp_path), media) as hub:
        ear = Ear()
        leg = hub.attach(ear)
        who = Participant(leg, "Ann", "", LegKind.BROWSER)
        soon = replace(ALL, expires_at=time.time() + 0.05)
        await hub.command(JoinRoom(CommandId(1), leg, OPS, who, soon, time.time()))
        await eventually(lambda: ear.ends == ["expired"])
        assert len(hub.legs) == 0


async def test_metrics_show_limits_counters_and_what_adapters_add(tmp_path: Path) -> None:
    async with assembled(config(tmp_path, legs=7), FakeMediaPlane()) as hub:
        hub.gauge("door", lambda: {"visitors_total": 3, "open": 1})
        await person(hub)
        text = hub.metrics().decode()
    for line in (
        "crosspatch_limits_legs_max 7.0",
        "crosspatch_legs_attached 1.0",
        "crosspatch_media_sessions 1.0",
        "crosspatch_door_visitors_total 3.0",
        "crosspatch_door_open 1.0",
        "# TYPE crosspatch_spool_records_total counter",
    ):
        assert line in text.splitlines()


async def test_a_part_whose_numbers_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    def broken() -> dict[str, int]:
        raise RuntimeError("closed")

    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        hub.gauge("broken", broken)
        assert b"crosspatch_legs_attached" in hub.metrics()


async def test_readiness_is_told_by_part(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        await eventually(lambda: dict(hub.ready()) == {"spool": True, "store": True})


async def test_two_gateways_do_not_share_a_data_directory(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()):
        with pytest.raises(InUse):
            async with assembled(config(tmp_path), FakeMediaPlane()):
                pass
    async with assembled(config(tmp_path), FakeMediaPlane()):
        pass


async def test_it_goes_down_in_order(tmp_path: Path) -> None:
    told: list[str] = []

    class Witness(Ear):
        def event(self, event: object) -> None:
            if isinstance(event, FloorIdle):
                told.append("floor idle")

        def ended(self, why: str) -> None:
            told.append(f"leg ended: {why}")

    class Door:
        name = "door"
        config_type = object
        ready = True

        async def run(self, hub: Hub) -> None:
            leg = hub.attach(Witness())
            who = Participant(leg, "Ann", "", LegKind.BROWSER)
            await hub.command(JoinRoom(CommandId(1), leg, OPS, who, ALL, time.time()))
            await hub.media.accept(leg, OFFER, PROFILE)
            while (await hub.command(FloorRequest(next(numbers), leg, OPS, time.time()))).refusal:
                pass
            told.append("floor taken")
            try:
                await forever()
            finally:
                told.append("doors closed")

    class Media(FakeMediaPlane):
        async def stop(self) -> None:
            told.append(f"media stopped, {self.counters()['sessions']} sessions left")
            await super().stop()

    numbers = map(CommandId, range(2, 10_000))
    async with assembled(config(tmp_path), Media(), supervisor=Supervisor({"door": Door})) as hub:
        await eventually(lambda: "floor taken" in told)
    assert told == [
        "floor taken",
        "floor idle",
        "leg ended: shutdown",
        "doors closed",
        "media stopped, 0 sessions left",
    ]
    with pytest.raises(TooManyLegs):
        hub.attach(Ear())


async def test_a_single_writer_that_ends_by_itself_is_told(tmp_path: Path) -> None:
    async with assembled(config(tmp_path), FakeMediaPlane()) as hub:
        assert not hub.failed.is_set()
        hub.runtime.close()
        await eventually(hub.failed.is_set)


async def forever() -> None:
    await eventually(lambda: False, within_s=60)


async def test_a_step_that_fails_does_not_keep_the_next_from_running() -> None:
    done: list[str] = []

    def step(name: str, work: Callable[[], None]) -> Step:
        async def run() -> None:
            work()
            done.append(name)

        return Step(name, run)

    def fail() -> None:
        raise OSError("disk")

    failed = await run_steps(
        [
            step("first", lambda: None),
            step("second", fail),
            Step("third", forever),
            step("fourth", lambda: None),
        ],
        limit_s=0.05,
    )
    assert (done, failed) == (["first", "fourth"], ["second", "third"])
