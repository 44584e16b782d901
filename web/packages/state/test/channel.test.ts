import type { Change, Person } from "@crosspatch/protocol/wire";
import { Channel, hasPlace, heard, type ChannelState } from "@crosspatch/state/channel";
import { FakeClock } from "@crosspatch/testing/fake_clock";
import { beforeEach, expect, it } from "vitest";

const WEI: Person = { leg: "w", name: "Wei", unit: "Ladder 7", kind: "browser", media_up: true };
const ANA: Person = { leg: "a", name: "Ana", unit: "", kind: "phone", media_up: false };
const joined: Change = { type: "joined", room: "ops", person: ANA };
const taken: Change = { type: "floor_taken", room: "ops", leg: "w", talkspurt: 4, limit_ms: 30_000 };
const idle: Change = { type: "floor_idle", room: "ops", leg: "w", talkspurt: 4, why: "released" };
const also: Change = { type: "floor_taken", room: "ops", leg: "a", talkspurt: 5, limit_ms: 30_000 };
const alsoIdle: Change = { type: "floor_idle", room: "ops", leg: "a", talkspurt: 5, why: "released" };
const talker = (leg: string, on: boolean): Change => ({ type: "talker", room: "ops", leg, on });

let clock: FakeClock;
let channel: Channel;

beforeEach(() => {
  clock = new FakeClock();
  channel = new Channel(clock);
  channel.enter({
    id: "ops",
    name: "Drainage",
    mode: "talkgroup",
    talk_limit_ms: 30_000,
    members: [WEI],
    holder: null,
    talkspurt: null,
    holder_since_ms: 0,
    talkers: [],
  });
});

it.each<[string, Change[], (state: ChannelState) => unknown, unknown]>([
  ["who joined is a member", [joined], (state) => state.members.get("a")?.name, "Ana"],
  ["who left is none", [{ type: "left", room: "ops", leg: "w", why: "left" }], (state) => state.members.size, 0],
  ["media up is known", [joined, { type: "media_state", room: "ops", leg: "a", up: true }], (state) => state.members.get("a")?.media_up, true],
  ["media of a stranger adds nobody", [{ type: "media_state", room: "ops", leg: "x", up: true }], (state) => state.members.size, 1],
  ["who took the floor holds it", [taken], (state) => state.holder?.person?.name, "Wei"],
  ["a holder who is not introduced is someone", [{ ...taken, leg: "x" }], (state) => state.holder?.person, null],
  ["an idle floor has no holder", [taken, idle], (state) => state.holder, null],
  ["who talked last is remembered", [taken, idle], (state) => state.last?.person?.name, "Wei"],
  ["a holder who leaves is the last talker", [taken, { type: "left", room: "ops", leg: "w", why: "lost" }], (state) => [state.holder, state.last?.leg], [null, "w"]],
  ["talkers of an open room keep their order", [talker("w", true), talker("a", true)], (state) => state.talkers, ["w", "a"]],
  ["a talker is listed once", [talker("w", true), talker("w", true)], (state) => state.talkers, ["w"]],
  ["a talker who stops is not listed", [talker("w", true), talker("w", false)], (state) => state.talkers, []],
  ["a switched room has a new mode and nobody talks", [taken, { type: "mode_changed", room: "ops", mode: "conference", by: "w" }], (state) => [state.mode, state.holder], ["conference", null]],
  ["a radio's transmitter is where the bridge says", [{ type: "air_changed", room: "ops", leg: "w", air: { state: "denied", why: "busy" } }], (state) => state.members.get("w")?.air, { state: "denied", why: "busy" }],
  ["who talks on a radio is named at the holder too", [taken, { type: "radio_talker", room: "ops", leg: "w", name: "Unit 12" }], (state) => [state.members.get("w")?.talker, state.holder?.person?.talker], ["Unit 12", "Unit 12"]],
  ["who talked on a radio is forgotten with the talkspurt", [taken, { type: "radio_talker", room: "ops", leg: "w", name: "Unit 12" }, idle], (state) => state.members.get("w")?.talker, ""],
  ["of two on the floor the last to begin is the holder", [joined, taken, also], (state) => [state.holder?.leg, heard(state)], ["a", ["w", "a"]]],
  ["one of two goes on when the other ends", [joined, taken, also, alsoIdle], (state) => [heard(state), state.last?.leg], [["w"], "a"]],
  ["the first of two may end first", [joined, taken, also, idle], (state) => [heard(state), state.last?.leg], [["a"], "w"]],
  ["a floor that somebody never had does not end another's", [taken, alsoIdle], (state) => [heard(state), state.last], [["w"], null]],
  ["changes of another room pass by", [{ ...taken, room: "other" }], (state) => state.holder, null],
])("%s", (_, changes, look, expected) => {
  for (const change of changes) channel.apply(change);
  expect(look(channel.state.value!)).toEqual(expected);
});

it("a talk that was under way at the snapshot began before it", () => {
  channel.enter({ ...snapshot(channel), holder: "w", talkspurt: 9, holder_since_ms: 4_000 });
  expect(channel.state.value?.holder?.since).toBe(clock.now() - 4_000);
});

it("a snapshot names who else is on the floor", () => {
  channel.enter({ ...snapshot(channel), members: [WEI, ANA], holder: "w", talkspurt: 9, beside: ["a"] });
  expect(channel.state.value?.beside.map((one) => one.person?.name)).toEqual(["Ana"]);
});

it.each([
  [1, false],
  [2, true],
])("with one of %i on the floor another gets it: %s", (talkers_max, expected) => {
  channel.enter({ ...snapshot(channel), talkers_max });
  channel.apply(taken);
  expect(hasPlace(channel.state.value!)).toBe(expected);
});

it("the last talk has its length", async () => {
  channel.apply(taken);
  await clock.advance(12_000);
  channel.apply(idle);
  expect(channel.state.value?.last?.duration_ms).toBe(12_000);
});

it("after a restart of the hub nobody is known to be here", () => {
  channel.apply(taken);
  channel.forget();
  expect(channel.state.value).toMatchObject({ holder: null, talkers: [] });
  expect(channel.state.value?.members.size).toBe(0);
});

function snapshot(of: Channel) {
  const state = of.state.value!;
  return { ...state, members: [...state.members.values()], holder: null, beside: [], talkspurt: null, holder_since_ms: 0 };
}
