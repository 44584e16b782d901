/**
 * The one way out for this person's voice: a microphone track, the sender that carries it, and a gate.
 *
 * Shut is shut twice: the track is muted at once (the browser sends silence from then on), and the
 * encoding is switched off, so that a page that does not talk sends nothing at all.
 */

export class Uplink {
  #track: MediaStreamTrack | null = null;
  #sender: RTCRtpSender | null = null;
  #open = false;
  #applying: Promise<void> = Promise.resolve();

  setTrack(track: MediaStreamTrack | null): void {
    this.#track = track;
    this.#apply();
  }

  /** Of the present transport; the former one is closed by its owner. */
  setSender(sender: RTCRtpSender | null): void {
    this.#sender = sender;
    this.#apply();
  }

  open(open: boolean): void {
    this.#open = open;
    this.#apply();
  }

  #apply(): void {
    if (this.#track !== null) this.#track.enabled = this.#open;
    this.#applying = this.#applying.then(() => this.#settle()).catch(() => undefined);
  }

  /** One change of the sender at a time; what it then finds is the newest wish. A closed sender throws: nothing to do. */
  async #settle(): Promise<void> {
    const sender = this.#sender;
    if (sender === null) return;
    if (sender.track !== this.#track) await sender.replaceTrack(this.#track);
    const parameters = sender.getParameters();
    const [encoding] = parameters.encodings;
    if (encoding === undefined || encoding.active === this.#open) return;
    encoding.active = this.#open;
    await sender.setParameters(parameters);
  }
}
