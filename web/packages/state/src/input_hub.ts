/**
 * Everything one can hold to talk: pointer, Space, F9, a foot switch that types F13 (ui.md section 5.1).
 *
 * Held while any source is down. A key that was down before the page could see it is ignored until it
 * has been up once; a key without a repeat for a minute is taken for released.
 */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import type { Cancel, Clock } from "@crosspatch/protocol/clock";

export interface KeyStroke {
  /** `KeyboardEvent.code`: the place of the key, not its letter. */
  readonly code: string;
  readonly repeat: boolean;
  /** An input method is composing (or `Process` is the key): typing keys belong to it. */
  readonly composing: boolean;
  /** Ctrl, Alt or Meta is down. */
  readonly modified: boolean;
  readonly shifted: boolean;
  /** The focus is where one types or slides. */
  readonly editable: boolean;
  /** The focus is on the slab itself, where Enter works like a press. */
  readonly onSlab: boolean;
}

const WORKS_EVERYWHERE: ReadonlySet<string> = new Set(["F9", "F13"]);
const KEY_SILENT_MS = 60_000;
/** A palm or water, not a thumb (ui.md section 6). */
const TOUCH_RADIUS_MAX_PX = 150;

export class InputHub {
  readonly #clock: Clock;
  readonly #held = signal(false);
  readonly #sources = new Map<string, Cancel>();
  #shifted = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get held(): ReadonlySignal<boolean> {
    return this.#held;
  }

  /** Shift was down when the press began: on the console, to cut off who talks. */
  get shifted(): boolean {
    return this.#shifted;
  }

  /** True when the stroke is ours: the browser must not act on it. */
  keyDown(stroke: KeyStroke): boolean {
    if (!isBound(stroke)) return false;
    if (!stroke.repeat) this.#down(`key ${stroke.code}`, stroke.shifted);
    else if (this.#sources.has(`key ${stroke.code}`)) this.#watch(`key ${stroke.code}`);
    return true;
  }

  /** Letting go counts wherever the focus is by now. */
  keyUp(code: string): boolean {
    return this.#up(`key ${code}`);
  }

  /** False when the touch is not taken: a palm, or a second finger. */
  pointerDown(pointer: number, radius_px: number, shifted = false): boolean {
    const another = [...this.#sources.keys()].some((source) => source.startsWith("pointer"));
    if (another || radius_px > TOUCH_RADIUS_MAX_PX) return false;
    this.#down(`pointer ${pointer}`, shifted);
    return true;
  }

  pointerUp(pointer: number): void {
    this.#up(`pointer ${pointer}`);
  }

  /** Focus or visibility is gone: a release may never be seen, so it happens now. */
  releaseAll(): void {
    for (const cancel of this.#sources.values()) cancel();
    this.#sources.clear();
    this.#held.value = false;
  }

  #down(source: string, shifted: boolean): void {
    this.#watch(source);
    if (!this.#held.peek()) this.#shifted = shifted;
    this.#held.value = true;
  }

  #watch(source: string): void {
    this.#sources.get(source)?.();
    const cancel = source.startsWith("key") ? this.#clock.after(KEY_SILENT_MS, () => this.#up(source)) : () => undefined;
    this.#sources.set(source, cancel);
  }

  #up(source: string): boolean {
    const cancel = this.#sources.get(source);
    if (cancel === undefined) return false;
    cancel();
    this.#sources.delete(source);
    this.#held.value = this.#sources.size > 0;
    return true;
  }
}

function isBound(stroke: KeyStroke): boolean {
  if (stroke.modified) return false;
  if (WORKS_EVERYWHERE.has(stroke.code)) return true;
  if (stroke.composing || stroke.editable) return false;
  return stroke.code === "Space" || (stroke.onSlab && stroke.code === "Enter");
}
