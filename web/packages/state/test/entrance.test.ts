import { readAddress, readPasted } from "@crosspatch/state/entrance";
import { expect, it } from "vitest";

const TOKEN = "lqRsaW5rrWFkbWlu.jLLOdUYN-MQIFve4";

it.each([
  ["/join/" + TOKEN, "", { token: TOKEN, room: null }],
  ["/r/ops", "#token=" + TOKEN, { token: TOKEN, room: "ops" }],
  ["/r/ops", "", { token: "", room: "ops" }],
  ["/", "", { token: "", room: null }],
  ["/r/Not A Room", "", { token: "", room: null }],
  ["/join/%E0%A4%A", "", { token: "%E0%A4%A", room: null }],
])("the address %s%s", (path, fragment, expected) => {
  expect(readAddress(path, fragment)).toEqual(expected);
});

it.each([
  [`https://hub.example/join/${TOKEN}`, { token: TOKEN, room: null }],
  [`  http://127.0.0.1:8080/r/ops#token=${TOKEN}\n`, { token: TOKEN, room: "ops" }],
  [TOKEN, { token: TOKEN, room: null }],
  ["https://hub.example/r/ops", null],
  ["hello there", null],
  ["", null],
])("pasted text %s", (text, expected) => {
  expect(readPasted(text)).toEqual(expected);
});
