/** The browser's parts as a test wants them: media that comes up when told, a microphone, a loudspeaker that remembers. */

import type { IceServer } from "@crosspatch/protocol/wire";
import type { MediaPort, MicAnswer, MicPort, OutputPort, StoragePort, ToneName, Transport } from "@crosspatch/state/ports";

export class FakeMedia implements MediaPort {
  onTransport: (transport: Transport) => void = () => undefined;
  onFast: (send: ((bytes: Uint8Array<ArrayBuffer>) => void) | null) => void = () => undefined;
  onFastMessage: (bytes: Uint8Array) => void = () => undefined;
  offers = 0;
  restarts = 0;
  /** Those of the last offer. */
  iceServers: readonly IceServer[] = [];
  accepted: string[] = [];
  closed = false;
  /** The browser cannot make an offer at all. */
  broken = false;

  /** By slot: what it plays, and how it was told to. */
  csrcs: (number | null)[] = [null, null, null];
  readonly voices: { leg: string | null; gain: number }[] = [];

  playing(): readonly (number | null)[] {
    return this.csrcs;
  }

  voice(slot: number, leg: string | null, gain: number): void {
    this.voices[slot] = { leg, gain };
  }

  offer(_audioSlots: number, iceServers: readonly IceServer[]): Promise<string> {
    this.iceServers = iceServers;
    this.offers += 1;
    this.closed = false;
    return this.broken ? Promise.reject(new Error("no media here")) : Promise.resolve(`offer ${this.offers}`);
  }

  restart(): Promise<string | null> {
    this.restarts += 1;
    return Promise.resolve(this.closed ? null : `restart ${this.restarts}`);
  }

  accept(sdp: string): Promise<void> {
    this.accepted.push(sdp);
    return Promise.resolve();
  }

  close(): void {
    this.closed = true;
  }
}

export class FakeMicrophone implements MicPort {
  onLost: (lost: boolean) => void = () => undefined;
  answer: MicAnswer = "ready";
  opened = false;
  acquired = false;
  /** Each change of the gate. */
  readonly gate: boolean[] = [];

  acquire(): Promise<MicAnswer> {
    this.acquired = this.answer === "ready";
    return Promise.resolve(this.answer);
  }

  release(): void {
    this.acquired = false;
    this.opened = false;
  }

  open(open: boolean): void {
    this.opened = open;
    this.gate.push(open);
  }
}

export class FakeOutput implements OutputPort {
  onLocked: (locked: boolean) => void = () => undefined;
  readonly tones: ToneName[] = [];
  readonly buzzes: (readonly number[])[] = [];
  unlocked = 0;

  play(tone: ToneName): void {
    this.tones.push(tone);
  }

  vibrate(pattern_ms: readonly number[]): void {
    this.buzzes.push(pattern_ms);
  }

  unlock(): void {
    this.unlocked += 1;
  }
}

export class MemoryStorage implements StoragePort {
  readonly values = new Map<string, string>();

  read(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  write(key: string, value: string): void {
    this.values.set(key, value);
  }
}
