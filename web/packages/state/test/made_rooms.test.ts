import { STRIPS_MAX } from "@crosspatch/state/console_session";
import { ConsoleWorld } from "@crosspatch/testing/console_world";
import { beforeEach, describe, expect, it } from "vitest";

let world: ConsoleWorld;

beforeEach(async () => {
  world = new ConsoleWorld();
  await world.enter();
});

describe("a room that is made", () => {
  it("has a strip behind all others, and the console is in it", async () => {
    world.hub.makeRoom("made-1", "Burst pipe");
    await world.clock.advance(10);
    expect(world.page.strips.value.map(({ id }) => id)).toEqual(["ops", "fire", "open", "made-1"]);
    expect(world.strip("made-1").entry.value.key).toBe("in");
    expect(world.strip("made-1").known.value?.channel.made).toBe(true);
  });

  it("is counted where there is no strip left", async () => {
    for (let room = 0; room < STRIPS_MAX - 2; room++) world.hub.makeRoom(`made-${room}`, "Burst pipe");
    await world.clock.advance(10);
    expect(world.page.strips.value).toHaveLength(STRIPS_MAX);
    expect(world.page.beyond.value).toBe(1);
  });

  it("goes with its press and its place in the selection when it is closed", async () => {
    world.hub.makeRoom("made-1", "Burst pipe");
    await world.clock.advance(10);
    world.page.select("made-1", false);
    await world.hold();
    world.hub.change({ type: "room_gone", gone: "made-1" });
    await world.clock.advance(10);
    expect(world.page.strips.value.map(({ id }) => id)).toEqual(["ops", "fire", "open"]);
    expect(world.page.selection.rooms.value).toEqual([]);
    expect(world.microphone.opened).toBe(false);
  });

  it("is asked for by name, and a refusal is told", async () => {
    world.hub.refuse = { create_room: "not_allowed" };
    world.page.makeRoom("Burst pipe");
    await world.clock.advance(10);
    expect(world.hub.received.at(-1)).toMatchObject({ type: "create_room", name: "Burst pipe" });
    expect(world.page.results.state.value).toEqual({ order: "make", about: "Burst pipe", code: "not_allowed" });
  });
});
