import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { next, PTT_START, TRANSITIONS, type PttEffect, type PttEvent, type PttPhase, type PttState } from "@crosspatch/state/ptt_machine";

const PRESS: PttEvent = { type: "press", mode: "talkgroup" };
const OPEN_PRESS: PttEvent = { type: "press", mode: "conference" };
const GRANTED: PttEvent = { type: "granted", press: 1, talkspurt: 7, limit_ms: 30_000 };
const QUEUED: PttEvent = { type: "queued", press: 1, place: 2 };
const TAKEN: PttEvent = { type: "taken", talkspurt: 7, limit_ms: 30_000 };
const OVERRIDE: PttEvent = { type: "press", mode: "talkgroup", override: true };
const RELEASE: PttEvent = { type: "release" };
const SHOWN: PttEvent = { type: "shown" };

function run(events: readonly PttEvent[]): { state: PttState; effects: PttEffect[] } {
  const effects: PttEffect[] = [];
  let state = PTT_START;
  for (const event of events) {
    const step = next(state, event);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

describe("table", () => {
  const busy: PttEvent = { type: "refused", press: 1, code: "floor_busy" };
  const silent: PttEvent = { type: "silent", press: 1 };
  const lost: PttEvent = { type: "cut", why: "offline" };
  const blurred: PttEvent = { type: "cut", why: null };
  const timeOut: PttEvent = { type: "ended", talkspurt: 7, why: "timed_out" };
  it.each<[string, PttEvent[], PttPhase, PttEffect[]]>([
    ["a press opens the microphone and asks", [PRESS], "requesting", ["open_mic", "ask"]],
    ["a grant changes nothing at the microphone", [PRESS, GRANTED], "granted", ["open_mic", "ask"]],
    ["letting go shuts it, and the floor goes back behind the last word", [PRESS, GRANTED, RELEASE], "idle", ["open_mic", "ask", "shut_mic", "give_back_spoken"]],
    ["letting go before the answer takes the request back", [PRESS, RELEASE], "idle", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["a grant to a press that is over is given back", [PRESS, RELEASE, GRANTED], "idle", ["open_mic", "ask", "shut_mic", "give_back", "give_back"]],
    ["a refusal is shown", [PRESS, busy], "denied", ["open_mic", "ask", "shut_mic"]],
    ["a refusal stays while the person holds", [PRESS, busy, SHOWN], "denied", ["open_mic", "ask", "shut_mic"]],
    ["a refusal stays its time when the person lets go", [PRESS, busy, RELEASE], "denied", ["open_mic", "ask", "shut_mic"]],
    ["a refusal ends when it was shown and let go", [PRESS, busy, SHOWN, RELEASE], "idle", ["open_mic", "ask", "shut_mic"]],
    ["a new press may follow a refusal at once", [PRESS, busy, RELEASE, PRESS], "requesting", ["open_mic", "ask", "shut_mic", "open_mic", "ask"]],
    ["no answer is silence, and takes the request back", [PRESS, silent], "silent", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["the hub's time-out shuts the microphone", [PRESS, GRANTED, timeOut], "revoked", ["open_mic", "ask", "shut_mic"]],
    ["the page's own time-out does too", [PRESS, GRANTED, { type: "limit" }], "revoked", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["the end of another talkspurt changes nothing", [PRESS, GRANTED, { type: "ended", talkspurt: 6, why: "released" }], "granted", ["open_mic", "ask"]],
    ["a lost link ends the talk and says so", [PRESS, GRANTED, lost], "silent", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["a lost focus ends the talk quietly", [PRESS, GRANTED, blurred], "idle", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["who waits has a shut microphone", [PRESS, QUEUED], "queued", ["open_mic", "ask", "shut_mic"]],
    ["its turn opens it", [PRESS, QUEUED, TAKEN], "granted", ["open_mic", "ask", "shut_mic", "open_mic"]],
    ["letting go gives the place up", [PRESS, QUEUED, RELEASE], "idle", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["a turn that comes after that is given back", [PRESS, QUEUED, RELEASE, TAKEN], "idle", ["open_mic", "ask", "shut_mic", "give_back", "give_back"]],
    ["a place for a press that is over is given up", [PRESS, RELEASE, QUEUED], "idle", ["open_mic", "ask", "shut_mic", "give_back", "give_back"]],
    ["a turn that does not come says why", [PRESS, QUEUED, { type: "unserved", code: "cancelled" }], "denied", ["open_mic", "ask", "shut_mic"]],
    ["a lost link gives the place up", [PRESS, QUEUED, lost], "silent", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["a lost focus does so quietly", [PRESS, QUEUED, blurred], "idle", ["open_mic", "ask", "shut_mic", "give_back"]],
    ["who waits may cut in", [PRESS, QUEUED, OVERRIDE], "requesting", ["open_mic", "ask", "shut_mic", "open_mic", "ask"]],
    ["a second press of the same kind only waits on", [PRESS, QUEUED, PRESS], "queued", ["open_mic", "ask", "shut_mic"]],
    ["news of the own floor changes nothing for who has it", [PRESS, GRANTED, TAKEN], "granted", ["open_mic", "ask"]],
    ["late news of a floor that has gone back takes no second answer", [PRESS, GRANTED, RELEASE, TAKEN], "idle", ["open_mic", "ask", "shut_mic", "give_back_spoken"]],
    ["a grant to the former press does not end the present one", [PRESS, RELEASE, PRESS, GRANTED], "requesting", ["open_mic", "ask", "shut_mic", "give_back", "open_mic", "ask"]],
    ["a talk goes on while its grace runs", [PRESS, GRANTED, { type: "time", talkspurt: 7, time: "over", left_ms: 3_000 }], "granted", ["open_mic", "ask"]],
    ["an open room needs no floor", [OPEN_PRESS], "open", ["open_mic"]],
    ["letting go in an open room only shuts the microphone", [OPEN_PRESS, RELEASE], "idle", ["open_mic", "shut_mic"]],
    ["a room opened meanwhile answers no_floor: just talk", [PRESS, { type: "refused", press: 1, code: "no_floor" }], "open", ["open_mic", "ask"]],
    ["a room that is closed again ends the talk", [OPEN_PRESS, { type: "mode", mode: "talkgroup" }], "revoked", ["open_mic", "shut_mic"]],
    ["a blocked press asks nobody", [{ type: "blocked", why: "no_media" }], "denied", []],
    ["a press without a link is silence", [{ type: "blocked", why: "offline" }], "silent", []],
  ])("%s", (_, events, phase, effects) => {
    const end = run(events);
    expect(end.state.phase).toBe(phase);
    expect(end.effects).toEqual(effects);
  });
});

it("the place is the queue's latest word", () => {
  expect(run([PRESS, QUEUED]).state.place).toBe(2);
  expect(run([PRESS, QUEUED, { type: "placed", place: 1 }]).state.place).toBe(1);
  // Who is served has left the queue a moment before.
  expect(run([PRESS, QUEUED, { type: "placed", place: 1 }, { type: "placed", place: 0 }]).state.place).toBe(1);
});

it("a refusal keeps how long it is for", () => {
  const penalty: PttEvent = { type: "refused", press: 1, code: "penalty", wait_ms: 2_400 };
  expect(run([PRESS, penalty]).state).toMatchObject({ reason: "penalty", left_ms: 2_400 });
});

it("what is left of a talk is the hub's word, of this talk only", () => {
  const ending = (talkspurt: number): PttEvent => ({ type: "time", talkspurt, time: "ending", left_ms: 4_900 });
  expect(run([PRESS, GRANTED, ending(7)]).state).toMatchObject({ time: "ending", left_ms: 4_900 });
  expect(run([PRESS, GRANTED, ending(6)]).state).toMatchObject({ time: "plenty", left_ms: 30_000 });
});

describe("for any order of events", () => {
  const event: fc.Arbitrary<PttEvent> = fc.oneof(
    fc.constant<PttEvent>(PRESS),
    fc.constant<PttEvent>(OPEN_PRESS),
    fc.constant<PttEvent>(OVERRIDE),
    fc.constant<PttEvent>(RELEASE),
    fc.constant<PttEvent>(SHOWN),
    fc.constant<PttEvent>({ type: "limit" }),
    fc.constantFrom<PttEvent>({ type: "cut", why: null }, { type: "cut", why: "offline" }, { type: "cut", why: "no_microphone" }),
    fc.constantFrom<PttEvent>({ type: "mode", mode: "talkgroup" }, { type: "mode", mode: "conference" }),
    fc.record({ type: fc.constant("granted" as const), press: fc.nat(4), talkspurt: fc.nat(4), limit_ms: fc.constant(30_000) }),
    fc.record({ type: fc.constant("refused" as const), press: fc.nat(4), code: fc.constantFrom("floor_busy" as const, "no_floor" as const) }),
    fc.record({ type: fc.constant("silent" as const), press: fc.nat(4) }),
    fc.record({ type: fc.constant("queued" as const), press: fc.nat(4), place: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ type: fc.constant("placed" as const), place: fc.nat(4) }),
    fc.record({ type: fc.constant("taken" as const), talkspurt: fc.nat(4), limit_ms: fc.constant(30_000) }),
    fc.record({ type: fc.constant("unserved" as const), code: fc.constantFrom("cancelled" as const, "no_floor" as const) }),
    fc.record({ type: fc.constant("time" as const), talkspurt: fc.nat(4), time: fc.constantFrom("ending" as const, "over" as const), left_ms: fc.nat(5_000) }),
    fc.record({ type: fc.constant("ended" as const), talkspurt: fc.nat(4), why: fc.constantFrom("released" as const, "timed_out" as const) }),
  );
  const history = fc.array(event, { maxLength: 40 });

  /** What a microphone does that obeys the effects. */
  function follow(events: readonly PttEvent[], look: (before: PttState, event: PttEvent, after: PttState, open: boolean) => void): void {
    let state = PTT_START;
    let open = false;
    for (const one of events) {
      const step = next(state, one);
      for (const effect of step.effects) {
        if (effect === "open_mic") open = true;
        if (effect === "shut_mic") open = false;
      }
      look(state, one, step.state, open);
      state = step.state;
    }
  }

  it("the microphone is open exactly while requesting, granted, or held in an open room", () => {
    fc.assert(
      fc.property(history, (events) =>
        follow(events, (_before, _event, after, open) => expect(open).toBe(["requesting", "granted", "open"].includes(after.phase))),
      ),
    );
  });

  it("nobody is granted without a grant to the present press", () => {
    fc.assert(
      fc.property(history, (events) =>
        follow(events, (before, one, after) => {
          if (after.phase !== "granted" || before.phase === "granted") return;
          if (before.phase === "queued") expect(one.type).toBe("taken");
          else expect(one).toMatchObject({ type: "granted", press: before.press });
          expect(before.held).toBe(true);
        }),
      ),
    );
  });

  it("letting go, losing focus and losing the link always shut the microphone", () => {
    fc.assert(
      fc.property(history, (events) =>
        follow(events, (_before, one, _after, open) => {
          if (one.type === "release" || one.type === "cut" || one.type === "limit") expect(open && one.type !== "limit").toBe(false);
        }),
      ),
    );
  });

  it("every grant and every place that nobody holds for is given back", () => {
    fc.assert(
      fc.property(history, (events) => {
        let state = PTT_START;
        for (const one of events) {
          const step = next(state, one);
          const gift = one.type === "granted" || one.type === "queued";
          const underWay = ["requesting", "queued", "granted"].includes(step.state.phase);
          if (gift && !underWay) expect(step.effects).toContain("give_back");
          state = step.state;
        }
      }),
    );
  });

  it("what one has, a floor or a place, is given back by letting go and by losing link or focus", () => {
    fc.assert(
      fc.property(history, (events) => {
        let state = PTT_START;
        for (const one of events) {
          const step = next(state, one);
          const had = ["requesting", "queued", "granted"].includes(state.phase);
          if (had && (one.type === "release" || one.type === "cut")) expect(step.effects.some((effect) => effect.startsWith("give_back"))).toBe(true);
          state = step.state;
        }
      }),
    );
  });
});

it("every phase has its row", () => {
  expect(Object.keys(TRANSITIONS).sort()).toEqual(["denied", "granted", "idle", "open", "queued", "requesting", "revoked", "silent"]);
});
