import { beforeEach, describe, expect, it } from "vitest";

import { ResponderWorld } from "@crosspatch/testing/responder_world";

let world: ResponderWorld;

describe("a newer gateway", () => {
  beforeEach(async () => {
    world = new ResponderWorld();
    await world.enter();
  });

  it.each<[string, (world: ResponderWorld) => void]>([
    ["a message of an unknown type", ({ hub }) => hub.send({ type: "hologram", depth: 3 } as never)],
    ["a change of an unknown type", ({ hub }) => hub.change({ type: "teleported", room: "ops", leg: "leg-9" } as never)],
  ])("that says %s leaves the link as it is, and asks for a reload", async (_, say) => {
    say(world);
    await world.clock.advance(5_000);
    expect([world.card, world.slab, world.sent("hello")]).toEqual(["outdated", "idle", 1]);
    await world.hold();
    expect(world.slab).toBe("talking");
  });

  it("that took the place of the one this page came from asks for a reload", async () => {
    expect(world.card).toBe("free");
    world.hub.server = "fake 2";
    world.hub.restart();
    await world.clock.advance(1_000);
    await world.voiceUp();
    expect(world.card).toBe("outdated");
  });

  it("that refuses for a reason unknown here is taken to have failed", async () => {
    world.hub.refuse = { floor_request: "gravity" as "internal" };
    await world.hold();
    expect(world.page.slab.value).toMatchObject({ state: "denied", reason: "internal" });
  });
});
