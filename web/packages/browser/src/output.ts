/** The loudspeaker: tones, voices, buzzes, and the browser's permission to sound (autoplay rules). */

import type { OutputPort, ToneName } from "@crosspatch/state/ports";
import { TONES } from "@crosspatch/state/tone_table";

import { playTone } from "./tone_synth";
import type { Voices } from "./voices";

export class BrowserOutput implements OutputPort {
  onLocked: (locked: boolean) => void = () => undefined;
  readonly #voices: Voices;
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #microphone: MediaStreamAudioSourceNode | null = null;
  #endTone: () => void = () => undefined;
  #voicesHeldBack = false;

  constructor(voices: Voices) {
    this.#voices = voices;
    voices.onHeldBack = (heldBack) => {
      this.#voicesHeldBack = heldBack;
      this.#judge();
    };
  }

  /** The newest tone wins; it never covers a voice, because tones are made for the silence around talk. */
  play(tone: ToneName): void {
    if (this.#context?.state !== "running") return;
    this.#endTone();
    this.#endTone = playTone(this.#context, TONES[tone]);
  }

  vibrate(pattern_ms: readonly number[]): void {
    // Not in Safari, whatever its type says.
    (navigator.vibrate as Navigator["vibrate"] | undefined)?.call(navigator, [...pattern_ms]);
  }

  unlock(): void {
    this.#context ??= this.#open();
    void this.#context.resume().then(() => this.#judge());
    this.#voices.playAll();
  }

  /** Back from the background: systems suspend or interrupt the context there. */
  wake(): void {
    if (this.#context !== null) this.unlock();
  }

  /** Measure this person's voice, or no longer. */
  listenTo(stream: MediaStream | null): void {
    this.#microphone?.disconnect();
    this.#microphone = null;
    if (stream === null || this.#context === null) return;
    this.#microphone = new MediaStreamAudioSourceNode(this.#context, { mediaStream: stream });
    this.#analyser ??= new AnalyserNode(this.#context, { fftSize: 512 });
    this.#microphone.connect(this.#analyser);
  }

  /** This person's voice, 0 to 1. */
  ownLevel(): number {
    if (this.#analyser === null || this.#microphone === null) return 0;
    const samples = new Float32Array(this.#analyser.fftSize);
    this.#analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    return Math.sqrt(power);
  }

  #open(): AudioContext {
    const context = new AudioContext({ latencyHint: "interactive" });
    context.onstatechange = () => this.#judge();
    return context;
  }

  #judge(): void {
    const asleep = this.#context !== null && this.#context.state !== "running";
    this.onLocked(this.#voicesHeldBack || asleep);
  }
}
