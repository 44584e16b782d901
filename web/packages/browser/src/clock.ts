/** The browser's time. */

import type { Clock } from "@crosspatch/protocol/clock";

export const browserClock: Clock = {
  now: () => performance.now(),
  utc: () => Date.now(),
  after: (delay_ms, fn) => {
    const timer = setTimeout(fn, delay_ms);
    return () => clearTimeout(timer);
  },
};
