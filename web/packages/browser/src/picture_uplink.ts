/** The one way out for a picture: a track, the sender that carries it, and the layers that suit its size. */

import type { Layer } from "@crosspatch/state/video_layers";

export class PictureUplink {
  readonly #layers: (width: number, height: number) => readonly Layer[];
  readonly #preference: RTCDegradationPreference;
  #track: MediaStreamTrack | null = null;
  #sender: RTCRtpSender | null = null;
  #applying: Promise<void> = Promise.resolve();

  /** `preference`: what a sender that is short of bits or cycles gives up last. */
  constructor(layers: (width: number, height: number) => readonly Layer[], preference: RTCDegradationPreference) {
    this.#layers = layers;
    this.#preference = preference;
  }

  setTrack(track: MediaStreamTrack | null): void {
    this.#track = track;
    this.#apply();
  }

  /** Of the present transport; the former one is closed by its owner. */
  setSender(sender: RTCRtpSender | null): void {
    this.#sender = sender;
    this.#apply();
  }

  #apply(): void {
    this.#applying = this.#applying.then(() => this.#settle()).catch(() => undefined);
  }

  /** One change of the sender at a time; what it then finds is the newest wish. A closed sender throws: nothing to do. */
  async #settle(): Promise<void> {
    const sender = this.#sender;
    const track = this.#track;
    if (sender === null || sender.track === track) return;
    // The layers first: no frame may leave in those of the former camera.
    if (track !== null) await this.#shape(sender, track.getSettings());
    await sender.replaceTrack(track);
  }

  async #shape(sender: RTCRtpSender, { width = 0, height = 0 }: MediaTrackSettings): Promise<void> {
    const parameters = sender.getParameters();
    const layers = this.#layers(width, height);
    parameters.encodings.forEach((encoding, at) => {
      const layer = layers[at];
      if (layer === undefined) return;
      encoding.active = layer.active;
      encoding.maxBitrate = layer.maxBitrate;
      encoding.scaleResolutionDownBy = layer.scaleResolutionDownBy;
    });
    parameters.degradationPreference = this.#preference;
    await sender.setParameters(parameters);
  }
}
