import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";

import { mapUnits, RoomPositions, STALE_MS } from "@crosspatch/state/positions";
import { FakeClock } from "@crosspatch/testing/fake_clock";

const WEI = { leg: "leg-9", name: "Wei", unit: "Ladder 7", kind: "browser", media_up: true } as const;
const ANA = { leg: "leg-1", name: "Ana", unit: "Engine 2", kind: "browser", media_up: true } as const;
const HERE = { lat: 52.52, lon: 13.4, accuracy_m: 8, age_ms: 4_000 };

let clock: FakeClock;
let positions: RoomPositions;

beforeEach(() => {
  clock = new FakeClock();
  positions = new RoomPositions(clock);
});

const fix = (): unknown => positions.fixes.value.get("leg-9");
const say = (position: typeof HERE, leg = "leg-9"): void =>
  positions.changed({ type: "position_changed", room: "ops", leg, position });

it("a fix is as old as the hub says, from whatever message it came", () => {
  positions.enter([{ ...WEI, position: HERE }]);
  expect(fix()).toMatchObject({ lat: 52.52, at: clock.now() - 4_000, stale: false });
  positions.changed({ type: "joined", room: "ops", person: { ...ANA, position: HERE } });
  expect([...positions.fixes.value.keys()]).toEqual(["leg-9", "leg-1"]);
});

it("a fix turns stale at its minute without any news, and a new one is fresh", async () => {
  say(HERE);
  await clock.advance(STALE_MS - 4_001);
  expect(fix()).toMatchObject({ stale: false });
  await clock.advance(1);
  expect(fix()).toMatchObject({ stale: true });
  say({ ...HERE, age_ms: 0 });
  expect(fix()).toMatchObject({ stale: false });
});

it("who leaves is not on the map any more, and no timer is left", () => {
  say(HERE);
  positions.changed({ type: "left", room: "ops", leg: "leg-9", why: "left" });
  expect([positions.fixes.value.size, clock.waiting]).toEqual([0, 0]);
});

it("what is no place on Earth changes nothing, whatever it is", () => {
  say(HERE);
  const wrong = fc.record({
    lat: fc.oneof(fc.constant(NaN), fc.double({ min: 90.01, noNaN: true })),
    lon: fc.double(),
    accuracy_m: fc.double(),
    age_ms: fc.integer(),
  });
  fc.assert(
    fc.property(wrong, (position) => {
      say(position);
      expect(fix()).toMatchObject({ lat: 52.52, lon: 13.4 });
    }),
    { seed: 7 },
  );
});

it("units stand in the order of their call signs, with name, status and whose they are", () => {
  positions.enter([
    { ...WEI, position: HERE },
    { ...ANA, position: HERE },
  ]);
  say(HERE, "leg-unknown");
  const members = new Map([WEI, ANA].map((person) => [person.leg, person]));
  const units = mapUnits(members, positions.fixes.value, new Map([["leg-9", { code: "done", since: 0 } as const]]), "leg-1");
  expect(units).toMatchObject([
    { leg: "leg-1", unit: "Engine 2", own: true, status: null },
    { leg: "leg-9", unit: "Ladder 7", own: false, status: "done" },
  ]);
});
