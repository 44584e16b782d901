/**
 * Who is heard in which audio slot (DESIGN 3.5).
 *
 * The hub says by message who is in a slot; what the slot plays names its source itself. The two have no
 * common order, so a name is believed only while both agree. Until then the slot plays at the floor gain:
 * nobody is silenced by a late message, and nobody is played in another's place.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { SlotFilled } from "@crosspatch/protocol/wire";

import type { MediaPort } from "./ports";

/** The lowest volume that anybody is played at: clearly heard, half as loud as one whose name is sure. */
export const FLOOR_GAIN = 0.5;
/** While a slot waits for its first packet of a new source, which the jitter buffer holds for some 40 to 200 ms. */
const WATCH_MS = 20;
/** While nothing is expected: finds a source whose message is late. */
const GLANCE_MS = 100;

interface Slot {
  /** As the hub said last. */
  readonly told: SlotFilled | null;
  /** Source number of the newest packet played. */
  readonly playing: number | null;
  /** Whose it is for sure. */
  readonly leg: string | null;
}

const EMPTY: Slot = { told: null, playing: null, leg: null };

export class Slots {
  readonly #clock: Clock;
  readonly #media: MediaPort;
  readonly #gainOf: (leg: string | null) => number;
  readonly #legs = signal<readonly (string | null)[]>([]);
  #slots: Slot[] = [];
  #timer: Cancel | null = null;

  /** `gainOf`: how loud this page wants a leg, 0 to 1; null: whoever it is. */
  constructor(clock: Clock, media: MediaPort, gainOf: (leg: string | null) => number = () => 1) {
    this.#clock = clock;
    this.#media = media;
    this.#gainOf = gainOf;
  }

  /** The leg heard in each slot; null where nobody is, or the name is not sure. */
  get legs(): ReadonlySignal<readonly (string | null)[]> {
    return this.#legs;
  }

  /** The transport carries sound. */
  start(): void {
    this.#timer ??= this.#clock.after(0, () => this.#tick());
  }

  /** The transport is gone, and with it what was in its slots. */
  stop(): void {
    this.#timer?.();
    this.#timer = null;
    this.#slots = [];
    if (this.#legs.value.length > 0) this.#legs.value = [];
  }

  /** May come before `start`: the hub is told by another way that the transport is up. */
  filled(change: SlotFilled): void {
    this.#slots[change.slot] = { ...(this.#slots[change.slot] ?? EMPTY), told: change };
    if (this.#timer === null) return;
    this.#timer();
    this.#tick();
  }

  /** What `gainOf` says has changed. */
  regain(): void {
    this.#slots.forEach((slot, index) => this.#play(index, slot.leg));
  }

  #play(slot: number, leg: string | null): void {
    this.#media.voice(slot, leg, this.#gainOf(leg) * (leg === null ? FLOOR_GAIN : 1));
  }

  #tick(): void {
    const playing = this.#media.playing();
    this.#slots = playing.map((number, index) => {
      const before = this.#slots[index] ?? EMPTY;
      const after = judged(before, number);
      if (after.leg !== before.leg || before === EMPTY) this.#play(index, after.leg);
      return after;
    });
    const settled = this.#slots.every((slot) => (slot.told?.number ?? null) === slot.playing);
    const legs = this.#slots.map((slot) => slot.leg);
    if (legs.join() !== this.#legs.value.join()) this.#legs.value = legs;
    this.#timer = this.#clock.after(settled ? GLANCE_MS : WATCH_MS, () => this.#tick());
  }
}

/** `number`: null also after ten seconds without a packet, when the browser has forgotten who was last. */
function judged(slot: Slot, number: number | null): Slot {
  const { told } = slot;
  const playing = number ?? slot.playing;
  return { told, playing, leg: told !== null && told.number === playing ? told.leg : null };
}
