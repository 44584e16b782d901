/**
 * The messages of one room as its page shows them: what the hub has stored, in its order, then what is still on
 * its way there; how far each own one came, and how many are unread.
 *
 * The newest ROWS_MAX stay; older ones leave the page and are in the hub's log.
 */

import { batch, computed, signal, type ReadonlySignal } from "@preact/signals-core";

import type { Clock, Random } from "@crosspatch/protocol/clock";
import type { Failure, Outcome } from "@crosspatch/protocol/pending";
import type { Change, Message, ReceiptState } from "@crosspatch/protocol/wire";

import { Outbox, type Outgoing, type OutgoingPhase, type TextFault } from "./outbox";
import { ReceiptMarks } from "./receipt_marks";

export interface MessageRow {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  /** As it was written: show it as text, whatever is in it. */
  readonly text: string;
  /** Milliseconds of UTC: by the hub once it is stored, by this device before. */
  readonly at: number;
  readonly own: boolean;
  readonly phase: OutgoingPhase | "stored";
  /** Why, when refused. */
  readonly refusal: Failure | null;
  /** How many others have it, or have seen it; counted for own messages. */
  readonly delivered: number;
  readonly seen: number;
  /** Came after this page was last read to its end. */
  readonly unread: boolean;
  /** Between the row before and this one others may be missing: more were posted than a snapshot holds. */
  readonly gapBefore: boolean;
}

export interface MessagesState {
  /** The oldest first. */
  readonly rows: readonly MessageRow[];
  /** Of others. */
  readonly unread: number;
  /** Own ones that the hub does not have. */
  readonly waiting: number;
}

export interface MessagePorts {
  readonly clock: Clock;
  readonly random: Random;
  /** This page's own leg. */
  me(): string;
  post(message: string, text: string): Promise<Outcome>;
  receipt(message: string, state: ReceiptState): Promise<Outcome>;
}

export const ROWS_MAX = 1_000;

export class RoomMessages {
  readonly #ports: MessagePorts;
  readonly #outbox: Outbox;
  readonly #marks: ReceiptMarks;
  readonly #stored = signal<readonly MessageRow[]>([]);
  readonly #state = computed<MessagesState>(() => this.#draw());
  #entered = false;

  constructor(ports: MessagePorts) {
    this.#ports = ports;
    this.#outbox = new Outbox({
      clock: ports.clock,
      random: ports.random,
      post: (message, text) => ports.post(message, text),
      stored: (message) => this.#answered(message),
    });
    this.#marks = new ReceiptMarks({ clock: ports.clock, send: (message, state) => ports.receipt(message, state) });
  }

  get state(): ReadonlySignal<MessagesState> {
    return this.#state;
  }

  /**
   * The room as a snapshot has it. What stood there before this page first came is history and read; what came
   * while it was away is not.
   */
  enter(messages: readonly Message[]): void {
    const before = new Map(this.#stored.peek().map((row) => [row.id, row]));
    const here = new Set(messages.map((message) => message.id));
    const kept = this.#stored.peek().filter((row) => !here.has(row.id));
    const gap = kept.length > 0 && messages.length > 0 && kept.length === before.size;
    const unread = this.#entered;
    const rows = messages.map((message, at) => {
      const known = before.get(message.id);
      const row = this.#row(message, known?.own ?? false, known?.unread ?? unread);
      return { ...row, gapBefore: known?.gapBefore ?? (gap && at === 0) };
    });
    this.#entered = true;
    batch(() => {
      for (const { id } of messages) this.#outbox.posted(id);
      this.#keep([...kept, ...rows]);
    });
    this.#markDelivered();
    this.#marks.tellAgain();
  }

  /** True: orders reach the room. */
  linked(linked: boolean): void {
    this.#outbox.linked(linked);
    this.#marks.linked(linked);
  }

  changed(change: Change): void {
    if (change.type === "message_posted") this.#posted(change.message);
    else if (change.type === "receipt_changed") {
      const { message, delivered, seen } = change;
      this.#stored.value = this.#stored.peek().map((row) => (row.id === message ? { ...row, delivered, seen } : row));
    }
  }

  /** Null when the text was taken; it is sent as soon as the link allows. */
  send(text: string): TextFault | null {
    return this.#outbox.add(text);
  }

  /** Send one that was refused once more. */
  again(id: string): void {
    this.#outbox.again(id);
  }

  /** Let one that was refused go. */
  discard(id: string): void {
    this.#outbox.discard(id);
  }

  /** The newest row is before this person's eyes, and so were those before it. */
  read(): void {
    const rows = this.#stored.peek();
    const newest = rows.findLast((row) => !row.own);
    if (newest === undefined) return;
    if (rows.some((row) => row.unread)) {
      this.#stored.value = rows.map((row) => (row.unread ? { ...row, unread: false } : row));
    }
    this.#marks.mark(newest.id, "seen");
  }

  /** The room is left. */
  end(): void {
    this.#outbox.end();
    this.#marks.end();
    this.#entered = false;
    this.#stored.value = [];
  }

  #posted(message: Message): void {
    const rows = this.#stored.peek();
    const known = rows.find((row) => row.id === message.id);
    const own = known?.own ?? this.#outbox.state.peek().some(({ id }) => id === message.id);
    const row = this.#row(message, own, known?.unread ?? true);
    // The hub's order is the order in which its news came.
    // In one step, so that no row is there twice.
    batch(() => {
      this.#outbox.posted(message.id);
      this.#keep([...rows.filter((one) => one !== known), row]);
    });
    if (!row.own) this.#markDelivered();
  }

  /** Stored, before the room was told so; the hub's own word takes the place of this row. */
  #answered({ id, text, at }: Outgoing): void {
    const rows = this.#stored.peek();
    if (rows.some((row) => row.id === id)) return;
    this.#keep([...rows, { ...OWN, id, text, at, phase: "stored" }]);
  }

  #markDelivered(): void {
    const newest = this.#stored.peek().findLast((row) => !row.own);
    if (newest !== undefined) this.#marks.mark(newest.id, "delivered");
  }

  #keep(rows: readonly MessageRow[]): void {
    this.#stored.value = rows.length > ROWS_MAX ? rows.slice(-ROWS_MAX) : rows;
  }

  #row(message: Message, mine: boolean, unread: boolean): MessageRow {
    const { id, name, unit, text, delivered, seen } = message;
    const own = mine || message.leg === this.#ports.me();
    const at = message.at * 1_000;
    return { ...OWN, id, name, unit, text, at, own, phase: "stored", delivered, seen, unread: unread && !own };
  }

  #draw(): MessagesState {
    const stored = this.#stored.value;
    const outgoing = this.#outbox.state.value;
    const rows = outgoing.length === 0 ? stored : [...stored, ...outgoing.map((one) => ({ ...OWN, ...one }))];
    const unread = stored.reduce((count, row) => count + (row.unread ? 1 : 0), 0);
    return { rows, unread, waiting: outgoing.length };
  }
}

/** An own message that the hub has said nothing of. */
const OWN = {
  name: "",
  unit: "",
  own: true,
  refusal: null,
  delivered: 0,
  seen: 0,
  unread: false,
  gapBefore: false,
} as const;
