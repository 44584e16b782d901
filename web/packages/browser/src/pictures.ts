/** The video slots as one sees them: which element shows which slot, and what it has on screen. */

import type { FrameSource, Presented } from "@crosspatch/state/video_ports";
import type { Action } from "svelte/action";

interface Screened {
  readonly element: HTMLVideoElement;
  /** Of the newest frame on screen; undefined before the first. */
  rtpTimestamp: number | null | undefined;
}

export class Pictures {
  onFrame: (slot: number) => void = () => undefined;
  #receivers: readonly RTCRtpReceiver[] = [];
  readonly #screens = new Map<number, Screened>();

  attach(receivers: readonly RTCRtpReceiver[]): void {
    this.#receivers = receivers;
    for (const [slot, screen] of this.#screens) this.#feed(slot, screen);
  }

  detach(): void {
    this.#receivers = [];
    for (const screen of this.#screens.values()) {
      screen.element.srcObject = null;
      screen.rtpTimestamp = undefined;
    }
  }

  /** Shows a slot in this element for as long as it stands in the page. */
  readonly outlet: Action<HTMLVideoElement, number> = (element, slot) => {
    const screen: Screened = { element, rtpTimestamp: undefined };
    this.#screens.set(slot, screen);
    this.#feed(slot, screen);
    this.#follow(slot, screen);
    return {
      destroy: () => {
        element.srcObject = null;
        if (this.#screens.get(slot) === screen) this.#screens.delete(slot);
      },
    };
  };

  presented(slot: number): Presented | null {
    const rtpTimestamp = this.#screens.get(slot)?.rtpTimestamp;
    if (rtpTimestamp === undefined) return null;
    return { rtpTimestamp, sources: this.#receivers[slot]?.getContributingSources().map(sourceOf) ?? [] };
  }

  #feed(slot: number, { element }: Screened): void {
    const track = this.#receivers[slot]?.track;
    if (track === undefined) return;
    element.srcObject = new MediaStream([track]);
    // Muted pictures may always play; a page that is thrown away meanwhile is no fault.
    element.play().catch(() => undefined);
  }

  #follow(slot: number, screen: Screened): void {
    const { element } = screen;
    if (!("requestVideoFrameCallback" in HTMLVideoElement.prototype)) {
      element.addEventListener("timeupdate", () => this.#saw(slot, screen, null));
      return;
    }
    const next = (_now: number, { rtpTimestamp }: VideoFrameCallbackMetadata): void => {
      if (this.#screens.get(slot) !== screen) return;
      this.#saw(slot, screen, rtpTimestamp ?? null);
      element.requestVideoFrameCallback(next);
    };
    element.requestVideoFrameCallback(next);
  }

  #saw(slot: number, screen: Screened, rtpTimestamp: number | null): void {
    screen.rtpTimestamp = rtpTimestamp;
    this.onFrame(slot);
  }
}

/** Older browsers leave the RTP timestamp out, whatever its type says. */
type Source = Omit<RTCRtpContributingSource, "rtpTimestamp"> & { readonly rtpTimestamp?: number };

function sourceOf({ source, rtpTimestamp, timestamp }: Source): FrameSource {
  return { number: source, rtpTimestamp: rtpTimestamp ?? null, at: timestamp };
}
