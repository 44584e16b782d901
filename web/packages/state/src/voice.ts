/**
 * The page's media transport: offered, up, broken, offered again.
 *
 * It is up when both ends say so: the browser's ICE and the hub's `own_media`. Anything less is shown
 * as not connected, because a person who believes to be heard stops trying.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { RefusalCode } from "@crosspatch/protocol/wire";

import type { MediaPort, SlotCounts, Transport } from "./ports";

export interface VoiceState {
  readonly phase: "off" | "connecting" | "up";
  /** The hub's last refusal of an offer; null when it took it. */
  readonly refusal: RefusalCode | null;
}

/** What a responder hears and sees at once (DESIGN 3.5). */
export const SLOTS: SlotCounts = { audio: 3, video: 8 };
/** ICE and DTLS take a few round trips; on a phone network 8 s is hopeless. */
const UP_WITHIN_MS = 8_000;
const INTERRUPTED_MS = 3_000;
const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000] as const;

export interface VoiceHub {
  /** Offers go out while the session stands; `resume` or `start` follow when it stands again. */
  linkUp(): boolean;
  /** STUN and TURN servers; the answer's are good for the next offer only. */
  iceServers(): Promise<Outcome>;
  /** `restart`: the transport goes on under new ICE credentials. */
  sendOffer(sdp: string, slots: SlotCounts, restart: boolean): Promise<Outcome>;
}

export class Voice {
  readonly #clock: Clock;
  readonly #media: MediaPort;
  readonly #hub: VoiceHub;
  readonly #slots: SlotCounts;
  readonly #state = signal<VoiceState>({ phase: "off", refusal: null });
  #transportUp = false;
  #hubUp = false;
  /** Number of the offer under way or in use; results of an earlier one are stale. */
  #round = 0;
  #failures = 0;
  #timer: Cancel = () => undefined;

  constructor(clock: Clock, media: MediaPort, hub: VoiceHub, slots: SlotCounts = SLOTS) {
    this.#clock = clock;
    this.#media = media;
    this.#hub = hub;
    this.#slots = slots;
    media.onTransport = (transport) => this.#transport(transport);
  }

  get state(): ReadonlySignal<VoiceState> {
    return this.#state;
  }

  /** A fresh transport under the present session. */
  start(): void {
    this.#failures = 0;
    void this.#offer();
  }

  /** The session was resumed: keep a transport that stands, replace one that does not. */
  resume(): void {
    if (this.#state.value.phase !== "up") this.start();
  }

  /** The session is gone, and with it whatever the hub knew of this transport: `start` comes later. */
  lose(): void {
    if (this.#state.value.phase === "off") return;
    this.#round += 1;
    this.#timer();
    this.#transportUp = false;
    this.#hubUp = false;
    this.#show("connecting", null);
  }

  stop(): void {
    this.#round += 1;
    this.#timer();
    this.#media.close();
    this.#show("off", null);
  }

  /** The hub's word on this leg's transport. */
  ownMedia(up: boolean): void {
    if (this.#state.value.phase === "off") return;
    const wasUp = this.#hubUp;
    this.#hubUp = up;
    // "Down" while another offer is under way speaks of the transport that it replaces.
    if (!up && wasUp && this.#transportUp) void this.#offer();
    else this.#weigh();
  }

  async #offer(): Promise<void> {
    const round = ++this.#round;
    this.#timer();
    this.#transportUp = false;
    this.#hubUp = false;
    this.#show("connecting", this.#state.value.refusal);
    if (!this.#hub.linkUp()) return;
    this.#timer = this.#clock.after(UP_WITHIN_MS, () => this.#retry(round));
    try {
      // Without an answer the page tries as it would without such servers.
      const servers = await this.#hub.iceServers();
      if (round !== this.#round) return;
      const sdp = await this.#media.offer(this.#slots, (servers.ok && servers.answer.ice_servers) || []);
      if (round !== this.#round) return;
      const outcome = await this.#hub.sendOffer(sdp, this.#slots, false);
      if (round !== this.#round) return;
      if (outcome.ok) await this.#media.accept(outcome.answer.sdp ?? "");
      else if (outcome.code === "lost" || outcome.code === "silent") this.#retry(round);
      else {
        this.#show("connecting", outcome.code);
        this.#retry(round);
      }
    } catch {
      // The browser refused the description: the same as a transport that fails.
      this.#retry(round);
    }
  }

  /** The path is dead, the hub still has the session: look for another path before giving the transport up. */
  async #restart(round: number): Promise<void> {
    this.#timer();
    this.#timer = this.#clock.after(INTERRUPTED_MS, () => this.#retry(round));
    if (!this.#hub.linkUp()) return;
    try {
      const sdp = await this.#media.restart();
      if (sdp === null || round !== this.#round) return;
      const outcome = await this.#hub.sendOffer(sdp, this.#slots, true);
      if (round !== this.#round) return;
      if (outcome.ok) await this.#media.accept(outcome.answer.sdp ?? "");
      else if (outcome.code !== "lost" && outcome.code !== "silent") this.#retry(round);
    } catch {
      this.#retry(round);
    }
  }

  #retry(round: number): void {
    if (round !== this.#round) return;
    this.#timer();
    const wait_ms = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] ?? 0;
    this.#failures += 1;
    this.#timer = this.#clock.after(wait_ms, () => void this.#offer());
  }

  #transport(transport: Transport): void {
    if (this.#state.value.phase === "off") return;
    this.#transportUp = transport === "up";
    const round = this.#round;
    if (transport === "down") this.#retry(round);
    else if (transport === "interrupted") {
      void this.#restart(round);
      this.#show("connecting", null);
    }
    this.#weigh();
  }

  #weigh(): void {
    if (this.#transportUp && this.#hubUp) {
      this.#timer();
      this.#failures = 0;
      this.#show("up", null);
    } else if (this.#state.value.phase === "up") this.#show("connecting", null);
  }

  #show(phase: VoiceState["phase"], refusal: RefusalCode | null): void {
    const before = this.#state.value;
    if (before.phase !== phase || before.refusal !== refusal) this.#state.value = { phase, refusal };
  }
}
