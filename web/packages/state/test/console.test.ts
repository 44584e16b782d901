import { STRIPS_MAX } from "@crosspatch/state/console_session";
import { stripView } from "@crosspatch/state/console_view";
import { ConsoleWorld } from "@crosspatch/testing/console_world";
import { beforeEach, describe, expect, it } from "vitest";

let world: ConsoleWorld;

beforeEach(() => {
  world = new ConsoleWorld();
});

describe("taking the seat", () => {
  it("enters every room that the link opens, in the hub's order", async () => {
    await world.enter();
    expect(world.page.strips.value.map(({ id, entry }) => [id, entry.value.key])).toEqual([
      ["ops", "in"],
      ["fire", "in"],
      ["open", "in"],
    ]);
  });

  it("only monitors: an open microphone is heard in no room that nobody pressed for", async () => {
    await world.enter();
    const joins = world.hub.received.filter(({ type }) => type === "join");
    expect(joins.map((join) => "monitor" in join && join.monitor)).toEqual([true, true, true]);
  });

  it("has strips for twelve rooms and says how many more there are", async () => {
    for (let room = 0; room < STRIPS_MAX; room++) world.hub.addRoom(`more-${room}`, `More ${room}`, "talkgroup");
    await world.enter();
    expect(world.page.strips.value).toHaveLength(STRIPS_MAX);
    expect(world.page.beyond.value).toBe(3);
  });

  it("says why one room is closed and enters the others", async () => {
    world.hub.refuse = { join: "room_full" };
    await world.enter();
    expect(world.strip("ops").entry.value).toEqual({ key: "out", code: "room_full" });
    world.hub.refuse = {};
    await world.strip("ops").enter();
    expect(world.strip("ops").entry.value.key).toBe("in");
  });
});

describe("a press", () => {
  beforeEach(async () => {
    await world.enter();
  });

  it("goes to nobody while nothing is selected", async () => {
    await world.hold();
    expect(world.sent("floor_request")).toBe(0);
    expect(world.microphone.opened).toBe(false);
  });

  it("goes to every selected room, and each says for itself what came of it", async () => {
    world.hub.otherTalks("fire", "leg-of-another");
    world.type("Digit1");
    world.type("Digit2", { shifted: true });
    await world.hold();
    expect(world.page.targets.value.map(({ strip, slab }) => [strip.id, slab?.state])).toEqual([
      ["ops", "talking"],
      ["fire", "queued"],
    ]);
    expect(world.page.dock.value).toMatchObject({ state: "talking", granted: 1, of: 2 });
  });

  it("that waits in one room and talks in another opens the microphone for the second when its turn comes", async () => {
    world.hub.otherTalks("fire", "leg-of-another");
    world.type("Digit2");
    await world.hold();
    expect([world.phase("fire"), world.microphone.opened]).toEqual(["queued", false]);
    world.hub.otherStops("fire", "leg-of-another");
    await world.clock.advance(10);
    expect([world.phase("fire"), world.microphone.opened]).toEqual(["granted", true]);
  });

  it("with Shift cuts off who talks, in the rooms where somebody does", async () => {
    world.hub.otherTalks("fire", "leg-of-another");
    world.type("Digit1");
    world.type("Digit2", { shifted: true });
    world.type("F9", { shifted: true });
    await world.clock.advance(10);
    expect([world.phase("ops"), world.phase("fire")]).toEqual(["granted", "granted"]);
  });

  it("on a strip's own guarded key cuts off who talks, also for one who waits there", async () => {
    world.hub.otherTalks("fire", "leg-of-another");
    world.type("Digit2");
    await world.hold();
    expect(world.phase("fire")).toBe("queued");
    world.page.hold(world.strip("fire"), true, true);
    await world.clock.advance(10);
    expect([world.phase("fire"), world.hub.rooms.get("fire")?.queue]).toEqual(["granted", []]);
  });

  it("with Shift waits like any other where one has no right to dispatch", async () => {
    world.hub.verbs = ["listen", "talk"];
    world.hub.restart();
    await world.clock.advance(3_000);
    await world.voiceUp();
    world.hub.otherTalks("fire", "leg-of-another");
    world.type("Digit2");
    world.type("F9", { shifted: true });
    await world.clock.advance(10);
    expect(world.phase("fire")).toBe("queued");
  });

  it("that waits ends at the strip's own key, whatever else is held", async () => {
    world.hub.otherTalks("fire", "leg-of-another");
    world.type("Digit2");
    await world.hold();
    world.page.hold(world.strip("fire"), true);
    world.page.hold(world.strip("fire"), false);
    await world.clock.advance(10);
    expect([world.phase("fire"), world.hub.rooms.get("fire")?.queue]).toEqual(["idle", []]);
  });

  it("opens the microphone once for all rooms, and shuts it with the last", async () => {
    world.type("Digit1");
    world.type("Digit2", { shifted: true });
    await world.hold();
    expect(world.microphone.opened).toBe(true);
    world.hub.change({ type: "floor_idle", room: "ops", leg: world.hub.leg, talkspurt: 1, why: "timed_out" });
    await world.clock.advance(10);
    expect(world.phase("ops")).toBe("revoked");
    expect(world.microphone.opened).toBe(true);
    await world.letGo();
    expect(world.microphone.opened).toBe(false);
  });

  it("stays where it began, whatever is selected meanwhile", async () => {
    world.type("Digit1");
    await world.hold();
    world.type("Digit2");
    await world.clock.advance(10);
    expect(world.phase("ops")).toBe("granted");
    expect(world.phase("fire")).toBe("idle");
    await world.letGo();
    expect(world.phase("ops")).toBe("idle");
    expect(world.sent("floor_release")).toBe(1);
  });

  it("on a strip's own key talks there alone", async () => {
    world.type("Digit1");
    world.page.hold(world.strip("fire"), true);
    await world.clock.advance(10);
    expect([world.phase("ops"), world.phase("fire")]).toEqual(["idle", "granted"]);
  });

  it("by a strip's own key and F9 at once ends with the last that is let go", async () => {
    world.type("Digit1");
    await world.hold();
    world.page.hold(world.strip("ops"), true);
    await world.letGo();
    expect(world.phase("ops")).toBe("granted");
    await world.hold();
    world.page.hold(world.strip("ops"), false);
    await world.clock.advance(100);
    expect(world.phase("ops")).toBe("granted");
    await world.letGo();
    expect(world.phase("ops")).toBe("idle");
    expect(world.sent("floor_release")).toBe(1);
  });

  it("in an open room is live when the hub lets it in to speak, and monitors again after", async () => {
    world.type("Digit3");
    await world.hold();
    expect(world.phase("open")).toBe("granted");
    expect(world.lastJoin).toMatchObject({ room: "open", monitor: false });
    await world.letGo();
    expect(world.lastJoin).toMatchObject({ room: "open", monitor: true });
    expect(world.microphone.opened).toBe(false);
  });

  it("in an open room ends when the room becomes a talkgroup", async () => {
    world.type("Digit3");
    await world.hold();
    world.hub.change({ type: "mode_changed", room: "open", mode: "talkgroup", by: "somebody" });
    await world.clock.advance(10);
    expect(world.strip("open").ptt.state.value).toMatchObject({ phase: "revoked", reason: "mode_changed" });
    expect(world.lastJoin).toMatchObject({ room: "open", monitor: true });
  });

  it("is over in every room when the link is lost", async () => {
    world.type("Digit1");
    world.type("Digit2", { shifted: true });
    await world.hold();
    world.hub.cut();
    await world.clock.advance(10);
    expect([world.phase("ops"), world.phase("fire")]).toEqual(["silent", "silent"]);
    expect(world.microphone.opened).toBe(false);
  });

  it("is over when the window loses the focus", async () => {
    world.type("Digit1");
    await world.hold();
    world.page.blurred();
    await world.clock.advance(100);
    expect(world.phase("ops")).toBe("idle");
    expect(world.sent("floor_release")).toBe(1);
  });

  it("types where one types", () => {
    expect(world.type("Digit1", { editable: true })).toBe(false);
    expect(world.page.selection.rooms.value).toEqual([]);
  });
});

describe("the queue of a room", () => {
  const queue = () => stripView(world.strip("fire").entry.value, world.strip("fire").known.value).inside?.queue;

  beforeEach(async () => {
    await world.enter();
    world.hub.change({ type: "joined", room: "fire", person: world.hub.person("bo", "Bo") });
    world.hub.otherTalks("fire", "wei");
    world.hub.otherWaits("fire", "bo");
    world.hub.otherWaits("fire", "stranger");
    world.type("Digit2");
    await world.hold();
  });

  it("is seen whole: who, in which place, and where oneself is", () => {
    expect(queue()?.map(({ place, person, mine }) => [place, person?.name ?? null, mine])).toEqual([
      [1, "Bo", false],
      [2, null, false],
      [3, "Lin", true],
    ]);
  });

  it("loses whom a dispatcher takes out, and all behind move up", async () => {
    world.page.cancelRequest(world.strip("fire"), "bo");
    await world.clock.advance(10);
    expect(queue()?.map(({ leg }) => leg)).toEqual(["stranger", world.hub.leg]);
    expect(world.strip("fire").ptt.state.value.place).toBe(2);
  });

  it("keeps whom the hub does not let go, and says so", async () => {
    world.hub.refuse = { cancel_request: "not_allowed" };
    world.page.cancelRequest(world.strip("fire"), "bo");
    await world.clock.advance(10);
    expect(queue()).toHaveLength(3);
    expect(world.page.results.state.value).toEqual({ order: "cancel", about: "Bo", code: "not_allowed" });
  });
});

it("offers to talk over a person, never over a radio that is heard nor over oneself", async () => {
  await world.enter();
  const talker = () => stripView(world.strip("fire").entry.value, world.strip("fire").known.value).inside?.talker?.name ?? null;
  world.hub.change({ type: "joined", room: "fire", person: world.hub.person("wei", "Wei") });
  world.hub.change({ type: "joined", room: "fire", person: { ...world.hub.person("vhf", "VHF 1"), kind: "radio" } });
  for (const [leg, who] of [["wei", "Wei"], ["vhf", null], [world.hub.leg, null]] as const) {
    world.hub.otherTalks("fire", leg);
    await world.clock.advance(10);
    expect(talker()).toBe(who);
  }
});

describe("how loud a voice is", () => {
  const hear = async (room: string): Promise<number | undefined> => {
    const anna = world.hub.person("anna", "Anna");
    world.hub.change({ type: "joined", room, person: anna });
    world.hub.otherTalks(room, "anna");
    world.hub.change({ type: "slot_filled", slot: 0, number: 17, leg: "anna" });
    world.media.csrcs = [17];
    await world.clock.advance(200);
    return world.media.voices[0]?.gain;
  };

  beforeEach(async () => {
    await world.enter();
  });

  it("is that of the room in which it talks", async () => {
    world.strip("fire").setGain(30);
    expect(await hear("fire")).toBeCloseTo(0.3);
  });

  it("changes under the dispatcher's hand", async () => {
    await hear("fire");
    world.strip("fire").setMonitored(false);
    expect(world.media.voices[0]?.gain).toBe(0);
  });
});

describe("attention", () => {
  beforeEach(async () => {
    await world.enter();
  });

  it("is quiet when nothing is urgent", () => {
    expect(world.page.attention.value.key).toBe("quiet");
  });

  it("shows who asks for help until the dispatcher has seen it", async () => {
    const li = world.hub.person("li", "Li Na", "Engine 7");
    world.hub.change({ type: "joined", room: "fire", person: li });
    world.hub.change({ type: "status_changed", room: "fire", leg: "li", code: "need_help" });
    await world.clock.advance(10);
    const now = world.page.attention.value;
    expect(now).toMatchObject({ key: "help", help: { room: "fire", person: { leg: "li" } } });
    if (now.key === "help") world.page.noted(now.help);
    expect(world.page.attention.value.key).toBe("quiet");
  });

  it("says first that nobody can hear this page", async () => {
    world.hub.reachable = false;
    world.hub.cut();
    await world.clock.advance(10);
    expect(world.page.attention.value.key).toBe("offline");
  });

  it("names the room whose radio is away", async () => {
    const vhf = { ...world.hub.person("vhf", "VHF 1"), kind: "radio" as const, air: { state: "ready" as const, why: "" as const } };
    world.hub.change({ type: "joined", room: "fire", person: vhf });
    world.hub.change({ type: "air_changed", room: "fire", leg: "vhf", air: { state: "offline", why: "silent" } });
    await world.clock.advance(10);
    expect(world.page.attention.value).toMatchObject({ key: "radio", fault: { room: "fire", name: "Fire" } });
    expect(world.page.health.value?.radios).toEqual({ well: 0, all: 1 });
  });
});

it("an order that the hub refuses is said in words, for a while", async () => {
  await world.enter();
  world.hub.refuse = { set_mode: "not_allowed" };
  world.page.setMode(world.strip("ops"), "conference");
  await world.clock.advance(10);
  expect(world.page.results.state.value).toEqual({ order: "mode", about: "Drainage", code: "not_allowed" });
  await world.clock.advance(10_000);
  expect(world.page.results.state.value).toBeNull();
});

it("after a restart of the hub the same rooms are entered again, and none is shown as it was", async () => {
  await world.enter();
  const ops = world.strip("ops");
  world.hub.otherTalks("ops", "leg-of-another");
  await world.clock.advance(10);
  world.hub.restart();
  await world.clock.advance(3_000);
  expect(world.strip("ops")).toBe(ops);
  expect(ops.channel.state.value?.holder).toBeNull();
  expect(ops.entry.value.key).toBe("in");
});
