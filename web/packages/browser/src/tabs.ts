/** The other tabs of this browser that show the same gateway. */

import type { TabCall, TabPort } from "@crosspatch/state/ports";

export class BrowserTabs implements TabPort {
  onCall: (call: TabCall) => void = () => undefined;
  readonly #channel = new BroadcastChannel("crosspatch.tabs");

  constructor() {
    this.#channel.onmessage = (event: MessageEvent<TabCall>) => this.onCall(event.data);
  }

  call(call: TabCall): void {
    this.#channel.postMessage(call);
  }
}
