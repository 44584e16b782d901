import type { RoomCall } from "@crosspatch/state/room_calls";
import { CALL_GLYPHS, callLead, callWords } from "@crosspatch/ui/call_text";
import { en } from "@crosspatch/ui/words/en";
import { zh } from "@crosspatch/ui/words/zh";
import { expect, it } from "vitest";

const CALL: RoomCall = { id: 1, number: "101", phase: "ringing", refusal: null, by: "leg-1" };
const LINE = { mayCall: true, linked: true, call: CALL, by: null, canGiveUp: true, more: 0 };
const phases = Object.keys(CALL_GLYPHS) as RoomCall["phase"][];

it.each([
  ["zh", zh],
  ["en", en],
])("no two phases read the same in %s", (_, words) => {
  const looks = phases.map((phase) => callWords(words, { ...CALL, phase }));
  expect(new Set(looks).size).toBe(phases.length);
});

it("each phase has its own silhouette; only the two refusals by rule share one", () => {
  expect(new Set(Object.values(CALL_GLYPHS)).size).toBe(phases.length - 1);
  expect(CALL_GLYPHS.refused).toBe(CALL_GLYPHS.not_allowed);
});

it.each([
  ["not_allowed", en.call.refused.not_allowed],
  ["silent", en.call.refused.silent],
  ["expired", en.reason.expired],
] as const)("an order that was not taken says why: %s", (refusal, words) => {
  expect(callWords(en, { ...CALL, phase: "refused", refusal })).toBe(words);
});

it("a call of another person names them, one's own does not", () => {
  const by = { leg: "leg-9", name: "Wei", unit: "Ladder 7", kind: "browser", media_up: true } as const;
  expect(callLead(en, LINE)).toBe("Ringing");
  expect(callLead(en, { ...LINE, by })).toBe("Ringing · called by Ladder 7 · Wei");
});
