/** Bytes on the wire: msgpack, one message a frame. Bad bytes never throw past this file. */

import { decode as unpack, encode as pack } from "@msgpack/msgpack";

import type { Change, ClientMessage, RefusalCode, ServerMessage } from "./wire";

const SERVER_TYPES: ReadonlySet<string> = new Set<ServerMessage["type"]>(["welcome", "delta", "answer", "bye"]);
/** Tables, so that the compiler misses what is missing. */
const CHANGES: Readonly<Record<Change["type"], true>> = {
  joined: true,
  left: true,
  media_state: true,
  floor_taken: true,
  floor_idle: true,
  queue_changed: true,
  floor_unserved: true,
  floor_warned: true,
  floor_revoked: true,
  talker: true,
  mode_changed: true,
  call_changed: true,
  air_changed: true,
  radio_talker: true,
  picture_shown: true,
  member_muted: true,
  moved: true,
  room_made: true,
  room_gone: true,
  own_media: true,
  slot_filled: true,
  picture_turned: true,
  whisper_changed: true,
  message_posted: true,
  receipt_changed: true,
  status_changed: true,
  position_changed: true,
};
const CHANGE_TYPES: ReadonlySet<string> = new Set(Object.keys(CHANGES));

export function encode(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return pack(message, { ignoreUndefined: true });
}

const CODES: Readonly<Record<RefusalCode, true>> = {
  unknown_room: true,
  room_full: true,
  not_allowed: true,
  expired: true,
  not_in_room: true,
  floor_busy: true,
  queue_full: true,
  waited_too_long: true,
  cancelled: true,
  penalty: true,
  no_floor: true,
  muted: true,
  whispering: true,
  talking: true,
  overheard: true,
  forbidden: true,
  no_media: true,
  unknown_member: true,
  not_removable: true,
  room_configured: true,
  room_in_use: true,
  bad_offer: true,
  too_many: true,
  invalid: true,
  internal: true,
};
const REFUSALS: ReadonlySet<string> = new Set(Object.keys(CODES));

/**
 * A message of the hub; null when the bytes are no message of this protocol, "unknown" when they are one of a
 * type that this page has never heard of: a newer hub may send those. A refusal by a code that this page does not
 * know is one for internal reasons.
 *
 * Only the tags and the numbers that steer the client are checked: the hub is trusted as far as its
 * certificate, and its shapes are tested against the same schema.
 */
export function decode(bytes: Uint8Array): ServerMessage | "unknown" | null {
  let value: unknown;
  try {
    value = unpack(bytes);
  } catch {
    return null;
  }
  if (!hasTag(value)) return null;
  if (!SERVER_TYPES.has(value.type)) return "unknown";
  if (!isServerMessage(value)) return null;
  if (value.type !== "answer" || value.ok || (value.code != null && REFUSALS.has(value.code))) return value;
  return { ...value, code: "internal" };
}

/** A delta with a change that this page does not know yet (a newer hub): counted, not applied. */
export function isKnownChange(change: { readonly type: string }): change is Change {
  return CHANGE_TYPES.has(change.type);
}

function isServerMessage(value: { readonly type: string }): value is ServerMessage {
  const message = value as unknown as Record<string, unknown>;
  if (message["type"] === "answer") return Number.isInteger(message["id"]) && typeof message["ok"] === "boolean";
  if (message["type"] === "delta") return Number.isInteger(message["seq"]) && hasTag(message["change"]);
  if (message["type"] === "welcome") return Number.isInteger(message["seq"]) && Array.isArray(message["visible"]);
  return typeof message["code"] === "string";
}

function hasTag(value: unknown): value is { readonly type: string } {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
