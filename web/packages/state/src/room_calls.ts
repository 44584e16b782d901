/** Calls that the room makes to numbers: how each goes, newest news last; a result stays on screen for a while. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Failure, Outcome } from "@crosspatch/protocol/pending";
import type { CallChanged, CallState } from "@crosspatch/protocol/wire";

/** `asking`: the hub has not answered yet. `refused`: it did not take the order, so nothing rings. */
export type CallPhase = CallState | "asking" | "refused";

export interface RoomCall {
  /** The hub's number of the call; null until it has one. */
  readonly id: number | null;
  readonly number: string;
  readonly phase: CallPhase;
  /** Why, when refused. */
  readonly refusal: Failure | null;
  /** Leg that placed it. */
  readonly by: string;
}

export interface CallPorts {
  readonly clock: Clock;
  /** This page's own leg. */
  me(): string;
  place(number: string): Promise<Outcome>;
  giveUp(call: number): void;
  /** A call got further, or was refused. */
  moved(call: RoomCall): void;
}

export const RESULT_SHOWN_MS = 10_000;
/** More are under way in no room; the oldest is forgotten, its next news brings it back. */
const CALLS_MAX = 32;
const UNDER_WAY: ReadonlySet<CallPhase> = new Set(["asking", "dialling", "ringing"]);

export function underWay(call: RoomCall): boolean {
  return UNDER_WAY.has(call.phase);
}

export class RoomCalls {
  readonly #ports: CallPorts;
  readonly #state = signal<readonly RoomCall[]>([]);
  readonly #timers = new Set<Cancel>();

  constructor(ports: CallPorts) {
    this.#ports = ports;
  }

  /** The last is the one to show. */
  get state(): ReadonlySignal<readonly RoomCall[]> {
    return this.#state;
  }

  /** Nothing is said to ring before the hub has said so. */
  async place(number: string): Promise<void> {
    const asked: RoomCall = { id: null, number, phase: "asking", refusal: null, by: this.#ports.me() };
    this.#put(asked, null);
    const outcome = await this.#ports.place(number);
    // Granted: the room is told of the call by a change, which takes the place of what was asked.
    if (!outcome.ok && this.#state.peek().includes(asked)) {
      this.#put({ ...asked, phase: "refused", refusal: outcome.code }, asked);
    }
  }

  changed(change: CallChanged): void {
    const { call: id, number, state: phase, by } = change;
    const calls = this.#state.peek();
    const before = calls.find((call) => call.id === id) ?? calls.find((call) => isAsked(call, change)) ?? null;
    this.#put({ id, number, phase, refusal: null, by }, before);
  }

  /** While it rings only: afterwards there is nothing to give up. */
  giveUp(call: RoomCall): void {
    if (call.id !== null && underWay(call)) this.#ports.giveUp(call.id);
  }

  /** Show the next one: the last steps behind the others. */
  next(): void {
    const calls = this.#state.peek();
    this.#state.value = [...calls.slice(-1), ...calls.slice(0, -1)];
  }

  /** A result was read. */
  dismiss(call: RoomCall): void {
    if (!underWay(call)) this.#drop(call);
  }

  /** The room, or the hub's memory of it, is gone. */
  forget(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#state.value = [];
  }

  #put(call: RoomCall, before: RoomCall | null): void {
    const others = this.#state.peek().filter((other) => other !== before);
    this.#state.value = [...others, call].slice(-CALLS_MAX);
    if (call.phase !== "asking") this.#ports.moved(call);
    if (underWay(call)) return;
    const cancel = this.#ports.clock.after(RESULT_SHOWN_MS, () => {
      this.#timers.delete(cancel);
      this.#drop(call);
    });
    this.#timers.add(cancel);
  }

  #drop(call: RoomCall): void {
    this.#state.value = this.#state.peek().filter((other) => other !== call);
  }
}

function isAsked(call: RoomCall, change: CallChanged): boolean {
  return call.phase === "asking" && call.by === change.by && call.number === change.number;
}
