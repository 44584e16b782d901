/** What the members of one room say beside voice: messages, status codes, positions. One of these for each room. */

import { batch } from "@preact/signals-core";

import type { Clock, Random } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { Change, DataMessage, Room } from "@crosspatch/protocol/wire";

import { RoomMessages } from "./messages";
import { RoomPositions } from "./positions";
import { RoomStatuses } from "./statuses";

type WithoutRoom<M> = M extends DataMessage ? Omit<M, "id" | "room"> : never;
/** A data command of this room; the session puts the room's id and the command's to it. */
export type DataOrder = WithoutRoom<DataMessage>;

export interface RoomDataPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** This page's own leg. */
  readonly me: () => string;
  readonly send: (order: DataOrder) => Promise<Outcome>;
}

export class RoomData {
  readonly messages: RoomMessages;
  readonly statuses: RoomStatuses;
  readonly positions: RoomPositions;

  constructor({ clock, random, me, send }: RoomDataPorts) {
    this.messages = new RoomMessages({
      clock,
      random,
      me,
      post: (message, text) => send({ type: "send_message", message, text }),
      receipt: (message, state) => send({ type: "send_receipt", message, state }),
    });
    this.statuses = new RoomStatuses({ clock, me, send: (code) => send({ type: "send_status", code }) });
    this.positions = new RoomPositions(clock);
  }

  /** The room was joined, in this session or in a new one: from now on orders reach it. */
  enter(room: Room): void {
    batch(() => {
      this.messages.enter(room.messages ?? []);
      this.statuses.enter(room.members);
      this.positions.enter(room.members);
      this.linked(true);
    });
  }

  /** The link was lost (false), or the session goes on after a break (true). */
  linked(linked: boolean): void {
    this.messages.linked(linked);
    this.statuses.linked(linked);
  }

  /** Of this room: changes of others must not come here. */
  changed(change: Change): void {
    this.messages.changed(change);
    this.statuses.changed(change);
    this.positions.changed(change);
  }

  /** The room is left; nothing of it is kept. */
  end(): void {
    this.messages.end();
    this.statuses.end();
    this.positions.end();
  }
}
