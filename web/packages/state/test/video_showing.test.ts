import type { Outcome } from "@crosspatch/protocol/pending";
import { FakePicture } from "@crosspatch/testing/fake_ports";
import { beforeEach, describe, expect, it } from "vitest";

import { Showing } from "../src/video_showing";

let port: FakePicture;
let ready: boolean;
let outcome: Outcome;
let orders: string[];

const YES: Outcome = { ok: true, answer: { type: "answer", id: 1, ok: true } };
const no = (code: "not_allowed" | "no_media" | "lost"): Outcome => ({ ok: false, code }) as Outcome;

beforeEach(() => {
  port = new FakePicture();
  ready = true;
  outcome = YES;
  orders = [];
});

function showing(kind: "camera" | "screen" = "camera"): Showing {
  return new Showing(kind, port, {
    ready: () => ready,
    show: (one) => {
      orders.push(`show ${one}`);
      return Promise.resolve(outcome);
    },
    hide: (one) => orders.push(`hide ${one}`),
  });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

async function on(kind: "camera" | "screen" = "camera"): Promise<Showing> {
  const one = showing(kind);
  one.toggle();
  await settle();
  expect(one.state.value).toBe("on");
  return one;
}

describe("a camera", () => {
  it("is off until a person taps, and on when the hub has said so", async () => {
    const camera = showing();
    expect(camera.state.value).toBe("off");
    camera.toggle();
    expect(camera.state.value).toBe("asking");
    await settle();
    expect(camera.state.value).toBe("on");
    expect(orders).toEqual(["show camera"]);
  });

  it("is let go by another tap", async () => {
    const camera = await on();
    camera.toggle();
    expect(camera.state.value).toBe("off");
    expect(port.acquired).toBe(false);
    expect(orders).toEqual(["show camera", "hide camera"]);
  });

  it.each(["refused", "missing", "busy", "insecure"] as const)("says that it is %s, and asks again at the next tap", async (answer) => {
    port.answer = answer;
    const camera = showing();
    camera.toggle();
    await settle();
    expect(camera.state.value).toBe(answer);
    expect(orders).toEqual([]);
    port.answer = "ready";
    camera.toggle();
    await settle();
    expect(camera.state.value).toBe("on");
  });

  it("that was let go while the browser asked is released when it comes", async () => {
    const camera = showing();
    camera.toggle();
    camera.toggle();
    await settle();
    expect(camera.state.value).toBe("off");
    expect(port.acquired).toBe(false);
    expect(orders).toEqual([]);
  });

  it("of who may not show is switched off again", async () => {
    outcome = no("not_allowed");
    const camera = showing();
    camera.toggle();
    await settle();
    expect(camera.state.value).toBe("not_allowed");
    expect(port.acquired).toBe(false);
  });

  it("waits for the transport, and is shown again after it was away", async () => {
    ready = false;
    const camera = showing();
    camera.toggle();
    await settle();
    expect(camera.state.value).toBe("waiting");
    ready = true;
    camera.transport(true);
    await settle();
    expect(camera.state.value).toBe("on");
    camera.transport(false);
    expect(camera.state.value).toBe("waiting");
    camera.transport(true);
    await settle();
    expect(orders).toEqual(["show camera", "show camera"]);
  });

  it("goes on waiting when the hub's word was lost", async () => {
    outcome = no("lost");
    const camera = showing();
    camera.toggle();
    await settle();
    expect(camera.state.value).toBe("waiting");
    expect(port.acquired).toBe(true);
  });

  it("that the hub shows no longer is switched off and says why", async () => {
    const camera = await on();
    camera.hidden();
    expect(camera.state.value).toBe("not_allowed");
    expect(port.acquired).toBe(false);
  });

  it("that the system took is hidden and said to be lost", async () => {
    const camera = await on();
    port.onEnded();
    expect(camera.state.value).toBe("lost");
    expect(orders).toEqual(["show camera", "hide camera"]);
  });
});

describe("a screen", () => {
  it("that nobody chose is no fault", async () => {
    port.answer = "refused";
    const screen = showing("screen");
    screen.toggle();
    await settle();
    expect(screen.state.value).toBe("off");
  });

  it("whose sharing was ended in the browser's own bar is off", async () => {
    const screen = await on("screen");
    port.onEnded();
    expect(screen.state.value).toBe("off");
    expect(orders).toEqual(["show screen", "hide screen"]);
  });
});
