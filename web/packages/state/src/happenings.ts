/** What happened lately in the rooms, for who looks up from the map: bounded, the newest first. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Clock } from "@crosspatch/protocol/clock";
import type { CallState, Change, Person, RoomMode } from "@crosspatch/protocol/wire";

import type { Strip } from "./strip";

export type Happening = { readonly at: number; readonly room: string } & (
  | { readonly key: "joined" | "left"; readonly person: Person | null }
  | { readonly key: "call"; readonly number: string; readonly state: CallState }
  | { readonly key: "mode"; readonly mode: RoomMode }
  | { readonly key: "radio_lost" | "radio_back" | "need_help"; readonly person: Person | null }
);

export const HAPPENINGS_MAX = 50;

type News = Happening extends infer H ? (H extends Happening ? Omit<H, "at" | "room"> : never) : never;

export class Happenings {
  readonly #clock: Clock;
  readonly #state = signal<readonly Happening[]>([]);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get state(): ReadonlySignal<readonly Happening[]> {
    return this.#state;
  }

  /** Before the strip takes the change: who leaves is still known there. */
  note(change: Extract<Change, { room: string }>, strip: Strip): void {
    const news = this.#news(change, strip);
    if (news === null) return;
    const happening = { ...news, at: this.#clock.utc(), room: strip.name } as Happening;
    this.#state.value = [happening, ...this.#state.value].slice(0, HAPPENINGS_MAX);
  }

  #news(change: Extract<Change, { room: string }>, strip: Strip): News | null {
    const person = "leg" in change ? (strip.channel.state.peek()?.members.get(change.leg) ?? null) : null;
    switch (change.type) {
      case "joined":
        return { key: "joined", person: change.person };
      case "left":
        return { key: "left", person };
      case "call_changed":
        return change.state === "dialling" || change.state === "ringing"
          ? null
          : { key: "call", number: change.number, state: change.state };
      case "mode_changed":
        return { key: "mode", mode: change.mode };
      case "status_changed":
        return change.code === "need_help" ? { key: "need_help", person } : null;
      case "air_changed":
        if (change.air.state === "offline") return { key: "radio_lost", person };
        return person?.air?.state === "offline" ? { key: "radio_back", person } : null;
      default:
        return null;
    }
  }
}
