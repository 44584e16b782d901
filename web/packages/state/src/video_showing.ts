/** This page's camera, or its screen: asked for, shown to the room, taken back. Off until a person taps. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Outcome } from "@crosspatch/protocol/pending";
import type { VideoKind } from "@crosspatch/protocol/wire";

import type { PictureAnswer, PicturePort } from "./video_ports";

/**
 * `asking`: the browser asks the person. `waiting`: the hub has not said yes, or the transport is away: nobody
 * sees it. `lost`: the system took it. `not_allowed`: the hub said no.
 */
export type ShowState = "off" | "asking" | "waiting" | "on" | "lost" | "not_allowed" | Exclude<PictureAnswer, "ready">;

export interface ShowingHub {
  /** The transport stands, so that a picture could be seen. */
  ready(): boolean;
  show(kind: VideoKind): Promise<Outcome>;
  hide(kind: VideoKind): void;
}

/** Not the hub's last word: tried again when the transport stands. */
const PASSING: ReadonlySet<string> = new Set(["lost", "silent", "no_media", "not_in_room", "too_many"]);

export class Showing {
  readonly kind: VideoKind;
  readonly #port: PicturePort;
  readonly #hub: ShowingHub;
  readonly #state = signal<ShowState>("off");
  /** Number of the wish in force: what an earlier one comes to is of no interest. */
  #round = 0;

  constructor(kind: VideoKind, port: PicturePort, hub: ShowingHub) {
    this.kind = kind;
    this.#port = port;
    this.#hub = hub;
    port.onEnded = () => this.#taken();
  }

  get state(): ReadonlySignal<ShowState> {
    return this.#state;
  }

  /** From a tap, so that the browser may show its question. */
  toggle(): void {
    const { value } = this.#state;
    if (value === "asking" || value === "waiting" || value === "on") this.off();
    else void this.#begin();
  }

  off(): void {
    this.#end("off");
  }

  /** The transport came up, or went away. */
  transport(up: boolean): void {
    if (up && this.#state.value === "waiting") void this.#show();
    else if (!up && this.#state.value === "on") this.#state.value = "waiting";
  }

  /** The hub shows it no longer: the room has become one in which this person may not. */
  hidden(): void {
    if (this.#state.value === "on" && this.#hub.ready()) this.#end("not_allowed");
  }

  async #begin(): Promise<void> {
    const round = ++this.#round;
    this.#state.value = "asking";
    const answer = await this.#port.acquire();
    if (round !== this.#round) {
      if (this.#state.peek() === "off") this.#port.release();
      return;
    }
    if (answer === "ready") {
      this.#state.value = "waiting";
      await this.#show();
    } else {
      // Who closes the choice of a screen has changed their mind, no more.
      this.#state.value = this.kind === "screen" && answer === "refused" ? "off" : answer;
    }
  }

  async #show(): Promise<void> {
    if (!this.#hub.ready()) return;
    const round = this.#round;
    const outcome = await this.#hub.show(this.kind);
    if (round !== this.#round || this.#state.value !== "waiting") return;
    if (outcome.ok) this.#state.value = "on";
    else if (!PASSING.has(outcome.code)) this.#end("not_allowed");
  }

  #taken(): void {
    if (this.#state.value !== "off") this.#end(this.kind === "screen" ? "off" : "lost");
  }

  #end(state: ShowState): void {
    this.#round += 1;
    const { value } = this.#state;
    this.#port.release();
    if (value === "on" || value === "waiting") this.#hub.hide(this.kind);
    this.#state.value = state;
  }
}
