/** Which rooms the next press goes to, and which one is looked at. Order is that of choosing. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

export class Selection {
  readonly #rooms = signal<readonly string[]>([]);
  readonly #focus = signal<string | null>(null);

  get rooms(): ReadonlySignal<readonly string[]> {
    return this.#rooms;
  }

  /** The room whose people and messages are shown. */
  get focus(): ReadonlySignal<string | null> {
    return this.#focus;
  }

  /** This room alone. */
  only(room: string): void {
    this.#rooms.value = [room];
    this.#focus.value = room;
  }

  /** Add a room to the selection, or take it out. */
  toggle(room: string): void {
    const rooms = this.#rooms.peek();
    this.#rooms.value = rooms.includes(room) ? rooms.filter((other) => other !== room) : [...rooms, room];
    if (this.#rooms.peek().includes(room)) this.#focus.value = room;
  }

  look(room: string): void {
    this.#focus.value = room;
  }

  /** Rooms that are gone are neither selected nor looked at. With nothing to look at, the first is. */
  onlyOf(rooms: readonly string[]): void {
    if (this.#rooms.peek().some((room) => !rooms.includes(room))) {
      this.#rooms.value = this.#rooms.peek().filter((room) => rooms.includes(room));
    }
    const focus = this.#focus.peek();
    if (focus === null || !rooms.includes(focus)) this.#focus.value = rooms[0] ?? null;
  }
}
