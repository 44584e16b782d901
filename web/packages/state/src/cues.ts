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

/** On entering a phase; `served`: granted from the queue; `over`: the talk's time is up, its grace runs. */
export const CUES: Readonly<Record<PttPhase | "served" | "over", Cue | null>> = {
  idle: null,
  requesting: null,
  queued: { tone: "queued", vibrate_ms: [] },
  served: { tone: "go", vibrate_ms: [30, 40, 30, 40, 30] },
  granted: { tone: "granted", vibrate_ms: [20, 40, 20] },
  open: { tone: "granted_short", vibrate_ms: [20] },
  denied: { tone: "denied", vibrate_ms: [200] },
  silent: { tone: "no_network", vibrate_ms: [200] },
  over: { tone: "revoked", vibrate_ms: [200] },
  revoked: { tone: "revoked", vibrate_ms: [200] },
};

const PRESS_MS = [10] as const;
const LAST_SECONDS = 5;
const STILL_QUEUED_MS = 5_000;
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
      if (after.time !== before.time) this.#time(after);
      if (before.held && !after.held) this.#quiet();
      return;
    }
    this.#quiet();
    this.#play(CUES[after.phase === "granted" && after.served ? "served" : after.phase]);
    if (after.phase === "granted") this.#countDown(after.limit_ms);
    if (after.phase === "queued") this.#remind();
    if (after.phase === "revoked" && after.held) this.#repeatRevoked();
  }

  /** Somebody else has finished: the channel is free. */
  talkEnded(): void {
    this.#output.play("end_of_talk");
  }

  #play(cue: Cue | null): void {
    if (cue === null) return;
    this.#output.play(cue.tone);
    if (cue.vibrate_ms.length > 0) this.#output.vibrate(cue.vibrate_ms);
  }

  /** The hub knows better than the page what is left. */
  #time({ time, left_ms }: PttView): void {
    this.#quiet();
    if (time === "over") this.#play(CUES.over);
    else this.#countDown(left_ms);
  }

  /** Who waits long hears that the place is still kept. */
  #remind(): void {
    const again = (): void => {
      this.#timers = [this.#clock.after(STILL_QUEUED_MS, again)];
      this.#output.play("still_queued");
    };
    this.#timers = [this.#clock.after(STILL_QUEUED_MS, again)];
  }

  #countDown(left_of_talk_ms: number): void {
    for (let left = LAST_SECONDS; left >= 1; left--) {
      const at_ms = left_of_talk_ms - left * 1_000;
      if (at_ms >= 0) this.#timers.push(this.#clock.after(at_ms, () => this.#output.play("time_nearly_out")));
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
