/** The keys by which a person lets the room see a camera or a screen. Pure. */

import type { Verb, VideoKind } from "@crosspatch/protocol/wire";

import type { Known } from "./responder_view";
import type { ShowState } from "./video_showing";

export interface ShowKey {
  readonly kind: VideoKind;
  readonly state: ShowState;
  /** Why it cannot be used now; null: it can. */
  readonly blocked: "broadcast" | "offline" | null;
}

/** None at all for who has no right to show: what one may never do is absent, not disabled. */
export function showKeys(
  known: Pick<Known, "verbs" | "channel" | "connection">,
  camera: ShowState,
  screen: ShowState | null,
): readonly ShowKey[] {
  const may = (verb: Verb): boolean => known.verbs.includes(verb) || known.verbs.includes("admin");
  if (!may("video")) return [];
  const blocked = known.connection.phase !== "up" ? "offline" : known.channel.mode === "broadcast" && !may("dispatch") ? "broadcast" : null;
  const key = (kind: VideoKind, state: ShowState): ShowKey => ({ kind, state, blocked: state === "off" ? blocked : null });
  return screen === null ? [key("camera", camera)] : [key("camera", camera), key("screen", screen)];
}
