/** Orders of a dispatcher that did not succeed: one line, until the next order or for a while. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Failure, Outcome } from "@crosspatch/protocol/pending";

import type { PttReason } from "./ptt_machine";

/** What was ordered. */
export type OrderName = "mode" | "remove" | "mute" | "cancel" | "move" | "make" | "close" | "whisper";

export interface VerbResult {
  readonly order: OrderName;
  /** The room or the person it was about. */
  readonly about: string;
  readonly code: Failure | PttReason;
}

const SHOWN_MS = 10_000;

export type { Failure };

export class VerbResults {
  readonly #clock: Clock;
  readonly #state = signal<VerbResult | null>(null);
  #timer: Cancel = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): ReadonlySignal<VerbResult | null> {
    return this.#state;
  }

  async of(order: OrderName, about: string, outcome: Promise<Outcome>): Promise<void> {
    this.show(null);
    const done = await outcome;
    if (!done.ok) this.show({ order, about, code: done.code });
  }

  show(result: VerbResult | null): void {
    this.#timer();
    this.#state.value = result;
    if (result !== null) this.#timer = this.#clock.after(SHOWN_MS, () => this.show(null));
  }
}
