/** The floor of the fake hub's rooms, with its queue, by the rules of console-v1.md: in the order of arrival, no ranks. */

import type { Answer, Change, FloorEnd, FloorRequest, Room } from "@crosspatch/protocol/wire";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** `change` tells everybody, at once; `later` does so behind the answer. */
export interface FloorNews {
  change(change: Change): void;
  later(fn: () => void): void;
}

export class FakeFloor {
  readonly #news: FloorNews;
  #talkspurt = 0;

  constructor(news: FloorNews) {
    this.#news = news;
  }

  request({ id, wait, override }: FloorRequest, room: Mutable<Room>, leg: string, dispatches: boolean): Answer {
    const no = (code: Answer["code"] & string): Answer => ({ type: "answer", id, ok: false, code });
    if (room.mode === "conference") return no("no_floor");
    if (override === true && !dispatches) return no("not_allowed");
    if (override === true && room.holder !== null) {
      this.#leave(room, leg);
      this.#end(room, "preempted");
    }
    if (room.holder !== null) {
      if (wait !== true) return no("floor_busy");
      return { type: "answer", id, ok: true, place: this.wait(room, leg) };
    }
    const talkspurt = ++this.#talkspurt;
    const limit_ms = room.talk_limit_ms;
    this.#news.later(() => this.#news.change({ type: "floor_taken", room: room.id, leg, talkspurt, limit_ms }));
    room.holder = leg;
    room.talkspurt = talkspurt;
    return { type: "answer", id, ok: true, talkspurt, limit_ms };
  }

  /** Whoever it is: the holder gives the floor to the next, who waits gives its place up. */
  release(room: Mutable<Room>, leg: string): void {
    if (room.holder === leg && room.talkspurt !== null) {
      this.#end(room, "released");
      this.#serve(room);
    } else this.#leave(room, leg);
  }

  /** Somebody takes a free floor; the talkspurt. */
  take(room: Mutable<Room>, leg: string, limit_ms: number): number {
    const talkspurt = ++this.#talkspurt;
    room.talkspurt = talkspurt;
    this.#news.change({ type: "floor_taken", room: room.id, leg, talkspurt, limit_ms });
    return talkspurt;
  }

  /** Behind all others; the place. Who waits already keeps its own. */
  wait(room: Mutable<Room>, leg: string): number {
    const queue = room.queue ?? [];
    if (queue.includes(leg)) return queue.indexOf(leg) + 1;
    this.#tell(room, [...queue, leg]);
    return queue.length + 1;
  }

  /** A dispatcher's order, or the hub's own: it does not come to its turn. */
  turnAway(room: Mutable<Room>, leg: string, code: "cancelled" | "waited_too_long" | "muted" | "no_floor", mine: boolean): void {
    this.#leave(room, leg);
    if (mine) this.#news.change({ type: "floor_unserved", room: room.id, code });
  }

  #leave(room: Mutable<Room>, leg: string): void {
    if (room.queue?.includes(leg) === true) this.#tell(room, room.queue.filter((one) => one !== leg));
  }

  #serve(room: Mutable<Room>): void {
    const [next, ...others] = room.queue ?? [];
    if (next === undefined) return;
    this.#tell(room, others);
    this.take(room, next, room.talk_limit_ms);
  }

  #end(room: Mutable<Room>, why: FloorEnd): void {
    if (room.holder === null) return;
    this.#news.change({ type: "floor_idle", room: room.id, leg: room.holder, talkspurt: room.talkspurt ?? 0, why });
  }

  #tell(room: Mutable<Room>, waiting: readonly string[]): void {
    this.#news.change({ type: "queue_changed", room: room.id, waiting });
  }
}
