/** The line for calls out of the room: what to show of them, and what this person may do. Pure. */

import type { Person, Verb } from "@crosspatch/protocol/wire";

import type { Known } from "./responder_view";
import { underWay, type RoomCall } from "./room_calls";

export interface CallLine {
  /** This person has the right to call numbers. */
  readonly mayCall: boolean;
  /** Orders reach the hub. */
  readonly linked: boolean;
  /** The newest news; null when no call is under way and no result is fresh. */
  readonly call: RoomCall | null;
  /** Who placed it: null when it was this page, or somebody who has left. */
  readonly by: Person | null;
  readonly canGiveUp: boolean;
  /** Calls beside the one shown. */
  readonly more: number;
}

export function callLine(known: Pick<Known, "connection" | "channel" | "verbs" | "me">, calls: readonly RoomCall[]): CallLine {
  const may = (verb: Verb): boolean => known.verbs.includes(verb);
  const mayCall = may("dispatch") || may("admin");
  const linked = known.connection.phase === "up";
  const call = calls.at(-1) ?? null;
  return {
    mayCall,
    linked,
    call,
    by: call === null || call.by === known.me ? null : (known.channel.members.get(call.by) ?? null),
    canGiveUp: mayCall && linked && call !== null && call.id !== null && underWay(call),
    more: Math.max(0, calls.length - 1),
  };
}
