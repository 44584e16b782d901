import { ResponderWorld } from "@crosspatch/testing/responder_world";
import { beforeEach, describe, expect, it } from "vitest";

import { cameraLayers } from "../src/video_layers";

let world: ResponderWorld;

beforeEach(async () => {
  world = new ResponderWorld();
  world.hub.verbs = ["listen", "talk", "video"];
  await world.enter();
});

async function comes(leg: string, kind: "camera" | "screen" = "camera"): Promise<void> {
  if (!world.page.known.value?.channel.members.has(leg)) {
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person(leg, leg) });
  }
  world.hub.change({ type: "picture_shown", room: "ops", leg, kind, on: true });
  await world.clock.advance(10);
}

async function inSlot(slot: number, leg: string, number: number, kind: "camera" | "screen" = "camera"): Promise<void> {
  world.hub.change({ type: "picture_turned", slot, number, leg, kind, rtp_timestamp: 100, layer: 0, paused: false });
  await world.clock.advance(10);
  world.video.present(slot, { rtpTimestamp: 100, sources: [{ number, rtpTimestamp: 100, at: 1 }] });
}

function watched(): { slot: number; leg?: string | null; height: number }[] {
  return world.hub.received.filter((message) => message.type === "watch");
}

describe("pictures of others", () => {
  it("have a tile each, in the place of their slot", async () => {
    await comes("ann");
    await comes("bert", "screen");
    await inSlot(3, "ann", 7);
    await inSlot(1, "bert", 8, "screen");
    const { tiles, unseen } = world.page.tiles.value;
    expect(tiles.map(({ slot, person, picture }) => [slot, person?.name, picture?.kind])).toEqual([
      [1, "bert", "screen"],
      [3, "ann", "camera"],
    ]);
    expect(unseen).toEqual([]);
  });

  it("have no name while it is not sure whose they are", async () => {
    await comes("ann");
    world.hub.change({ type: "picture_turned", slot: 0, number: 7, leg: "ann", kind: "camera", rtp_timestamp: 0, layer: 0, paused: false });
    await world.clock.advance(10);
    expect(world.page.tiles.value.tiles).toMatchObject([{ slot: 0, picture: null, person: null }]);
  });

  it("without a slot are offered, and a tap brings one into a slot that is empty", async () => {
    await comes("ann");
    await comes("bert");
    await inSlot(0, "ann", 7);
    expect(world.page.tiles.value.unseen).toMatchObject([{ leg: "bert", kind: "camera" }]);
    world.page.video.value?.bring({ leg: "bert", kind: "camera" });
    await world.clock.advance(10);
    expect(watched().at(-1)).toMatchObject({ slot: 1, leg: "bert", kind: "camera" });
  });

  it("are kept by a tap and let go by another", async () => {
    await comes("ann");
    await inSlot(2, "ann", 7);
    world.page.video.value?.toggleKept(2);
    expect(world.page.tiles.value.tiles).toMatchObject([{ slot: 2, kept: true }]);
    world.page.video.value?.toggleKept(2);
    await world.clock.advance(10);
    expect(world.page.tiles.value.tiles).toMatchObject([{ slot: 2, kept: false }]);
    expect(watched().slice(-2)).toMatchObject([{ slot: 2, leg: "ann" }, { slot: 2 }]);
  });

  it("are kept no longer when they end", async () => {
    await comes("ann");
    await inSlot(2, "ann", 7);
    world.page.video.value?.toggleKept(2);
    world.hub.change({ type: "picture_shown", room: "ops", leg: "ann", kind: "camera", on: false });
    await world.clock.advance(10);
    expect(world.page.video.value?.choice.kept.value[2]).toBeNull();
  });

  it("say who of them talks", async () => {
    await comes("ann");
    await inSlot(0, "ann", 7);
    world.hub.otherTalks("ops", "ann");
    await world.clock.advance(10);
    expect(world.page.tiles.value.tiles).toMatchObject([{ talks: true }]);
  });

  it("are not asked for while the page is hidden", async () => {
    world.page.hidden();
    await world.clock.advance(10);
    expect(watched().slice(-8).every(({ height }) => height === 0)).toBe(true);
    world.page.shown();
    await world.clock.advance(10);
    expect(watched().slice(-8).every(({ height }) => height > 0)).toBe(true);
  });
});

describe("one's own camera", () => {
  it("has no key for who may not show", async () => {
    world = new ResponderWorld();
    await world.enter();
    expect(world.page.showKeys.value).toEqual([]);
  });

  it("is off at first, and on after one tap", async () => {
    expect(world.page.showKeys.value.map(({ kind, state }) => [kind, state])).toEqual([
      ["camera", "off"],
      ["screen", "off"],
    ]);
    world.page.video.value?.toggle("camera");
    await world.clock.advance(10);
    expect(world.page.showKeys.value[0]?.state).toBe("on");
    expect(world.hub.received.at(-1)).toMatchObject({ type: "show_picture", room: "ops", kind: "camera" });
  });

  it("is no tile of this page and not among those that could be seen", async () => {
    world.page.video.value?.toggle("camera");
    await world.clock.advance(10);
    expect(world.page.tiles.value).toEqual({ tiles: [], unseen: [] });
  });

  it("is blocked in a broadcast of others", async () => {
    world.hub.change({ type: "mode_changed", room: "ops", mode: "broadcast", by: "dispatch" });
    await world.clock.advance(10);
    expect(world.page.showKeys.value[0]).toEqual({ kind: "camera", state: "off", blocked: "broadcast" });
  });

  it("is shown again after the transport was replaced", async () => {
    world.page.video.value?.toggle("camera");
    await world.clock.advance(10);
    world.hub.change({ type: "own_media", up: false, why: "consent" });
    world.hub.change({ type: "picture_shown", room: "ops", leg: world.hub.leg, kind: "camera", on: false });
    await world.clock.advance(10);
    expect(world.page.showKeys.value[0]?.state).toBe("waiting");
    await world.voiceUp();
    await world.clock.advance(10);
    expect(world.page.showKeys.value[0]?.state).toBe("on");
    expect(world.sent("show_picture")).toBe(2);
  });

  it("ends with the stay", async () => {
    world.page.video.value?.toggle("camera");
    await world.clock.advance(10);
    world.page.leave();
    expect(world.video.camera.acquired).toBe(false);
  });
});

describe("the layers of a camera", () => {
  it.each([
    [160, 120, [1]],
    [320, 240, [1]],
    [640, 480, [2, 1]],
    [1280, 720, [4, 1]],
    [720, 1280, [4, 1]],
  ])("%i x %i: scaled down by %j", (width, height, scales) => {
    const active = cameraLayers(width, height).filter((layer) => layer.active);
    expect(active.map((layer) => layer.scaleResolutionDownBy)).toEqual(scales);
  });
});
