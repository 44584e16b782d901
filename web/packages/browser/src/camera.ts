/** The browser's camera and screen: their permission, their device, and what the system does to them. */

import type { PictureAnswer, PicturePort } from "@crosspatch/state/video_ports";

import type { PictureUplink } from "./picture_uplink";

/** What is before a responder, not their face; a desktop takes the camera that it has. */
export const CAMERA: DisplayMediaStreamOptions = {
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24, max: 30 }, facingMode: { ideal: "environment" } },
};
export const SCREEN: DisplayMediaStreamOptions = { video: { frameRate: { ideal: 10, max: 15 } } };

/** DOMException names of getUserMedia and getDisplayMedia (W3C Media Capture and Streams, Screen Capture). */
const ANSWERS: Readonly<Record<string, PictureAnswer>> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

export interface Source {
  readonly open: (devices: MediaDevices) => Promise<MediaStream>;
  /** What a coder should keep: `motion` of a scene, `detail` of text (W3C MST Content Hints). */
  readonly hint: "motion" | "detail";
}

export class BrowserPicture implements PicturePort {
  onEnded: () => void = () => undefined;
  /** Who shows this person what the others see. */
  onStream: (stream: MediaStream | null) => void = () => undefined;
  readonly #source: Source;
  readonly #uplink: PictureUplink;
  #stream: MediaStream | null = null;

  constructor(source: Source, uplink: PictureUplink) {
    this.#source = source;
    this.#uplink = uplink;
  }

  async acquire(): Promise<PictureAnswer> {
    this.release();
    // Browsers hide the whole interface outside of secure contexts, whatever its type says.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) return "insecure";
    try {
      this.#use(await this.#source.open(devices));
      return "ready";
    } catch (error) {
      return (error instanceof DOMException && ANSWERS[error.name]) || "busy";
    }
  }

  release(): void {
    const stream = this.#stream;
    this.#stream = null;
    this.#uplink.setTrack(null);
    this.onStream(null);
    for (const track of stream?.getTracks() ?? []) track.stop();
  }

  #use(stream: MediaStream): void {
    const [track] = stream.getVideoTracks();
    if (track === undefined) return;
    this.#stream = stream;
    track.contentHint = this.#source.hint;
    track.onended = () => {
      if (this.#stream === stream) this.onEnded();
    };
    this.#uplink.setTrack(track);
    this.onStream(stream);
  }
}
