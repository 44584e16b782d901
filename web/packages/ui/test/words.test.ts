import { expect, it } from "vitest";

import { consoleEn } from "@crosspatch/ui/words/console_en";
import { consoleZh } from "@crosspatch/ui/words/console_zh";
import { en } from "@crosspatch/ui/words/en";
import { zh } from "@crosspatch/ui/words/zh";

/** Each leaf by its path; functions are called with sample values. */
function leaves(table: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(table) as [string, unknown][]) {
    const at = path === "" ? key : `${path}.${key}`;
    if (typeof value === "string") found.set(at, value);
    else if (typeof value === "function") found.set(at, String((value as (...samples: unknown[]) => unknown)(2, 3, "14:01")));
    else if (typeof value === "object" && value !== null) for (const [below, text] of leaves(value, at)) found.set(below, text);
  }
  return found;
}

const zhWords = new Map([...leaves(zh), ...leaves(consoleZh, "console")]);
const enWords = new Map([...leaves(en), ...leaves(consoleEn, "console")]);

it("zh and en have the same keys", () => {
  expect([...zhWords.keys()].sort()).toEqual([...enWords.keys()].sort());
});

it("no sentence is empty", () => {
  expect([...zhWords, ...enWords].filter(([, text]) => text.trim() === "")).toEqual([]);
});

it("zh is Chinese, with Chinese punctuation", () => {
  const words = [...zhWords].filter(([key]) => !["tag", "product", "act.language", "console.happened.call"].includes(key) && !/^console\.dock\.keys\.\d\.0$/.test(key));
  expect(words.filter(([, text]) => !/\p{Script=Han}/u.test(text))).toEqual([]);
  expect(words.filter(([, text]) => /\p{Script=Han}\s*[,;:!?]/u.test(text))).toEqual([]);
});

it("en holds no Chinese", () => {
  const words = [...enWords].filter(([key]) => key !== "act.language");
  expect(words.filter(([, text]) => /\p{Script=Han}/u.test(text))).toEqual([]);
});

it("one person is not plural in English", () => {
  expect(en.net.here(1)).toBe("1 here");
  expect(en.card.listening(1)).toBe("1 listening");
});
