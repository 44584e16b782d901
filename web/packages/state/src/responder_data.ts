/** What the responder page shows of messages, status codes and positions: empty outside a room. */

import { computed, type ReadonlySignal } from "@preact/signals-core";

import type { StatusCode, Verb } from "@crosspatch/protocol/wire";

import type { MessagesState } from "./messages";
import type { TextFault } from "./outbox";
import { mapUnits, type MapUnit } from "./positions";
import type { Known } from "./responder_view";
import type { RoomData } from "./room_data";
import type { OwnStatus } from "./statuses";

const NO_MESSAGES: MessagesState = { rows: [], unread: 0, waiting: 0 };
const NO_STATUS: OwnStatus = { said: null, wanted: null };

export class ResponderData {
  readonly messages: ReadonlySignal<MessagesState>;
  readonly status: ReadonlySignal<OwnStatus>;
  readonly units: ReadonlySignal<readonly MapUnit[]>;
  /** This person has the right to write, to send status codes and positions. */
  readonly mayPost: ReadonlySignal<boolean>;
  /** Null before a session. */
  readonly room: ReadonlySignal<RoomData | null>;

  constructor(room: ReadonlySignal<RoomData | null>, known: ReadonlySignal<Known | null>) {
    this.room = room;
    this.messages = computed(() => room.value?.messages.state.value ?? NO_MESSAGES);
    this.status = computed(() => room.value?.statuses.own.value ?? NO_STATUS);
    this.units = computed(() => {
      if (room.value === null || known.value === null) return [];
      const { positions, statuses } = room.value;
      return mapUnits(known.value.channel.members, positions.fixes.value, statuses.members.value, known.value.me);
    });
    this.mayPost = computed(() => known.value !== null && mayPost(known.value.verbs));
  }

  /** Null: taken. Outside a room nothing is. */
  write(text: string): TextFault | null {
    return this.room.peek()?.messages.send(text) ?? null;
  }

  again(message: string): void {
    this.room.peek()?.messages.again(message);
  }

  discard(message: string): void {
    this.room.peek()?.messages.discard(message);
  }

  read(): void {
    this.room.peek()?.messages.read();
  }

  sendStatus(code: StatusCode): void {
    this.room.peek()?.statuses.send(code);
  }
}

export function mayPost(verbs: readonly Verb[]): boolean {
  return verbs.includes("data") || verbs.includes("admin");
}
