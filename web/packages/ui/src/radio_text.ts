/** Glyph and words of a radio's transmitter. */

import type { Air, AirState } from "@crosspatch/state/wire_names";

import type { GlyphName } from "./glyphs";
import type { Words } from "./words/words";

export const AIR_GLYPHS: Readonly<Record<AirState, GlyphName>> = {
  offline: "no-network",
  receive_only: "ear",
  ready: "idle",
  keying: "tx-wanted",
  on_air: "tx",
  denied: "deny",
};

/** Where it is, and why if there is a reason. */
export function airWords(t: Words, air: Air): string {
  const state = t.radio.state[air.state];
  return air.why === "" ? state : `${state} · ${t.radio.why[air.why]}`;
}
