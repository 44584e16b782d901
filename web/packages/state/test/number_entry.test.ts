import { NumberEntry } from "@crosspatch/state/number_entry";
import { beforeEach, expect, it } from "vitest";

let called: string[];
let entry: NumberEntry;

beforeEach(() => {
  called = [];
  entry = new NumberEntry((number) => called.push(number));
  entry.open();
});

it.each([
  ["101", "101"],
  ["139 0155 7742", "13901557742"],
  [" +44 (20) 7946/0958 ", "+442079460958"],
  ["front-desk", "front-desk"],
])("%j calls %s and closes", (text, number) => {
  entry.type(text);
  entry.call();
  expect(called).toEqual([number]);
  expect(entry.state.value).toEqual({ open: false, text: "", fault: false });
});

it.each(["", "  ", "++1", "12;13", "sip:101@example", "1".repeat(33)])("%j is no number: nothing is called", (text) => {
  entry.type(text);
  entry.call();
  expect(called).toEqual([]);
  expect(entry.state.value).toMatchObject({ open: true, text, fault: true });
  entry.press("1");
  expect(entry.state.value.fault).toBe(false);
});

it("is typed and erased key by key", () => {
  for (const key of "102") entry.press(key);
  entry.erase();
  entry.press("1");
  expect(entry.state.value.text).toBe("101");
});

it("forgets what was typed when it is closed", () => {
  entry.press("1");
  entry.close();
  entry.open();
  expect(entry.state.value).toEqual({ open: true, text: "", fault: false });
});
