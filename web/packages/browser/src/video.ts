/** All pictures of the page: those that come in, those that go out, and the elements that show them. */

import { cameraLayers } from "@crosspatch/state/video_layers";
import type { Presented, VideoPort } from "@crosspatch/state/video_ports";
import type { VideoOutlets } from "@crosspatch/ui/video_outlets";
import type { Action } from "svelte/action";

import { BrowserPicture, CAMERA, SCREEN } from "./camera";
import { PictureUplink } from "./picture_uplink";
import { Pictures } from "./pictures";

export class BrowserVideo implements VideoPort, VideoOutlets {
  readonly pictures = new Pictures();
  readonly cameraUplink = new PictureUplink(cameraLayers, "balanced");
  readonly screenUplink = new PictureUplink(() => [], "maintain-resolution");
  readonly camera = new BrowserPicture(
    { open: (devices) => devices.getUserMedia(CAMERA), hint: "motion" },
    this.cameraUplink,
  );
  readonly screen = canShareScreen()
    ? new BrowserPicture({ open: (devices) => devices.getDisplayMedia(SCREEN), hint: "detail" }, this.screenUplink)
    : null;
  onFrame: (slot: number) => void = () => undefined;
  #own: MediaStream | null = null;
  #preview: HTMLVideoElement | null = null;

  constructor() {
    this.pictures.onFrame = (slot) => this.onFrame(slot);
    this.camera.onStream = (stream) => {
      this.#own = stream;
      this.#show();
    };
  }

  presented(slot: number): Presented | null {
    return this.pictures.presented(slot);
  }

  get slot(): Action<HTMLVideoElement, number> {
    return this.pictures.outlet;
  }

  readonly own: Action<HTMLVideoElement> = (element) => {
    this.#preview = element;
    this.#show();
    return {
      destroy: () => {
        element.srcObject = null;
        if (this.#preview === element) this.#preview = null;
      },
    };
  };

  #show(): void {
    if (this.#preview === null) return;
    this.#preview.srcObject = this.#own;
    if (this.#own !== null) this.#preview.play().catch(() => undefined);
  }
}

/** Phones let no page see the screen. */
function canShareScreen(): boolean {
  const devices = navigator.mediaDevices as MediaDevices | undefined;
  return devices !== undefined && "getDisplayMedia" in devices;
}
