/** Glyph and words of a message's way. */

import type { MessageRow } from "@crosspatch/state/messages";

import type { GlyphName } from "./glyphs";
import type { DataRefusal } from "./words/data";
import type { Words } from "./words/words";

export const MESSAGE_GLYPHS: Readonly<Record<MessageRow["phase"], GlyphName>> = {
  unsent: "clock",
  sending: "tx-wanted",
  stored: "check",
  refused: "deny",
};

const TOLD: ReadonlySet<string> = new Set<DataRefusal>(["not_allowed", "expired", "not_in_room", "invalid"]);

/** Why the gateway did not take a message or a status; a code that this page does not know is a fault of the gateway. */
export function dataRefusal(t: Words, code: MessageRow["refusal"]): string {
  return t.data.message.refused[code !== null && TOLD.has(code) ? (code as DataRefusal) : "internal"];
}

/** How far an own message came. */
export function messageWay(t: Words, row: MessageRow): string {
  const words = t.data.message;
  if (row.phase === "refused") return dataRefusal(t, row.refusal);
  if (row.phase !== "stored") return words[row.phase];
  const parts = [words.stored];
  if (row.delivered > row.seen) parts.push(words.delivered(row.delivered));
  if (row.seen > 0) parts.push(words.seen(row.seen));
  return parts.join(" · ");
}
