/**
 * Where the members of one room are, and how old that is: what a map draws.
 *
 * A fix is stale after STALE_MS. It is shown on, as what it is, until its member leaves or says another.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Change, LegKind, Person, Position, StatusCode } from "@crosspatch/protocol/wire";

import type { MemberStatus } from "./statuses";

/** WGS 84 in degrees, radius in metres. */
export interface Fix {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
  /** Clock time at which the member was there. */
  readonly at: number;
  readonly stale: boolean;
}

/** A member on the map. */
export interface MapUnit extends Fix {
  readonly leg: string;
  readonly name: string;
  readonly unit: string;
  readonly kind: LegKind;
  readonly own: boolean;
  readonly status: StatusCode | null;
}

export const STALE_MS = 60_000;

export class RoomPositions {
  readonly #clock: Clock;
  readonly #fixes = signal<ReadonlyMap<string, Fix>>(new Map());
  #timer: Cancel = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** By leg; who has said nothing is not in it. */
  get fixes(): ReadonlySignal<ReadonlyMap<string, Fix>> {
    return this.#fixes;
  }

  enter(people: readonly Person[]): void {
    const fixes = new Map<string, Fix>();
    for (const { leg, position } of people) if (position != null) this.#put(fixes, leg, position);
    this.#keep(fixes);
  }

  changed(change: Change): void {
    const fixes = new Map(this.#fixes.peek());
    if (change.type === "position_changed") this.#put(fixes, change.leg, change.position);
    else if (change.type === "joined" && change.person.position != null) this.#put(fixes, change.person.leg, change.person.position);
    else if (change.type !== "left" || !fixes.delete(change.leg)) return;
    this.#keep(fixes);
  }

  /** The room is left. */
  end(): void {
    this.#timer();
    this.#fixes.value = new Map();
  }

  /** What is no place on Earth is not kept; the last good fix stands. */
  #put(fixes: Map<string, Fix>, leg: string, { lat, lon, accuracy_m, age_ms }: Position): void {
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && accuracy_m >= 0 && accuracy_m < Infinity && age_ms >= 0)) return;
    fixes.set(leg, { lat, lon, accuracy_m, at: this.#clock.now() - age_ms, stale: false });
  }

  /** Ages all, and wakes when the next one is stale. */
  #keep(fixes: ReadonlyMap<string, Fix>): void {
    this.#timer();
    const now = this.#clock.now();
    const aged = new Map([...fixes].map(([leg, fix]) => [leg, { ...fix, stale: now - fix.at >= STALE_MS }]));
    this.#fixes.value = aged;
    const next = Math.min(...[...aged.values()].filter((fix) => !fix.stale).map((fix) => fix.at + STALE_MS));
    this.#timer = next === Infinity ? () => undefined : this.#clock.after(next - now, () => this.#keep(this.#fixes.peek()));
  }
}

/** Members that have a fix, in an order that does not change as they move: by unit, then by name. */
export function mapUnits(
  members: ReadonlyMap<string, Person>,
  fixes: ReadonlyMap<string, Fix>,
  statuses: ReadonlyMap<string, MemberStatus>,
  me: string,
): readonly MapUnit[] {
  const units = [...fixes].flatMap(([leg, fix]) => {
    const person = members.get(leg);
    if (person === undefined) return [];
    const { name, unit, kind } = person;
    return [{ ...fix, leg, name, unit, kind, own: leg === me, status: statuses.get(leg)?.code ?? null }];
  });
  return units.sort((one, other) => order(one, other));
}

function order(one: MapUnit, other: MapUnit): number {
  const [first, second] = [one, other].map(({ unit, name, leg }) => `${unit}\u0000${name}\u0000${leg}`);
  return (first ?? "") < (second ?? "") ? -1 : 1;
}
