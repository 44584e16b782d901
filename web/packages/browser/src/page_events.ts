/** Keys, focus, visibility and network of the window, told to the page's view model. */

import type { KeyStroke } from "@crosspatch/state/input_hub";

/** What a page's view model makes of its window. */
export interface WindowPage {
  /** True when the stroke is the page's: the browser must not act on it. */
  keyDown(stroke: KeyStroke): boolean;
  keyUp(code: string): boolean;
  unlockSound(): void;
  blurred(): void;
  hidden(): void;
  shown(): void;
  networkChanged(): void;
  devicesChanged(): void;
  gone(): void;
}

const EDITABLE = "input, textarea, select, [contenteditable]:not([contenteditable='false']), [role='slider'], [role='menu']";

/** In the capture phase: no component below can swallow a press. */
export function listenToWindow(page: WindowPage, shown: () => void): void {
  window.addEventListener("keydown", (event) => page.keyDown(strokeOf(event)) && event.preventDefault(), { capture: true });
  window.addEventListener("keyup", (event) => page.keyUp(event.code) && event.preventDefault(), { capture: true });
  window.addEventListener("pointerdown", () => page.unlockSound(), { capture: true });
  window.addEventListener("blur", () => page.blurred());
  window.addEventListener("pagehide", (event) => (event.persisted ? page.hidden() : page.gone()));
  window.addEventListener("online", () => page.networkChanged());
  window.addEventListener("offline", () => page.networkChanged());
  // Absent outside of secure contexts, whatever its type says.
  (navigator.mediaDevices as MediaDevices | undefined)?.addEventListener("devicechange", () => page.devicesChanged());
  document.addEventListener("freeze", () => page.hidden());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) page.hidden();
    else {
      page.shown();
      shown();
    }
  });
}

function strokeOf(event: KeyboardEvent): KeyStroke {
  const target = event.target instanceof Element ? event.target : null;
  return {
    code: event.code,
    repeat: event.repeat,
    // `Process` is what an input method reports instead of the key (keyCode 229 of old).
    composing: event.isComposing || event.key === "Process",
    shifted: event.shiftKey,
    modified: event.ctrlKey || event.altKey || event.metaKey,
    editable: target?.closest(EDITABLE) != null,
    onSlab: target?.closest("[data-testid='slab']") != null,
  };
}
