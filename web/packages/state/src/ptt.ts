/** Runs the PTT machine: timers, the microphone and the floor messages of one room. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { Change, FloorEnd, RoomMode } from "@crosspatch/protocol/wire";

import {
  next,
  PTT_START,
  type LocalReason,
  type PttEffect,
  type PttEvent,
  type PttReason,
  type PttState,
} from "./ptt_machine";

export interface PttPorts {
  readonly clock: Clock;
  mode(): RoomMode;
  /** Why a press cannot be sent now; null when it can. */
  blocked(): PttReason | null;
  /** Resolves with `silent` when the hub says nothing for 700 ms. `override`: cut off who talks. */
  request(override: boolean): Promise<Outcome>;
  giveBack(): void;
  openMic(open: boolean): void;
}

/** How long an answer has been waited for (ui.md section 8). */
export type Waiting = "short" | "counted" | "slow";

export interface PttView extends PttState {
  /** Clock time at which the phase began. */
  readonly since: number;
  /** Clock time at which `left_ms` is over; `since` where nothing runs out. */
  readonly until: number;
  readonly waiting: Waiting;
}

const COUNTED_MS = 100;
const SLOW_MS = 300;
const RESULT_SHOWN_MS = 4_000;
/** The hub ends the talkspurt at its limit, or after the grace; this much later the page does so by itself. */
const LIMIT_GRACE_MS = 300;
/** What was said last is that long on its way: coded, sent, and slower than the floor's messages. */
export const SPOKEN_MS = 60;

export class Ptt {
  readonly #ports: PttPorts;
  readonly #state = signal<PttView>({ ...PTT_START, since: 0, until: 0, waiting: "short" });
  #timers: Cancel[] = [];
  /** Gives the floor back now; null when there is nothing to give back. */
  #spoken: (() => void) | null = null;

  constructor(ports: PttPorts) {
    this.#ports = ports;
  }

  get state(): ReadonlySignal<PttView> {
    return this.#state;
  }

  /** `override`: cut off who talks, where the room lets this person. */
  press(override = false): void {
    const why = this.#ports.blocked();
    this.#handle(why === null ? { type: "press", mode: this.#ports.mode(), override } : { type: "blocked", why });
  }

  release(): void {
    this.#handle({ type: "release" });
  }

  /** The page lost focus, link or microphone: the voice is off before anything else happens. */
  cut(why: LocalReason | null): void {
    this.#handle({ type: "cut", why });
  }

  /** News of the room's floor; `me` is this page's leg. */
  changed(change: Change, me: string): void {
    const mine = "leg" in change && change.leg === me;
    if (change.type === "queue_changed") this.#handle({ type: "placed", place: change.waiting.indexOf(me) + 1 });
    else if (change.type === "floor_unserved") this.#handle({ type: "unserved", code: change.code });
    else if (change.type === "floor_warned") this.#time(change.talkspurt, "ending", change.left_ms);
    else if (change.type === "floor_revoked") this.#time(change.talkspurt, "over", change.grace_ms);
    else if (change.type === "floor_taken" && mine) this.#handle({ ...change, type: "taken" });
    else if (change.type === "floor_idle" && mine) this.ended(change.talkspurt, change.why);
  }

  /** A talkspurt of this leg is over. */
  ended(talkspurt: number, why: FloorEnd): void {
    this.#handle({ type: "ended", talkspurt, why });
  }

  modeChanged(mode: RoomMode): void {
    this.#handle({ type: "mode", mode });
  }

  /** A grant or a place came after its request was given up: give it back unless it is used by now. */
  lateGrant(): void {
    const { phase } = this.#state.value;
    if (phase !== "granted" && phase !== "queued" && phase !== "requesting") this.#ports.giveBack();
  }

  #time(talkspurt: number, time: "ending" | "over", left_ms: number): void {
    this.#handle({ type: "time", talkspurt, time, left_ms });
  }

  #handle(event: PttEvent): void {
    const before = this.#state.value;
    const { state, effects } = next(before, event);
    // Effects first: the microphone is shut before anyone is told.
    for (const effect of effects) this.#run(effect, state);
    const now = this.#ports.clock.now();
    const until = now + state.left_ms;
    if (state.phase !== before.phase || state.press !== before.press) {
      this.#arm(state);
      this.#state.value = { ...state, since: now, until, waiting: "short" };
    } else if (state.time !== before.time) {
      this.#arm(state);
      this.#state.value = { ...state, since: before.since, until, waiting: "short" };
    } else {
      const { since, until, waiting } = before;
      this.#state.value = { ...state, since, until, waiting };
    }
  }

  #run(effect: PttEffect, state: PttState): void {
    if (effect === "ask") this.#ask(state);
    else if (effect === "give_back") this.#ports.giveBack();
    else if (effect === "give_back_spoken") this.#giveBackSpoken();
    else this.#ports.openMic(effect === "open_mic");
  }

  #giveBackSpoken(): void {
    const cancel = this.#ports.clock.after(SPOKEN_MS, () => this.#spoken?.());
    this.#spoken = () => {
      cancel();
      this.#spoken = null;
      this.#ports.giveBack();
    };
  }

  #ask({ press, override }: PttState): void {
    // The floor of the talkspurt before goes back first.
    this.#spoken?.();
    void this.#ports.request(override).then((outcome) => {
      if (outcome.ok) {
        const { talkspurt = 0, limit_ms = 0, place = 0 } = outcome.answer;
        if (place > 0) this.#handle({ type: "queued", press, place });
        else this.#handle({ type: "granted", press, talkspurt, limit_ms });
      } else if (outcome.code === "silent" || outcome.code === "lost") this.#handle({ type: "silent", press });
      else this.#handle({ type: "refused", press, code: outcome.code, wait_ms: outcome.wait_ms ?? 0 });
    });
  }

  #arm(state: PttState): void {
    for (const cancel of this.#timers) cancel();
    const later = (delay_ms: number, fn: () => void): Cancel => this.#ports.clock.after(delay_ms, fn);
    if (state.phase === "requesting") {
      this.#timers = [later(COUNTED_MS, () => this.#wait("counted")), later(SLOW_MS, () => this.#wait("slow"))];
    } else if (state.phase === "granted" && state.limit_ms > 0) {
      this.#timers = [later(state.left_ms + LIMIT_GRACE_MS, () => this.#handle({ type: "limit" }))];
    } else if (state.phase === "denied" || state.phase === "silent" || state.phase === "revoked") {
      this.#timers = [later(RESULT_SHOWN_MS, () => this.#handle({ type: "shown" }))];
    } else this.#timers = [];
  }

  #wait(waiting: Waiting): void {
    this.#state.value = { ...this.#state.value, waiting };
  }
}
