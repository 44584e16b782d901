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

/** Where it is, and why if there is a reason. A newer gateway may know a state or a reason that this page does not. */
export function airWords(t: Words, air: Air): string {
  const states: Readonly<Record<string, string | undefined>> = t.radio.state;
  const reasons: Readonly<Record<string, string | undefined>> = t.radio.why;
  const state = states[air.state] ?? t.radio.title;
  return air.why === "" ? state : `${state} · ${reasons[air.why] ?? t.radio.why.other}`;
}
