/** The browser's parts as a test wants them: media that comes up when told, a microphone, a loudspeaker that remembers. */

import type { IceServer } from "@crosspatch/protocol/wire";
import type {
  MediaPort,
  MicAnswer,
  MicPort,
  OutputPort,
  Place,
  PlaceFault,
  PlacePort,
  SlotCounts,
  StoragePort,
  TabCall,
  TabPort,
  ToneName,
  Transport,
} from "@crosspatch/state/ports";
import type { PictureAnswer, PicturePort, Presented, VideoPort } from "@crosspatch/state/video_ports";

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

  offer(_slots: SlotCounts, iceServers: readonly IceServer[]): Promise<string> {
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

export class FakePicture implements PicturePort {
  onEnded: () => void = () => undefined;
  answer: PictureAnswer = "ready";
  acquired = false;

  acquire(): Promise<PictureAnswer> {
    this.acquired = this.answer === "ready";
    return Promise.resolve(this.answer);
  }

  release(): void {
    this.acquired = false;
  }
}

export class FakeVideo implements VideoPort {
  readonly camera = new FakePicture();
  readonly screen = new FakePicture();
  onFrame: (slot: number) => void = () => undefined;
  /** By slot. */
  readonly frames: Presented[] = [];

  presented(slot: number): Presented | null {
    return this.frames[slot] ?? null;
  }

  /** A frame of this source is on screen. */
  present(slot: number, frame: Presented): void {
    this.frames[slot] = frame;
    this.onFrame(slot);
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

export class FakePlace implements PlacePort {
  /** Null: nobody asks. */
  #watcher: { found: (place: Place) => void; failed: (why: PlaceFault) => void } | null = null;
  watches = 0;

  get watched(): boolean {
    return this.#watcher !== null;
  }

  watch(found: (place: Place) => void, failed: (why: PlaceFault) => void): () => void {
    this.watches += 1;
    const watcher = (this.#watcher = { found, failed });
    return () => {
      if (this.#watcher === watcher) this.#watcher = null;
    };
  }

  found(place: Partial<Place> = {}): void {
    this.#watcher?.found({ lat: 52.52, lon: 13.4, accuracy_m: 8, age_ms: 0, ...place });
  }

  failed(why: PlaceFault): void {
    this.#watcher?.failed(why);
  }
}

/** Tabs of one browser: what one calls all others hear. */
export class FakeTabs {
  readonly #ports = new Set<TabPort>();

  open(): TabPort {
    const port: TabPort = {
      onCall: () => undefined,
      call: (call: TabCall) => {
        for (const other of this.#ports) if (other !== port) void Promise.resolve().then(() => other.onCall(call));
      },
    };
    this.#ports.add(port);
    return port;
  }

  /** A tab dies without a word. */
  close(port: TabPort): void {
    this.#ports.delete(port);
    port.call = () => undefined;
  }
}
