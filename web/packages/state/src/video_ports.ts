/** What the view models of video need of the browser. Implemented by packages/browser and by packages/testing. */

/** `busy`: another program holds it. `insecure`: the page was not loaded over HTTPS. */
export type PictureAnswer = "ready" | "refused" | "missing" | "busy" | "insecure";

/** A camera, or a screen. */
export interface PicturePort {
  /** Asks the person and the system; the track takes the former one's place in the transport. */
  acquire(): Promise<PictureAnswer>;
  release(): void;
  /** The system took it away, or the person did outside of the page. */
  onEnded: () => void;
}

/** One entry of a receiver's list of contributing sources (CSRC, RFC 3550 section 5.1). */
export interface FrameSource {
  readonly number: number;
  /** Of the last frame that bore it; null where the browser does not tell. */
  readonly rtpTimestamp: number | null;
  /** When that frame was delivered, by any clock. */
  readonly at: number;
}

/** What a slot has on screen. */
export interface Presented {
  /** 90 kHz; null where the browser does not tell. */
  readonly rtpTimestamp: number | null;
  /** Of the last seconds, in any order; empty after a long pause. */
  readonly sources: readonly FrameSource[];
}

export interface VideoPort {
  readonly camera: PicturePort;
  /** Null where the browser lets no page see the screen. */
  readonly screen: PicturePort | null;
  /** Null before the slot's first frame. */
  presented(slot: number): Presented | null;
  /** A slot has another frame on screen. */
  onFrame: (slot: number) => void;
}
