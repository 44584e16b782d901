/**
 * Running times, outside the component tree (ui.md section 11): one timer writes the text nodes that
 * registered, and stands still when there are none.
 */

import type { Action } from "svelte/action";

/** What a node says at a time of the page's clock. */
export type TextAt = (now: number) => string;

const EVERY_MS = 200;

export class Ticker {
  readonly #now: () => number;
  readonly #nodes = new Map<HTMLElement, TextAt>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly text: Action<HTMLElement, TextAt> = (node, textAt) => {
    this.#register(node, textAt);
    return {
      update: (changed) => this.#register(node, changed),
      destroy: () => {
        this.#nodes.delete(node);
        if (this.#nodes.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  };

  #register(node: HTMLElement, textAt: TextAt): void {
    this.#nodes.set(node, textAt);
    node.textContent = textAt(this.#now());
    this.#timer ??= setInterval(() => this.#tick(), EVERY_MS);
  }

  #tick(): void {
    const now = this.#now();
    for (const [node, textAt] of this.#nodes) {
      const text = textAt(now);
      if (node.textContent !== text) node.textContent = text;
    }
  }
}
