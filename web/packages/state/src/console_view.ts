/** What the console draws, from what it knows: pure functions, one a region of the page. */

import type { LegKind, Person } from "@crosspatch/protocol/wire";

import { hasPlace } from "./channel";
import type { MicState } from "./microphone";
import { radioLine, type RadioLine } from "./radio_line";
import { card, listenOnly, slab, type Card, type Known, type Slab } from "./responder_view";
import type { Common, Entry } from "./strip";

/** Key caps of the strips, in their order (ui.md section 5.2). */
export const STRIP_KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "-", "="] as const;

/** The places of these keys, whatever letters are printed on them. */
export const STRIP_CODES = [
  ...Array.from({ length: 9 }, (_, index) => `Digit${index + 1}`),
  "Digit0",
  "Minus",
  "Equal",
];

/** Somebody in the queue; `person` null: a leg that the hub has not introduced. */
export interface Waiting {
  readonly leg: string;
  readonly place: number;
  readonly person: Person | null;
  readonly mine: boolean;
}

export interface StripView {
  readonly entry: Entry;
  /** Null until the room is entered. */
  readonly inside: {
    readonly known: Known;
    readonly slab: Slab;
    readonly card: Card;
    readonly radio: RadioLine | null;
    readonly legs: Legs;
    readonly queue: readonly Waiting[];
    /** Who talks and could be cut off: a radio that is heard cannot. */
    readonly talker: Person | null;
  } | null;
}

/** How many are here, by what they hold. Only who can hear counts. */
export type Legs = Readonly<Record<"radio" | "phone" | "browser", number>>;

export function stripView(entry: Entry, known: Known | null): StripView {
  if (entry.key !== "in" || known === null) return { entry, inside: null };
  return {
    entry,
    inside: {
      known,
      slab: slab(known),
      card: card(known),
      radio: radioLine(known),
      legs: legs(known),
      queue: waiting(known),
      talker: cuttable(known),
    },
  };
}

function waiting({ channel, me }: Known): readonly Waiting[] {
  const { queue, members } = channel;
  return queue.map((leg, at) => ({ leg, place: at + 1, person: members.get(leg) ?? null, mine: leg === me }));
}

function cuttable({ channel, me }: Known): Person | null {
  const { holder } = channel;
  if (hasPlace(channel)) return null;
  return holder === null || holder.leg === me || holder.person?.kind === "radio" ? null : holder.person;
}

const HELD: Readonly<Record<LegKind, keyof Legs | null>> = {
  radio: "radio",
  phone: "phone",
  browser: "browser",
  whip: "browser",
  whep: "browser",
  application: null,
};

export function legs({ channel, me }: Pick<Known, "channel" | "me">): Legs {
  const counted = { radio: 0, phone: 0, browser: 0 };
  for (const person of channel.members.values()) {
    const held = HELD[person.kind];
    if (held !== null && person.leg !== me && hears(person)) counted[held] += 1;
  }
  return counted;
}

/** A radio that is away, and a page without a voice path, hear nothing. */
export function hears(person: Person): boolean {
  return person.media_up && person.air?.state !== "offline";
}

export type DockState =
  | { readonly state: "none" }
  | { readonly state: Slab["state"]; readonly slab: Slab; readonly granted: number; readonly of: number };

/** What matters most of all pressed rooms, the most wanted first. */
const RANK: readonly Slab["state"][] = [
  "talking",
  "queued",
  "requesting",
  "revoked",
  "denied",
  "silent",
  "idle",
  "listening",
  "connecting",
  "asking_microphone",
  "listen_only",
  "offline",
];

/** One slab for all selected rooms: its colour is the best state among them, its words count them. */
export function dock(slabs: readonly Slab[]): DockState {
  const [best] = [...slabs].sort((one, other) => RANK.indexOf(one.state) - RANK.indexOf(other.state));
  if (best === undefined) return { state: "none" };
  const granted = slabs.filter(({ state }) => state === "talking").length;
  return { state: best.state, slab: best, granted, of: slabs.length };
}

/** A radio that does not do what people think it does. */
export interface RadioFault {
  readonly room: string;
  readonly name: string;
  readonly line: RadioLine;
}

/** Somebody in a room asks for help; on this console until it says that it has seen it. */
export interface Help {
  readonly room: string;
  readonly name: string;
  readonly person: Person;
}

/** Somebody speaks to this console alone; `room`: the name of theirs. */
export interface Whisperer {
  readonly room: string;
  readonly person: Person | null;
}

export type Attention =
  | { readonly key: "help"; readonly help: Help; readonly more: number }
  | { readonly key: "offline"; readonly since: number }
  | { readonly key: "whispered"; readonly by: Whisperer }
  | { readonly key: "sound_locked" }
  | { readonly key: "voice_down" }
  | { readonly key: "microphone"; readonly why: Exclude<MicState, "ready" | "asking" | "off"> }
  | { readonly key: "radio"; readonly fault: RadioFault; readonly more: number }
  | { readonly key: "quiet" };

/** The one thing that comes first: people before machines, what silences all rooms before what silences one. */
export function attention(
  common: Common,
  soundLocked: boolean,
  helps: readonly Help[],
  faults: readonly RadioFault[],
  whisperer: Whisperer | null = null,
): Attention {
  const [help] = helps;
  if (common.connection.phase !== "up") return { key: "offline", since: common.connection.since };
  if (whisperer !== null) return { key: "whispered", by: whisperer };
  if (help !== undefined) return { key: "help", help, more: helps.length - 1 };
  if (soundLocked) return { key: "sound_locked" };
  if (common.voice.phase !== "up") return { key: "voice_down" };
  const { microphone } = common;
  if (microphone !== "ready" && microphone !== "asking" && microphone !== "off") return { key: "microphone", why: microphone };
  const [fault] = faults;
  return fault === undefined ? { key: "quiet" } : { key: "radio", fault, more: faults.length - 1 };
}

/** Radios that are not reachable, or that may still transmit. */
export function isFault(line: RadioLine | null): line is RadioLine {
  return line !== null && (line.air.state === "offline" || line.air.why === "stuck");
}

export interface Health {
  readonly rtt_ms: number | null;
  readonly linked: boolean;
  readonly voice: boolean;
  readonly radios: { readonly well: number; readonly all: number };
  readonly legs: Legs;
}

export function health(common: Common, rooms: readonly Known[]): Health {
  // A leg may be in several rooms and is still one.
  const people = new Map(rooms.flatMap(({ channel }) => [...channel.members]));
  const radios = [...people.values()].filter((person) => person.air != null);
  const merged = { radio: 0, phone: 0, browser: 0 };
  for (const person of people.values()) {
    const held = HELD[person.kind];
    if (held !== null && person.leg !== common.me && hears(person)) merged[held] += 1;
  }
  return {
    rtt_ms: common.connection.rtt_ms,
    linked: common.connection.phase === "up",
    voice: common.voice.phase === "up",
    radios: { well: radios.filter(hears).length, all: radios.length },
    legs: merged,
  };
}

/** May this person do what dispatchers do? */
export function dispatches({ verbs }: Pick<Known, "verbs">): boolean {
  return verbs.includes("dispatch") || verbs.includes("admin");
}

/** Talking is possible at all in this room, for this person, now. */
export function mayTalk(known: Known): boolean {
  return listenOnly(known) === null;
}
