import { ConsoleWorld } from "@crosspatch/testing/console_world";
import { ResponderWorld } from "@crosspatch/testing/responder_world";
import { beforeEach, describe, expect, it } from "vitest";

describe("a responder whom a dispatcher takes to another room", () => {
  let world: ResponderWorld;

  beforeEach(async () => {
    world = new ResponderWorld();
    world.hub.addRoom("pipe", "Burst pipe", "talkgroup");
    await world.enter();
  });

  async function taken(): Promise<void> {
    world.hub.move("ops", "pipe");
    await world.clock.advance(10);
  }

  it("is in that room without a tap, with the transport that it had, and is told", async () => {
    const offers = world.hub.received.filter(({ type }) => type === "media_offer").length;
    await taken();
    expect(world.page.known.value?.channel.name).toBe("Burst pipe");
    expect(world.page.taken.value).toBe("Burst pipe");
    expect(world.page.announcer.assertive.value.line).toEqual({ key: "taken_to", room: "Burst pipe" });
    expect(world.hub.received.filter(({ type }) => type === "media_offer")).toHaveLength(offers);
  });

  it("no longer talks: the press that was held went to the other room", async () => {
    await world.hold();
    await taken();
    expect(world.slab).toBe("idle");
    await world.letGo();
    await world.hold();
    expect(world.hub.received.findLast(({ type }) => type === "floor_request")).toMatchObject({ room: "pipe" });
  });

  it("reads that for a while, and then who it is again", async () => {
    await taken();
    await world.clock.advance(16_000);
    expect(world.page.taken.value).toBeNull();
    expect(world.page.known.value?.channel.id).toBe("pipe");
  });

  it("comes back to its own room after a restart of the gateway", async () => {
    await taken();
    world.hub.restart();
    await world.clock.advance(5_000);
    expect(world.page.known.value?.channel.id).toBe("ops");
  });
});

describe("a dispatcher", () => {
  it("takes a member of one room to another", async () => {
    const world = new ConsoleWorld();
    await world.enter();
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-9", "Ann", "") });
    await world.clock.advance(10);
    world.page.move(world.strip("ops"), "leg-9", world.strip("fire"));
    await world.clock.advance(10);
    expect(world.hub.received.at(-1)).toMatchObject({ type: "move_member", room: "ops", member: "leg-9", to: "fire" });
  });

  it("reads why somebody could not be moved", async () => {
    const world = new ConsoleWorld();
    await world.enter();
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-9", "Ann", "") });
    await world.clock.advance(10);
    world.hub.refuse = { move_member: "room_full" };
    world.page.move(world.strip("ops"), "leg-9", world.strip("fire"));
    await world.clock.advance(10);
    expect(world.page.results.state.value).toEqual({ order: "move", about: "Ann", code: "room_full" });
  });

  it("who is itself taken to a room enters it", async () => {
    const world = new ConsoleWorld();
    await world.enter();
    world.hub.move("ops", "fire");
    await world.clock.advance(10);
    expect([world.strip("ops").entry.value.key, world.strip("fire").entry.value.key]).toEqual(["out", "in"]);
  });
});
