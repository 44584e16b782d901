/**
 * Status codes in one room: what members said last, and the truth about one's own.
 *
 * An own status counts as said when the hub has taken it, not when the key was hit. The newest press wins; it
 * waits for the link, and what was said is said again when the hub has forgotten it (a status ends with its leg).
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Failure, Outcome } from "@crosspatch/protocol/pending";
import type { Change, Person, StatusCode } from "@crosspatch/protocol/wire";

export interface MemberStatus {
  readonly code: StatusCode;
  /** Clock time at which it was sent. */
  readonly since: number;
}

/** `unsent`: waits for the link. */
export interface WantedStatus {
  readonly code: StatusCode;
  readonly phase: "unsent" | "sending" | "refused";
  readonly refusal: Failure | null;
}

export interface OwnStatus {
  /** What the room has of this person. */
  readonly said: StatusCode | null;
  /** What it does not have yet. */
  readonly wanted: WantedStatus | null;
}

export interface StatusPorts {
  readonly clock: Clock;
  /** This page's own leg. */
  me(): string;
  send(code: StatusCode): Promise<Outcome>;
}

/** In the order of the radio codes 1 to 5. */
export const STATUS_CODES: readonly StatusCode[] = ["received", "en_route", "on_scene", "need_help", "done"];

const AGAIN_MS = 1_500;
const NONE: OwnStatus = { said: null, wanted: null };

export class RoomStatuses {
  readonly #ports: StatusPorts;
  readonly #own = signal<OwnStatus>(NONE);
  readonly #members = signal<ReadonlyMap<string, MemberStatus>>(new Map());
  #linked = false;
  /** The order under way; none of an earlier room counts. */
  #order: symbol | null = null;
  #rest: Cancel | null = null;

  constructor(ports: StatusPorts) {
    this.#ports = ports;
  }

  get own(): ReadonlySignal<OwnStatus> {
    return this.#own;
  }

  /** By leg; who has said nothing is not in it. */
  get members(): ReadonlySignal<ReadonlyMap<string, MemberStatus>> {
    return this.#members;
  }

  enter(people: readonly Person[]): void {
    this.#members.value = new Map(people.flatMap((person) => this.#entry(person)));
    const { said, wanted } = this.#own.peek();
    const known = this.#members.peek().get(this.#ports.me())?.code ?? null;
    const lost = known === null ? said : null;
    const again: WantedStatus | null = lost === null ? null : { code: lost, phase: "unsent", refusal: null };
    this.#own.value = { said: known, wanted: wanted ?? again };
  }

  /** True: orders reach the room. */
  linked(linked: boolean): void {
    this.#linked = linked;
    const { wanted } = this.#own.peek();
    if (this.#order !== null && wanted !== null) this.#want({ ...wanted, phase: linked ? "sending" : "unsent" });
    this.#wake();
    if (linked) this.#pump();
  }

  changed(change: Change): void {
    const members = new Map(this.#members.peek());
    if (change.type === "status_changed") {
      members.set(change.leg, { code: change.code, since: this.#ports.clock.now() });
      if (change.leg === this.#ports.me()) this.#own.value = { ...this.#own.peek(), said: change.code };
    } else if (change.type === "left") members.delete(change.leg);
    else if (change.type === "joined") for (const [leg, status] of this.#entry(change.person)) members.set(leg, status);
    else return;
    this.#members.value = members;
  }

  /** A key was hit. */
  send(code: StatusCode): void {
    this.#want({ code, phase: "unsent", refusal: null });
    this.#pump();
  }

  /** The room is left. */
  end(): void {
    this.#wake();
    this.#linked = false;
    this.#order = null;
    this.#own.value = NONE;
    this.#members.value = new Map();
  }

  #pump(): void {
    const { wanted } = this.#own.peek();
    if (!this.#linked || this.#order !== null || this.#rest !== null || wanted === null || wanted.phase === "refused") return;
    void this.#send(wanted.code);
  }

  async #send(code: StatusCode): Promise<void> {
    const order = (this.#order = Symbol(code));
    this.#want({ code, phase: "sending", refusal: null });
    const outcome = await this.#ports.send(code);
    if (this.#order !== order) return;
    this.#order = null;
    const { said, wanted } = this.#own.peek();
    const newer = wanted?.code === code ? null : wanted;
    if (outcome.ok) this.#own.value = { said: code, wanted: newer };
    else if (newer === null) this.#own.value = { said, wanted: this.#failed(code, outcome.code) };
    this.#pump();
  }

  #failed(code: StatusCode, why: Failure): WantedStatus {
    if (why !== "lost" && why !== "silent" && why !== "too_many") return { code, phase: "refused", refusal: why };
    this.#rest = this.#ports.clock.after(AGAIN_MS, () => {
      this.#rest = null;
      this.#pump();
    });
    return { code, phase: "unsent", refusal: null };
  }

  #want(wanted: WantedStatus): void {
    this.#own.value = { ...this.#own.peek(), wanted };
  }

  #wake(): void {
    this.#rest?.();
    this.#rest = null;
  }

  #entry({ leg, status }: Person): readonly (readonly [string, MemberStatus])[] {
    return status == null ? [] : [[leg, { code: status.code, since: this.#ports.clock.now() - status.age_ms }]];
  }
}
