import type { CallState } from "@crosspatch/protocol/wire";
import { RESULT_SHOWN_MS } from "@crosspatch/state/room_calls";
import { ResponderWorld } from "@crosspatch/testing/responder_world";
import { beforeEach, describe, expect, it } from "vitest";

let world: ResponderWorld;

beforeEach(async () => {
  world = new ResponderWorld();
  world.hub.verbs = ["listen", "talk", "dispatch"];
  await world.enter();
});

async function news(call: number, state: CallState, by = world.hub.leg, number = "101"): Promise<void> {
  world.hub.change({ type: "call_changed", room: "ops", call, number, state, by });
  await world.clock.advance(10);
}

async function place(number: string): Promise<void> {
  world.page.numberEntry.open();
  world.page.numberEntry.type(number);
  world.page.numberEntry.call();
  await world.clock.advance(10);
}

const shown = (): string | undefined => world.page.callLine.value?.call?.phase;

describe("who may call", () => {
  it.each([
    [["listen", "talk"], false],
    [["listen", "dispatch"], true],
    [["admin"], true],
  ] as const)("with %j: %s", async (verbs, may) => {
    world = new ResponderWorld();
    world.hub.verbs = [...verbs];
    await world.enter();
    expect(world.page.callLine.value?.mayCall).toBe(may);
  });

  it("nobody without a link", async () => {
    world.hub.reachable = false;
    world.hub.cut();
    await world.clock.advance(10);
    expect(world.page.callLine.value).toMatchObject({ mayCall: true, linked: false });
  });
});

describe("a call of one's own", () => {
  it("is asked for, then follows the hub's news", async () => {
    world.hub.hush = true;
    await place("101");
    expect(shown()).toBe("asking");
    world.hub.hush = false;
    world.hub.cut();
    await world.clock.advance(1_000);
    expect(shown()).toBe("dialling");
    await news(1, "ringing");
    expect(world.page.callLine.value).toMatchObject({ call: { id: 1, phase: "ringing" }, by: null, canGiveUp: true, more: 0 });
  });

  it.each(["answered", "busy", "declined", "no_answer", "cancelled", "unreachable", "not_allowed", "failed"] as const)(
    "that is %s stays to be read, cannot be given up any more, and passes by itself",
    async (state) => {
      await place("101");
      await news(1, state);
      expect(world.page.callLine.value).toMatchObject({ call: { number: "101", phase: state }, canGiveUp: false });
      await world.clock.advance(RESULT_SHOWN_MS);
      expect(shown()).toBeUndefined();
    },
  );

  it("is given up by its number at the hub", async () => {
    await place("101");
    world.page.giveUpCall(world.page.callLine.value!.call!);
    await world.clock.advance(10);
    expect(world.hub.received.at(-1)).toMatchObject({ type: "give_up_call", room: "ops", call: 1 });
  });

  it("that is over is given up no more", async () => {
    await place("101");
    await news(1, "answered");
    world.page.giveUpCall(world.page.callLine.value!.call!);
    await world.clock.advance(10);
    expect(world.sent("give_up_call")).toBe(0);
  });

  it.each(["not_allowed", "too_many"] as const)("that the hub does not take says why: %s", async (code) => {
    world.hub.refuse = { call_number: code };
    await place("101");
    expect(world.page.callLine.value?.call).toMatchObject({ phase: "refused", refusal: code });
  });

  it("that the hub leaves unanswered says so after 10 s", async () => {
    world.hub.hush = true;
    await place("101");
    await world.clock.advance(10_000);
    expect(world.page.callLine.value?.call).toMatchObject({ phase: "refused", refusal: "silent" });
  });

  it("is spoken by the screen reader when it gets further", async () => {
    await place("101");
    await world.clock.advance(2_000);
    await news(1, "busy");
    await world.clock.advance(2_000);
    expect(world.page.announcer.polite.value.line).toMatchObject({ key: "call", call: { number: "101", phase: "busy" } });
  });
});

describe("calls of others", () => {
  it("name who called", async () => {
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("leg-9", "Wei") });
    await news(7, "ringing", "leg-9");
    expect(world.page.callLine.value).toMatchObject({ call: { id: 7 }, by: { name: "Wei" } });
  });

  it("step aside for newer news, and are found again by a tap", async () => {
    await news(7, "ringing", "leg-9", "102");
    await news(8, "ringing", "leg-9", "103");
    expect(world.page.callLine.value).toMatchObject({ call: { number: "103" }, more: 1 });
    world.page.passCall(world.page.callLine.value!.call!);
    expect(world.page.callLine.value).toMatchObject({ call: { number: "102" }, more: 1 });
  });

  it("leave a result that was read at a tap", async () => {
    await news(7, "busy", "leg-9");
    world.page.passCall(world.page.callLine.value!.call!);
    expect(shown()).toBeUndefined();
  });
});

it("a restarted hub rings nobody: what it had called is forgotten, and no timer is left", async () => {
  await news(7, "ringing");
  await news(8, "busy");
  world.hub.restart();
  await world.clock.advance(500);
  expect(shown()).toBeUndefined();
  world.page.leave();
  await world.clock.advance(20_000);
  expect(world.clock.waiting).toBe(0);
});
