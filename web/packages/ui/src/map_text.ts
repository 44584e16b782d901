/** Words of a member on the map. */

import type { MapUnit } from "@crosspatch/state/positions";

import { callSign, duration } from "./format";
import type { Words } from "./words/words";

/** Metres as people say them: `8 m`, `1.2 km`, `340 km`. */
export function distance(metres: number): string {
  if (metres < 1_000) return `${Math.round(metres)} m`;
  const km = metres / 1_000;
  return km < 10 ? `${km.toFixed(1).replace(/\.0$/, "")} km` : `${Math.round(km)} km`;
}

export function unitName(t: Words, unit: MapUnit): string {
  return unit.own ? `${t.data.map.own} · ${callSign(unit)}` : callSign(unit);
}

/** How old the fix is at a time of the page's clock. */
export function fixAge(t: Words, unit: MapUnit, now: number): string {
  return t.data.map.ago(duration(now - unit.at));
}
