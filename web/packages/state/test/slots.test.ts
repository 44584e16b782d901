import { FakeClock } from "@crosspatch/testing/fake_clock";
import { FakeMedia } from "@crosspatch/testing/fake_ports";
import { describe, expect, it } from "vitest";

import { FLOOR_GAIN, Slots } from "../src/slots";

class World {
  readonly clock = new FakeClock();
  readonly media = new FakeMedia();
  readonly slots = new Slots(this.clock, this.media);

  async settle(): Promise<void> {
    await this.clock.advance(100);
  }

  told(slot: number, number: number, leg: string | null): void {
    this.slots.filled({ type: "slot_filled", slot, number, leg });
  }

  plays(slot: number, number: number | null): void {
    this.media.csrcs[slot] = number;
  }
}

async function annInSlot0(): Promise<World> {
  const world = new World();
  world.slots.start();
  world.told(0, 7, "ann");
  world.plays(0, 7);
  await world.settle();
  return world;
}

describe("slots", () => {
  it("plays a slot in full as whose it is once the message and the packets agree", async () => {
    const world = await annInSlot0();
    expect(world.media.voices[0]).toEqual({ leg: "ann", gain: 1 });
    expect(world.slots.legs.value).toEqual(["ann", null, null]);
  });

  it("plays at the floor gain, never silent, from the message until the new source is played", async () => {
    const world = await annInSlot0();
    world.told(0, 8, "bert");
    expect(world.media.voices[0]).toEqual({ leg: null, gain: FLOOR_GAIN });
    expect(FLOOR_GAIN).toBeGreaterThan(0);
    world.plays(0, 8);
    await world.clock.advance(20);
    expect(world.media.voices[0]).toEqual({ leg: "bert", gain: 1 });
  });

  it("names nobody while a source is played whose message is late", async () => {
    const world = await annInSlot0();
    world.plays(0, 8);
    await world.settle();
    expect(world.media.voices[0]).toEqual({ leg: null, gain: FLOOR_GAIN });
    world.told(0, 8, "bert");
    expect(world.slots.legs.value[0]).toBe("bert");
  });

  it("keeps the name over a silence in which the browser forgets who was last", async () => {
    const world = await annInSlot0();
    world.plays(0, null);
    await world.settle();
    expect(world.media.voices[0]).toEqual({ leg: "ann", gain: 1 });
  });

  it("names nobody whose leg has left", async () => {
    const world = await annInSlot0();
    world.told(0, 7, null);
    expect(world.media.voices[0]).toEqual({ leg: null, gain: FLOOR_GAIN });
  });

  it("takes a message that comes before the transport is up", async () => {
    const world = new World();
    world.told(1, 7, "ann");
    world.plays(1, 7);
    world.slots.start();
    await world.settle();
    expect(world.slots.legs.value[1]).toBe("ann");
  });

  it("forgets everything with the transport, and leaves no timer", async () => {
    const world = await annInSlot0();
    world.slots.stop();
    expect(world.slots.legs.value).toEqual([]);
    expect(world.clock.waiting).toBe(0);
    world.plays(0, 7);
    world.slots.start();
    await world.settle();
    expect(world.slots.legs.value).toEqual([null, null, null]);
  });
});
