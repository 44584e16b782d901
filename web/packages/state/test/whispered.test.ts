import { ConsoleWorld } from "@crosspatch/testing/console_world";
import { ResponderWorld } from "@crosspatch/testing/responder_world";
import { describe, expect, it } from "vitest";

import type { FakeHub } from "@crosspatch/testing/fake_hub";

function whisper(hub: FakeHub, room: string, member: string, on: boolean): void {
  hub.change({ type: "whisper_changed", room, leg: "desk", member, on, why: on ? null : "released" });
}

describe("who is whispered to", () => {
  it("reads by whom, also while another one talks, and then again who talks", async () => {
    const world = new ResponderWorld();
    await world.enter();
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("desk", "Wei") });
    world.hub.change({ type: "joined", room: "ops", person: world.hub.person("bo", "Bo") });
    world.hub.otherTalks("ops", "bo");
    whisper(world.hub, "ops", world.page.known.value?.me ?? "", true);
    await world.clock.advance(10);
    expect(world.page.card.value).toMatchObject({ state: "whispered", leg: "desk", person: { name: "Wei" } });
    whisper(world.hub, "ops", world.page.known.value?.me ?? "", false);
    await world.clock.advance(10);
    expect(world.page.card.value).toMatchObject({ state: "holder", leg: "bo" });
  });

  it("reads it in the attention slot of a console, and hears it in full over a fader that is down", async () => {
    const world = new ConsoleWorld();
    await world.enter();
    world.hub.change({ type: "joined", room: "fire", person: world.hub.person("desk", "Wei") });
    world.strip("fire").setMonitored(false);
    world.hub.change({ type: "slot_filled", slot: 0, number: 9, leg: "desk" });
    world.media.csrcs[0] = 9;
    await world.clock.advance(100);
    expect(world.media.voices[0]?.gain).toBe(0);
    whisper(world.hub, "fire", world.page.session.value?.common.value.me ?? "", true);
    await world.clock.advance(100);
    expect(world.page.attention.value).toMatchObject({ key: "whispered", by: { room: "Fire", person: { name: "Wei" } } });
    expect(world.media.voices[0]?.gain).toBe(1);
  });

  it("knows of none after the gateway was restarted", async () => {
    const world = new ResponderWorld();
    await world.enter();
    whisper(world.hub, "ops", world.page.known.value?.me ?? "", true);
    await world.clock.advance(10);
    world.hub.restart();
    await world.clock.advance(5_000);
    expect(world.card).not.toBe("whispered");
  });
});
