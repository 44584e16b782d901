/** Audio levels, outside the component tree: they arrive in batches and are written as `--lv` on the nodes that asked. */

import type { Action } from "svelte/action";

/** `own`: this page's microphone. `room`: the loudest voice that comes in. */
export type LevelOf = "own" | "room";

export class LevelBus {
  readonly #nodes = new Map<HTMLElement, LevelOf>();

  /** Nobody looks: no need to measure. */
  get idle(): boolean {
    return this.#nodes.size === 0;
  }

  readonly meter: Action<HTMLElement, LevelOf> = (node, of) => {
    this.#nodes.set(node, of);
    return { destroy: () => void this.#nodes.delete(node) };
  };

  /** Levels from 0 (silence) to 1. */
  publish(levels: Readonly<Record<LevelOf, number>>): void {
    for (const [node, of] of this.#nodes) node.style.setProperty("--lv", levels[of].toFixed(3));
  }
}
