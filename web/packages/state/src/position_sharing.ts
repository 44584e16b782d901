/**
 * This person's own position, told to the room while they want it (ui.md section 4.6).
 *
 * The device says where it is as often as it likes; the room is told once in SEND_EVERY_MS at most, the newest
 * fix only, and at once when the link is back. A device that stands still may fall silent: it is asked anew.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";

import type { Place, PlaceFault, PlacePort } from "./ports";

/** `asking`: no fix yet. `known`: `told` when the room has had it; else it waits for the link. */
export type SharingState =
  | { readonly key: "off" }
  | { readonly key: "asking" }
  | { readonly key: "known"; readonly accuracy_m: number; readonly at: number; readonly told: boolean }
  | { readonly key: PlaceFault };

export interface SharingPorts {
  readonly clock: Clock;
  readonly place: PlacePort;
  readonly send: (place: Place) => Promise<Outcome>;
}

/** A fix, by the page's clock. */
interface OwnFix extends Place {
  readonly at: number;
}

export const SEND_EVERY_MS = 5_000;
const ASK_ANEW_MS = 30_000;
/** The hub takes no older and no wider one. */
const AGE_MS_MAX = 3_600_000;
const ACCURACY_M_MAX = 100_000;

export class PositionSharing {
  readonly #ports: SharingPorts;
  readonly #state = signal<SharingState>({ key: "off" });
  #stopWatch: (() => void) | null = null;
  #fix: OwnFix | null = null;
  #linked = false;
  #sentAt = -Infinity;
  #sending: Cancel | null = null;
  #asking: Cancel = () => undefined;

  constructor(ports: SharingPorts) {
    this.#ports = ports;
  }

  get state(): ReadonlySignal<SharingState> {
    return this.#state;
  }

  /** From a tap, so that the browser may ask the person. */
  start(): void {
    if (this.#stopWatch !== null) return;
    this.#state.value = { key: "asking" };
    this.#watch();
  }

  /** At once: nothing is told after this. */
  stop(): void {
    this.#unwatch();
    this.#cancelSending();
    this.#fix = null;
    this.#state.value = { key: "off" };
  }

  toggle(): void {
    if (this.#stopWatch === null) this.start();
    else this.stop();
  }

  /** True: orders reach a room, which may know nothing of this person yet. */
  linked(linked: boolean): void {
    this.#linked = linked;
    const state = this.#state.peek();
    if (state.key === "known" && !linked) this.#state.value = { ...state, told: false };
    if (linked) this.#soon();
    else this.#cancelSending();
  }

  #cancelSending(): void {
    this.#sending?.();
    this.#sending = null;
  }

  #watch(): void {
    this.#stopWatch = this.#ports.place.watch(
      (place) => this.#found(place),
      (why) => this.#failed(why),
    );
    this.#askAnew();
  }

  #unwatch(): void {
    this.#asking();
    this.#stopWatch?.();
    this.#stopWatch = null;
  }

  #askAnew(): void {
    this.#asking();
    this.#asking = this.#ports.clock.after(ASK_ANEW_MS, () => {
      this.#unwatch();
      this.#watch();
    });
  }

  #found(place: Place): void {
    const { lat, lon, accuracy_m, age_ms } = place;
    const good = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && accuracy_m >= 0 && accuracy_m <= ACCURACY_M_MAX;
    if (!good || !(age_ms >= 0 && age_ms <= AGE_MS_MAX)) {
      this.#failed("unavailable");
      return;
    }
    const before = this.#state.peek();
    this.#fix = { ...place, at: this.#ports.clock.now() - age_ms };
    this.#state.value = { key: "known", accuracy_m, at: this.#fix.at, told: before.key === "known" && before.told };
    this.#askAnew();
    this.#soon();
  }

  /** A fix that is known stays, with its age; a person's no ends the watch. */
  #failed(why: PlaceFault): void {
    if (why !== "unavailable") {
      this.stop();
      this.#state.value = { key: why };
    } else if (this.#fix === null) this.#state.value = { key: why };
  }

  #soon(): void {
    if (!this.#linked || this.#fix === null || this.#sending !== null) return;
    const { clock } = this.#ports;
    this.#sending = clock.after(Math.max(0, this.#sentAt + SEND_EVERY_MS - clock.now()), () => void this.#send());
  }

  async #send(): Promise<void> {
    const { clock, send } = this.#ports;
    const fix = this.#fix;
    this.#sending = null;
    if (fix === null || !this.#linked) return;
    this.#sentAt = clock.now();
    const { lat, lon, accuracy_m, at } = fix;
    const outcome = await send({ lat, lon, accuracy_m, age_ms: Math.min(AGE_MS_MAX, Math.round(clock.now() - at)) });
    const state = this.#state.peek();
    // Otherwise it was stopped meanwhile.
    if (state.key === "known") this.#state.value = { ...state, told: outcome.ok };
    if (!outcome.ok || this.#fix !== fix) this.#soon();
  }
}
