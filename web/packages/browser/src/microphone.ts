/** The browser's microphone: its permission, its device, and what the system does to it. */

import type { MicAnswer, MicPort } from "@crosspatch/state/ports";

import type { Uplink } from "./uplink";

const WANTED: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
/** DOMException names of getUserMedia (W3C Media Capture and Streams section 10.2). */
const ANSWERS: Readonly<Record<string, MicAnswer>> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

export class BrowserMicrophone implements MicPort {
  onLost: (lost: boolean) => void = () => undefined;
  /** Who measures the level of this person's voice. */
  onStream: (stream: MediaStream | null) => void = () => undefined;
  readonly #uplink: Uplink;
  #stream: MediaStream | null = null;

  constructor(uplink: Uplink) {
    this.#uplink = uplink;
  }

  async acquire(): Promise<MicAnswer> {
    this.release();
    // Browsers hide the whole interface outside of secure contexts, whatever its type says.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) return "insecure";
    try {
      this.#use(await devices.getUserMedia({ audio: WANTED }));
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

  open(open: boolean): void {
    this.#uplink.open(open);
  }

  #use(stream: MediaStream): void {
    const [track] = stream.getAudioTracks();
    if (track === undefined) return;
    this.#stream = stream;
    const mine = (lost: boolean) => () => {
      if (this.#stream === stream) this.onLost(lost);
    };
    track.onmute = mine(true);
    track.onunmute = mine(false);
    track.onended = mine(true);
    this.#uplink.setTrack(track);
    this.onStream(stream);
  }
}
