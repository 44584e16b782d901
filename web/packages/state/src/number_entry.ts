/** A number being typed, by keys on screen or by keyboard. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

export interface NumberEntryState {
  readonly open: boolean;
  readonly text: string;
  /** What was typed is no number; said after the attempt to call it, until it is changed. */
  readonly fault: boolean;
}

const CLOSED: NumberEntryState = { open: false, text: "", fault: false };
/** As the hub takes it: `PhoneNumber` of the console protocol. */
const NUMBER = /^\+?[0-9A-Za-z][0-9A-Za-z._-]{0,31}$/;
/** People write numbers in groups. */
const GROUPING = /[\s()/]/g;
const TEXT_MAX = 48;

export class NumberEntry {
  readonly #state = signal<NumberEntryState>(CLOSED);
  readonly #call: (number: string) => void;

  constructor(call: (number: string) => void) {
    this.#call = call;
  }

  get state(): ReadonlySignal<NumberEntryState> {
    return this.#state;
  }

  open(): void {
    this.#state.value = { ...CLOSED, open: true };
  }

  close(): void {
    this.#state.value = CLOSED;
  }

  type(text: string): void {
    this.#state.value = { open: true, text: text.slice(0, TEXT_MAX), fault: false };
  }

  press(key: string): void {
    this.type(this.#state.peek().text + key);
  }

  erase(): void {
    this.type(this.#state.peek().text.slice(0, -1));
  }

  /** Calls what was typed and closes; stays open on what is no number. */
  call(): void {
    const { text } = this.#state.peek();
    const number = text.replace(GROUPING, "");
    if (NUMBER.test(number)) {
      this.close();
      this.#call(number);
    } else this.#state.value = { open: true, text, fault: true };
  }
}
