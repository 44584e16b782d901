/** How a person comes to this page: a link, a code read from paper, or text pasted from a message. */

export interface Entrance {
  readonly token: string;
  /** Null when the link names no room. */
  readonly room: string | null;
}

const ROOM = /^\/r\/([a-z0-9][a-z0-9-]{0,62})\/?$/;
const JOIN = /^\/join\/([^/]+)\/?$/;
/** Bearer characters (RFC 6750 b64token), long enough to be no word of a sentence. */
const BEARER = /^[A-Za-z0-9._~+/=-]{16,4096}$/;

/** `/join/{token}` and `/r/{room}#token={token}`; the fragment never travels to a server. */
export function readAddress(path: string, fragment: string): Entrance {
  const token = decoded(JOIN.exec(path)?.[1] ?? /(?:^#|&)token=([^&]*)/.exec(fragment)?.[1] ?? "");
  return { token, room: ROOM.exec(path)?.[1] ?? null };
}

/** A pasted link, or a bare token; null when the text holds neither. */
export function readPasted(text: string): Entrance | null {
  const trimmed = text.trim();
  const link = /^https?:\/\/[^/]+(\/[^?#]*)(?:\?[^#]*)?(#.*)?$/.exec(trimmed);
  if (link !== null) {
    const entrance = readAddress(link[1] ?? "", link[2] ?? "");
    return entrance.token === "" ? null : entrance;
  }
  return BEARER.test(trimmed) ? { token: trimmed, room: null } : null;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
