/** What this page wants of its video slots: whose picture to keep in one, and how large each is drawn. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";

import { samePicture, type Picture } from "./video_slots";

/** A layout that is being dragged tells its end only. */
const SETTLED_MS = 200;
/** Steps of height, so that a tile that grows by a line is no news. */
const STEPS = [0, 90, 180, 270, 360, 540, 720, 1080, 2160] as const;
/** Of a slot whose tile is not drawn yet. */
const FIRST = 180;

export interface ChoiceParts {
  readonly clock: Clock;
  /** Tell the hub. `picture` null: whoever is to be seen. */
  watch(slot: number, picture: Picture | null, height: number): void;
}

interface Wish {
  readonly picture: Picture | null;
  readonly height: number;
}

export class VideoChoice {
  readonly #parts: ChoiceParts;
  readonly #kept = signal<readonly (Picture | null)[]>([]);
  #heights: number[] = [];
  /** As the hub was told; empty while there is no transport. */
  #told: Wish[] = [];
  #hidden = false;
  #timer: Cancel | null = null;

  constructor(parts: ChoiceParts) {
    this.#parts = parts;
  }

  /** By slot, the picture that was chosen for it. */
  get kept(): ReadonlySignal<readonly (Picture | null)[]> {
    return this.#kept;
  }

  /** A new transport: the hub knows nothing of its slots. What was kept is kept again. */
  start(slots: number): void {
    this.#told = [];
    this.#heights = Array.from({ length: slots }, (_, slot) => this.#heights[slot] ?? FIRST);
    this.#kept.value = this.#heights.map((_, slot) => this.#kept.peek()[slot] ?? null);
    this.#tell();
  }

  stop(): void {
    this.#timer?.();
    this.#timer = null;
    this.#heights = [];
    this.#told = [];
  }

  /** Another room, or no session: nothing chosen is there any more. */
  forget(): void {
    this.#kept.value = [];
  }

  /** The tile of a slot is so many device pixels high. */
  sized(slot: number, height_px: number): void {
    if (this.#heights[slot] === undefined) return;
    this.#heights[slot] = STEPS.find((step) => step >= height_px) ?? STEPS[STEPS.length - 1] ?? FIRST;
    this.#timer?.();
    this.#timer = this.#parts.clock.after(SETTLED_MS, () => this.#tell());
  }

  /** Nobody looks at the page (true): nothing needs to be sent. */
  hide(hidden: boolean): void {
    this.#hidden = hidden;
    this.#tell();
  }

  /** Keep this picture in this slot, whoever talks. */
  keep(slot: number, picture: Picture): void {
    this.#choose(slot, picture);
  }

  letGo(slot: number): void {
    this.#choose(slot, null);
  }

  /** Pictures that nobody shows any more are kept no longer. */
  onlyOf(isShown: (picture: Picture) => boolean): void {
    const kept = this.#kept.value.map((picture) => (picture !== null && isShown(picture) ? picture : null));
    if (kept.every((picture, slot) => samePicture(picture, this.#kept.value[slot] ?? null))) return;
    this.#kept.value = kept;
    this.#tell();
  }

  #choose(slot: number, picture: Picture | null): void {
    if (slot >= this.#heights.length) return;
    // A picture has one place.
    this.#kept.value = this.#kept.value.map((before, at) =>
      at === slot ? picture : picture !== null && samePicture(before, picture) ? null : before,
    );
    this.#tell();
  }

  #tell(): void {
    this.#timer?.();
    this.#timer = null;
    this.#heights.forEach((height, slot) => {
      const wish = { picture: this.#kept.value[slot] ?? null, height: this.#hidden ? 0 : height };
      const before = this.#told[slot];
      if (before !== undefined && before.height === wish.height && samePicture(before.picture, wish.picture)) return;
      this.#told[slot] = wish;
      this.#parts.watch(slot, wish.picture, wish.height);
    });
  }
}
