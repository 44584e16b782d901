/** The link to the hub, as the page shows it. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Link } from "@crosspatch/protocol/client";
import type { Clock } from "@crosspatch/protocol/clock";
import type { ByeCode } from "@crosspatch/protocol/wire";

export type ConnectionPhase = "off" | "connecting" | "up" | "lost" | "refused";

export interface ConnectionState {
  readonly phase: ConnectionPhase;
  /** Clock time at which the phase began; attempts to reconnect do not restart it. */
  readonly since: number;
  readonly slow: boolean;
  /** Failed attempts since the link last stood. */
  readonly attempt: number;
  readonly code: ByeCode | null;
  readonly rtt_ms: number | null;
}

const OFF: ConnectionState = { phase: "off", since: 0, slow: false, attempt: 0, code: null, rtt_ms: null };

export class Connection {
  readonly #clock: Clock;
  readonly #state = signal<ConnectionState>(OFF);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): ReadonlySignal<ConnectionState> {
    return this.#state;
  }

  link(link: Link): void {
    const before = this.#state.value;
    const phase: ConnectionPhase = link.phase === "closed" ? "off" : link.phase;
    this.#state.value = {
      phase,
      since: phase === before.phase ? before.since : this.#clock.now(),
      slow: link.phase === "up" && link.slow,
      attempt: link.phase === "connecting" || link.phase === "lost" ? link.attempt : 0,
      code: codeOf(link),
      rtt_ms: phase === "up" ? before.rtt_ms : null,
    };
  }

  rtt(rtt_ms: number): void {
    this.#state.value = { ...this.#state.value, rtt_ms };
  }
}

function codeOf(link: Link): ByeCode | null {
  if (link.phase === "refused") return link.code;
  return link.phase === "connecting" || link.phase === "lost" ? link.why : null;
}
