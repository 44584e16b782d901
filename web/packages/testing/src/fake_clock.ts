/** Virtual time: nothing happens until a test advances it, then everything due happens in order. */

import type { Cancel, Clock } from "@crosspatch/protocol/clock";

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
}

/** Rounds of microtasks that let every promise chain of one timer settle. */
const SETTLE_ROUNDS = 12;

export class FakeClock implements Clock {
  #now = 1_000;
  #order = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  utc(): number {
    return Date.UTC(2026, 10, 22, 14, 0, 0) + this.#now;
  }

  after(delay_ms: number, fn: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, delay_ms), order: this.#order++, fn };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Timers that wait: back to the start count when nothing leaks. */
  get waiting(): number {
    return this.#timers.size;
  }

  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    await settle();
    for (;;) {
      const next = [...this.#timers].filter((timer) => timer.at <= until).sort(byTime)[0];
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.fn();
      await settle();
    }
    this.#now = until;
  }
}

export async function settle(): Promise<void> {
  for (let round = 0; round < SETTLE_ROUNDS; round++) await Promise.resolve();
}

function byTime(a: Timer, b: Timer): number {
  return a.at - b.at || a.order - b.order;
}
