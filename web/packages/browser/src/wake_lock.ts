/** Keeps the screen on while one is in a room: a locked phone can neither talk nor show who talks. */

export class WakeLock {
  #wanted = false;
  #held: WakeLockSentinel | null = null;

  /** Asked again after each return: the browser drops it when the page is hidden. */
  want(wanted: boolean): void {
    this.#wanted = wanted;
    void (wanted ? this.#take() : this.#held?.release());
  }

  shown(): void {
    if (this.#wanted) void this.#take();
  }

  async #take(): Promise<void> {
    // Not in every browser, whatever its type says; refused when the battery is low: the page goes on without.
    const wakeLock = navigator.wakeLock as Navigator["wakeLock"] | undefined;
    try {
      this.#held = (await wakeLock?.request("screen")) ?? null;
    } catch {
      this.#held = null;
    }
  }
}

