/** Whether this page can speak at all: the permission, the device, and what the system does to it. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { MicAnswer, MicPort } from "./ports";

/** `off`: listen only was chosen. `lost`: the system took it (a phone call, an unplugged headset). */
export type MicState = "off" | "asking" | "lost" | MicAnswer;

export class Microphone {
  readonly #port: MicPort;
  readonly #state = signal<MicState>("off");

  constructor(port: MicPort) {
    this.#port = port;
    port.onLost = (lost) => this.#lost(lost);
  }

  get state(): ReadonlySignal<MicState> {
    return this.#state;
  }

  /** Ask, or ask again: from a tap, so that the browser may show its question. */
  async acquire(): Promise<void> {
    if (this.#state.value === "asking") return;
    this.#state.value = "asking";
    const answer = await this.#port.acquire();
    if (this.#state.peek() === "asking") this.#state.value = answer;
    else this.#port.release();
  }

  release(): void {
    this.#port.release();
    this.#state.value = "off";
  }

  open(open: boolean): void {
    this.#port.open(open);
  }

  #lost(lost: boolean): void {
    if (lost && this.#state.value === "ready") this.#state.value = "lost";
    else if (!lost && this.#state.value === "lost") this.#state.value = "ready";
  }
}
