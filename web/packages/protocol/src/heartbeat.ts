/**
 * Is the link alive? A ping every 3 s; nothing heard for 6 s, or for 2 s after a probe, is a dead link.
 *
 * The hub gives a silent session 10 s: the page finds out first and resumes within that time.
 */

import type { Cancel, Clock } from "./clock";

const PING_MS = 3_000;
const SILENT_MS = 6_000;
const PROBE_MS = 2_000;
const SLOW_MS = 1_000;

export interface HeartbeatEvents {
  /** Send a ping; resolves with true when it was answered. */
  ping(): Promise<boolean>;
  rtt(ms: number): void;
  /** A ping has waited for a second (true), or the hub was heard again (false). */
  slow(slow: boolean): void;
  dead(): void;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #events: HeartbeatEvents;
  #heard_at = 0;
  /** Messages heard: tells "nothing since I asked" even within one millisecond. */
  #heard = 0;
  readonly #timers = new Set<Cancel>();
  #running = false;
  #slow = false;

  constructor(clock: Clock, events: HeartbeatEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  start(): void {
    this.stop();
    this.#running = true;
    this.#slow = false;
    this.#heard_at = this.#clock.now();
    this.#beat();
  }

  stop(): void {
    this.#running = false;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
  }

  /** Any message came in. */
  heard(): void {
    this.#heard_at = this.#clock.now();
    this.#heard += 1;
    this.#setSlow(false);
  }

  /** Something hints at a broken link: find out within 2 s instead of 6. */
  probe(): void {
    if (!this.#running) return;
    const heard = this.#heard;
    this.#ping();
    this.#later(PROBE_MS, () => {
      if (this.#heard === heard) this.#events.dead();
    });
  }

  #beat(): void {
    if (this.#clock.now() - this.#heard_at >= SILENT_MS) {
      this.#events.dead();
      return;
    }
    this.#ping();
    this.#later(PING_MS, () => this.#beat());
  }

  #ping(): void {
    const asked_at = this.#clock.now();
    const heard = this.#heard;
    this.#later(SLOW_MS, () => {
      if (this.#heard === heard) this.#setSlow(true);
    });
    void this.#events.ping().then((answered) => {
      if (answered && this.#running) this.#events.rtt(this.#clock.now() - asked_at);
    });
  }

  #later(delay_ms: number, fn: () => void): void {
    const cancel = this.#clock.after(delay_ms, () => {
      this.#timers.delete(cancel);
      fn();
    });
    this.#timers.add(cancel);
  }

  #setSlow(slow: boolean): void {
    if (this.#slow === slow) return;
    this.#slow = slow;
    this.#events.slow(slow);
  }
}
