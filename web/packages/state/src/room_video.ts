/** The pictures of one stay: those of others, and this page's own camera and screen. */

import type { Outcome } from "@crosspatch/protocol/pending";
import type { Change, VideoKind } from "@crosspatch/protocol/wire";

import type { ChannelState } from "./channel";
import { Showing } from "./video_showing";
import { VideoWall, type VideoWallParts } from "./video_wall";

export interface RoomVideoParts extends VideoWallParts {
  /** The transport stands at both ends. */
  up(): boolean;
  me(): string;
  show(kind: VideoKind): Promise<Outcome>;
  hide(kind: VideoKind): void;
}

export class RoomVideo extends VideoWall {
  readonly camera: Showing;
  /** Null where the browser lets no page see the screen. */
  readonly screen: Showing | null;
  readonly #me: () => string;

  constructor(parts: RoomVideoParts) {
    super(parts);
    this.#me = () => parts.me();
    const hub = {
      ready: () => parts.up(),
      show: (kind: VideoKind) => parts.show(kind),
      hide: (kind: VideoKind) => parts.hide(kind),
    };
    this.camera = new Showing("camera", parts.video.camera, hub);
    this.screen = parts.video.screen === null ? null : new Showing("screen", parts.video.screen, hub);
  }

  override transport(up: boolean): void {
    super.transport(up);
    this.camera.transport(up);
    this.screen?.transport(up);
  }

  /** Something happened in the room, which is now as `channel` says. */
  changed(change: Change, channel: ChannelState): void {
    if (change.type === "picture_shown" && !change.on && change.leg === this.#me()) this.#hidden(change.kind);
    if (change.type === "picture_shown" || change.type === "left") {
      this.choice.onlyOf(({ leg, kind }) => channel.members.get(leg)?.shows?.includes(kind) === true);
    }
  }

  /** From a tap: show this page's camera or screen, or end it. */
  toggle(kind: VideoKind): void {
    if (kind === "camera") this.camera.toggle();
    else this.screen?.toggle();
  }

  /** Show nothing any more, until the next tap. */
  unshow(): void {
    this.camera.off();
    this.screen?.off();
  }

  override end(): void {
    this.unshow();
    super.end();
  }

  #hidden(kind: VideoKind): void {
    if (kind === "camera") this.camera.hidden();
    else this.screen?.hidden();
  }
}
