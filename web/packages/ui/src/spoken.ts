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
    case "denied":
      return t.say.denied(reason(t, line.reason));
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

function reason(t: Words, why: PttReason | null): string {
  return why === null ? "" : t.reason[why];
}
