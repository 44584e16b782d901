/**
 * Time and chance as arguments, so that everything above runs in virtual time in tests.
 *
 * Implemented by the browser's clock (apps) and by the fake one of packages/testing.
 */

/** Takes back a timer; harmless when it has fired already. */
export type Cancel = () => void;

export interface Clock {
  /** Monotonic milliseconds; only differences mean something. */
  now(): number;
  /** Milliseconds of UTC, to be shown to people only. */
  utc(): number;
  /** Calls `fn` once, `delay_ms` from now. */
  after(delay_ms: number, fn: () => void): Cancel;
}

/** Uniform in [0, 1): spreads reconnecting pages after a restart of the hub. */
export type Random = () => number;
