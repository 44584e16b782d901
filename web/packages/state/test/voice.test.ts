import type { Outcome } from "@crosspatch/protocol/pending";
import { Voice } from "@crosspatch/state/voice";
import { FakeClock } from "@crosspatch/testing/fake_clock";
import { FakeMedia } from "@crosspatch/testing/fake_ports";
import { beforeEach, expect, it } from "vitest";

const TAKEN: Outcome = { ok: true, answer: { type: "answer", id: 1, ok: true, sdp: "answer" } };

let clock: FakeClock;
let media: FakeMedia;
let voice: Voice;
let answer: Outcome;
let linkUp: boolean;
let servers: Outcome;
/** Offers that were sent as ICE restarts. */
let restarts: string[];

beforeEach(() => {
  clock = new FakeClock();
  media = new FakeMedia();
  answer = TAKEN;
  linkUp = true;
  servers = TAKEN;
  restarts = [];
  voice = new Voice(clock, media, {
    linkUp: () => linkUp,
    iceServers: () => Promise.resolve(servers),
    sendOffer: (sdp, _slots, restart) => {
      if (restart) restarts.push(sdp);
      return Promise.resolve(answer);
    },
  });
});

async function up(): Promise<void> {
  voice.start();
  await clock.advance(0);
  media.onTransport("up");
  voice.ownMedia(true);
}

const phase = (): string => voice.state.value.phase;

it("is up when the browser and the hub both say so", async () => {
  voice.start();
  await clock.advance(0);
  media.onTransport("up");
  expect(phase()).toBe("connecting");
  voice.ownMedia(true);
  expect(phase()).toBe("up");
});

it("accepts the hub's answer", async () => {
  await up();
  expect(media.accepted).toEqual(["answer"]);
});

it("offers again at once when the hub lost the transport", async () => {
  await up();
  voice.ownMedia(false);
  await clock.advance(0);
  expect(phase()).toBe("connecting");
  expect(media.offers).toBe(2);
});

it("offers again when ICE failed", async () => {
  await up();
  media.onTransport("down");
  expect(phase()).toBe("connecting");
  await clock.advance(500);
  expect(media.offers).toBe(2);
});

it("waits 3 s for an interrupted transport to heal", async () => {
  await up();
  media.onTransport("interrupted");
  await clock.advance(2_900);
  expect([phase(), media.offers]).toEqual(["connecting", 1]);
  media.onTransport("up");
  await clock.advance(60_000);
  expect([phase(), media.offers]).toEqual(["up", 1]);
});

it("restarts ICE on an interrupted transport at once", async () => {
  await up();
  media.onTransport("interrupted");
  await clock.advance(0);
  expect(restarts).toEqual(["restart 1"]);
  expect(media.accepted).toEqual(["answer", "answer"]);
  media.onTransport("up");
  await clock.advance(60_000);
  expect([phase(), media.offers]).toEqual(["up", 1]);
});

it("makes a fresh transport when the hub takes no restart", async () => {
  await up();
  answer = { ok: false, code: "bad_offer", detail: "" };
  media.onTransport("interrupted");
  await clock.advance(600);
  expect(media.offers).toBe(2);
});

it("offers with the servers that the hub names, and without when it does not answer", async () => {
  const turn = { urls: ["turns:turn.example.net:443"], username: "1:leg", credential: "c" };
  servers = { ok: true, answer: { type: "answer", id: 1, ok: true, ice_servers: [turn] } };
  await up();
  expect(media.iceServers).toEqual([turn]);
  servers = { ok: false, code: "silent", detail: "" };
  voice.start();
  await clock.advance(0);
  expect([media.offers, media.iceServers]).toEqual([2, []]);
});

it("replaces an interrupted transport that does not heal", async () => {
  await up();
  media.onTransport("interrupted");
  await clock.advance(4_000);
  expect(media.offers).toBe(2);
});

it("tries again when nothing is up within 8 s, less and less often", async () => {
  voice.start();
  const times: number[] = [];
  for (let seen = 0, at_ms = 0; at_ms < 60_000; at_ms += 100) {
    await clock.advance(100);
    if (media.offers > seen) {
      seen = media.offers;
      times.push(clock.now());
    }
  }
  const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
  expect(Math.abs((gaps[0] ?? 0) - 8_500)).toBeLessThanOrEqual(100);
  expect(gaps.at(-1)).toBeGreaterThan(gaps[0] ?? 0);
});

it("shows the hub's refusal and goes on trying", async () => {
  answer = { ok: false, code: "bad_offer", detail: "" };
  voice.start();
  await clock.advance(0);
  expect(voice.state.value).toEqual({ phase: "connecting", refusal: "bad_offer" });
  answer = TAKEN;
  await clock.advance(600);
  media.onTransport("up");
  voice.ownMedia(true);
  expect(voice.state.value).toEqual({ phase: "up", refusal: null });
});

it("survives a browser that cannot make an offer", async () => {
  media.broken = true;
  voice.start();
  await clock.advance(0);
  media.broken = false;
  await clock.advance(600);
  expect(media.accepted).toHaveLength(1);
});

it("offers nothing while there is no link", async () => {
  linkUp = false;
  voice.start();
  await clock.advance(30_000);
  expect(media.offers).toBe(0);
});

it("keeps a standing transport over a resume", async () => {
  await up();
  voice.resume();
  await clock.advance(0);
  expect(media.offers).toBe(1);
});

it("is not up for a moment after the hub was restarted", async () => {
  await up();
  voice.lose();
  expect(phase()).toBe("connecting");
});

it("closes the transport and leaves no timer when it stops", async () => {
  await up();
  voice.stop();
  expect([phase(), media.closed, clock.waiting]).toEqual(["off", true, 0]);
});
