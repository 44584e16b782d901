/** Bytes on the wire: msgpack, one message a frame. Bad bytes never throw past this file. */

import { decode as unpack, encode as pack } from "@msgpack/msgpack";

import type { Change, ClientMessage, ServerMessage } from "./wire";

const SERVER_TYPES: ReadonlySet<string> = new Set<ServerMessage["type"]>(["welcome", "delta", "answer", "bye"]);
const CHANGE_TYPES: ReadonlySet<string> = new Set<Change["type"]>([
  "joined",
  "left",
  "media_state",
  "floor_taken",
  "floor_idle",
  "talker",
  "mode_changed",
  "call_changed",
  "air_changed",
  "radio_talker",
  "own_media",
  "slot_filled",
]);

export function encode(message: ClientMessage): Uint8Array<ArrayBuffer> {
  return pack(message, { ignoreUndefined: true });
}

/**
 * A message of the hub; null when the bytes are no message of this protocol.
 *
 * Only the tags and the numbers that steer the client are checked: the hub is trusted as far as its
 * certificate, and its shapes are tested against the same schema.
 */
export function decode(bytes: Uint8Array): ServerMessage | null {
  let value: unknown;
  try {
    value = unpack(bytes);
  } catch {
    return null;
  }
  return isServerMessage(value) ? value : null;
}

/** A delta with a change that this page does not know yet (a newer hub): counted, not applied. */
export function isKnownChange(change: { readonly type: string }): change is Change {
  return CHANGE_TYPES.has(change.type);
}

function isServerMessage(value: unknown): value is ServerMessage {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  const message = value as Record<string, unknown>;
  if (typeof message["type"] !== "string" || !SERVER_TYPES.has(message["type"])) return false;
  if (message["type"] === "answer") return Number.isInteger(message["id"]) && typeof message["ok"] === "boolean";
  if (message["type"] === "delta") return Number.isInteger(message["seq"]) && hasTag(message["change"]);
  if (message["type"] === "welcome") return Number.isInteger(message["seq"]) && Array.isArray(message["visible"]);
  return typeof message["code"] === "string";
}

function hasTag(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}
