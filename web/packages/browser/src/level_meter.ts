/** Measures 15 times a second while somebody looks, and hands the levels to the bus. */

import type { LevelBus } from "@crosspatch/ui/level_bus";

import type { BrowserOutput } from "./output";
import type { Voices } from "./voices";

const EVERY_MS = 66;
/** Speech sits around -30 to -10 dBFS: a meter from -54 to -6 dBFS moves with it. */
const FLOOR_DB = -54;
const CEILING_DB = -6;

export function startLevelMeter(bus: LevelBus, voices: Voices, output: BrowserOutput): void {
  setInterval(() => {
    if (bus.idle || document.hidden) return;
    bus.publish({ own: shown(output.ownLevel()), room: shown(voices.level()) });
  }, EVERY_MS);
}

function shown(level: number): number {
  if (level <= 0) return 0;
  const db = 20 * Math.log10(level);
  return Math.min(1, Math.max(0, (db - FLOOR_DB) / (CEILING_DB - FLOOR_DB)));
}
