import type { Slab } from "@crosspatch/state/responder_view";
import { slabText } from "@crosspatch/ui/slab_text";
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
  { state: "talking", since: 0, limit_ms: 30_000 },
  { state: "denied", reason: "floor_busy", held: true },
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
  expect(slabText(en, { state: "denied", reason: "floor_busy", held: true }).foot).toContain(en.slab.releaseFirst);
  expect(slabText(en, { state: "denied", reason: "floor_busy", held: false }).foot).toContain(en.slab.pressAgain);
});

it("an open room does not speak of a tone to wait for", () => {
  expect(slabText(en, { state: "idle", mode: "conference" }).hint).toBe(en.slab.openHint);
});
