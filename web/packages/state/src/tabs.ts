/**
 * Whether the same person is in the room in another tab of this browser too, where all would be heard twice.
 *
 * Tabs call to each other; one that does not answer the next roll call is gone.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock, Random } from "@crosspatch/protocol/clock";

import type { TabCall, TabPort } from "./ports";

const ROLL_CALL_MS = 10_000;

export class Tabs {
  readonly #clock: Clock;
  readonly #port: TabPort;
  readonly #tab: string;
  readonly #elsewhere = signal(false);
  readonly #heard = new Set<string>();
  #who: string | null = null;
  #timer: Cancel = () => undefined;

  constructor(clock: Clock, random: Random, port: TabPort) {
    this.#clock = clock;
    this.#port = port;
    this.#tab = `${Math.floor(clock.utc()).toString(36)}.${Math.floor(random() * 2 ** 40).toString(36)}`;
    port.onCall = (call) => this.#called(call);
  }

  get elsewhere(): ReadonlySignal<boolean> {
    return this.#elsewhere;
  }

  /** `who`: the same for the same person with the same link; it names neither. */
  enter(who: string): void {
    this.#who = who;
    this.#rollCall();
  }

  leave(): void {
    this.#timer();
    if (this.#who !== null) this.#port.call({ kind: "gone", who: this.#who, tab: this.#tab });
    this.#who = null;
    this.#heard.clear();
    this.#elsewhere.value = false;
  }

  #rollCall(): void {
    this.#timer();
    const who = this.#who;
    if (who === null) return;
    this.#heard.clear();
    this.#port.call({ kind: "ask", who, tab: this.#tab });
    this.#timer = this.#clock.after(ROLL_CALL_MS, () => {
      this.#elsewhere.value = this.#heard.size > 0;
      // Alone: whoever comes later calls first.
      if (this.#heard.size > 0) this.#rollCall();
    });
  }

  #called({ kind, who, tab }: TabCall): void {
    if (who !== this.#who || tab === this.#tab) return;
    if (kind === "gone") {
      this.#heard.delete(tab);
      this.#elsewhere.value = this.#heard.size > 0;
      return;
    }
    const known = this.#elsewhere.peek();
    this.#heard.add(tab);
    this.#elsewhere.value = true;
    if (kind === "ask") this.#port.call({ kind: "here", who, tab: this.#tab });
    if (!known) this.#rollCall();
  }
}

/** A short mark of a person and a link, from which neither can be read. FNV-1a, 32 bits. */
export function markOf(...words: readonly string[]): string {
  let hash = 0x811c9dc5;
  for (const character of words.join("\u0000")) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash.toString(36);
}
