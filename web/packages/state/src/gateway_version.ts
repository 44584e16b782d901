/** Whether the gateway is another one than this page was made for: then the page has to be loaded anew. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

export class GatewayVersion {
  readonly #newer = signal(false);
  #first: string | null = null;

  /** The gateway says things that this page does not know, or has been exchanged under it. */
  get newer(): ReadonlySignal<boolean> {
    return this.#newer;
  }

  /** As each welcome names it; the first is the one that this page came from. */
  heard(server: string): void {
    this.#first ??= server;
    if (server !== this.#first) this.unknown();
  }

  unknown(): void {
    this.#newer.value = true;
  }
}
