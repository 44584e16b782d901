/** The words of an announcement. */

import type { Announcement } from "@crosspatch/state/announcer";
import type { PttReason } from "@crosspatch/state/ptt_machine";

import { callWords } from "./call_text";
import type { Words } from "./words/words";

export function spoken(t: Words, line: Announcement | null): string {
  switch (line?.key) {
    case undefined:
      return "";
    case "live":
      return t.say.live;
    case "served":
      return t.say.served;
    case "queued":
      return t.say.queued(line.place);
    case "time_up":
      return t.say.timeUp(Math.ceil(line.left_ms / 1_000));
    case "denied":
      return t.say.denied(denial(t, line.reason, line.wait_ms));
    case "revoked":
      return t.say.revoked(reason(t, line.reason));
    case "silent":
      return t.say.silent;
    case "link_lost":
      return t.say.linkLost;
    case "link_back":
      return t.say.linkBack;
    case "entered":
      return t.say.entered(line.room);
    case "taken_to":
      return t.say.takenTo(line.room);
    case "mode":
      return t.say.mode[line.mode];
    case "call":
      return t.say.call(line.call.number, callWords(t, line.call));
    case "microphone_lost":
      return t.say.microphoneLost;
  }
}

function denial(t: Words, why: PttReason | null, wait_ms: number): string {
  const words = reason(t, why);
  return wait_ms === 0 ? words : `${words} · ${t.slab.pressIn(Math.ceil(wait_ms / 1_000))}`;
}

function reason(t: Words, why: PttReason | null): string {
  return why === null ? "" : t.reason[why];
}
