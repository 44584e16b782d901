/**
 * What the responder page shows, from what is known: pure functions, the order of the lines is the priority
 * (ui.md section 4).
 */

import type { Person, RoomMode, Verb } from "@crosspatch/protocol/wire";

import { hasPlace, heard, onFloor, type ChannelState, type LastTalk } from "./channel";
import type { ConnectionState } from "./connection";
import type { MicState } from "./microphone";
import type { PttReason, TalkTime } from "./ptt_machine";
import type { PttView } from "./ptt";
import type { VoiceState } from "./voice";

/** Why this page only listens. */
export type ListenOnly = "no_right" | "broadcast" | "chosen" | "refused" | "missing" | "busy" | "insecure" | "lost";

export type Slab =
  | { readonly state: "offline"; readonly since: number }
  | { readonly state: "connecting"; readonly refusal: VoiceState["refusal"] }
  | { readonly state: "asking_microphone" }
  | { readonly state: "listen_only"; readonly why: ListenOnly }
  | { readonly state: "idle"; readonly mode: RoomMode }
  | { readonly state: "listening"; readonly mode: RoomMode }
  | { readonly state: "requesting"; readonly since: number; readonly waiting: PttView["waiting"] }
  /** `before`: who is served just before this person; null when that is nobody, or nobody known. */
  | { readonly state: "queued"; readonly place: number; readonly before: Person | null }
  /** `until`: clock time at which the limit, or in the end its grace, is over. */
  | { readonly state: "talking"; readonly since: number; readonly limit_ms: number; readonly time: TalkTime; readonly until: number }
  | { readonly state: "silent" | "revoked"; readonly reason: PttReason | null; readonly held: boolean }
  /** `wait_ms`: for how long from the denial on; 0: one may try again at once. */
  | { readonly state: "denied"; readonly reason: PttReason | null; readonly held: boolean; readonly wait_ms: number };

/** The line above the slab: what happens in the room, or why nothing does. */
export type Card =
  | { readonly state: "talking"; readonly listeners: number }
  | { readonly state: "offline"; readonly since: number }
  | { readonly state: "sound_locked" }
  | { readonly state: "voice_down" }
  /** `frozen`: others saw a position that did not move. */
  | { readonly state: "away"; readonly ms: number; readonly frozen: boolean }
  /** Somebody speaks to this page alone. */
  | { readonly state: "whispered"; readonly person: Person | null; readonly leg: string }
  | { readonly state: "holder"; readonly person: Person | null; readonly leg: string; readonly since: number }
  | { readonly state: "talkers"; readonly people: readonly (Person | null)[] }
  /** The gateway is newer than this page. */
  | { readonly state: "outdated" }
  /** The same person is here in another tab too. */
  | { readonly state: "elsewhere" }
  | { readonly state: "free"; readonly last: LastTalk | null };

/** What a page knows of itself. */
export interface PageSigns {
  /** The browser holds all sound back until a tap. */
  readonly soundLocked: boolean;
  /** How long the page was hidden or locked; 0: nothing to say of it. */
  readonly away_ms: number;
  /** The own position is shared. */
  readonly located: boolean;
  readonly outdated: boolean;
  readonly elsewhere: boolean;
  /** The leg that speaks to this page alone. */
  readonly whisperer: string | null;
}

export interface Known {
  readonly connection: ConnectionState;
  readonly voice: VoiceState;
  readonly microphone: MicState;
  readonly channel: ChannelState;
  readonly ptt: PttView;
  readonly verbs: readonly Verb[];
  readonly me: string;
  /** The leg heard in each audio slot, where it is sure. */
  readonly slots: readonly (string | null)[];
}

export function slab(known: Known): Slab {
  const { ptt, connection, voice, channel } = known;
  if (ptt.phase === "granted" || ptt.phase === "open") {
    const { since, limit_ms, time, until } = ptt;
    return { state: "talking", since, limit_ms, time, until };
  }
  if (connection.phase !== "up") return { state: "offline", since: connection.since };
  const { reason, held } = ptt;
  if (ptt.phase === "denied") return { state: "denied", reason, held, wait_ms: ptt.left_ms };
  if (ptt.phase === "silent" || ptt.phase === "revoked") return { state: ptt.phase, reason, held };
  if (ptt.phase === "queued") return { state: "queued", place: ptt.place, before: justBefore(known) };
  if (ptt.phase === "requesting") return { state: "requesting", since: ptt.since, waiting: ptt.waiting };
  if (voice.phase !== "up") return { state: "connecting", refusal: voice.refusal };
  if (known.microphone === "asking") return { state: "asking_microphone" };
  const why = listenOnly(known);
  if (why !== null) return { state: "listen_only", why };
  return { state: someoneElseTalks(known) && !hasPlace(channel) ? "listening" : "idle", mode: channel.mode };
}

const NO_SIGNS: PageSigns = { soundLocked: false, away_ms: 0, located: false, outdated: false, elsewhere: false, whisperer: null };

/** Of one room; what the page has to say of itself comes in where it is asked for. */
export function card(known: Known, signs: PageSigns = NO_SIGNS): Card {
  const { soundLocked, away_ms, located, outdated, elsewhere, whisperer } = signs;
  const { ptt, connection, voice, channel } = known;
  if (whisperer !== null && connection.phase === "up") {
    return { state: "whispered", person: channel.members.get(whisperer) ?? null, leg: whisperer };
  }
  if (ptt.phase === "granted" || ptt.phase === "open") return { state: "talking", listeners: listeners(known) };
  if (connection.phase !== "up") return { state: "offline", since: connection.since };
  if (soundLocked) return { state: "sound_locked" };
  if (voice.phase !== "up") return { state: "voice_down" };
  if (away_ms > 0) return { state: "away", ms: away_ms, frozen: located };
  const [talker, ...more] = onFloor(channel).filter((one) => one.leg !== known.me);
  if (talker !== undefined && more.length === 0) {
    return { state: "holder", person: talker.person, leg: talker.leg, since: talker.since };
  }
  const others = bySlot(heard(channel).filter((leg) => leg !== known.me), known.slots);
  if (others.length > 0) return { state: "talkers", people: others.map((leg) => channel.members.get(leg) ?? null) };
  if (outdated) return { state: "outdated" };
  if (elsewhere) return { state: "elsewhere" };
  return { state: "free", last: channel.last };
}

/** Who speaks to this page alone; null: nobody. */
export function whispererOf({ channel, me }: Pick<Known, "channel" | "me">): string | null {
  return [...channel.whispers].find(([, member]) => member === me)?.[0] ?? null;
}

/** The connection in a word. A press that nobody answered has seen more of the network than the last ping. */
export type Net = "connected" | "slow" | "none";

export function net(known: Pick<Known, "connection" | "ptt">): Net {
  const { connection, ptt } = known;
  if (connection.phase !== "up") return "none";
  const unanswered = ptt.phase === "silent" || (ptt.phase === "requesting" && ptt.waiting === "slow");
  return connection.slow || unanswered ? "slow" : "connected";
}

/** Null when this person may and can talk. */
export function listenOnly(known: Pick<Known, "verbs" | "channel" | "microphone">): ListenOnly | null {
  const may = (verb: Verb): boolean => known.verbs.includes(verb) || known.verbs.includes("admin");
  if (!may("talk") && !may("dispatch")) return "no_right";
  if (known.channel.mode === "broadcast" && !may("dispatch")) return "broadcast";
  if (known.microphone === "off") return "chosen";
  return known.microphone === "ready" || known.microphone === "asking" ? null : known.microphone;
}

/** Asking for the microphone again may help: the slab takes a tap for that. */
export function canRetryMicrophone(why: ListenOnly): boolean {
  return why !== "no_right" && why !== "broadcast" && why !== "insecure";
}

function justBefore({ channel, me }: Pick<Known, "channel" | "me">): Person | null {
  const leg = channel.queue[channel.queue.indexOf(me) - 1];
  return leg === undefined ? null : (channel.members.get(leg) ?? null);
}

export function someoneElseTalks(known: Pick<Known, "channel" | "me">): boolean {
  return heard(known.channel).some((leg) => leg !== known.me);
}

/** In the order of their slots, so that names keep their places; who talks without a slot comes last. */
function bySlot(legs: readonly string[], slots: readonly (string | null)[]): readonly string[] {
  const place = (leg: string): number => (slots.includes(leg) ? slots.indexOf(leg) : slots.length);
  return [...legs].sort((one, other) => place(one) - place(other));
}

/** Members that can hear now, this page not counted: who has no media hears nothing. */
export function listeners(known: Pick<Known, "channel" | "me">): number {
  return [...known.channel.members.values()].filter((person) => person.media_up && person.leg !== known.me).length;
}
