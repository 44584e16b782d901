/**
 * A hub in a few lines that speaks the real wire: sessions, resume, rooms with one floor each.
 *
 * It answers at once unless told to `hush`; what it turns away is set by its public fields.
 */

import { decode as unpack, encode as pack } from "@msgpack/msgpack";

import type { Connect, SocketEvents } from "@crosspatch/protocol/socket";
import type {
  Answer,
  ByeCode,
  CallNumber,
  Change,
  ClientMessage,
  Command,
  DataMessage,
  Hello,
  IceServer,
  Person,
  RefusalCode,
  Room,
  RoomMode,
  ServerMessage,
  Verb,
} from "@crosspatch/protocol/wire";
import { CLOSE_CODES } from "@crosspatch/protocol/wire";

import { applyData, decideData, messageOf } from "./fake_data";
import { FakeFloor } from "./fake_floor";

interface Session {
  readonly id: string;
  readonly key: string;
  readonly leg: string;
  readonly hello: Hello;
  readonly deltas: Change[];
  readonly answers: Map<number, Answer>;
  readonly rooms: Set<string>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class FakeHub {
  readonly rooms = new Map<string, Mutable<Room>>();
  readonly received: ClientMessage[] = [];
  verbs: Verb[] = ["listen", "talk"];
  boot = "boot-1";
  /** Name and version. */
  server = "fake 1";
  /** What a one-time link is swapped for. */
  bearer: string | null = null;
  /** True: commands are read and not answered. */
  hush = false;
  iceServers: IceServer[] = [];
  /** False: connections are refused. */
  reachable = true;
  /** Next hello is turned away with this code. */
  turnAway: ByeCode | null = null;
  refuse: Partial<Record<Command["type"], RefusalCode>> = {};
  /** For how long a refusal is, where it says so. */
  refuseFor_ms = 0;
  #sessions = new Map<string, Session>();
  #live: { session: Session | null; events: SocketEvents } | null = null;
  #count = 0;
  readonly #floor = new FakeFloor({ change: (change) => this.change(change), later });
  #calls = 0;
  #messages = 0;

  constructor() {
    this.addRoom("ops", "Drainage", "talkgroup");
  }

  addRoom(id: string, name: string, mode: RoomMode): void {
    this.rooms.set(id, {
      id,
      name,
      mode,
      talk_limit_ms: mode === "conference" ? 0 : 30_000,
      members: [],
      holder: null,
      talkspurt: null,
      holder_since_ms: 0,
      talkers: [],
      queue: [],
      messages: [],
    });
  }

  /** Give this to the client. Callbacks come in later microtasks, as a real socket's do. */
  readonly connect: Connect = (events) => {
    const link: { session: Session | null; events: SocketEvents } = { session: null, events };
    let open = true;
    later(() => {
      if (!open) return;
      if (!this.reachable) {
        open = false;
        events.closed(1006);
        return;
      }
      this.#live = link;
      events.opened();
    });
    return {
      send: (bytes) => later(() => {
          if (open && this.#live === link) this.#read(bytes);
        }),
      close: () => {
        open = false;
        if (this.#live === link) this.#live = null;
      },
    };
  };

  get connected(): boolean {
    return this.#live !== null;
  }

  get leg(): string {
    return this.#live?.session?.leg ?? "";
  }

  /** The link breaks; sessions stay. */
  cut(): void {
    const live = this.#live;
    this.#live = null;
    live?.events.closed(1006);
  }

  /** kill -9 and start again: no session, no member is left. */
  restart(): void {
    this.boot = `boot-${++this.#count}`;
    this.#sessions.clear();
    for (const room of this.rooms.values()) {
      room.members = [];
      room.holder = null;
      room.talkspurt = null;
      room.queue = [];
    }
    this.cut();
  }

  bye(code: ByeCode): void {
    this.#send({ type: "bye", code, detail: "" });
    const live = this.#live;
    this.#live = null;
    live?.events.closed(CLOSE_CODES[code]);
  }

  /** Somebody makes a room. */
  makeRoom(id: string, name: string): void {
    this.addRoom(id, name, "talkgroup");
    const made = this.rooms.get(id);
    if (made === undefined) return;
    made.made = true;
    this.change({ type: "room_made", made: { ...made } });
  }

  /** A dispatcher takes this page to another room. */
  move(from: string, to: string): void {
    this.change({ type: "moved", room: from, to });
    this.change({ type: "left", room: from, leg: this.leg, why: "moved" });
  }

  /** Something happened in the hub; the session hears of it by the next delta. */
  change(change: Change): void {
    this.apply(change);
    const session = this.#live?.session ?? [...this.#sessions.values()].at(-1);
    if (session === undefined) return;
    session.deltas.push(change);
    this.#send({ type: "delta", seq: session.deltas.length, change });
  }

  /** A delta is lost on the way: the next one shows the gap. */
  loseChange(change: Change): void {
    this.apply(change);
    this.#live?.session?.deltas.push(change);
  }

  raw(bytes: Uint8Array): void {
    this.#live?.events.received(bytes);
  }

  send(message: ServerMessage): void {
    this.#send(message);
  }

  person(leg: string, name: string, unit = ""): Person {
    return { leg, name, unit, kind: "browser", media_up: true };
  }

  /** Another member begins to talk; returns the talkspurt. */
  otherTalks(room: string, leg: string, limit_ms = 30_000): number {
    return this.#floor.take(this.#roomOf(room), leg, limit_ms);
  }

  /** Another member that talks lets go: who waits is served. */
  otherStops(room: string, leg: string): void {
    this.#floor.release(this.#roomOf(room), leg);
  }

  /** Another member waits behind all others. */
  otherWaits(room: string, leg: string): void {
    this.#floor.wait(this.#roomOf(room), leg);
  }

  /** This page is not served any more. */
  unserve(room: string, code: "cancelled" | "waited_too_long" | "muted" | "no_floor"): void {
    this.#floor.turnAway(this.#roomOf(room), this.leg, code, true);
  }

  /** Another member writes; returns the message's id. */
  otherWrites(room: string, leg: string, text: string): string {
    const id = `theirs-${++this.#messages}`;
    const { name, unit } = this.rooms.get(room)?.members.find((person) => person.leg === leg) ?? this.person(leg, "Wei");
    this.change({ type: "message_posted", room, message: messageOf(id, { leg, name, unit }, text) });
    return id;
  }

  /** Read one message as if it came on the data channel; returns the answer's bytes, none while hushed. */
  fast(bytes: Uint8Array): Uint8Array {
    const answer = this.#command(unpack(bytes) as Command);
    return answer === null ? new Uint8Array() : pack(answer);
  }

  apply(change: Change): void {
    if (!("room" in change)) return;
    const room = this.rooms.get(change.room);
    if (room === undefined) return;
    applyData(room, change);
    if (change.type === "joined") room.members = [...room.members, change.person];
    else if (change.type === "left") room.members = room.members.filter((person) => person.leg !== change.leg);
    else if (change.type === "floor_taken") room.holder = change.leg;
    else if (change.type === "floor_idle") room.holder = null;
    else if (change.type === "queue_changed") room.queue = change.waiting;
    else if (change.type === "mode_changed") room.mode = change.mode;
    else if (change.type === "picture_shown") {
      const { leg, kind, on } = change;
      room.members = room.members.map((one) => (one.leg === leg ? { ...one, shows: on ? [...(one.shows ?? []), kind] : [] } : one));
    }
  }

  #read(bytes: Uint8Array): void {
    const message = unpack(bytes) as ClientMessage;
    if (message.type === "hello") {
      this.received.push(message);
      this.#hello(message);
      return;
    }
    const answer = this.#command(message);
    if (answer !== null) this.#send(answer);
  }

  #hello(hello: Hello): void {
    if (this.turnAway !== null) {
      const code = this.turnAway;
      this.turnAway = null;
      this.bye(code);
      return;
    }
    const held = this.#sessions.get(hello.resume?.session ?? "");
    const resumed = held !== undefined && held.key === hello.resume?.key;
    const session: Session = resumed ? held : this.#newSession(hello);
    if (this.#live !== null) this.#live.session = session;
    const joined = [...session.rooms].map((id) => this.rooms.get(id)).filter((room) => room !== undefined);
    this.#send({
      type: "welcome",
      session: session.id,
      key: session.key,
      leg: session.leg,
      boot: this.boot,
      server: this.server,
      resumed,
      seq: session.deltas.length,
      rooms: joined,
      visible: [...this.rooms.values()],
      verbs: this.verbs,
      expires_at: 0,
      resume_hold_ms: 5_000,
      bearer: this.bearer,
    });
    if (hello.resume == null || !resumed) return;
    const from = hello.resume.seq;
    session.deltas.slice(from).forEach((change, at) => this.#send({ type: "delta", seq: from + at + 1, change }));
  }

  #newSession(hello: Hello): Session {
    const number = ++this.#count;
    const session: Session = {
      id: `session-${number}`,
      key: `key-${number}`,
      leg: `leg-${number}`,
      hello,
      deltas: [],
      answers: new Map(),
      rooms: new Set(),
    };
    this.#sessions.set(session.id, session);
    return session;
  }

  #command(command: Command): Answer | null {
    this.received.push(command);
    const session = this.#live?.session;
    if (session == null || this.hush) return null;
    const before = session.answers.get(command.id);
    if (before !== undefined) return before;
    const answer = this.#decide(command, session);
    session.answers.set(command.id, answer);
    return answer;
  }

  #decide(command: Command, session: Session): Answer {
    const refused = this.refuse[command.type];
    if (refused !== undefined) return { type: "answer", id: command.id, ok: false, code: refused, wait_ms: this.refuseFor_ms };
    const yes: Answer = { type: "answer", id: command.id, ok: true };
    if (command.type === "join") return this.#join(command.id, command.room, session);
    if (command.type === "media_offer") return { ...yes, sdp: `answer to ${command.sdp}` };
    if (command.type === "ask_ice_servers") return { ...yes, ice_servers: this.iceServers };
    if (command.type === "floor_request") {
      return this.#floor.request(command, this.#roomOf(command.room), session.leg, this.verbs.includes("dispatch"));
    }
    if (command.type === "floor_release") this.#floor.release(this.#roomOf(command.room), session.leg);
    if (command.type === "cancel_request") {
      this.#floor.turnAway(this.#roomOf(command.room), command.member, "cancelled", command.member === session.leg);
    }
    if (command.type === "call_number") return this.#callNumber(command, session);
    if (command.type === "show_picture" || command.type === "hide_picture") {
      const { room, kind, type } = command;
      later(() => this.change({ type: "picture_shown", room, leg: session.leg, kind, on: type === "show_picture" }));
    }
    if (isData(command)) return this.#data(command, session);
    if (command.type === "leave") session.rooms.delete(command.room);
    return yes;
  }

  #join(id: number, name: string, session: Session): Answer {
    const room = this.rooms.get(name);
    if (room === undefined) return { type: "answer", id, ok: false, code: "unknown_room" };
    session.rooms.add(name);
    const me = { ...this.person(session.leg, session.hello.name, session.hello.unit), media_up: false };
    if (!room.members.some(({ leg }) => leg === me.leg)) room.members = [...room.members, me];
    return { type: "answer", id, ok: true, room: { ...room } };
  }

  #data(command: DataMessage, session: Session): Answer {
    const room = this.rooms.get(command.room);
    const { name, unit = "" } = session.hello;
    const decided = room === undefined ? "unknown_room" : decideData(room, { leg: session.leg, name, unit }, command);
    if (typeof decided === "string") return { type: "answer", id: command.id, ok: false, code: decided };
    for (const change of decided) later(() => this.change(change));
    return { type: "answer", id: command.id, ok: true };
  }

  /** The answer, then the news, as the hub does it. */
  #callNumber({ id, room, number }: CallNumber, session: Session): Answer {
    const call = ++this.#calls;
    later(() => this.change({ type: "call_changed", room, call, number, state: "dialling", by: session.leg }));
    return { type: "answer", id, ok: true, call };
  }

  #roomOf(id: string): Mutable<Room> {
    const room = this.rooms.get(id);
    if (room === undefined) throw new Error(`no room ${id}`);
    return room;
  }

  #send(message: ServerMessage): void {
    const bytes = pack(message, { ignoreUndefined: true });
    const live = this.#live;
    later(() => {
      if (this.#live === live) live?.events.received(bytes);
    });
  }
}

function isData(command: Command): command is DataMessage {
  return ["send_message", "send_receipt", "send_status", "send_position"].includes(command.type);
}

/** In a later microtask: a socket never calls back before its caller is done. */
function later(fn: () => void): void {
  void Promise.resolve().then(fn);
}
