/** What the view models need of the browser. Implemented by apps/responder/src/browser and by packages/testing. */

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

export interface MediaPort {
  /** A fresh transport with one microphone up, `audioSlots` down and two data channels; resolves with the SDP offer. */
  offer(audioSlots: number, iceServers: readonly IceServer[]): Promise<string>;
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

export type ToneName =
  | "granted"
  | "granted_short"
  | "denied"
  | "revoked"
  | "time_nearly_out"
  | "end_of_talk"
  | "no_network";
