/** What a screen reader is told of a press, step by step. */

import type { Announcer } from "./announcer";
import type { PttView } from "./ptt";

export function announcePtt(announcer: Announcer, before: PttView, after: PttView): void {
  if (after.phase === before.phase && after.press === before.press) return;
  if (after.phase === "granted" || after.phase === "open") announcer.shout({ key: "live" });
  else if (after.phase === "denied") announcer.shout({ key: "denied", reason: after.reason });
  else if (after.phase === "revoked") announcer.shout({ key: "revoked", reason: after.reason });
  else if (after.phase === "silent") announcer.shout({ key: "silent" });
}
