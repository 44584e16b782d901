/** Messages, receipts, status codes and positions of the fake hub's rooms, by the rules of console-v1.md. */

import type { Change, DataMessage, Message, Person, RefusalCode } from "@crosspatch/protocol/wire";

/** As many as the hub keeps. */
const MESSAGES_KEPT = 50;

export interface Sender {
  readonly leg: string;
  readonly name: string;
  readonly unit: string;
}

interface DataRoom {
  readonly id: string;
  messages?: readonly Message[];
  members: readonly Person[];
}

/** What the room is told, in order; or why the command is refused. */
export function decideData(room: DataRoom, by: Sender, command: DataMessage): readonly Change[] | RefusalCode {
  const { id } = room;
  switch (command.type) {
    case "send_message": {
      const known = room.messages?.find((message) => message.id === command.message);
      if (known !== undefined) return known.text === command.text && known.name === by.name ? [] : "invalid";
      return [{ type: "message_posted", room: id, message: messageOf(command.message, by, command.text) }];
    }
    case "send_receipt":
      return [];
    case "send_status":
      return [{ type: "status_changed", room: id, leg: by.leg, code: command.code }];
    case "send_position": {
      const { lat, lon, accuracy_m, age_ms = 0 } = command;
      if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return "invalid";
      return [{ type: "position_changed", room: id, leg: by.leg, position: { lat, lon, accuracy_m, age_ms } }];
    }
  }
}

export function messageOf(id: string, { leg, name, unit }: Sender, text: string): Message {
  return { id, leg, name, unit, text, at: Date.UTC(2026, 10, 22, 14, 0, 0) / 1_000, delivered: 0, seen: 0 };
}

/** The room as it is after a change; what does not concern its data is left alone. */
export function applyData(room: DataRoom, change: Change): void {
  const member = (leg: string, news: Partial<Person>): void => {
    room.members = room.members.map((person) => (person.leg === leg ? { ...person, ...news } : person));
  };
  if (change.type === "message_posted") room.messages = [...(room.messages ?? []), change.message].slice(-MESSAGES_KEPT);
  else if (change.type === "status_changed") member(change.leg, { status: { code: change.code, age_ms: 0 } });
  else if (change.type === "position_changed") member(change.leg, { position: change.position });
  else if (change.type === "receipt_changed") {
    const { message: id, delivered, seen } = change;
    room.messages = room.messages?.map((message) => (message.id === id ? { ...message, delivered, seen } : message)) ?? [];
  }
}
