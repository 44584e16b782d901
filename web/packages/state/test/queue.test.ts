import { ResponderWorld } from "@crosspatch/testing/responder_world";
import { beforeEach, describe, expect, it } from "vitest";

let world: ResponderWorld;

beforeEach(async () => {
  world = new ResponderWorld();
  await world.enter();
  for (const [leg, name] of [["wei", "Wei"], ["bo", "Bo"]] as const) {
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person(leg, name) });
  }
  world.hub.otherTalks("ops", "wei");
  await world.clock.advance(10);
});

const revoked = (): number => world.output.tones.filter((tone) => tone === "revoked").length;

describe("a press while another one talks", () => {
  it("waits with a shut microphone, and is heard to wait", async () => {
    await world.hold();
    expect(world.page.slab.value).toEqual({ state: "queued", place: 1, before: null });
    expect([world.lastTone, world.microphone.opened, world.card]).toEqual(["queued", false, "holder"]);
  });

  it("knows its place and who is before it, and moves up with the queue", async () => {
    world.hub.otherWaits("ops", "bo");
    await world.hold();
    expect(world.page.slab.value).toMatchObject({ state: "queued", place: 2, before: { name: "Bo" } });
    world.hub.otherStops("ops", "wei");
    await world.clock.advance(10);
    expect(world.page.slab.value).toEqual({ state: "queued", place: 1, before: null });
    expect(world.page.announcer.assertive.value.line).toEqual({ key: "queued", place: 1 });
  });

  it("is served: the microphone opens, with a tone of its own", async () => {
    await world.hold();
    world.hub.otherStops("ops", "wei");
    await world.clock.advance(10);
    expect([world.slab, world.microphone.opened, world.lastTone]).toEqual(["talking", true, "go"]);
    expect(world.output.buzzes.at(-1)).toEqual([30, 40, 30, 40, 30]);
    expect(world.page.announcer.assertive.value.line).toEqual({ key: "served" });
  });

  it("is reminded every five seconds that it waits, until it does no longer", async () => {
    await world.hold();
    await world.clock.advance(10_500);
    const reminders = (): number => world.output.tones.filter((tone) => tone === "still_queued").length;
    expect(reminders()).toBe(2);
    world.hub.otherStops("ops", "wei");
    await world.clock.advance(10_000);
    expect(reminders()).toBe(2);
  });

  it("gives its place up with the key", async () => {
    await world.hold();
    await world.letGo();
    expect([world.slab, world.hub.rooms.get("ops")?.queue]).toEqual(["listening", []]);
    world.hub.otherStops("ops", "wei");
    await world.clock.advance(10);
    expect([world.slab, world.microphone.gate]).toEqual(["idle", [true, false]]);
  });

  it.each(["cancelled", "waited_too_long", "muted", "no_floor"] as const)("says why it is not served: %s", async (code) => {
    await world.hold();
    world.hub.unserve("ops", code);
    await world.clock.advance(10);
    expect(world.page.slab.value).toMatchObject({ state: "denied", reason: code });
    expect([world.lastTone, world.microphone.opened]).toEqual(["denied", false]);
  });

  it.each<[string, (world: ResponderWorld) => void]>([
    ["the window loses its focus", ({ page }) => page.blurred()],
    ["the page is hidden", ({ page }) => page.hidden()],
    ["the link breaks", ({ hub }) => hub.cut()],
    ["the voice fails", ({ media }) => media.onTransport("down")],
    ["the system takes the microphone", ({ microphone }) => microphone.onLost(true)],
  ])("is over when %s, and never talks after", async (_, happen) => {
    await world.hold();
    happen(world);
    await world.clock.advance(1_000);
    expect(world.hub.rooms.get("ops")?.queue).toEqual([]);
    world.hub.otherStops("ops", "wei");
    await world.clock.advance(100);
    expect(world.microphone.gate).toEqual([true, false]);
  });
});

describe("the talk limit", () => {
  const talkspurt = (): number => world.hub.rooms.get("ops")?.talkspurt ?? 0;
  const told = async (type: "floor_warned" | "floor_revoked", ms: number): Promise<void> => {
    const about = { room: "ops", talkspurt: talkspurt() };
    if (type === "floor_warned") world.hub.change({ type, ...about, left_ms: ms });
    else world.hub.change({ type, ...about, grace_ms: ms });
    await world.clock.advance(10);
  };

  beforeEach(async () => {
    world.hub.otherStops("ops", "wei");
    await world.clock.advance(10);
    await world.hold();
  });

  it("is near when the hub warns, and the last five seconds tick as the hub counts them", async () => {
    await world.clock.advance(10_000);
    await told("floor_warned", 6_000);
    expect(world.page.slab.value).toMatchObject({ state: "talking", time: "ending", until: world.clock.now() - 10 + 6_000 });
    await world.clock.advance(5_900);
    expect(world.output.tones.filter((tone) => tone === "time_nearly_out")).toHaveLength(5);
  });

  it("is reached: one may finish the sentence, and the page waits for the grace", async () => {
    await world.clock.advance(29_900);
    await told("floor_revoked", 3_000);
    expect(world.page.slab.value).toMatchObject({ state: "talking", time: "over" });
    expect(world.page.announcer.assertive.value.line).toEqual({ key: "time_up", left_ms: 3_000 });
    expect([world.lastTone, revoked()]).toEqual(["revoked", 1]);
    await world.clock.advance(3_200);
    expect([world.slab, world.microphone.opened]).toEqual(["talking", true]);
    world.hub.hush = true;
    await world.clock.advance(200);
    expect([world.slab, world.microphone.opened]).toEqual(["revoked", false]);
  });

  it("ends with nothing said when one lets go in the grace", async () => {
    await told("floor_revoked", 3_000);
    await world.letGo();
    await world.clock.advance(4_000);
    expect([world.slab, revoked()]).toEqual(["idle", 1]);
  });

  it("is followed by a refusal that says for how long", async () => {
    world.hub.change({ type: "floor_idle", room: "ops", leg: world.hub.leg, talkspurt: talkspurt(), why: "timed_out" });
    await world.letGo();
    world.hub.refuse = { floor_request: "penalty" };
    world.hub.refuseFor_ms = 2_400;
    await world.hold();
    expect(world.page.slab.value).toMatchObject({ state: "denied", reason: "penalty", wait_ms: 2_400 });
  });
});

it("who is cut off by a dispatcher hears it and sees why", async () => {
  world.hub.otherStops("ops", "wei");
  await world.hold();
  const talkspurt = world.hub.rooms.get("ops")?.talkspurt ?? 0;
  world.hub.change({ type: "floor_idle", room: "ops", leg: world.hub.leg, talkspurt, why: "preempted" });
  await world.clock.advance(10);
  expect(world.page.slab.value).toMatchObject({ state: "revoked", reason: "preempted" });
  expect([world.lastTone, world.microphone.opened]).toEqual(["revoked", false]);
});
