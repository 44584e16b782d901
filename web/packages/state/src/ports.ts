/** What the view models need of the browser. Implemented by packages/browser and by packages/testing. */

import type { IceServer } from "@crosspatch/protocol/wire";

/** `busy`: another program holds the microphone. `insecure`: the page was not loaded over HTTPS. */
export type MicAnswer = "ready" | "refused" | "missing" | "busy" | "insecure";

export interface MicPort {
  /** Asks the person and the system; the track replaces the former one in the transport. */
  acquire(): Promise<MicAnswer>;
  release(): void;
  /** Lets the voice out (true) or cuts it off at once. */
  open(open: boolean): void;
  /** The system took the microphone away (true) or gave it back. */
  onLost: (lost: boolean) => void;
}

/** `interrupted` may heal by itself, `down` does not. */
export type Transport = "up" | "interrupted" | "down";

/** Sources of each kind that a page is sent at once, at most. */
export interface SlotCounts {
  readonly audio: number;
  readonly video: number;
}

export interface MediaPort {
  /**
   * A fresh transport: microphone, camera and screen up, the slots down, two data channels; resolves with the SDP offer.
   * No line of it ever changes again: what is sent and what is in a slot does.
   */
  offer(slots: SlotCounts, iceServers: readonly IceServer[]): Promise<string>;
  /** New ICE credentials for the transport that stands: an SDP offer, null when there is none or it has one open. */
  restart(): Promise<string | null>;
  accept(sdp: string): Promise<void>;
  close(): void;
  /** The source number of the newest packet that each slot has played; null before the first, and after long silence. */
  playing(): readonly (number | null)[];
  /** Play a slot as this leg's (null: it is not sure whose), so loud (0 to 1). */
  voice(slot: number, leg: string | null, gain: number): void;
  onTransport: (transport: Transport) => void;
  /** The fast data channel opened (how to send on it) or closed (null). */
  onFast: (send: ((bytes: Uint8Array<ArrayBuffer>) => void) | null) => void;
  onFastMessage: (bytes: Uint8Array) => void;
}

/** The loudspeaker: voices, tones and the permission to sound at all. */
export interface OutputPort {
  play(tone: ToneName): void;
  vibrate(pattern_ms: readonly number[]): void;
  /** From a gesture: ask the browser to let sound out. */
  unlock(): void;
  /** The browser holds sound back until the person taps (true), or lets it out. */
  onLocked: (locked: boolean) => void;
}

/** Keeps a value on this device; may refuse (private windows): then the page forgets. */
export interface StoragePort {
  read(key: string): string | null;
  write(key: string, value: string): void;
}

/** Where the device is: WGS 84 in degrees, radius in metres, age of the fix. */
export interface Place {
  readonly lat: number;
  readonly lon: number;
  readonly accuracy_m: number;
  readonly age_ms: number;
}

/** `refused`: the person or the system said no. `unavailable`: no fix now. `insecure`: not loaded over HTTPS. */
export type PlaceFault = "refused" | "unavailable" | "insecure";

export interface PlacePort {
  /** Until the returned function is called; after `refused` and `insecure` nothing more comes. */
  watch(found: (place: Place) => void, failed: (why: PlaceFault) => void): () => void;
}

/** What tabs of one browser say to each other: `ask` who else is there, `here`, `gone`. */
export interface TabCall {
  readonly kind: "ask" | "here" | "gone";
  /** A mark of the person. */
  readonly who: string;
  readonly tab: string;
}

export interface TabPort {
  /** To all other tabs. */
  call(call: TabCall): void;
  onCall: (call: TabCall) => void;
}

export type ToneName =
  | "granted"
  | "granted_short"
  | "go"
  | "queued"
  | "still_queued"
  | "denied"
  | "revoked"
  | "time_nearly_out"
  | "end_of_talk"
  | "no_network";
