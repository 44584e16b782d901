/**
 * Whose picture is in which video slot (ADR 0020).
 *
 * The hub says by message from which RTP timestamp on a slot carries whose picture; each frame that the
 * browser presents has its timestamp, and the packets name their source as CSRC. A picture is named, and
 * shown, only while both agree on the frame that is on screen: nobody is shown in another's place.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { PictureTurned, VideoKind } from "@crosspatch/protocol/wire";

import type { Presented, VideoPort } from "./video_ports";

export interface Picture {
  readonly leg: string;
  readonly kind: VideoKind;
}

export interface VideoSlot {
  /** What the hub said last; null: nothing is in the slot. */
  readonly told: Picture | null;
  /** Whose the frame on screen is for sure; null: nothing may be shown. */
  readonly shown: Picture | null;
  /** No more frames for now: the way to this page is too narrow. */
  readonly paused: boolean;
}

/** While a frame is on screen whose name is not sure, or none has come yet. */
const WATCH_MS = 20;
/** While nothing is expected: finds a source whose message is late in a slot that presents no frames to ask for. */
const GLANCE_MS = 200;
/** Turns remembered a slot: what is on screen is behind the newest by a jitter buffer. */
const TURNS_MAX = 4;
const HALF = 0x8000_0000;

const EMPTY: VideoSlot = { told: null, shown: null, paused: false };

interface Slot {
  /** Newest last. */
  readonly turns: readonly PictureTurned[];
  /** Source number of the frame on screen, as far as the browser has said. */
  readonly number: number | null;
}

export class VideoSlots {
  readonly #clock: Clock;
  readonly #video: VideoPort;
  readonly #state = signal<readonly VideoSlot[]>([]);
  #slots: Slot[] = [];
  #timer: Cancel | null = null;

  constructor(clock: Clock, video: VideoPort) {
    this.#clock = clock;
    this.#video = video;
    video.onFrame = (slot) => this.#look(slot);
  }

  /** By slot, in the order of the offer. */
  get state(): ReadonlySignal<readonly VideoSlot[]> {
    return this.#state;
  }

  /** The transport carries pictures. */
  start(): void {
    this.#timer ??= this.#clock.after(0, () => this.#tick());
  }

  /** The transport is gone, and with it what was in its slots. */
  stop(): void {
    this.#timer?.();
    this.#timer = null;
    this.#slots = [];
    if (this.#state.value.length > 0) this.#state.value = [];
  }

  /** May come before `start`: the hub is told by another way that the transport is up. */
  turned(change: PictureTurned): void {
    const { turns, number } = this.#slots[change.slot] ?? { turns: [], number: null };
    this.#slots[change.slot] = { turns: [...turns, change].slice(-TURNS_MAX), number };
    if (this.#timer === null) return;
    this.#look(change.slot);
    this.#timer();
    this.#timer = this.#clock.after(WATCH_MS, () => this.#tick());
  }

  #tick(): void {
    for (const slot of this.#slots.keys()) this.#look(slot);
    const settled = this.#state.value.every((slot) => slot.told === null || slot.shown !== null);
    this.#timer = this.#clock.after(settled ? GLANCE_MS : WATCH_MS, () => this.#tick());
  }

  #look(index: number): void {
    const slot = this.#slots[index];
    if (slot === undefined || this.#timer === null) return;
    const frame = this.#video.presented(index);
    const number = frame === null ? null : (sourceOf(frame) ?? slot.number);
    this.#slots[index] = { ...slot, number };
    const after = judged(slot.turns, frame?.rtpTimestamp ?? null, number);
    const before = this.#state.value[index] ?? EMPTY;
    if (same(before, after)) return;
    this.#state.value = Array.from({ length: Math.max(this.#state.value.length, index + 1) }, (_, at) =>
      at === index ? after : (this.#state.value[at] ?? EMPTY),
    );
  }
}

/** `rtpTimestamp` null: the browser does not tell; then the newest turn is taken for the frame's. */
function judged(turns: readonly PictureTurned[], rtpTimestamp: number | null, number: number | null): VideoSlot {
  const newest = turns.at(-1);
  const told = newest === undefined ? null : pictureOf(newest);
  if (newest === undefined || told === null) return EMPTY;
  const turn = rtpTimestamp === null ? newest : turns.findLast((one) => after(rtpTimestamp, one.rtp_timestamp) >= 0);
  const sure = turn !== undefined && turn.number === number;
  return { told, shown: sure ? pictureOf(turn) : null, paused: newest.paused };
}

/**
 * The source of the frame on screen. The browsers' lists are up to a frame off: Chromium's ahead of it,
 * Firefox's behind. Each entry bears the timestamp of the last frame of its source.
 */
function sourceOf({ rtpTimestamp, sources }: Presented): number | null {
  let best: (typeof sources)[number] | null = null;
  for (const source of sources) if (best === null || source.at > best.at) best = source;
  if (rtpTimestamp === null) return best?.number ?? null;
  let nearest = HALF;
  for (const source of sources) {
    const ahead = source.rtpTimestamp === null ? -1 : after(source.rtpTimestamp, rtpTimestamp);
    if (ahead >= 0 && ahead < nearest) {
      nearest = ahead;
      best = source;
    }
  }
  return best?.number ?? null;
}

/** How far one RTP timestamp is after another, in 32 bits that wrap (RFC 3550 section 5.1). */
function after(one: number, other: number): number {
  const distance = (one - other) >>> 0;
  return distance < HALF ? distance : distance - 2 * HALF;
}

function pictureOf({ leg, kind }: PictureTurned): Picture | null {
  return leg === null || kind === null ? null : { leg, kind };
}

export function samePicture(one: Picture | null, other: Picture | null): boolean {
  return one?.leg === other?.leg && one?.kind === other?.kind;
}

function same(one: VideoSlot, other: VideoSlot): boolean {
  return samePicture(one.told, other.told) && samePicture(one.shown, other.shown) && one.paused === other.paused;
}
