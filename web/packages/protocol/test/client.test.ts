import { beforeEach, describe, expect, it } from "vitest";

import { Client, type Link } from "@crosspatch/protocol/client";
import type { Change, Welcome } from "@crosspatch/protocol/wire";
import { FakeClock } from "@crosspatch/testing/fake_clock";
import { FakeHub } from "@crosspatch/testing/fake_hub";

class Page {
  readonly clock = new FakeClock();
  readonly links: Link[] = [];
  readonly welcomes: Welcome[] = [];
  readonly changes: Change[] = [];
  readonly lateGrants: string[] = [];
  readonly client: Client;

  constructor(readonly hub: FakeHub) {
    this.client = new Client(
      { clock: this.clock, random: () => 0.5, connect: hub.connect },
      { token: "bearer", name: "Ana", unit: "Pump 3" },
      {
        link: (link) => this.links.push(link),
        welcome: (welcome) => this.welcomes.push(welcome),
        change: (change) => this.changes.push(change),
        lateGrant: (room) => this.lateGrants.push(room),
        rtt: () => undefined,
      },
    );
  }

  get link(): Link | undefined {
    return this.links.at(-1);
  }

  async open(): Promise<void> {
    this.client.start();
    await this.clock.advance(0);
  }

  sent(type: string): number {
    return this.hub.received.filter((message) => message.type === type).length;
  }
}

let hub: FakeHub;
let page: Page;
const joined = (leg: string): Change => ({ type: "joined", room: "ops", person: hub.person(leg, "Wei") });

beforeEach(async () => {
  hub = new FakeHub();
  page = new Page(hub);
  await page.open();
});

describe("session", () => {
  it("says hello with the token and stands at the welcome", () => {
    expect(hub.received[0]).toMatchObject({ type: "hello", token: "bearer", name: "Ana", unit: "Pump 3" });
    expect(page.link).toEqual({ phase: "up", slow: false });
  });

  it("resumes with the number of the last delta after a broken link", async () => {
    hub.change(joined("leg-8"));
    await page.clock.advance(0);
    hub.cut();
    hub.change(joined("leg-9"));
    await page.clock.advance(500);
    expect(hub.received.at(-1)?.type).not.toBe("join");
    expect(page.welcomes.at(-1)?.resumed).toBe(true);
    expect(page.changes.map((change) => change.type === "joined" && change.person.leg)).toEqual(["leg-8", "leg-9"]);
  });

  it("resumes when a delta is missing", async () => {
    hub.loseChange(joined("leg-8"));
    hub.change(joined("leg-9"));
    await page.clock.advance(500);
    expect(page.client.ignored.gaps).toBe(1);
    expect(page.changes).toHaveLength(2);
  });

  it("ignores a delta it has had", async () => {
    hub.change(joined("leg-8"));
    hub.send({ type: "delta", seq: 1, change: joined("leg-8") });
    await page.clock.advance(0);
    expect(page.changes).toHaveLength(1);
    expect(page.client.ignored.repeated_deltas).toBe(1);
  });

  it("starts anew when the hub was restarted", async () => {
    hub.restart();
    await page.clock.advance(500);
    expect(page.welcomes.map((welcome) => welcome.resumed)).toEqual([false, false]);
    expect(page.welcomes[0]?.boot).not.toBe(page.welcomes[1]?.boot);
  });

  it("waits longer between attempts, 3 s at most", async () => {
    hub.reachable = false;
    hub.cut();
    const times: number[] = [];
    for (let at_ms = 0; at_ms < 20_000; at_ms += 50) {
      const before = page.links.length;
      await page.clock.advance(50);
      if (page.links.length > before) times.push(page.clock.now());
    }
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3_000);
    expect(gaps.at(-1)).toBeGreaterThan(gaps[0] ?? 0);
  });

  it("tries at once when the network is said to be back", async () => {
    hub.reachable = false;
    hub.cut();
    await page.clock.advance(10_000);
    hub.reachable = true;
    page.client.probe();
    await page.clock.advance(0);
    expect(page.link?.phase).toBe("up");
  });

  it("drops a link on which nothing comes for 6 s", async () => {
    hub.hush = true;
    await page.clock.advance(10_000);
    expect(page.links.some((link) => link.phase === "lost")).toBe(true);
  });

  it("finds a dead link within 2 s of a probe", async () => {
    hub.hush = true;
    page.client.probe();
    await page.clock.advance(2_000);
    expect(page.link?.phase).toBe("lost");
  });

  it("calls the link slow when a ping waits for a second", async () => {
    hub.hush = true;
    await page.clock.advance(4_000);
    expect(page.link).toEqual({ phase: "up", slow: true });
  });

  it.each(["expired", "not_allowed", "replaced", "ended"] as const)("does not come back after %s", async (code) => {
    hub.bye(code);
    await page.clock.advance(60_000);
    expect(page.link).toEqual({ phase: "refused", code });
    expect(hub.connected).toBe(false);
  });

  it.each(["shutdown", "too_many", "internal", "slow"] as const)("comes back after %s", async (code) => {
    hub.bye(code);
    await page.clock.advance(10_000);
    expect(page.link?.phase).toBe("up");
  });

  it("closes the link on bytes that are no message, and comes back", async () => {
    hub.raw(new Uint8Array([0xc1, 0xff]));
    expect(page.client.ignored.malformed).toBe(1);
    await page.clock.advance(1_000);
    expect(page.link?.phase).toBe("up");
  });

  it("says goodbye and leaves no timer behind", async () => {
    page.client.stop();
    await page.clock.advance(60_000);
    expect(page.link).toEqual({ phase: "closed" });
    expect(page.clock.waiting).toBe(0);
  });
});

describe("commands", () => {
  it("count their ids up from 1 and get their own answer", async () => {
    const answers = Promise.all([
      page.client.request({ type: "join", room: "ops" }),
      page.client.request({ type: "join", room: "nowhere" }),
    ]);
    await page.clock.advance(0);
    const [first, second] = await answers;
    expect(first).toMatchObject({ ok: true });
    expect(second).toMatchObject({ ok: false, code: "unknown_room" });
  });

  it("are sent again under a resumed session until answered", async () => {
    hub.hush = true;
    const answer = page.client.request({ type: "join", room: "ops" });
    await page.clock.advance(0);
    hub.hush = false;
    hub.cut();
    await page.clock.advance(500);
    expect(await answer).toMatchObject({ ok: true });
  });

  it("fail as lost when the session they were given under is gone", async () => {
    hub.hush = true;
    const answer = page.client.request({ type: "join", room: "ops" });
    await page.clock.advance(0);
    hub.hush = false;
    hub.restart();
    await page.clock.advance(500);
    expect(await answer).toMatchObject({ ok: false, code: "lost" });
  });
});

describe("floor messages", () => {
  it("are repeated at 60, 120 and 240 ms while there is no answer", async () => {
    hub.hush = true;
    void page.client.request({ type: "floor_request", room: "ops" });
    const counts: number[] = [];
    for (const step_ms of [0, 59, 1, 60, 120, 400]) {
      await page.clock.advance(step_ms);
      counts.push(page.sent("floor_request"));
    }
    expect(counts).toEqual([1, 1, 2, 3, 4, 4]);
  });

  it("are not repeated once answered", async () => {
    void page.client.request({ type: "floor_request", room: "ops" });
    await page.clock.advance(1_000);
    expect(page.sent("floor_request")).toBe(1);
  });

  it("travel on the fast channel too, and its answer counts", async () => {
    hub.hush = true;
    const answers: Uint8Array[] = [];
    page.client.attachFast((bytes) => {
      hub.hush = false;
      answers.push(hub.fast(bytes));
      hub.hush = true;
    });
    const answer = page.client.request({ type: "floor_request", room: "ops" });
    for (const bytes of answers) page.client.receiveFast(bytes);
    expect(await answer).toMatchObject({ ok: true, answer: { talkspurt: 1 } });
  });

  it("count a second answer instead of using it", async () => {
    const answer = page.client.request({ type: "floor_request", room: "ops" });
    await page.clock.advance(0);
    await answer;
    hub.send({ type: "answer", id: 1, ok: true });
    hub.send({ type: "answer", id: 2, ok: false, code: "floor_busy" });
    await page.clock.advance(0);
    expect(page.client.ignored.repeated_answers).toBeGreaterThanOrEqual(1);
  });

  it("are silent at 700 ms; a grant after that is reported as late", async () => {
    hub.hush = true;
    const answer = page.client.request({ type: "floor_request", room: "ops" });
    await page.clock.advance(700);
    expect(await answer).toMatchObject({ ok: false, code: "silent" });
    const request = hub.received.find((message) => message.type === "floor_request");
    hub.send({ type: "answer", id: request?.type === "floor_request" ? request.id : 0, ok: true, talkspurt: 9 });
    await page.clock.advance(0);
    expect(page.lateGrants).toEqual(["ops"]);
  });
});
