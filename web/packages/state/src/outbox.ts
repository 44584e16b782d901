/**
 * What this person wrote and the hub has not stored yet: sent one by one, in order, until each has its answer.
 *
 * A message keeps its id over every repeat, session and restart, so that the hub posts it once
 * (console-v1.md, messages). At most OUTBOX_MAX wait; one more is not taken, and stays with who wrote it.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock, Random } from "@crosspatch/protocol/clock";
import type { Failure, Outcome } from "@crosspatch/protocol/pending";

/** `unsent`: waits for the link. `sending`: on its way. `refused`: the hub said no; it waits for its author. */
export type OutgoingPhase = "unsent" | "sending" | "refused";

export interface Outgoing {
  readonly id: string;
  readonly text: string;
  /** Milliseconds of UTC by this device, when it was written. */
  readonly at: number;
  readonly phase: OutgoingPhase;
  /** Why, when refused. */
  readonly refusal: Failure | null;
}

/** Why a text was not taken. `too_long`: over TEXT_MAX characters. `full`: too many wait already. */
export type TextFault = "empty" | "too_long" | "full";

export interface OutboxPorts {
  readonly clock: Clock;
  readonly random: Random;
  post(message: string, text: string): Promise<Outcome>;
  /** The hub has it. */
  stored(message: Outgoing): void;
}

export const OUTBOX_MAX = 50;
/** Characters (code points), as the hub counts them. */
export const TEXT_MAX = 2_000;
/** The hub takes one message a second in a row. */
const CROWDED_MS = 1_000;
const SILENT_MS = 2_000;
const ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const ID_RANDOM = 16;
/** Of control characters the hub takes line feed and tab. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

export class Outbox {
  readonly #ports: OutboxPorts;
  readonly #state = signal<readonly Outgoing[]>([]);
  #linked = false;
  #busy: string | null = null;
  #count = 0;
  /** Takes back the wait before the next attempt; null: nothing is waited for. */
  #rest: Cancel | null = null;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** The oldest first. */
  get state(): ReadonlySignal<readonly Outgoing[]> {
    return this.#state;
  }

  /** True: orders reach the room. */
  linked(linked: boolean): void {
    this.#linked = linked;
    if (this.#busy !== null) this.#patch(this.#busy, { phase: linked ? "sending" : "unsent" });
    this.#wake();
    if (linked) this.#pump();
  }

  /** Null when the text was taken. */
  add(typed: string): TextFault | null {
    const text = cleaned(typed);
    if (text === "") return "empty";
    if (Array.from(text).length > TEXT_MAX) return "too_long";
    if (this.#state.peek().length >= OUTBOX_MAX) return "full";
    const at = this.#ports.clock.utc();
    this.#state.value = [...this.#state.peek(), { id: this.#newId(at), text, at, phase: "unsent", refusal: null }];
    this.#pump();
    return null;
  }

  /** Send one that was refused once more. */
  again(id: string): void {
    this.#patch(id, { phase: "unsent", refusal: null });
    this.#pump();
  }

  /** Its author lets one that was refused go. */
  discard(id: string): void {
    this.#state.value = this.#state.peek().filter((one) => one.id !== id || one.phase !== "refused");
  }

  /** It came back as posted, whatever became of the answer. */
  posted(id: string): void {
    this.#drop(id);
  }

  end(): void {
    this.#wake();
    this.#linked = false;
    this.#busy = null;
    this.#state.value = [];
  }

  #pump(): void {
    const next = this.#state.peek().find((one) => one.phase !== "refused");
    if (!this.#linked || this.#rest !== null || this.#busy !== null || next === undefined) return;
    void this.#send(next);
  }

  async #send(message: Outgoing): Promise<void> {
    this.#busy = message.id;
    this.#patch(message.id, { phase: "sending" });
    const outcome = await this.#ports.post(message.id, message.text);
    // Ended meanwhile: another room, or none.
    if (this.#busy !== message.id) return;
    this.#busy = null;
    if (outcome.ok) {
      if (this.#drop(message.id)) this.#ports.stored(message);
    } else this.#failed(message.id, outcome.code);
    this.#pump();
  }

  #failed(id: string, code: Failure): void {
    if (code === "lost" || code === "silent" || code === "too_many") {
      this.#patch(id, { phase: "unsent" });
      this.#rest = this.#ports.clock.after(code === "too_many" ? CROWDED_MS : SILENT_MS, () => {
        this.#rest = null;
        this.#pump();
      });
    } else this.#patch(id, { phase: "refused", refusal: code });
  }

  #wake(): void {
    this.#rest?.();
    this.#rest = null;
  }

  #patch(id: string, news: Partial<Outgoing>): void {
    this.#state.value = this.#state.peek().map((one) => (one.id === id ? { ...one, ...news } : one));
  }

  #drop(id: string): boolean {
    const before = this.#state.peek();
    this.#state.value = before.filter((one) => one.id !== id);
    return this.#state.peek().length < before.length;
  }

  /** Unique also where chance is poor: the time and a count are part of it. */
  #newId(at: number): string {
    const { random } = this.#ports;
    const chance = Array.from({ length: ID_RANDOM }, () => ID_ALPHABET[Math.floor(random() * ID_ALPHABET.length)]);
    return `${Math.floor(at).toString(36)}.${++this.#count}.${chance.join("")}`;
  }
}

/** As the hub takes it: whole Unicode, no control characters but line feed and tab, no space around it. */
function cleaned(typed: string): string {
  return typed.replace(/\r\n?/g, "\n").replace(/\p{Surrogate}/gu, "\ufffd").replace(CONTROLS, "").trim();
}
