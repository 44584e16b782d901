import type { Slab } from "@crosspatch/state/responder_view";
import type { Person } from "@crosspatch/state/wire_names";
import { leftOf, slabText } from "@crosspatch/ui/slab_text";
import { en } from "@crosspatch/ui/words/en";
import { zh } from "@crosspatch/ui/words/zh";
import { expect, it } from "vitest";

const STATES: Slab[] = [
  { state: "offline", since: 0 },
  { state: "connecting", refusal: null },
  { state: "asking_microphone" },
  { state: "listen_only", why: "refused" },
  { state: "idle", mode: "talkgroup" },
  { state: "listening", mode: "talkgroup" },
  { state: "requesting", since: 0, waiting: "short" },
  { state: "queued", place: 2, before: null },
  { state: "talking", since: 0, limit_ms: 30_000, time: "plenty", until: 30_000 },
  { state: "talking", since: 0, limit_ms: 30_000, time: "over", until: 33_000 },
  { state: "denied", reason: "floor_busy", held: true, wait_ms: 0 },
  { state: "revoked", reason: "timed_out", held: true },
  { state: "silent", reason: null, held: true },
];

it.each([
  ["zh", zh],
  ["en", en],
])("no two states look the same in %s: each has its own silhouette or frame, and its own words", (_, words) => {
  const looks = STATES.map((slab) => slabText(words, slab)).map(({ glyph, ring, title, hint }) => [glyph, ring, title, hint].join());
  expect(new Set(looks).size).toBe(STATES.length);
});

it("a result tells whether one has to let go first", () => {
  expect(slabText(en, { state: "denied", reason: "floor_busy", held: true, wait_ms: 0 }).foot).toContain(en.slab.releaseFirst);
  expect(slabText(en, { state: "denied", reason: "floor_busy", held: false, wait_ms: 0 }).foot).toContain(en.slab.pressAgain);
});

it("a denial that lasts says for how long", () => {
  expect(slabText(en, { state: "denied", reason: "penalty", held: true, wait_ms: 2_400 }).foot).toContain("3 s");
});

it("a place in the queue says who is before one, where that is known", () => {
  const ana: Person = { leg: "a", name: "Ana", unit: "", kind: "browser", media_up: true };
  const hint = (place: number, before: Person | null): string => slabText(en, { state: "queued", place, before }).hint;
  expect([hint(2, ana), hint(2, null), hint(1, null)]).toEqual([en.slab.queuedBehind("Ana"), en.slab.queuedHint, en.slab.queuedNext]);
});

it("what is left of a talk is told until the limit, and in the grace until the cut", () => {
  const talk = { state: "talking", since: 0, limit_ms: 30_000, time: "plenty", until: 30_000 } as const;
  expect(leftOf(en, talk, 26_000)).toBe("4 s left");
  expect(leftOf(en, { ...talk, time: "over", until: 33_000 }, 31_000)).toBe("cut off in 2 s");
  expect(leftOf(en, { ...talk, limit_ms: 0 }, 31_000)).toBe("");
});

it("an open room does not speak of a tone to wait for", () => {
  expect(slabText(en, { state: "idle", mode: "conference" }).hint).toBe(en.slab.openHint);
});
