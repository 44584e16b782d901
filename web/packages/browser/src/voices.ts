/** The slots as one hears them: one audio element each, in the page, so that the browser's echo canceller knows them. */

export class Voices {
  /** The browser holds the voices back until the person taps (true), or lets them out. */
  onHeldBack: (heldBack: boolean) => void = () => undefined;
  readonly #root: HTMLElement;
  #receivers: readonly RTCRtpReceiver[] = [];

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  attach(receivers: readonly RTCRtpReceiver[]): void {
    this.detach();
    this.#receivers = receivers;
    receivers.forEach((receiver, slot) => {
      const element = document.createElement("audio");
      element.autoplay = true;
      element.dataset["slot"] = String(slot);
      element.srcObject = new MediaStream([receiver.track]);
      this.#root.append(element);
      this.#play(element);
    });
  }

  detach(): void {
    this.#receivers = [];
    for (const element of this.#elements()) {
      element.srcObject = null;
      element.remove();
    }
  }

  /** From a gesture: what was held back may sound now. */
  playAll(): void {
    for (const element of this.#elements()) if (element.paused) this.#play(element);
    this.#judge();
  }

  /** The loudest voice that came in during the last moments, 0 to 1. */
  level(): number {
    let loudest = 0;
    for (const receiver of this.#receivers) {
      for (const { audioLevel } of receiver.getSynchronizationSources()) loudest = Math.max(loudest, audioLevel ?? 0);
    }
    return loudest;
  }

  /** By slot, the number of the source of the newest packet that was played; the browser forgets it after 10 s. */
  playing(): readonly (number | null)[] {
    return this.#receivers.map((receiver) => {
      let newest: RTCRtpContributingSource | null = null;
      for (const source of receiver.getContributingSources()) {
        if (newest === null || source.timestamp > newest.timestamp) newest = source;
      }
      return newest?.source ?? null;
    });
  }

  /** Some phones let no page set the volume: there the gain stays full. */
  voice(slot: number, leg: string | null, gain: number): void {
    const element = this.#root.querySelector<HTMLAudioElement>(`audio[data-slot="${String(slot)}"]`);
    if (element === null) return;
    element.volume = gain;
    element.dataset["leg"] = leg ?? "";
  }

  #elements(): HTMLAudioElement[] {
    return [...this.#root.querySelectorAll("audio")];
  }

  #play(element: HTMLAudioElement): void {
    element.play().then(
      () => this.#judge(),
      (error: unknown) => {
        if (error instanceof DOMException && error.name === "NotAllowedError") this.onHeldBack(true);
      },
    );
  }

  #judge(): void {
    if (this.#elements().every((element) => !element.paused)) this.onHeldBack(false);
  }
}
