import { ConsoleWorld } from "@crosspatch/testing/console_world";
import { beforeEach, describe, expect, it } from "vitest";

import type { FloorEnd, RefusalCode } from "@crosspatch/protocol/wire";

let world: ConsoleWorld;

beforeEach(async () => {
  world = new ConsoleWorld();
  await world.enter();
  world.hub.change({ type: "joined", room: "fire", person: world.hub.person("ann", "Ann") });
  await world.clock.advance(10);
});

async function hold(): Promise<void> {
  world.page.session.value?.whisper.hold("fire", "ann");
  await world.clock.advance(10);
}

async function letGo(after_ms = 100): Promise<void> {
  world.page.session.value?.whisper.letGo();
  await world.clock.advance(after_ms);
}

const key = (): string | undefined => world.page.session.value?.whisper.state.value.key;
const asked = (): readonly object[] => world.hub.received.filter(({ type }) => type === "whisper");

describe("a dispatcher who holds the key of one member", () => {
  it("is live when the hub has agreed, with an open microphone", async () => {
    world.page.session.value?.whisper.hold("fire", "ann");
    expect([key(), world.microphone.opened]).toEqual(["asking", true]);
    await world.clock.advance(10);
    expect(key()).toBe("live");
    expect(asked()).toMatchObject([{ room: "fire", member: "ann", on: true }]);
    expect(world.page.announcer.assertive.value.line).toEqual({ key: "live" });
  });

  it("shuts the microphone first, and ends it when the last word has arrived", async () => {
    await hold();
    await letGo(10);
    expect([key(), world.microphone.opened, asked().length]).toEqual(["rest", false, 1]);
    await world.clock.advance(100);
    expect(asked().at(-1)).toMatchObject({ room: "fire", member: "ann", on: false });
  });

  it("has asked for nothing, and opened nothing, while a press in a room is held", async () => {
    world.page.hold(world.strip("fire"), true);
    await world.clock.advance(10);
    await hold();
    expect([key(), asked().length]).toEqual(["rest", 0]);
    expect(world.page.results.state.value).toEqual({ order: "whisper", about: "Ann", code: "talking" });
  });

  it.each<RefusalCode>(["overheard", "whispering", "not_allowed"])("reads why it is refused: %s", async (code) => {
    world.hub.refuse = { whisper: code };
    await hold();
    expect([key(), world.microphone.opened]).toEqual(["rest", false]);
    expect(world.page.results.state.value).toEqual({ order: "whisper", about: "Ann", code });
  });

  it("waits while the last words of the one before are on their way, and asks again", async () => {
    world.hub.refuse = { whisper: "whispering" };
    world.hub.refuseFor_ms = 500;
    await hold();
    expect(key()).toBe("asking");
    world.hub.refuse = {};
    await world.clock.advance(600);
    expect([key(), asked().length]).toEqual(["live", 2]);
  });

  it.each<[FloorEnd, string]>([
    ["timed_out", "timed_out"],
    ["left", "unknown_member"],
    ["leg_lost", "no_media"],
  ])("reads that it is over, and why: %s", async (why, code) => {
    await hold();
    const leg = world.page.session.value?.common.value.me ?? "";
    world.hub.change({ type: "whisper_changed", room: "fire", leg, member: "ann", on: false, why });
    await world.clock.advance(10);
    expect([key(), world.microphone.opened]).toEqual(["rest", false]);
    expect(world.page.results.state.value).toEqual({ order: "whisper", about: "Ann", code });
  });

  it.each<[string, (world: ConsoleWorld) => void]>([
    ["the window loses its focus", ({ page }) => page.blurred()],
    ["the link breaks", ({ hub }) => hub.cut()],
    ["the voice fails", ({ media }) => media.onTransport("down")],
    ["the system takes the microphone", ({ microphone }) => microphone.onLost(true)],
  ])("is silent when %s", async (_, happen) => {
    await hold();
    happen(world);
    await world.clock.advance(10);
    expect([key(), world.microphone.opened]).toEqual(["rest", false]);
  });

  it("has ended it at the hub too when the microphone is taken", async () => {
    await hold();
    world.microphone.onLost(true);
    await world.clock.advance(10);
    expect(asked().at(-1)).toMatchObject({ on: false });
  });

  it("who lets go before the answer ends what it has asked for", async () => {
    world.page.session.value?.whisper.hold("fire", "ann");
    await letGo();
    expect(asked()).toMatchObject([{ on: true }, { on: false }]);
    expect([key(), world.microphone.opened]).toEqual(["rest", false]);
  });
});
