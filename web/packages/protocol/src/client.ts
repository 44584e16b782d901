/**
 * One session with the hub over a WebSocket that may break at any time (DESIGN 3.7, 3.12).
 *
 * Hello, welcome, resume; commands with ids and one answer each; deltas by number, a gap means resume;
 * floor messages also on the fast data channel when one is attached. No page, no rooms, no media here.
 */

import { backoff_ms } from "./backoff";
import type { Cancel, Clock, Random } from "./clock";
import { decode, encode, isKnownChange } from "./codec";
import { Heartbeat } from "./heartbeat";
import { PendingCommands, type Manner, type Outcome } from "./pending";
import type { Connect, Socket } from "./socket";
import {
  CLOSE_CODES,
  type Answer,
  type ByeCode,
  type Change,
  type Command,
  type Delta,
  type Resume,
  type Welcome,
} from "./wire";

export type Link =
  | { readonly phase: "closed" }
  /** First connection of this client; `attempt` counts from 0. */
  | { readonly phase: "connecting"; readonly attempt: number; readonly why: ByeCode | null }
  | { readonly phase: "up"; readonly slow: boolean }
  /** There was a session; it is being resumed or begun anew. */
  | { readonly phase: "lost"; readonly attempt: number; readonly why: ByeCode | null }
  /** The hub does not want this session: a person has to act. */
  | { readonly phase: "refused"; readonly code: ByeCode };

export interface ClientEvents {
  link(link: Link): void;
  /** The link is up: before `link` says so, and before any change of the session. `resumed` false: joined rooms
   * and media are gone. */
  welcome(welcome: Welcome): void;
  change(change: Change): void;
  /** The floor was granted after the page had given up waiting. */
  lateGrant(room: string): void;
  rtt(ms: number): void;
  /** The hub said something that this page does not know: it is newer. */
  newer?(): void;
}

export interface Identity {
  readonly token: string;
  readonly name: string;
  readonly unit: string;
}

/** Counted, never thrown: what came in and was not used. */
export interface Ignored {
  malformed: number;
  repeated_answers: number;
  repeated_deltas: number;
  unknown_changes: number;
  unknown_messages: number;
  gaps: number;
}

type Unnumbered<C> = C extends Command ? Omit<C, "id"> : never;

const FLOOR: Manner = { repeats_ms: [60, 120, 240], deadline_ms: 700 };
/** A release must arrive, even after a resume: it is given up with its session only. */
const RELEASE: Manner = { repeats_ms: [60, 120, 240], deadline_ms: 15_000 };
const PLAIN: Manner = { repeats_ms: [], deadline_ms: 10_000 };
const HELLO_MS = 5_000;
/** After `too_many` the hub needs air. */
const CROWDED_MS = 5_000;
const FINAL: ReadonlySet<ByeCode> = new Set<ByeCode>([
  "invalid",
  "not_allowed",
  "expired",
  "replaced",
  "ended",
  "removed",
  "goodbye",
]);
/** Floor requests that timed out and might still be granted. */
const ABANDONED_MAX = 32;

export class Client {
  readonly ignored: Ignored = {
    malformed: 0,
    repeated_answers: 0,
    repeated_deltas: 0,
    unknown_changes: 0,
    unknown_messages: 0,
    gaps: 0,
  };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #connect: Connect;
  readonly #identity: { readonly name: string; readonly unit: string };
  readonly #events: ClientEvents;
  readonly #pending: PendingCommands;
  readonly #heartbeat: Heartbeat;
  readonly #abandoned = new Map<number, string>();
  #socket: Socket | null = null;
  #fast: ((bytes: Uint8Array<ArrayBuffer>) => void) | null = null;
  /** A one-time link is swapped for a bearer at the first welcome. */
  #token: string;
  #resume: Resume | null = null;
  #nextId = 1;
  #seq = 0;
  #attempt = 0;
  #up = false;
  #known = false;
  #stopped = true;
  #timer: Cancel = () => undefined;

  constructor(ports: { clock: Clock; random: Random; connect: Connect }, identity: Identity, events: ClientEvents) {
    this.#clock = ports.clock;
    this.#random = ports.random;
    this.#connect = ports.connect;
    this.#identity = { name: identity.name, unit: identity.unit };
    this.#token = identity.token;
    this.#events = events;
    this.#pending = new PendingCommands(ports.clock, (command) => this.#transmit(command));
    this.#heartbeat = new Heartbeat(ports.clock, {
      ping: () => this.request({ type: "ping" }).then((outcome) => outcome.ok),
      rtt: (ms) => events.rtt(ms),
      slow: (slow) => events.link({ phase: "up", slow }),
      dead: () => this.#drop(null),
    });
  }

  start(): void {
    this.#stopped = false;
    this.#open(null);
  }

  /** Says goodbye, so that the hub does not hold the session. The client cannot be started again. */
  stop(): void {
    if (this.#up) this.#transmit({ type: "goodbye", id: this.#nextId++ });
    this.#end({ phase: "closed" });
  }

  /** Starts a command under the next id; floor messages travel on both channels until answered. */
  async request(command: Unnumbered<Command>): Promise<Outcome> {
    const numbered = { ...command, id: this.#nextId++ } as Command;
    const outcome = await this.#pending.start(numbered, mannerOf(numbered));
    if (numbered.type === "floor_request" && !outcome.ok && outcome.code === "silent") {
      this.#abandon(numbered.id, numbered.room);
    }
    return outcome;
  }

  /** Where floor messages go beside the WebSocket; null when the data channel is gone. */
  attachFast(send: ((bytes: Uint8Array<ArrayBuffer>) => void) | null): void {
    this.#fast = send;
  }

  /** A message that came in on a data channel. */
  receiveFast(bytes: Uint8Array): void {
    const message = decode(bytes);
    if (message === "unknown") this.#unknown();
    else if (message?.type === "answer") this.#answer(message);
    else this.ignored.malformed += 1;
  }

  /** The network may have changed: test the link, or try again at once. */
  probe(): void {
    if (this.#stopped) return;
    if (this.#up) this.#heartbeat.probe();
    else if (this.#socket === null) this.#open(null);
  }

  #open(why: ByeCode | null): void {
    this.#timer();
    this.#events.link({ phase: this.#known ? "lost" : "connecting", attempt: this.#attempt, why });
    this.#timer = this.#clock.after(HELLO_MS, () => this.#drop(null));
    const socket: Socket = this.#connect({
      opened: () => this.#socket === socket && this.#hello(),
      received: (bytes) => this.#socket === socket && this.#receive(bytes),
      closed: (code) => this.#socket === socket && this.#closed(code),
    });
    this.#socket = socket;
  }

  #hello(): void {
    this.#socket?.send(encode({ type: "hello", token: this.#token, ...this.#identity, resume: this.#resume }));
  }

  #receive(bytes: Uint8Array): void {
    this.#heartbeat.heard();
    const message = decode(bytes);
    if (message === null) {
      this.ignored.malformed += 1;
      this.#drop(null);
    } else if (message === "unknown") this.#unknown();
    else if (message.type === "welcome") this.#welcome(message);
    else if (message.type === "bye") this.#bye(message.code);
    else if (message.type === "answer") this.#answer(message);
    else this.#delta(message);
  }

  #welcome(welcome: Welcome): void {
    this.#timer();
    this.#attempt = 0;
    this.#up = true;
    this.#known = true;
    if (welcome.bearer != null) this.#token = welcome.bearer;
    if (welcome.session !== this.#resume?.session) this.#forget();
    if (!welcome.resumed) this.#seq = welcome.seq;
    this.#resume = { session: welcome.session, key: welcome.key, seq: this.#seq };
    // First what may have been lost with the link; what the welcome sets off goes out behind it, once.
    this.#pending.resend();
    this.#events.welcome(welcome);
    this.#events.link({ phase: "up", slow: false });
    this.#heartbeat.start();
  }

  /** Another session: its ids begin at 1, and nothing of the former one will be answered. */
  #forget(): void {
    this.#nextId = 1;
    this.#abandoned.clear();
    this.#pending.failAll();
  }

  #delta(delta: Delta): void {
    if (delta.seq <= this.#seq) {
      this.ignored.repeated_deltas += 1;
      return;
    }
    if (delta.seq !== this.#seq + 1 || this.#resume === null) {
      this.ignored.gaps += 1;
      this.#drop(null);
      return;
    }
    this.#seq = delta.seq;
    this.#resume = { ...this.#resume, seq: delta.seq };
    if (isKnownChange(delta.change)) this.#events.change(delta.change);
    else {
      this.ignored.unknown_changes += 1;
      this.#events.newer?.();
    }
  }

  #unknown(): void {
    this.ignored.unknown_messages += 1;
    this.#events.newer?.();
  }

  #answer(answer: Answer): void {
    if (this.#pending.answer(answer)) return;
    this.ignored.repeated_answers += 1;
    const room = this.#abandoned.get(answer.id);
    if (room === undefined) return;
    this.#abandoned.delete(answer.id);
    if (answer.ok) this.#events.lateGrant(room);
  }

  #abandon(id: number, room: string): void {
    this.#abandoned.set(id, room);
    const [oldest] = this.#abandoned.keys();
    if (this.#abandoned.size > ABANDONED_MAX && oldest !== undefined) this.#abandoned.delete(oldest);
  }

  #transmit(command: Command): void {
    const bytes = encode(command);
    if (this.#up) this.#socket?.send(bytes);
    if (command.type === "floor_request" || command.type === "floor_release") this.#fast?.(bytes);
  }

  /** A lost last `bye` still shows in the close code (wire.ts CLOSE_CODES). */
  #closed(code: number): void {
    const bye = (Object.keys(CLOSE_CODES) as ByeCode[]).find((name) => CLOSE_CODES[name] === code);
    if (bye !== undefined && bye !== "goodbye") this.#bye(bye);
    else this.#drop(null);
  }

  #bye(code: ByeCode): void {
    if (FINAL.has(code)) this.#end({ phase: "refused", code });
    else this.#drop(code);
  }

  #drop(why: ByeCode | null): void {
    if (this.#stopped) return;
    this.#disconnect();
    this.#events.link({ phase: this.#known ? "lost" : "connecting", attempt: this.#attempt, why });
    const wait_ms = backoff_ms(this.#attempt, this.#random);
    this.#attempt += 1;
    this.#timer = this.#clock.after(why === "too_many" ? CROWDED_MS + wait_ms : wait_ms, () => this.#open(why));
  }

  #end(link: Link): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#disconnect();
    this.#pending.failAll();
    this.#events.link(link);
  }

  #disconnect(): void {
    this.#timer();
    this.#heartbeat.stop();
    this.#up = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}

function mannerOf(command: Command): Manner {
  if (command.type === "floor_request") return FLOOR;
  if (command.type === "floor_release") return RELEASE;
  return PLAIN;
}
