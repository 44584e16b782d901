/** How long to wait before the n-th attempt to reconnect. */

import type { Random } from "./clock";

const FIRST_MS = 200;
/** A voice page must be back soon after its hub is; 200 pages at 3 s are 67 hellos a second. */
const MOST_MS = 3_000;

/** Doubles from 200 ms to 3 s; the random half spreads the pages of one broken hub. */
export function backoff_ms(attempt: number, random: Random): number {
  const ceiling_ms = Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return ceiling_ms / 2 + (random() * ceiling_ms) / 2;
}
