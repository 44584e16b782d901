/**
 * What is heard and felt when (ui.md section 7, haptics section 6): the policy, as a table and three rules.
 *
 * Never a sound alone: each goes with a state on screen. Never two at once: the newest wins (the port's part).
 */

import type { Cancel, Clock } from "@crosspatch/protocol/clock";

import type { OutputPort, ToneName } from "./ports";
import type { PttView } from "./ptt";
import type { PttPhase } from "./ptt_machine";

interface Cue {
  readonly tone: ToneName;
  readonly vibrate_ms: readonly number[];
}

/** On entering a phase. */
export const CUES: Readonly<Record<PttPhase, Cue | null>> = {
  idle: null,
  requesting: null,
  granted: { tone: "granted", vibrate_ms: [20, 40, 20] },
  open: { tone: "granted_short", vibrate_ms: [20] },
  denied: { tone: "denied", vibrate_ms: [200] },
  silent: { tone: "no_network", vibrate_ms: [200] },
  revoked: { tone: "revoked", vibrate_ms: [200] },
};

const PRESS_MS = [10] as const;
const LAST_SECONDS = 5;
const REVOKED_AGAIN_MS = 1_000;
const REVOKED_FOR_MS = 3_000;

export class Cues {
  readonly #clock: Clock;
  readonly #output: OutputPort;
  #timers: Cancel[] = [];

  constructor(clock: Clock, output: OutputPort) {
    this.#clock = clock;
    this.#output = output;
  }

  ptt(before: PttView, after: PttView): void {
    if (after.held && !before.held) this.#output.vibrate(PRESS_MS);
    if (after.phase === before.phase && after.press === before.press) {
      if (before.held && !after.held) this.#quiet();
      return;
    }
    this.#quiet();
    const cue = CUES[after.phase];
    if (cue === null) return;
    this.#output.play(cue.tone);
    this.#output.vibrate(cue.vibrate_ms);
    if (after.phase === "granted") this.#countDown(after.limit_ms);
    if (after.phase === "revoked" && after.held) this.#repeatRevoked();
  }

  /** Somebody else has finished: the channel is free. */
  talkEnded(): void {
    this.#output.play("end_of_talk");
  }

  #countDown(limit_ms: number): void {
    for (let left = LAST_SECONDS; left >= 1; left--) {
      const at_ms = limit_ms - left * 1_000;
      if (at_ms > 0) this.#timers.push(this.#clock.after(at_ms, () => this.#output.play("time_nearly_out")));
    }
  }

  /** Whoever goes on talking must hear that nobody listens, until they let go. */
  #repeatRevoked(): void {
    for (let at_ms = REVOKED_AGAIN_MS; at_ms < REVOKED_FOR_MS; at_ms += REVOKED_AGAIN_MS) {
      this.#timers.push(this.#clock.after(at_ms, () => this.#output.play("revoked")));
    }
  }

  #quiet(): void {
    for (const cancel of this.#timers) cancel();
    this.#timers = [];
  }
}
