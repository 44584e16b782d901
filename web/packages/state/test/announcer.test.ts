import { Announcer } from "@crosspatch/state/announcer";
import { FakeClock } from "@crosspatch/testing/fake_clock";
import { beforeEach, expect, it } from "vitest";

let clock: FakeClock;
let talking: boolean;
let announcer: Announcer;

beforeEach(() => {
  clock = new FakeClock();
  talking = false;
  announcer = new Announcer(clock, () => talking);
});

const polite = (): unknown[] => {
  const { count, line } = announcer.polite.value;
  return [count, line?.key];
};

it("says a polite line at once when nothing was said", () => {
  announcer.say({ key: "link_back" });
  expect(polite()).toEqual([1, "link_back"]);
});

it("keeps 1.5 s between polite lines", async () => {
  announcer.say({ key: "link_back" });
  announcer.say({ key: "entered", room: "ops" });
  expect(polite()).toEqual([1, "link_back"]);
  await clock.advance(1_500);
  expect(polite()).toEqual([2, "entered"]);
});

it("says the newest of one kind only", async () => {
  announcer.say({ key: "link_back" });
  announcer.say({ key: "mode", mode: "conference" });
  announcer.say({ key: "mode", mode: "talkgroup" });
  await clock.advance(10_000);
  expect(announcer.polite.value).toEqual({ count: 2, line: { key: "mode", mode: "talkgroup" } });
});

it("is silent politely while this person talks", async () => {
  talking = true;
  announcer.say({ key: "link_back" });
  await clock.advance(10_000);
  expect(polite()).toEqual([0, undefined]);
});

it("shouts the end of one's own talk even while talking", () => {
  talking = true;
  announcer.shout({ key: "revoked", reason: "timed_out" });
  announcer.shout({ key: "silent" });
  expect(announcer.assertive.value.line?.key).toBe("revoked");
});

it("says the same words again when they are true again", () => {
  announcer.shout({ key: "live" });
  announcer.shout({ key: "live" });
  expect(announcer.assertive.value.count).toBe(2);
});
