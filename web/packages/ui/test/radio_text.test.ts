import type { AirState } from "@crosspatch/protocol/wire";
import { AIR_GLYPHS, airWords } from "@crosspatch/ui/radio_text";
import { en } from "@crosspatch/ui/words/en";
import { zh } from "@crosspatch/ui/words/zh";
import { expect, it } from "vitest";

const states = Object.keys(AIR_GLYPHS) as AirState[];

it("each state of a transmitter has its own silhouette", () => {
  expect(new Set(Object.values(AIR_GLYPHS)).size).toBe(states.length);
});

it.each([
  ["zh", zh],
  ["en", en],
])("no two states and no two reasons read the same in %s", (_, words) => {
  expect(new Set(states.map((state) => airWords(words, { state, why: "" }))).size).toBe(states.length);
  const why = Object.values(words.radio.why);
  expect(new Set(why).size).toBe(why.length);
});

it("what does not reach the air says why", () => {
  expect(airWords(en, { state: "denied", why: "carrier" })).toBe("Not on air · someone talks on the air");
});

it("a state and a reason of a newer gateway are said as unknown, not left out", () => {
  const newer = { state: "resting", why: "lunch" } as unknown as Parameters<typeof airWords>[1];
  expect(airWords(en, newer)).toBe("Radio · unknown reason");
});
