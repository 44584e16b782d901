/** Runs the PTT machine: timers, the microphone and the floor messages of one room. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { FloorEnd, RoomMode } from "@crosspatch/protocol/wire";

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
  /** Resolves with `silent` when the hub says nothing for 700 ms. */
  request(): Promise<Outcome>;
  giveBack(): void;
  openMic(open: boolean): void;
}

/** How long an answer has been waited for (ui.md section 8). */
export type Waiting = "short" | "counted" | "slow";

export interface PttView extends PttState {
  /** Clock time at which the phase began. */
  readonly since: number;
  readonly waiting: Waiting;
}

const COUNTED_MS = 100;
const SLOW_MS = 300;
const RESULT_SHOWN_MS = 4_000;
/** The engine ends the talkspurt at its limit; this much later the page does so by itself. */
const LIMIT_GRACE_MS = 300;
/** What was said last is that long on its way: coded, sent, and slower than the floor's messages. */
const SPOKEN_MS = 60;

export class Ptt {
  readonly #ports: PttPorts;
  readonly #state = signal<PttView>({ ...PTT_START, since: 0, waiting: "short" });
  #timers: Cancel[] = [];
  /** Gives the floor back now; null when there is nothing to give back. */
  #spoken: (() => void) | null = null;

  constructor(ports: PttPorts) {
    this.#ports = ports;
  }

  get state(): ReadonlySignal<PttView> {
    return this.#state;
  }

  press(): void {
    const why = this.#ports.blocked();
    this.#handle(why === null ? { type: "press", mode: this.#ports.mode() } : { type: "blocked", why });
  }

  release(): void {
    this.#handle({ type: "release" });
  }

  /** The page lost focus, link or microphone: the voice is off before anything else happens. */
  cut(why: LocalReason | null): void {
    this.#handle({ type: "cut", why });
  }

  /** The hub says that a talkspurt of this leg is over. */
  ended(talkspurt: number, why: FloorEnd): void {
    this.#handle({ type: "ended", talkspurt, why });
  }

  modeChanged(mode: RoomMode): void {
    this.#handle({ type: "mode", mode });
  }

  /** A grant came after its request was given up: give the floor back unless it is used by now. */
  lateGrant(): void {
    const { phase } = this.#state.value;
    if (phase !== "granted" && phase !== "requesting") this.#ports.giveBack();
  }

  #handle(event: PttEvent): void {
    const before = this.#state.value;
    const { state, effects } = next(before, event);
    // Effects first: the microphone is shut before anyone is told.
    for (const effect of effects) this.#run(effect, state);
    if (state.phase !== before.phase || state.press !== before.press) {
      this.#arm(state);
      this.#state.value = { ...state, since: this.#ports.clock.now(), waiting: "short" };
    } else {
      this.#state.value = { ...state, since: before.since, waiting: before.waiting };
    }
  }

  #run(effect: PttEffect, state: PttState): void {
    if (effect === "ask") this.#ask(state.press);
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

  #ask(press: number): void {
    // The floor of the talkspurt before goes back first.
    this.#spoken?.();
    void this.#ports.request().then((outcome) => {
      if (outcome.ok) {
        const { talkspurt = 0, limit_ms = 0 } = outcome.answer;
        this.#handle({ type: "granted", press, talkspurt, limit_ms });
      } else if (outcome.code === "silent" || outcome.code === "lost") this.#handle({ type: "silent", press });
      else this.#handle({ type: "refused", press, code: outcome.code });
    });
  }

  #arm(state: PttState): void {
    for (const cancel of this.#timers) cancel();
    const later = (delay_ms: number, fn: () => void): Cancel => this.#ports.clock.after(delay_ms, fn);
    if (state.phase === "requesting") {
      this.#timers = [later(COUNTED_MS, () => this.#wait("counted")), later(SLOW_MS, () => this.#wait("slow"))];
    } else if (state.phase === "granted" && state.limit_ms > 0) {
      this.#timers = [later(state.limit_ms + LIMIT_GRACE_MS, () => this.#handle({ type: "limit" }))];
    } else if (state.phase === "denied" || state.phase === "silent" || state.phase === "revoked") {
      this.#timers = [later(RESULT_SHOWN_MS, () => this.#handle({ type: "shown" }))];
    } else this.#timers = [];
  }

  #wait(waiting: Waiting): void {
    this.#state.value = { ...this.#state.value, waiting };
  }
}
