/** Glyph and words of a call out of the room. */

import type { CallLine } from "@crosspatch/state/call_line";
import type { CallPhase, RoomCall } from "@crosspatch/state/room_calls";

import { callSign } from "./format";
import type { GlyphName } from "./glyphs";
import type { Words } from "./words/words";

export const CALL_GLYPHS: Readonly<Record<CallPhase, GlyphName>> = {
  asking: "clock",
  dialling: "phone-wanted",
  ringing: "phone-rings",
  answered: "check",
  busy: "phone-busy",
  declined: "phone-off",
  no_answer: "phone-missed",
  cancelled: "phone-down",
  unreachable: "no-network",
  not_allowed: "deny",
  failed: "wave-fault",
  refused: "deny",
};

/** How it goes, in words. */
export function callWords(t: Words, call: RoomCall): string {
  if (call.phase !== "refused") return t.call.phase[call.phase];
  switch (call.refusal) {
    case "not_allowed":
    case "too_many":
    case "invalid":
      return t.call.refused[call.refusal];
    case "silent":
    case "lost":
    case null:
      return t.call.refused.silent;
    default:
      return t.reason[call.refusal];
  }
}

/** The second line: how it goes, and who called if that was another person. */
export function callLead(t: Words, line: CallLine): string {
  if (line.call === null) return "";
  const parts = [callWords(t, line.call)];
  if (line.by !== null) parts.push(t.call.by(callSign(line.by)));
  return parts.join(" · ");
}
