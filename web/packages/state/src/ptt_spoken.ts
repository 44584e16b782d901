/** What a screen reader is told of a press, step by step; of the queue one's own place only. */

import type { Announcer } from "./announcer";
import type { PttView } from "./ptt";

export function announcePtt(announcer: Announcer, before: PttView, after: PttView): void {
  const { phase, reason, place, left_ms } = after;
  if (phase === before.phase && after.press === before.press) {
    if (phase === "queued" && place !== before.place) announcer.shout({ key: "queued", place });
    if (after.time === "over" && before.time !== "over") announcer.shout({ key: "time_up", left_ms });
    return;
  }
  if (phase === "granted" || phase === "open") announcer.shout({ key: after.served ? "served" : "live" });
  else if (phase === "queued") announcer.shout({ key: "queued", place });
  else if (phase === "denied") announcer.shout({ key: "denied", reason, wait_ms: left_ms });
  else if (phase === "revoked") announcer.shout({ key: "revoked", reason });
  else if (phase === "silent") announcer.shout({ key: "silent" });
}
