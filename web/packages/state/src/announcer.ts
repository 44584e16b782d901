/**
 * What a screen reader says (ui.md section 10): two live regions, fed with keys that the page turns into words.
 *
 * Polite lines wait for each other (one in 1.5 s), are dropped after 5 s, and keep silent while this person
 * talks; assertive ones go at once. Levels, timers and other people's talk are never announced.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { RoomMode } from "@crosspatch/protocol/wire";

import type { PttReason } from "./ptt_machine";
import type { RoomCall } from "./room_calls";

export type Announcement =
  | { readonly key: "live" | "served" }
  | { readonly key: "queued"; readonly place: number }
  | { readonly key: "time_up"; readonly left_ms: number }
  | { readonly key: "denied"; readonly reason: PttReason | null; readonly wait_ms: number }
  | { readonly key: "revoked"; readonly reason: PttReason | null }
  | { readonly key: "silent" }
  | { readonly key: "link_lost" }
  | { readonly key: "link_back" }
  | { readonly key: "entered" | "taken_to"; readonly room: string }
  | { readonly key: "mode"; readonly mode: RoomMode }
  | { readonly key: "call"; readonly call: RoomCall }
  | { readonly key: "microphone_lost" };

/** Spoken even while this person talks. */
const URGENT: ReadonlySet<Announcement["key"]> = new Set(["live", "served", "time_up", "revoked", "link_lost", "taken_to"]);
const POLITE_EVERY_MS = 1_500;
const POLITE_STALE_MS = 5_000;

/** `count` grows with each line, so that the same words are spoken again. */
export interface Spoken {
  readonly count: number;
  readonly line: Announcement | null;
}

export class Announcer {
  readonly #clock: Clock;
  readonly #talking: () => boolean;
  readonly #polite = signal<Spoken>({ count: 0, line: null });
  readonly #assertive = signal<Spoken>({ count: 0, line: null });
  /** One line a key: the newest news replaces older news of the same kind. */
  readonly #waiting = new Map<Announcement["key"], { line: Announcement; at: number }>();
  #timer: Cancel | null = null;

  constructor(clock: Clock, talking: () => boolean) {
    this.#clock = clock;
    this.#talking = talking;
  }

  get polite(): ReadonlySignal<Spoken> {
    return this.#polite;
  }

  get assertive(): ReadonlySignal<Spoken> {
    return this.#assertive;
  }

  shout(line: Announcement): void {
    if (this.#talking() && !URGENT.has(line.key)) return;
    this.#assertive.value = { count: this.#assertive.value.count + 1, line };
  }

  say(line: Announcement): void {
    this.#waiting.delete(line.key);
    this.#waiting.set(line.key, { line, at: this.#clock.now() });
    if (this.#timer === null) this.#next();
  }

  #next(): void {
    const now = this.#clock.now();
    for (const [key, { line, at }] of this.#waiting) {
      this.#waiting.delete(key);
      if (now - at > POLITE_STALE_MS || this.#talking()) continue;
      this.#polite.value = { count: this.#polite.value.count + 1, line };
      break;
    }
    this.#timer = this.#clock.after(POLITE_EVERY_MS, () => {
      this.#timer = null;
      if (this.#waiting.size > 0) this.#next();
    });
  }
}
