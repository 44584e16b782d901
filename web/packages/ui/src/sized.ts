/** Tells how high an element is drawn, in device pixels, now and whenever it changes. */

import type { Action } from "svelte/action";

export const sized: Action<HTMLElement, (height_px: number) => void> = (element, tell) => {
  let told = tell;
  const observer = new ResizeObserver(([entry]) => {
    if (entry !== undefined) told(Math.round(entry.contentRect.height * devicePixelRatio));
  });
  observer.observe(element);
  return {
    update: (next) => void (told = next),
    destroy: () => observer.disconnect(),
  };
};
