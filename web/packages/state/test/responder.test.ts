import { canRetryMicrophone, net } from "@crosspatch/state/responder_view";
import { ResponderWorld } from "@crosspatch/testing/responder_world";
import { beforeEach, describe, expect, it } from "vitest";

let world: ResponderWorld;

beforeEach(() => {
  world = new ResponderWorld();
});

describe("joining", () => {
  it("needs a name", () => {
    expect(world.page.join({ name: "  ", unit: "", pasted: "", talk: true, locate: false })).toBe("name_missing");
    expect(world.page.page.value.key).toBe("join");
  });

  it("needs a link that holds a token", () => {
    world = new ResponderWorld({ token: "", room: null });
    expect(world.page.page.value).toEqual({ key: "join", linkNeeded: true });
    expect(world.page.join({ name: "Ana", unit: "", pasted: "no link", talk: true, locate: false })).toBe("link_unreadable");
  });

  it("is announced as entering, not as a return", async () => {
    const said: (string | undefined)[] = [];
    world.page.announcer.polite.subscribe(({ line }) => said.push(line?.key));
    await world.enter();
    await world.clock.advance(5_000);
    expect(said).toEqual([undefined, "entered"]);
  });

  it("goes straight into the room that the link names", async () => {
    world.hub.addRoom("other", "Other", "talkgroup");
    await world.enter();
    expect(world.page.known.value?.channel.id).toBe("ops");
    expect(world.slab).toBe("idle");
  });

  it("goes straight into the only room", async () => {
    world = new ResponderWorld({ token: "bearer", room: null });
    await world.enter();
    expect(world.page.page.value.key).toBe("in");
  });

  it("lets one choose between several rooms", async () => {
    world = new ResponderWorld({ token: "bearer", room: null });
    world.hub.addRoom("other", "Other", "talkgroup");
    await world.enter();
    expect(world.page.page.value).toMatchObject({ key: "choosing", refused: null });
    world.page.choose("other");
    await world.clock.advance(10);
    expect(world.page.known.value?.channel.id).toBe("other");
  });

  it.each(["room_full", "unknown_room", "not_allowed"] as const)("says why a room is closed: %s", async (code) => {
    world.hub.refuse = { join: code };
    await world.enter();
    expect(world.page.page.value).toMatchObject({ key: "choosing", refused: { room: "ops", code } });
  });

  it.each(["expired", "not_allowed"] as const)("ends on a link that is %s", async (code) => {
    world.hub.turnAway = code;
    await world.enter();
    expect(world.page.page.value).toEqual({ key: "closed", code });
  });

  it("keeps the bearer that a one-time link was swapped for", async () => {
    world.hub.bearer = "swapped";
    await world.enter();
    expect(world.kept).toEqual(["bearer", "swapped"]);
    world.hub.restart();
    await world.clock.advance(500);
    expect(world.hub.received.filter((message) => message.type === "hello").at(-1)).toMatchObject({ token: "swapped" });
  });

  it("remembers name and unit on the device, and never the token", async () => {
    await world.enter();
    expect([...world.storage.values]).toEqual([
      ["name", "Ana"],
      ["unit", "Pump 3"],
      ["locate", "no"],
    ]);
  });
});

describe("talking", () => {
  beforeEach(() => world.enter());

  it("is live from grant to release", async () => {
    await world.hold();
    expect([world.slab, world.card, world.microphone.opened]).toEqual(["talking", "talking", true]);
    await world.letGo();
    expect([world.slab, world.microphone.opened, world.sent("floor_release")]).toEqual(["idle", false, 0]);
    await world.clock.advance(120);
    expect(world.sent("floor_release")).toBe(1);
  });

  it("gives the floor back before it asks anew", async () => {
    await world.hold();
    await world.letGo();
    await world.hold();
    const floor = world.hub.received.map((message) => message.type).filter((type) => type.startsWith("floor_"));
    expect(floor).toEqual(["floor_request", "floor_release", "floor_request"]);
    expect(world.slab).toBe("talking");
  });

  it("sounds the grant", async () => {
    await world.hold();
    expect(world.lastTone).toBe("granted");
  });

  it("is denied where the queue is full", async () => {
    world.hub.otherTalks("ops", "leg-9");
    world.hub.refuse = { floor_request: "queue_full" };
    await world.hold();
    expect(world.page.slab.value).toMatchObject({ state: "denied", reason: "queue_full", held: true });
    expect([world.lastTone, world.microphone.opened]).toEqual(["denied", false]);
  });

  it("hears no network after 700 ms without an answer, and nothing before", async () => {
    world.hub.hush = true;
    await world.hold();
    await world.clock.advance(680);
    expect(world.slab).toBe("requesting");
    await world.clock.advance(20);
    expect([world.slab, world.lastTone]).toEqual(["silent", "no_network"]);
    expect(net(world.page.known.value!)).toBe("slow");
  });

  it("finds a dead link 2 s after a press that nobody answered", async () => {
    world.hub.hush = true;
    await world.hold();
    await world.clock.advance(2_800);
    expect(world.slab).toBe("offline");
  });

  it("says after 300 ms that the network is slow", async () => {
    world.hub.hush = true;
    await world.hold();
    await world.clock.advance(80);
    expect(world.page.slab.value).toMatchObject({ waiting: "short" });
    await world.clock.advance(20);
    expect(world.page.slab.value).toMatchObject({ waiting: "counted" });
    await world.clock.advance(200);
    expect(world.page.slab.value).toMatchObject({ waiting: "slow" });
  });

  it("shuts the microphone when no answer comes, and leaves it shut for a grant that comes too late", async () => {
    world.hub.hush = true;
    await world.hold();
    await world.clock.advance(700);
    world.hub.hush = false;
    const request = world.hub.received.find((message) => message.type === "floor_request");
    world.hub.send({ type: "answer", id: request?.type === "floor_request" ? request.id : 0, ok: true, talkspurt: 5 });
    await world.clock.advance(50);
    expect(world.microphone.gate).toEqual([true, false]);
    expect(world.sent("floor_release")).toBeGreaterThan(0);
  });

  it("is told when the time is up, and again each second while it holds on", async () => {
    await world.hold();
    world.hub.change({ type: "floor_idle", room: "ops", leg: world.hub.leg, talkspurt: 1, why: "timed_out" });
    await world.clock.advance(3_500);
    expect(world.page.slab.value).toMatchObject({ state: "revoked", reason: "timed_out" });
    expect(world.output.tones.filter((tone) => tone === "revoked")).toHaveLength(3);
  });

  it("shuts the microphone by itself when the hub says nothing at the limit", async () => {
    await world.hold();
    world.hub.hush = true;
    await world.clock.advance(30_400);
    expect(world.microphone.opened).toBe(false);
  });

  it("ticks through the last five seconds", async () => {
    await world.hold();
    await world.clock.advance(29_900);
    expect(world.output.tones.filter((tone) => tone === "time_nearly_out")).toHaveLength(5);
  });

  it("counts as listeners only members whose media is up", async () => {
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-8", "Wei") });
    world.hub.change({ type: "joined", room: "ops", person: { ...world.hub.person("leg-9", "Bo"), media_up: false } });
    await world.hold();
    expect(world.page.card.value).toEqual({ state: "talking", listeners: 1 });
  });

  it.each<[string, (world: ResponderWorld) => void]>([
    ["the window loses its focus", ({ page }) => page.blurred()],
    ["the page is hidden", ({ page }) => page.hidden()],
    ["the link breaks", ({ hub }) => hub.cut()],
    ["the voice fails", ({ media }) => media.onTransport("down")],
    ["the system takes the microphone", ({ microphone }) => microphone.onLost(true)],
    ["the page is thrown away", ({ page }) => page.gone()],
    ["one leaves", ({ page }) => page.leave()],
  ])("ends when %s", async (_, happen) => {
    await world.hold();
    happen(world);
    expect(world.microphone.opened).toBe(false);
  });

  it("gives the floor back when the link broke meanwhile", async () => {
    await world.hold();
    world.hub.cut();
    await world.clock.advance(1_000);
    expect(world.hub.rooms.get("ops")?.holder).toBe(null);
  });
});

describe("an open room", () => {
  beforeEach(async () => {
    world.hub.rooms.get("ops")!.mode = "conference";
    await world.enter();
  });

  it("opens the microphone while it is held, without the floor", async () => {
    await world.hold();
    expect([world.slab, world.microphone.opened, world.sent("floor_request")]).toEqual(["talking", true, 0]);
    await world.letGo();
    expect(world.microphone.opened).toBe(false);
  });

  it("names who is heard", async () => {
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-9", "Wei") });
    world.hub.change({ type: "talker", room: "ops", leg: "leg-9", on: true });
    await world.clock.advance(10);
    expect(world.page.card.value).toMatchObject({ state: "talkers", people: [{ name: "Wei" }] });
  });

  it("cuts the voice when the dispatcher closes it", async () => {
    await world.hold();
    world.hub.change({ type: "mode_changed", room: "ops", mode: "talkgroup", by: "leg-9" });
    await world.clock.advance(10);
    expect(world.page.slab.value).toMatchObject({ state: "revoked", reason: "mode_changed" });
    expect(world.microphone.opened).toBe(false);
  });
});

describe("listening only", () => {
  it.each(["refused", "missing", "busy", "insecure"] as const)("says what to do about a microphone that is %s", async (answer) => {
    world.microphone.answer = answer;
    await world.enter();
    expect(world.page.slab.value).toEqual({ state: "listen_only", why: answer });
  });

  it("asks for the microphone again on a tap", async () => {
    world.microphone.answer = "refused";
    await world.enter();
    world.microphone.answer = "ready";
    await world.hold();
    expect(world.slab).toBe("idle");
    expect(world.sent("floor_request")).toBe(0);
  });

  it("takes a microphone that is plugged in later", async () => {
    world.microphone.answer = "missing";
    await world.enter();
    world.microphone.answer = "ready";
    world.page.devicesChanged();
    await world.clock.advance(10);
    expect(world.slab).toBe("idle");
  });

  it("does not ask for the microphone when one chose to listen", async () => {
    await world.enter(false);
    expect(world.page.slab.value).toEqual({ state: "listen_only", why: "chosen" });
    expect(world.microphone.acquired).toBe(false);
  });

  it("is all a broadcast offers without the dispatch right", async () => {
    world.hub.rooms.get("ops")!.mode = "broadcast";
    await world.enter();
    expect(world.page.slab.value).toEqual({ state: "listen_only", why: "broadcast" });
  });

  it("does not hold for a dispatcher in a broadcast", async () => {
    world.hub.rooms.get("ops")!.mode = "broadcast";
    world.hub.verbs = ["listen", "talk", "dispatch"];
    await world.enter();
    expect(world.slab).toBe("idle");
  });

  it("is all a link without the right to talk offers", async () => {
    world.hub.verbs = ["listen"];
    await world.enter();
    expect(world.page.slab.value).toEqual({ state: "listen_only", why: "no_right" });
    expect(canRetryMicrophone("no_right")).toBe(false);
  });
});

describe("trouble", () => {
  beforeEach(() => world.enter());

  it("shows a broken link at once, and for how long", async () => {
    world.hub.reachable = false;
    const since = world.clock.now();
    world.hub.cut();
    expect(world.page.slab.value).toEqual({ state: "offline", since });
    await world.clock.advance(20_000);
    expect(world.page.slab.value).toEqual({ state: "offline", since });
  });

  it("keeps room and voice over a short break of the link", async () => {
    world.hub.cut();
    await world.clock.advance(500);
    expect([world.slab, world.media.offers]).toEqual(["idle", 1]);
  });

  it("enters the room again after a restart of the hub, by itself", async () => {
    world.hub.restart();
    await world.clock.advance(500);
    expect([world.slab, world.media.offers]).toEqual(["connecting", 2]);
    await world.voiceUp();
    expect(world.slab).toBe("idle");
  });

  it("enters the same room of several again after the hub was stopped in good order", async () => {
    world.hub.addRoom("other", "Other", "talkgroup");
    world.hub.change({ type: "left", room: "ops", leg: world.hub.leg, why: "shutdown" });
    world.hub.bye("shutdown");
    await world.clock.advance(10);
    expect(world.slab).toBe("offline");
    world.hub.restart();
    await world.clock.advance(1_000);
    await world.voiceUp();
    expect([world.slab, world.page.known.value?.channel.id]).toEqual(["idle", "ops"]);
  });

  it("says so when one is removed from the room", async () => {
    world.hub.change({ type: "left", room: "ops", leg: world.hub.leg, why: "left" });
    await world.clock.advance(10);
    expect(world.page.page.value).toMatchObject({ key: "choosing", refused: { code: "not_in_room" } });
  });

  it("shows nobody from before the restart", async () => {
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-9", "Wei") });
    world.hub.otherTalks("ops", "leg-9");
    await world.clock.advance(10);
    const cards: (string | undefined)[] = [];
    world.hub.restart();
    world.page.card.subscribe((card) => cards.push(card?.state));
    await world.clock.advance(500);
    await world.voiceUp();
    expect(cards).not.toContain("holder");
  });

  it("presses without a link are answered with the no-network tone", async () => {
    world.hub.reachable = false;
    world.hub.cut();
    await world.hold();
    expect(world.lastTone).toBe("no_network");
    expect(world.slab).toBe("offline");
  });

  it("says that sound is locked, and unlocks it on a tap", () => {
    world.output.onLocked(true);
    expect(world.card).toBe("sound_locked");
    const before = world.output.unlocked;
    world.page.unlockSound();
    expect(world.output.unlocked).toBe(before + 1);
  });

  it("says how long the page was hidden", async () => {
    world.page.hidden();
    await world.clock.advance(84_000);
    world.page.shown();
    expect(world.page.card.value).toEqual({ state: "away", ms: 84_000, frozen: false });
    await world.clock.advance(10_000);
    expect(world.card).toBe("free");
  });

  it("takes the microphone back on return when the system took it", async () => {
    world.microphone.onLost(true);
    world.page.hidden();
    await world.clock.advance(5_000);
    world.page.shown();
    await world.clock.advance(10);
    expect(world.slab).toBe("idle");
  });

  it("stays closed when the session is used elsewhere, until one asks for it", () => {
    world.hub.bye("replaced");
    expect(world.page.page.value).toEqual({ key: "closed", code: "replaced" });
    world.page.startOver(false);
    expect(world.page.page.value).toEqual({ key: "join", linkNeeded: false });
  });
});

describe("leaving", () => {
  it("says goodbye, closes media and microphone, and leaves no timer behind", async () => {
    await world.enter();
    world.page.leave();
    await world.clock.advance(0);
    expect(world.page.page.value.key).toBe("left");
    expect([world.media.closed, world.microphone.acquired]).toEqual([true, false]);
    await world.clock.advance(20_000);
    expect(world.clock.waiting).toBe(0);
  });
});
