/** Words and shapes of pictures, by state. */

import type { ShowKey } from "@crosspatch/state/video_keys";
import type { Picture } from "@crosspatch/state/video_slots";
import type { Tile } from "@crosspatch/state/video_tiles";
import type { Person } from "@crosspatch/state/wire_names";

import { callSign } from "./format";
import type { GlyphName } from "./glyphs";
import type { Words } from "./words/words";

/** Whose picture it is, and of what. */
export function pictureName(t: Words, { kind }: Pick<Picture, "kind">, person: Person): string {
  return kind === "screen" ? t.video.screenOf(callSign(person)) : callSign(person);
}

/** The line on a tile; empty while it is not sure whose picture it is. */
export function tileName(t: Words, { picture, person }: Pick<Tile, "picture" | "person">): string {
  return picture === null || person === null ? "" : pictureName(t, picture, person);
}

/** What a key does, or why it does nothing now. */
export function showKeyText(t: Words, { kind, state, blocked }: ShowKey): string {
  return blocked === null ? t.video[kind].key[state] : t.video.blocked[blocked];
}

export function showKeyGlyph({ kind, state }: Pick<ShowKey, "kind" | "state">): GlyphName {
  const off = state === "refused" || state === "missing" || state === "busy" || state === "insecure" || state === "lost" || state === "not_allowed";
  if (kind === "screen") return off ? "screen-off" : "screen";
  return off ? "camera-off" : "camera";
}
