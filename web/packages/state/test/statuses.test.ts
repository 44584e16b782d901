import { beforeEach, expect, it } from "vitest";

import type { RoomStatuses } from "@crosspatch/state/statuses";
import { ResponderWorld } from "@crosspatch/testing/responder_world";

let world: ResponderWorld;
let statuses: RoomStatuses;

beforeEach(async () => {
  world = new ResponderWorld();
  world.hub.verbs = ["listen", "talk", "data"];
  const wei = { ...world.hub.person("leg-9", "Wei"), status: { code: "en_route", age_ms: 5_000 } } as const;
  world.hub.change({ type: "joined", room: "ops", person: wei });
  await world.enter();
  statuses = world.page.data.room.value!.statuses;
});

async function press(code: Parameters<RoomStatuses["send"]>[0]): Promise<void> {
  statuses.send(code);
  await world.clock.advance(10);
}

it("a status is said when the hub has it, not when the key was hit", async () => {
  statuses.send("on_scene");
  expect(statuses.own.value).toMatchObject({ said: null, wanted: { code: "on_scene", phase: "sending" } });
  await world.clock.advance(10);
  expect(statuses.own.value).toEqual({ said: "on_scene", wanted: null });
});

it("without a link the newest press waits, and alone goes out when the link is back", async () => {
  world.hub.reachable = false;
  world.hub.cut();
  await press("en_route");
  await press("on_scene");
  expect(statuses.own.value).toMatchObject({ said: null, wanted: { code: "on_scene", phase: "unsent" } });
  world.hub.reachable = true;
  await world.clock.advance(5_000);
  expect(statuses.own.value).toEqual({ said: "on_scene", wanted: null });
  expect(world.sent("send_status")).toBe(1);
});

it("a refused status says why and is not taken for said", async () => {
  await press("received");
  world.hub.refuse = { send_status: "not_allowed" };
  await press("done");
  expect(statuses.own.value).toMatchObject({ said: "received", wanted: { code: "done", phase: "refused", refusal: "not_allowed" } });
});

it("a status that came too fast is sent again", async () => {
  world.hub.refuse = { send_status: "too_many" };
  await press("done");
  expect(statuses.own.value).toMatchObject({ said: null, wanted: { code: "done", phase: "unsent" } });
  world.hub.refuse = {};
  await world.clock.advance(1_500);
  expect(statuses.own.value.said).toBe("done");
});

it("after a restart that has forgotten it, what was said is said again", async () => {
  await press("on_scene");
  world.hub.restart();
  await world.clock.advance(5_000);
  expect(statuses.own.value).toEqual({ said: "on_scene", wanted: null });
  expect(world.sent("send_status")).toBe(2);
});

it("members' codes have their age, change, and go with their members", async () => {
  const since = statuses.members.value.get("leg-9")!.since;
  expect(world.clock.now() - since).toBeGreaterThanOrEqual(5_000);
  world.hub.change({ type: "status_changed", room: "ops", leg: "leg-9", code: "done" });
  await world.clock.advance(10);
  expect(statuses.members.value.get("leg-9")).toMatchObject({ code: "done" });
  world.hub.change({ type: "left", room: "ops", leg: "leg-9", why: "left" });
  await world.clock.advance(10);
  expect(statuses.members.value.has("leg-9")).toBe(false);
});
