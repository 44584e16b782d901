import { beforeEach, describe, expect, it } from "vitest";

import { SEND_EVERY_MS } from "@crosspatch/state/position_sharing";
import { ResponderWorld } from "@crosspatch/testing/responder_world";

let world: ResponderWorld;

beforeEach(() => {
  world = new ResponderWorld();
  world.hub.verbs = ["listen", "talk", "data"];
});

const state = (): unknown => world.page.position.state.value;
const told = (): object[] => world.hub.received.filter((message) => message.type === "send_position");

describe("one's own position", () => {
  it("is asked for and told only by who wants it", async () => {
    await world.enter(true, false);
    expect([world.place.watched, state()]).toEqual([false, { key: "off" }]);
    world.page.position.toggle();
    expect([world.place.watched, state()]).toEqual([true, { key: "asking" }]);
  });

  it("counts as told when the room has it", async () => {
    await world.enter(true, true);
    world.place.found({ accuracy_m: 12, age_ms: 500 });
    expect(state()).toMatchObject({ key: "known", accuracy_m: 12, told: false });
    await world.clock.advance(10);
    expect(state()).toMatchObject({ key: "known", told: true });
    expect(told()).toMatchObject([{ lat: 52.52, lon: 13.4, accuracy_m: 12 }]);
  });

  it("is told once in five seconds, the newest fix only", async () => {
    await world.enter(true, true);
    for (let at = 0; at < 50; at++) {
      world.place.found({ lat: 50 + at / 100 });
      await world.clock.advance(100);
    }
    await world.clock.advance(SEND_EVERY_MS);
    expect(told()).toMatchObject([{ lat: 50 }, { lat: 50.49 }]);
  });

  it("waits for the link, and is told with its age as soon as it is back", async () => {
    await world.enter(true, true);
    world.hub.reachable = false;
    world.hub.cut();
    world.place.found();
    await world.clock.advance(8_000);
    expect([told(), state()]).toMatchObject([[], { key: "known", told: false }]);
    world.hub.reachable = true;
    await world.clock.advance(5_000);
    const [first] = told() as { age_ms: number }[];
    expect(first!.age_ms).toBeGreaterThanOrEqual(8_000);
    expect(state()).toMatchObject({ told: true });
  });

  it("is asked for anew when the device falls silent", async () => {
    await world.enter(true, true);
    world.place.found();
    await world.clock.advance(65_000);
    expect(world.place.watches).toBe(3);
  });

  it("that the person or the system refuses is not asked for again, and says so", async () => {
    await world.enter(true, true);
    world.place.failed("refused");
    expect([state(), world.place.watched]).toEqual([{ key: "refused" }, false]);
    await world.clock.advance(60_000);
    expect(world.place.watches).toBe(1);
  });

  it("that is not to be had now says so until it is", async () => {
    await world.enter(true, true);
    world.place.failed("unavailable");
    expect(state()).toEqual({ key: "unavailable" });
    world.place.found();
    expect(state()).toMatchObject({ key: "known" });
    world.place.failed("unavailable");
    expect(state()).toMatchObject({ key: "known" });
  });

  it.each([{ lat: 91 }, { lon: NaN }, { accuracy_m: 100_001 }, { accuracy_m: NaN }, { age_ms: 3_600_001 }])(
    "that is none is not told: %o",
    async (place) => {
      await world.enter(true, true);
      world.place.found(place);
      await world.clock.advance(10);
      expect([told(), state()]).toEqual([[], { key: "unavailable" }]);
    },
  );

  it("is not told without the right to", async () => {
    world.hub.verbs = ["listen", "talk"];
    await world.enter(true, true);
    world.place.found();
    await world.clock.advance(10);
    expect([told(), state(), world.place.watched]).toEqual([[], { key: "off" }, false]);
  });

  it.each<[string, (world: ResponderWorld) => void]>([
    ["one leaves", ({ page }) => page.leave()],
    ["one no longer wants it", ({ page }) => page.position.stop()],
    ["the page is thrown away", ({ page }) => page.gone()],
  ])("ends at once when %s", async (_, happen) => {
    await world.enter(true, true);
    world.place.found();
    happen(world);
    await world.clock.advance(30_000);
    expect([told(), world.place.watched]).toEqual([[], false]);
  });
});
