import type { Air, Person } from "@crosspatch/protocol/wire";
import { radioLine } from "@crosspatch/state/radio_line";
import { expect, it } from "vitest";

type Channel = Parameters<typeof radioLine>[0]["channel"];

function room(...airs: (Air | null)[]): { channel: Channel } {
  const people = airs.map((air, at): Person => ({ leg: `r${at}`, name: `R${at}`, unit: "", kind: "radio", media_up: true, air }));
  return {
    channel: {
      id: "ops",
      name: "Ops",
      mode: "talkgroup",
      talk_limit_ms: 30_000,
      made: false,
      members: new Map(people.map((person) => [person.leg, person])),
      holder: null,
      beside: [],
      talkers_max: 1,
      talkers: [],
      queue: [],
      whispers: new Map(),
      last: null,
    },
  };
}

it("a room without a radio has no line", () => {
  expect(radioLine(room(null))).toBeNull();
});

it.each([
  ["a radio that is not on air", { state: "denied", why: "busy" }, { state: "on_air", why: "" }],
  ["a radio that is not there", { state: "offline", why: "silent" }, { state: "keying", why: "" }],
  ["a transmitter that may still be on", { state: "ready", why: "stuck" }, { state: "denied", why: "link" }],
] as const)("%s is shown before the others", (_, urgent, other) => {
  expect(radioLine(room(other, urgent))).toMatchObject({ air: urgent, radio: { name: "R1" }, more: 1 });
});
