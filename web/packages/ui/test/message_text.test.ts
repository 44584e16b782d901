import type { MessageRow } from "@crosspatch/state/messages";
import type { MapUnit } from "@crosspatch/state/positions";
import { callSign, clockTime } from "@crosspatch/ui/format";
import { distance, fixAge, unitName } from "@crosspatch/ui/map_text";
import { dataRefusal, MESSAGE_GLYPHS, messageWay } from "@crosspatch/ui/message_text";
import { en } from "@crosspatch/ui/words/en";
import { zh } from "@crosspatch/ui/words/zh";
import { expect, it } from "vitest";

const ROW: MessageRow = {
  id: "1",
  name: "Ana",
  unit: "Pump 3",
  text: "text",
  at: 0,
  own: true,
  phase: "stored",
  refusal: null,
  delivered: 0,
  seen: 0,
  unread: false,
  gapBefore: false,
};
const UNIT: MapUnit = {
  leg: "leg-9",
  name: "Wei",
  unit: "Ladder 7",
  kind: "browser",
  own: false,
  status: null,
  lat: 0,
  lon: 0,
  accuracy_m: 8,
  at: 1_000,
  stale: true,
};

it.each([
  ["zh", zh],
  ["en", en],
])("a message says in %s where it is, each place with its own words and shape", (_, words) => {
  const phases = ["unsent", "sending", "stored", "refused"] as const;
  expect(new Set(phases.map((phase) => messageWay(words, { ...ROW, phase }))).size).toBe(4);
  expect(new Set(Object.values(MESSAGE_GLYPHS)).size).toBe(4);
});

it("receipts count who has it and who has seen it; who has seen it is not counted twice", () => {
  expect(messageWay(en, { ...ROW, delivered: 3, seen: 1 })).toBe("Stored · on 3 pages · seen by 1");
  expect(messageWay(en, { ...ROW, delivered: 2, seen: 2 })).toBe("Stored · seen by 2");
});

it("a reason that this page has no sentence for is the gateway's fault", () => {
  expect(dataRefusal(en, "expired")).toBe(en.data.message.refused.expired);
  expect(dataRefusal(en, "too_new_for_this_page" as "internal")).toBe(en.data.message.refused.internal);
});

it("a name cannot turn the words around it", () => {
  expect(callSign({ unit: "\u202eUnit\u2069", name: "\u2066Ana\u200f" })).toBe("Unit · Ana");
  expect(callSign({ unit: "", name: "علي" })).toBe("علي");
});

it("distances and ages are read at a glance", () => {
  expect([8.4, 999, 1_000, 1_240, 12_400, 340_000].map(distance)).toEqual(["8 m", "999 m", "1 km", "1.2 km", "12 km", "340 km"]);
  expect(fixAge(en, UNIT, 191_000)).toBe("3:10 ago");
  expect(unitName(en, { ...UNIT, own: true })).toBe("You · Ladder 7 · Wei");
  expect(clockTime(new Date(2026, 10, 22, 14, 2, 8).getTime())).toBe("14:02:08");
});
