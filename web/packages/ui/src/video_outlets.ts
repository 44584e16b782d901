/** Where pictures come from: elements ask for a slot's, or for this page's own camera. Outside the component tree. */

import type { Action } from "svelte/action";

export interface VideoOutlets {
  /** Shows what comes in on a video slot. */
  readonly slot: Action<HTMLVideoElement, number>;
  /** Shows what this page's camera sees. */
  readonly own: Action<HTMLVideoElement>;
}
