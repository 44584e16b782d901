/**
 * How far this page tells the hub that it has come: one mark covers a message and all before it.
 *
 * News are gathered for a second, so that a burst of messages costs one receipt. After a restart the hub
 * counts anew: then the marks are told once more.
 */

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { ReceiptState } from "@crosspatch/protocol/wire";

type Marks = Record<ReceiptState, string | null>;

export interface ReceiptPorts {
  readonly clock: Clock;
  send(message: string, state: ReceiptState): Promise<Outcome>;
}

const GATHER_MS = 1_000;
const AGAIN_MS = 2_000;
const NONE: Marks = { delivered: null, seen: null };

export class ReceiptMarks {
  readonly #ports: ReceiptPorts;
  #wanted: Marks = NONE;
  #told: Marks = NONE;
  #linked = false;
  #timer: Cancel | null = null;

  constructor(ports: ReceiptPorts) {
    this.#ports = ports;
  }

  /** What was seen was delivered. */
  mark(message: string, state: ReceiptState): void {
    this.#wanted = state === "seen" ? { delivered: message, seen: message } : { ...this.#wanted, delivered: message };
    this.#soon(GATHER_MS);
  }

  linked(linked: boolean): void {
    this.#linked = linked;
    if (linked) this.#soon(GATHER_MS);
  }

  /** The room was entered anew: the hub may have forgotten what it was told. */
  tellAgain(): void {
    this.#told = NONE;
    this.#soon(GATHER_MS);
  }

  end(): void {
    this.#timer?.();
    this.#timer = null;
    this.#linked = false;
    this.#wanted = this.#told = NONE;
  }

  #soon(delay_ms: number): void {
    if (this.#timer !== null || !this.#linked || this.#due() === null) return;
    this.#timer = this.#ports.clock.after(delay_ms, () => {
      this.#timer = null;
      void this.#tell();
    });
  }

  #due(): ReceiptState | null {
    const changed = (state: ReceiptState): boolean => this.#wanted[state] !== null && this.#wanted[state] !== this.#told[state];
    return changed("seen") ? "seen" : changed("delivered") ? "delivered" : null;
  }

  async #tell(): Promise<void> {
    const state = this.#due();
    const message = state === null ? null : this.#wanted[state];
    if (state === null || message === null || !this.#linked) return;
    const before = this.#told;
    this.#told = { ...before, [state]: message, delivered: message };
    const outcome = await this.#ports.send(message, state);
    const pass = !outcome.ok && (outcome.code === "lost" || outcome.code === "silent" || outcome.code === "too_many");
    // Anything else is the hub's last word: asking again would change nothing.
    if (pass) this.#told = before;
    this.#soon(pass ? AGAIN_MS : GATHER_MS);
  }
}
