/**
 * Commands under way: each is sent until it has its one answer (DESIGN 3.7).
 *
 * A floor message is repeated at 60, 120 and 240 ms on every channel, because the first copy may be
 * lost; the hub answers the first copy and gives a repeated id the same answer. After a broken link
 * all commands without an answer are sent again under the resumed session.
 */

import type { Cancel, Clock } from "./clock";
import type { Answer, Command, RefusalCode } from "./wire";

/** `lost`: the session ended before the answer. `silent`: the deadline passed without an answer. */
export type Failure = RefusalCode | "lost" | "silent";

export type Outcome =
  | { readonly ok: true; readonly answer: Answer }
  /** `wait_ms`: for how long it is, where the hub says so. */
  | { readonly ok: false; readonly code: Failure; readonly detail: string; readonly wait_ms?: number };

export interface Manner {
  /** Milliseconds after the first copy at which another is sent. */
  readonly repeats_ms: readonly number[];
  readonly deadline_ms: number;
}

interface Entry {
  readonly command: Command;
  readonly resolve: (outcome: Outcome) => void;
  readonly timers: Cancel[];
}

/** More commands than a person can start; one more is refused at once. */
const PENDING_MAX = 64;

export class PendingCommands {
  readonly #entries = new Map<number, Entry>();
  readonly #clock: Clock;
  readonly #transmit: (command: Command) => void;

  constructor(clock: Clock, transmit: (command: Command) => void) {
    this.#clock = clock;
    this.#transmit = transmit;
  }

  get size(): number {
    return this.#entries.size;
  }

  start(command: Command, manner: Manner): Promise<Outcome> {
    if (this.#entries.size >= PENDING_MAX) return Promise.resolve(failure("too_many", "too many commands wait"));
    return new Promise((resolve) => {
      const timers = manner.repeats_ms.map((at_ms) => this.#clock.after(at_ms, () => this.#transmit(command)));
      timers.push(this.#clock.after(manner.deadline_ms, () => this.#finish(command.id, failure("silent"))));
      this.#entries.set(command.id, { command, resolve, timers });
      this.#transmit(command);
    });
  }

  /** False when no command waits for it: a repeat, or an answer past its deadline. */
  answer(answer: Answer): boolean {
    if (answer.ok) return this.#finish(answer.id, { ok: true, answer });
    const { code, detail, wait_ms } = answer;
    return this.#finish(answer.id, { ...failure(code ?? "internal", detail), ...(wait_ms === undefined ? {} : { wait_ms }) });
  }

  /** The session was resumed: the hub may have missed any of them. */
  resend(): void {
    for (const entry of [...this.#entries.values()]) this.#transmit(entry.command);
  }

  failAll(): void {
    for (const id of [...this.#entries.keys()]) this.#finish(id, failure("lost"));
  }

  #finish(id: number, outcome: Outcome): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#entries.delete(id);
    for (const cancel of entry.timers) cancel();
    entry.resolve(outcome);
    return true;
  }
}

function failure(code: Failure, detail = ""): Outcome {
  return { ok: false, code, detail };
}
