/**
 * This dispatcher's voice to one member alone, while it is held (docs/adr/0037).
 *
 * "Live" is what the hub has agreed to. The microphone opens with the wish, so that no first word is lost, and is shut
 * before the hub is told of the end, which comes a moment later: the last word is on its way for that long.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Client } from "@crosspatch/protocol/client";
import type { Failure } from "@crosspatch/protocol/pending";
import type { Change, FloorEnd } from "@crosspatch/protocol/wire";

import { SPOKEN_MS } from "./ptt";
import type { PttReason } from "./ptt_machine";

export type WhisperState =
  | { readonly key: "rest" }
  | { readonly key: "asking" | "live"; readonly room: string; readonly member: string };

export interface WhisperPorts {
  readonly clock: Clock;
  request: Client["request"];
  /** Why it cannot begin now; null: it can. */
  blocked(): PttReason | null;
  openMic(open: boolean): void;
  live(): void;
  /** It did not begin, or another's doing ended it. */
  failed(to: { readonly room: string; readonly member: string }, why: Failure | PttReason): void;
}

const REST: WhisperState = { key: "rest" };
/** What the reasons of one's own talkspurt would call otherwise. */
const ENDED: Partial<Record<FloorEnd, PttReason>> = { left: "unknown_member", leg_lost: "no_media" };

export class Whisper {
  readonly #ports: WhisperPorts;
  readonly #state = signal<WhisperState>(REST);
  /** Says now what is to be said when the last word has arrived. */
  #end: (() => void) | null = null;

  constructor(ports: WhisperPorts) {
    this.#ports = ports;
  }

  get state(): ReadonlySignal<WhisperState> {
    return this.#state;
  }

  /** One at a time: while another is held this changes nothing. */
  hold(room: string, member: string): void {
    if (this.#state.peek().key !== "rest") return;
    const why = this.#ports.blocked();
    if (why === null) void this.#ask({ room, member });
    else this.#ports.failed({ room, member }, why);
  }

  letGo(): void {
    const now = this.#state.peek();
    if (now.key === "rest") return;
    this.#rest();
    const { room, member } = now;
    const cancel: Cancel = this.#ports.clock.after(SPOKEN_MS, () => this.#end?.());
    this.#end = () => {
      cancel();
      this.#end = null;
      void this.#ports.request({ type: "whisper", room, member, on: false });
    };
  }

  /** News of a room; `me` is this page's leg. */
  changed(change: Change, me: string): void {
    if (change.type !== "whisper_changed" || change.leg !== me || change.on) return;
    const now = this.#state.peek();
    if (now.key !== "live" || now.room !== change.room || now.member !== change.member) return;
    this.#rest();
    const why = change.why ?? "released";
    this.#ports.failed(now, ENDED[why] ?? why);
  }

  /** The page lost focus, link or microphone: nothing is on its way that is worth waiting for. */
  cut(): void {
    this.letGo();
    this.#end?.();
  }

  async #ask(to: { readonly room: string; readonly member: string }): Promise<void> {
    this.#end?.();
    const asked: WhisperState = { key: "asking", ...to };
    this.#state.value = asked;
    this.#ports.openMic(true);
    await this.#askAs(asked, to);
  }

  async #askAs(asked: WhisperState, to: { readonly room: string; readonly member: string }): Promise<void> {
    const outcome = await this.#ports.request({ type: "whisper", ...to, on: true });
    // Let go of meanwhile: the end has been told, or is about to be, behind this.
    if (this.#state.peek() !== asked) return;
    if (outcome.ok) {
      this.#state.value = { key: "live", ...to };
      this.#ports.live();
    } else if (outcome.code === "whispering" && (outcome.wait_ms ?? 0) > 0) {
      // The last words of the one before are on their way: who still holds the key then is asked for again.
      this.#ports.clock.after(outcome.wait_ms ?? 0, () => {
        if (this.#state.peek() === asked) void this.#askAs(asked, to);
      });
    } else {
      this.#rest();
      this.#ports.failed(to, outcome.code);
    }
  }

  #rest(): void {
    this.#ports.openMic(false);
    this.#state.value = REST;
  }
}
