import { beforeEach, describe, expect, it } from "vitest";

import type { MessageRow, RoomMessages } from "@crosspatch/state/messages";
import { OUTBOX_MAX, TEXT_MAX } from "@crosspatch/state/outbox";
import { ResponderWorld } from "@crosspatch/testing/responder_world";

let world: ResponderWorld;
let messages: RoomMessages;

beforeEach(async () => {
  world = new ResponderWorld();
  world.hub.verbs = ["listen", "talk", "data"];
  world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-9", "Wei", "Ladder 7") });
  await world.enter();
  messages = world.page.data.room.value!.messages;
});

const rows = (): readonly MessageRow[] => messages.state.value.rows;
const shown = (): string[] => rows().map(({ text, phase }) => `${text}: ${phase}`);
const stored = (): string[] => world.hub.rooms.get("ops")!.messages!.map(({ text }) => text);

async function write(text: string): Promise<void> {
  expect(messages.send(text)).toBe(null);
  await world.clock.advance(10);
}

describe("an own message", () => {
  it("is on its way until the hub has stored it, and stored from then on", async () => {
    messages.send("Pump 2 runs");
    expect(shown()).toEqual(["Pump 2 runs: sending"]);
    await world.clock.advance(10);
    expect(shown()).toEqual(["Pump 2 runs: stored"]);
    expect(rows()[0]).toMatchObject({ own: true, name: "Ana", unit: "Pump 3", unread: false });
  });

  it("waits for a link that is lost, and arrives once and in order when it is back", async () => {
    world.hub.reachable = false;
    world.hub.cut();
    await write("one");
    await write("two");
    expect(shown()).toEqual(["one: unsent", "two: unsent"]);
    world.hub.reachable = true;
    await world.clock.advance(10_000);
    expect([shown(), stored()]).toEqual([["one: stored", "two: stored"], ["one", "two"]]);
  });

  it("whose answer was lost with the link is not posted twice", async () => {
    messages.send("only once");
    const [{ id }] = rows() as [MessageRow];
    world.hub.cut();
    await world.clock.advance(10_000);
    expect([shown(), stored()]).toEqual([["only once: stored"], ["only once"]]);
    expect(rows()[0]!.id).toBe(id);
  });

  it("goes out once in a new session too, under its old id", async () => {
    world.hub.hush = true;
    messages.send("before the restart");
    const [{ id }] = rows() as [MessageRow];
    await world.clock.advance(10);
    world.hub.restart();
    expect(shown()).toEqual(["before the restart: unsent"]);
    world.hub.hush = false;
    await world.clock.advance(10_000);
    expect([shown(), stored()]).toEqual([["before the restart: stored"], ["before the restart"]]);
    expect(rows()[0]).toMatchObject({ id, own: true });
  });

  it("that was stored before the restart is still one's own after it", async () => {
    await write("mine");
    world.hub.restart();
    await world.clock.advance(10_000);
    expect(rows()).toMatchObject([{ text: "mine", own: true, unread: false }]);
  });

  it("that comes too fast is sent again a second later", async () => {
    world.hub.refuse = { send_message: "too_many" };
    await write("patience");
    expect(shown()).toEqual(["patience: unsent"]);
    world.hub.refuse = {};
    await world.clock.advance(1_000);
    expect(shown()).toEqual(["patience: stored"]);
  });

  it.each(["not_allowed", "expired", "invalid", "internal"] as const)("that is refused stays with its reason: %s", async (code) => {
    world.hub.refuse = { send_message: code };
    await write("no");
    expect(rows()).toMatchObject([{ phase: "refused", refusal: code }]);
    world.hub.refuse = {};
    await write("next");
    expect(shown()).toEqual(["next: stored", "no: refused"]);
    messages.again(rows()[1]!.id);
    await world.clock.advance(10);
    expect(shown()).toEqual(["next: stored", "no: stored"]);
  });

  it("that is refused can be let go; one under way cannot", async () => {
    world.hub.refuse = { send_message: "not_allowed" };
    await write("no");
    messages.discard(rows()[0]!.id);
    expect(rows()).toEqual([]);
    world.hub.hush = true;
    messages.send("on its way");
    messages.discard(rows()[0]!.id);
    expect(shown()).toEqual(["on its way: sending"]);
  });

  it("is told how many have it and have seen it", async () => {
    await write("mine");
    world.hub.change({ type: "receipt_changed", room: "ops", message: rows()[0]!.id, delivered: 3, seen: 1 });
    await world.clock.advance(10);
    expect(rows()).toMatchObject([{ delivered: 3, seen: 1 }]);
  });
});

describe("a text", () => {
  it.each([
    ["", "empty"],
    [" \n\t ", "empty"],
    ["x".repeat(TEXT_MAX + 1), "too_long"],
  ] as const)("that the hub would refuse is not taken", (text, fault) => {
    expect(messages.send(text)).toBe(fault);
    expect(rows()).toEqual([]);
  });

  it("is counted in characters, not in their halves", async () => {
    await write("🚒".repeat(TEXT_MAX));
    expect(stored()).toHaveLength(1);
  });

  it("goes out without control characters and without half a surrogate pair", async () => {
    await write("a\u0000b\u001b[31m\r\nc\ud83d");
    expect(stored()).toEqual(["ab[31m\nc\ufffd"]);
  });

  it("beyond the outbox is not taken, and none of the others is lost", async () => {
    world.hub.reachable = false;
    world.hub.cut();
    for (let at = 0; at < OUTBOX_MAX; at++) expect(messages.send(`text ${at}`)).toBe(null);
    expect(messages.send("one too many")).toBe("full");
    world.hub.reachable = true;
    await world.clock.advance(20_000);
    expect(messages.state.value.waiting).toBe(0);
    expect(rows()).toHaveLength(OUTBOX_MAX);
  });
});

describe("messages of others", () => {
  it("are unread until they are read, and those of before one came are history", async () => {
    world = new ResponderWorld();
    world.hub.otherWrites("ops", "leg-9", "long ago");
    await world.enter();
    messages = world.page.data.room.value!.messages;
    expect(messages.state.value).toMatchObject({ unread: 0, rows: [{ text: "long ago", unread: false }] });
    world.hub.otherWrites("ops", "leg-9", "now");
    await world.clock.advance(10);
    expect(messages.state.value.unread).toBe(1);
    messages.read();
    expect(messages.state.value.unread).toBe(0);
  });

  it("that came while one was away are unread", async () => {
    await write("mine");
    world.hub.restart();
    world.hub.otherWrites("ops", "leg-9", "meanwhile");
    await world.clock.advance(10_000);
    expect(messages.state.value.unread).toBe(1);
    expect(rows().map(({ text }) => text)).toEqual(["mine", "meanwhile"]);
  });

  it("are acknowledged as delivered in one mark for a burst, and as seen when they are read", async () => {
    for (let at = 0; at < 20; at++) world.hub.otherWrites("ops", "leg-9", `text ${at}`);
    await world.clock.advance(1_500);
    messages.read();
    messages.read();
    await world.clock.advance(1_500);
    const receipts = world.hub.received.filter((message) => message.type === "send_receipt");
    expect(receipts).toMatchObject([
      { message: "theirs-20", state: "delivered" },
      { message: "theirs-20", state: "seen" },
    ]);
  });

  it("are acknowledged again after a restart, which has forgotten the marks", async () => {
    world.hub.otherWrites("ops", "leg-9", "text");
    await world.clock.advance(10);
    messages.read();
    await world.clock.advance(2_000);
    world.hub.restart();
    await world.clock.advance(10_000);
    expect(world.hub.received.filter((message) => message.type === "send_receipt" && message.state === "seen")).toHaveLength(2);
  });

  it("that would leave a hole behind a long absence show that there is one", async () => {
    world.hub.otherWrites("ops", "leg-9", "before");
    await world.clock.advance(10);
    world.hub.restart();
    for (let at = 0; at < 60; at++) world.hub.otherWrites("ops", "leg-9", `text ${at}`);
    await world.clock.advance(10_000);
    const gaps = rows().filter((row) => row.gapBefore);
    expect(gaps).toMatchObject([{ text: "text 10" }]);
    expect(rows()).toHaveLength(51);
  });

  it("are kept a thousand at a time, the oldest go", async () => {
    for (let at = 0; at < 1_100; at++) world.hub.otherWrites("ops", "leg-9", `text ${at}`);
    await world.clock.advance(10);
    expect(rows()).toHaveLength(1_000);
    expect(rows()[0]!.text).toBe("text 100");
  });
});

it("nothing is left of the room that one leaves, no timer either", async () => {
  world.hub.otherWrites("ops", "leg-9", "text");
  await world.clock.advance(10);
  world.page.leave();
  await world.clock.advance(20_000);
  expect([messages.state.value.rows, world.clock.waiting]).toEqual([[], 0]);
});
