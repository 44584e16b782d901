/**
 * Where each room's fader stood last on this device.
 *
 * Whether a room was monitored is not remembered, nor a fader that was all but shut: who takes the seat next
 * must not miss a room that somebody else had silenced.
 */

import type { StoragePort } from "./ports";

export const GAIN_DEFAULT = 80;
/** No fader begins below. */
export const GAIN_LEAST = 20;
/** Rooms remembered; the one whose fader was moved longest ago goes first. */
export const FADERS_MAX = 64;

const KEY = "faders";

export class Faders {
  readonly #storage: StoragePort;
  readonly #gains: Map<string, number>;

  constructor(storage: StoragePort) {
    this.#storage = storage;
    this.#gains = new Map(read(storage.read(KEY) ?? ""));
  }

  /** 0 to 100. */
  of(room: string): number {
    return Math.max(GAIN_LEAST, this.#gains.get(room) ?? GAIN_DEFAULT);
  }

  keep(room: string, gain: number): void {
    this.#gains.delete(room);
    this.#gains.set(room, gain);
    const [oldest] = this.#gains.keys();
    if (this.#gains.size > FADERS_MAX && oldest !== undefined) this.#gains.delete(oldest);
    this.#storage.write(KEY, JSON.stringify([...this.#gains]));
  }
}

/** What is stored may be of an older page, or of nobody's making. */
function read(text: string): readonly (readonly [string, number])[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(value) ? value.filter(isFader).slice(-FADERS_MAX) : [];
}

function isFader(value: unknown): value is readonly [string, number] {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [room, gain] = value as readonly unknown[];
  return typeof room === "string" && typeof gain === "number" && gain >= 0 && gain <= 100;
}
