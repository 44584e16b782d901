import { callSign, duration, timeOfDay } from "@crosspatch/ui/format";
import { expect, it } from "vitest";

it.each([
  [0, "0:00"],
  [9_999, "0:09"],
  [61_000, "1:01"],
  [3_600_000, "60:00"],
  [-5, "0:00"],
])("%d ms lasts %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it("a time of day has two digits each", () => {
  expect(timeOfDay(new Date(2026, 10, 22, 9, 5).getTime())).toBe("09:05");
});

it("the unit stands before the name", () => {
  expect(callSign({ name: "Ana", unit: "Pump 3" })).toBe("Pump 3 · Ana");
  expect(callSign({ name: "Ana", unit: "" })).toBe("Ana");
});
