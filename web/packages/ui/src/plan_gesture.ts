/** Fingers on the plan: one moves the ground, two also spread it. */

import { moved, zoomed, type PlanView, type Point } from "./plan";

export class PlanGesture {
  readonly #fingers = new Map<number, Point>();

  down(pointer: number, at: Point): void {
    this.#fingers.set(pointer, at);
  }

  up(pointer: number): void {
    this.#fingers.delete(pointer);
  }

  /** The view after this finger has moved; null when it is not down. */
  move(view: PlanView, pointer: number, now: Point): PlanView | null {
    const before = this.#fingers.get(pointer);
    if (before === undefined) return null;
    this.#fingers.set(pointer, now);
    const [other] = [...this.#fingers].filter(([id]) => id !== pointer).map(([, at]) => at);
    if (other === undefined) return moved(view, { x: now.x - before.x, y: now.y - before.y });
    return zoomed(view, apart(before, other) / apart(now, other), other);
  }
}

function apart(one: Point, other: Point): number {
  return Math.max(1, Math.hypot(one.x - other.x, one.y - other.y));
}
