/** The table of a language. */

import type { Language } from "@crosspatch/state/settings";

import { en } from "./en";
import type { Words } from "./words";
import { zh } from "./zh";

const TABLES: Readonly<Record<Language, Words>> = { zh, en };

export function wordsOf(language: Language): Words {
  return TABLES[language];
}
