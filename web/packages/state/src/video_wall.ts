/** The pictures of others, in the slots of one page, and which of them its person wants to see. */

import type { Clock } from "@crosspatch/protocol/clock";

import { VideoChoice } from "./video_choice";
import type { VideoPort } from "./video_ports";
import { VideoSlots, type Picture } from "./video_slots";

export interface VideoWallParts {
  readonly clock: Clock;
  readonly video: VideoPort;
  /** Video slots of the offer. */
  readonly slots: number;
  watch(slot: number, picture: Picture | null, height: number): void;
}

export class VideoWall {
  readonly slots: VideoSlots;
  readonly choice: VideoChoice;
  readonly #count: number;

  constructor(parts: VideoWallParts) {
    this.#count = parts.slots;
    this.slots = new VideoSlots(parts.clock, parts.video);
    this.choice = new VideoChoice(parts);
  }

  transport(up: boolean): void {
    if (up) {
      this.slots.start();
      this.choice.start(this.#count);
    } else {
      this.slots.stop();
      this.choice.stop();
    }
  }

  /** Tap on a picture: keep it where it is, or let it go. */
  toggleKept(slot: number): void {
    const picture = this.slots.state.peek()[slot]?.shown ?? null;
    if (this.choice.kept.peek()[slot] != null) this.choice.letGo(slot);
    else if (picture !== null) this.choice.keep(slot, picture);
  }

  /** Bring a picture that has no slot into one that nobody chose: an empty one, else the last. */
  bring(picture: Picture): void {
    const kept = this.choice.kept.peek();
    const free = [...kept.keys()].filter((slot) => kept[slot] === null);
    const empty = free.find((slot) => (this.slots.state.peek()[slot]?.told ?? null) === null);
    const slot = empty ?? free.at(-1) ?? kept.length - 1;
    this.choice.keep(slot, picture);
  }

  /** The stay is over, or the room is. */
  end(): void {
    this.slots.stop();
    this.choice.stop();
    this.choice.forget();
  }
}
