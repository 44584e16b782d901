/** What this device remembers of its owner: language, day or night, name, unit, whether to share the position, faders. Never a token. */

import { signal, type ReadonlySignal } from "@preact/signals-core";

import { Faders } from "./faders";
import type { StoragePort } from "./ports";

export type Language = "zh" | "en";
export type Theme = "day" | "night";

export class Settings {
  readonly #storage: StoragePort;
  readonly #language;
  readonly #theme;
  readonly faders: Faders;

  /** `preferred`: the browser's own language, used until the person chooses. */
  constructor(storage: StoragePort, preferred: string) {
    this.#storage = storage;
    this.faders = new Faders(storage);
    const language = storage.read("language");
    const fallback: Language = preferred.toLowerCase().startsWith("zh") ? "zh" : "en";
    this.#language = signal<Language>(language === "zh" || language === "en" ? language : fallback);
    this.#theme = signal<Theme>(storage.read("theme") === "night" ? "night" : "day");
  }

  get language(): ReadonlySignal<Language> {
    return this.#language;
  }

  get theme(): ReadonlySignal<Theme> {
    return this.#theme;
  }

  get name(): string {
    return this.#storage.read("name") ?? "";
  }

  get unit(): string {
    return this.#storage.read("unit") ?? "";
  }

  /** What was chosen last about one's own position. */
  get locate(): boolean {
    return this.#storage.read("locate") === "yes";
  }

  set locate(locate: boolean) {
    this.#storage.write("locate", locate ? "yes" : "no");
  }

  remember(name: string, unit: string): void {
    this.#storage.write("name", name);
    this.#storage.write("unit", unit);
  }

  switchLanguage(): void {
    this.#language.value = this.#language.value === "zh" ? "en" : "zh";
    this.#storage.write("language", this.#language.value);
  }

  switchTheme(): void {
    this.#theme.value = this.#theme.value === "day" ? "night" : "day";
    this.#storage.write("theme", this.#theme.value);
  }
}
