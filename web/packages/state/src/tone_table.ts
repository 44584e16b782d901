/** Every tone as data (ui.md section 7); the page synthesises them, no files. They differ in rhythm, not only in pitch. */

import type { ToneName } from "./ports";

export interface Beep {
  readonly hz: number;
  readonly ms: number;
  /** Silence after it. */
  readonly gap_ms: number;
}

export interface Tone {
  readonly beeps: readonly Beep[];
  /** Peak, against full scale. */
  readonly level_dbfs: number;
  /** Odd harmonics: the "honk" that nobody takes for a yes. */
  readonly honk: boolean;
}

function tone(level_dbfs: number, beeps: readonly (readonly [hz: number, ms: number, gap_ms?: number])[], honk = false): Tone {
  return { level_dbfs, honk, beeps: beeps.map(([hz, ms, gap_ms = 0]) => ({ hz, ms, gap_ms })) };
}

export const TONES: Readonly<Record<ToneName, Tone>> = {
  granted: tone(-26, [
    [880, 40, 25],
    [880, 40, 25],
    [880, 40],
  ]),
  granted_short: tone(-28, [[880, 60]]),
  /** Served from the queue. */
  go: tone(-22, [
    [880, 40, 20],
    [1175, 140],
  ]),
  queued: tone(-28, [
    [523, 90, 90],
    [523, 90],
  ]),
  still_queued: tone(-28, [[523, 60]]),
  denied: tone(
    -20,
    [
      [311, 180, 60],
      [311, 180],
    ],
    true,
  ),
  revoked: tone(-16, [
    [659, 110],
    [440, 110],
    [294, 110],
  ]),
  time_nearly_out: tone(-24, [[1319, 50]]),
  end_of_talk: tone(-34, [[1319, 40]]),
  no_network: tone(-18, [
    [392, 250],
    [330, 350],
  ]),
};
