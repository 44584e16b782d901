/** What every component of a page shares, handed down by Svelte's context. */

import { getContext, setContext } from "svelte";

import type { LevelBus } from "./level_bus";
import type { Ticker } from "./ticker";
import type { VideoOutlets } from "./video_outlets";

export interface Shell {
  readonly ticker: Ticker;
  readonly levels: LevelBus;
  readonly videos: VideoOutlets;
}

const KEY = "shell";

export function provideShell(shell: Shell): void {
  setContext(KEY, shell);
}

export function useShell(): Shell {
  return getContext<Shell>(KEY);
}
