/** The closed sets of the wire that pages have words for; ui sees the protocol through here only. */

import type { ByeCode } from "@crosspatch/protocol/wire";

export type { Air, AirState, AirWhy, LegKind, Person, RefusalCode, Room, RoomMode, StatusCode, VideoKind } from "@crosspatch/protocol/wire";

/** Byes after which a person has to act; the client comes back by itself after the others. */
export type CloseCode = ByeCode;
