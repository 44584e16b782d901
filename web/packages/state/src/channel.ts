/** One room as its members see it: who is in, who talks, who talked last. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Clock } from "@crosspatch/protocol/clock";
import type { Change, Person, PictureShown, Room, RoomMode, VideoKind, WhisperChanged } from "@crosspatch/protocol/wire";

export interface Holder {
  readonly leg: string;
  /** Null when the hub names a leg that it has not introduced. */
  readonly person: Person | null;
  readonly talkspurt: number;
  /** Clock time at which the talkspurt began. */
  readonly since: number;
}

export interface LastTalk {
  readonly person: Person | null;
  readonly leg: string;
  readonly duration_ms: number;
  /** Milliseconds of UTC at its end. */
  readonly at: number;
}

export interface ChannelState {
  readonly id: string;
  readonly name: string;
  readonly mode: RoomMode;
  readonly talk_limit_ms: number;
  /** By a person, not by the configuration: it can be closed again. */
  readonly made: boolean;
  readonly members: ReadonlyMap<string, Person>;
  /** Who began last, where several may talk at once. */
  readonly holder: Holder | null;
  /** Who else holds the floor, first to begin first. */
  readonly beside: readonly Holder[];
  /** So many may hold it at once. */
  readonly talkers_max: number;
  /** Heard now in an open room, first to begin first. */
  readonly talkers: readonly string[];
  /** Legs that wait for the floor, next to be served first. */
  readonly queue: readonly string[];
  /** Whispers of this page and to it, by whisperer: who is whispered to. */
  readonly whispers: ReadonlyMap<string, string>;
  readonly last: LastTalk | null;
}

type RoomChange = Extract<Change, { room: string }>;

export class Channel {
  readonly #clock: Clock;
  readonly #state = signal<ChannelState | null>(null);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Null until a room is joined. */
  get state(): ReadonlySignal<ChannelState | null> {
    return this.#state;
  }

  /** The room as the hub knows it; what was known about it before is gone, the last talk excepted. */
  enter(room: Room): void {
    const members = new Map(room.members.map((person) => [person.leg, person]));
    const before = this.#state.value;
    const since = this.#clock.now() - room.holder_since_ms;
    const talks = (leg: string, talkspurt: number): Holder => ({ leg, person: members.get(leg) ?? null, talkspurt, since });
    this.#state.value = {
      id: room.id,
      name: room.name,
      mode: room.mode,
      talk_limit_ms: room.talk_limit_ms,
      made: room.made ?? false,
      members,
      holder: room.holder === null ? null : talks(room.holder, room.talkspurt ?? 0),
      // They began earlier; how much earlier is not told.
      beside: (room.beside ?? []).map((leg) => talks(leg, 0)),
      talkers_max: room.talkers_max ?? 1,
      talkers: room.talkers,
      queue: room.queue ?? [],
      whispers: new Map(),
      last: before?.id === room.id ? before.last : null,
    };
  }

  /** The hub was restarted: nobody is known to be here, or to talk, until the room is entered again. */
  forget(): void {
    const state = this.#state.value;
    if (state === null) return;
    const nobody = { holder: null, beside: [], talkers: [], queue: [] };
    this.#state.value = { ...state, ...nobody, members: new Map(), whispers: new Map() };
  }

  leave(): void {
    this.#state.value = null;
  }

  /** Changes of other rooms pass by. */
  apply(change: Change): void {
    const state = this.#state.value;
    if (state === null || !("room" in change) || change.room !== state.id) return;
    this.#state.value = { ...state, ...this.#changed(state, change) };
  }

  #changed(state: ChannelState, change: RoomChange): Partial<ChannelState> {
    switch (change.type) {
      case "joined":
        return { members: new Map(state.members).set(change.person.leg, change.person) };
      case "left":
        return this.#left(state, change.leg);
      case "media_state":
        return patched(state, change.leg, { media_up: change.up });
      case "floor_taken":
        return {
          beside: others(state, change.leg),
          holder: {
            leg: change.leg,
            person: state.members.get(change.leg) ?? null,
            talkspurt: change.talkspurt,
            since: this.#clock.now(),
          },
        };
      case "floor_idle":
        return { ...patched(state, change.leg, { talker: "" }), ...this.#finished(state, change.leg) };
      case "queue_changed":
        return { queue: change.waiting };
      case "floor_unserved":
      case "floor_warned":
      case "floor_revoked":
        // Of one's own press, which Ptt runs.
        return {};
      case "talker":
        return {
          ...(change.on ? {} : patched(state, change.leg, { talker: "" })),
          talkers: talking(state.talkers, change.leg, change.on),
        };
      case "mode_changed":
        return { mode: change.mode, holder: null, beside: [], talkers: [] };
      case "air_changed":
        return patched(state, change.leg, { air: change.air });
      case "radio_talker":
        return patched(state, change.leg, { talker: change.name });
      case "picture_shown":
        return patched(state, change.leg, { shows: shown(state.members.get(change.leg)?.shows ?? [], change) });
      case "member_muted":
        return patched(state, change.leg, { muted: change.muted });
      case "whisper_changed":
        return { whispers: whispered(state.whispers, change) };
      case "moved":
        // Whoever follows enters the other room.
        return {};
      case "call_changed":
        // Who answers joins as a member; how a call goes is kept by RoomCalls.
        return {};
      case "message_posted":
      case "receipt_changed":
      case "status_changed":
      case "position_changed":
        // Who talks and who is there does not depend on what they write or where they are.
        return {};
    }
  }

  #left(state: ChannelState, leg: string): Partial<ChannelState> {
    const members = new Map(state.members);
    members.delete(leg);
    return { members, talkers: talking(state.talkers, leg, false), ...this.#finished(state, leg) };
  }

  /** This leg holds the floor no longer; whoever never did changes nothing. */
  #finished(state: ChannelState, leg: string): Partial<ChannelState> {
    const ended = onFloor(state).find((one) => one.leg === leg);
    if (ended === undefined) return {};
    const left = others(state, leg);
    const duration_ms = this.#clock.now() - ended.since;
    const last = { person: ended.person, leg, duration_ms, at: this.#clock.utc() };
    return { holder: left.at(-1) ?? null, beside: left.slice(0, -1), last };
  }
}

/** Who holds the floor, first to begin first. */
export function onFloor({ holder, beside }: Pick<ChannelState, "holder" | "beside">): readonly Holder[] {
  return holder === null ? beside : [...beside, holder];
}

/** Whoever asks now gets the floor beside those who have it. */
export function hasPlace(state: ChannelState): boolean {
  return state.mode !== "conference" && onFloor(state).length < state.talkers_max;
}

/** Legs that are heard now, by right of the floor or in an open room. */
export function heard(state: Pick<ChannelState, "holder" | "beside" | "talkers">): readonly string[] {
  return [...onFloor(state).map(({ leg }) => leg), ...state.talkers];
}

function others(state: ChannelState, leg: string): readonly Holder[] {
  return onFloor(state).filter((one) => one.leg !== leg);
}

/** Something is new about a member; whoever is not known, or is so already, changes nothing. */
function patched(state: ChannelState, leg: string, news: Partial<Person>): Partial<ChannelState> {
  const person = state.members.get(leg);
  if (person === undefined) return {};
  const known = { talker: "", ...person };
  if (Object.entries(news).every(([key, value]) => known[key as keyof Person] === value)) return {};
  const now = { ...person, ...news };
  const renewed = (one: Holder): Holder => (one.leg === leg ? { ...one, person: now } : one);
  const holder = state.holder === null ? null : renewed(state.holder);
  return { members: new Map(state.members).set(leg, now), holder, beside: state.beside.map(renewed) };
}

function whispered(before: ReadonlyMap<string, string>, { leg, member, on }: WhisperChanged): ReadonlyMap<string, string> {
  const whispers = new Map(before);
  if (on) whispers.set(leg, member);
  else whispers.delete(leg);
  return whispers;
}

/** A picture comes last, as the hub counts them. */
function shown(before: readonly VideoKind[], { kind, on }: PictureShown): readonly VideoKind[] {
  const others = before.filter((one) => one !== kind);
  return on ? [...others, kind] : others;
}

function talking(talkers: readonly string[], leg: string, on: boolean): readonly string[] {
  const others = talkers.filter((talker) => talker !== leg);
  return on ? [...others, leg] : others;
}
