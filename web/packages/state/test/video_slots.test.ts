import { FakeClock } from "@crosspatch/testing/fake_clock";
import { FakeVideo } from "@crosspatch/testing/fake_ports";
import { beforeEach, describe, expect, it } from "vitest";

import { VideoSlots, type Picture } from "../src/video_slots";

const ANN: Picture = { leg: "ann", kind: "camera" };
const BERT: Picture = { leg: "bert", kind: "screen" };
const NUMBERS = new Map([
  [ANN, 7],
  [BERT, 2 ** 31 + 8],
]);
/** A frame at 25 pictures a second. */
const FRAME = 3_600;

class World {
  readonly clock = new FakeClock();
  readonly video = new FakeVideo();
  readonly slots = new VideoSlots(this.clock, this.video);
  readonly seen: { number: number; rtpTimestamp: number | null; at: number }[] = [];

  told(picture: Picture | null, rtp_timestamp: number, more: { paused?: boolean; number?: number } = {}): void {
    const number = more.number ?? (picture === null ? 0 : (NUMBERS.get(picture) ?? 0));
    const { leg = null, kind = null } = picture ?? {};
    this.slots.turned({ type: "picture_turned", slot: 0, number, leg, kind, rtp_timestamp, layer: 0, paused: more.paused ?? false });
  }

  /** A frame of a source is on screen, and the list of sources is as current as this browser keeps it. */
  shows(picture: Picture, rtpTimestamp: number | null): void {
    const number = NUMBERS.get(picture) ?? 0;
    const before = this.seen.findIndex((one) => one.number === number);
    if (before >= 0) this.seen.splice(before, 1);
    this.seen.push({ number, rtpTimestamp, at: this.clock.now() + this.seen.length });
    this.video.present(0, { rtpTimestamp, sources: [...this.seen] });
  }

  get shown(): Picture | null | undefined {
    return this.slots.state.value[0]?.shown;
  }
}

let world: World;

beforeEach(async () => {
  world = new World();
  world.slots.start();
  await world.clock.advance(1);
});

describe("a video slot", () => {
  it("names a picture once the message and the frame on screen agree", () => {
    world.told(ANN, 1_000);
    expect(world.slots.state.value[0]).toEqual({ told: ANN, shown: null, paused: false });
    world.shows(ANN, 1_000);
    expect(world.shown).toEqual(ANN);
  });

  it("shows nothing of a source whose message is late", () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.shows(BERT, 1_000 + FRAME);
    expect(world.shown).toBeNull();
    world.told(BERT, 1_000 + FRAME);
    expect(world.shown).toEqual(BERT);
  });

  it("keeps the name of a frame that is still on screen when the message is early", () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.told(BERT, 9_000);
    expect(world.shown).toEqual(ANN);
    world.shows(ANN, 1_000 + FRAME);
    expect(world.shown).toEqual(ANN);
    world.shows(BERT, 9_000);
    expect(world.shown).toEqual(BERT);
  });

  it("believes the source of the frame on screen, not of one that was delivered after it (Chromium)", () => {
    world.told(ANN, 1_000);
    world.told(BERT, 9_000);
    world.video.present(0, {
      rtpTimestamp: 9_000 - FRAME,
      sources: [
        { number: 7, rtpTimestamp: 9_000 - FRAME, at: 1 },
        { number: 2 ** 31 + 8, rtpTimestamp: 9_000, at: 2 },
      ],
    });
    expect(world.shown).toEqual(ANN);
  });

  it("shows nothing for as long as the list of sources is behind the first frame of a new one (Firefox)", async () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.told(BERT, 9_000);
    world.video.present(0, { rtpTimestamp: 9_000, sources: [{ number: 7, rtpTimestamp: 9_000 - FRAME, at: 1 }] });
    expect(world.shown).toBeNull();
    world.video.frames[0] = { rtpTimestamp: 9_000, sources: [{ number: 2 ** 31 + 8, rtpTimestamp: 9_000, at: 2 }] };
    await world.clock.advance(20);
    expect(world.shown).toEqual(BERT);
  });

  it("tells timestamps apart that have wrapped", () => {
    world.told(ANN, 2 ** 32 - FRAME);
    world.told(BERT, FRAME);
    world.shows(ANN, 0);
    expect(world.shown).toEqual(ANN);
    world.shows(BERT, FRAME);
    expect(world.shown).toEqual(BERT);
  });

  it("keeps the name of a still that stands until the browser has forgotten its source", async () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.video.frames[0] = { rtpTimestamp: 1_000, sources: [] };
    await world.clock.advance(20_000);
    expect(world.shown).toEqual(ANN);
  });

  it("says that the way is too narrow, and that it is so no longer", () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.told(ANN, 5_000, { paused: true });
    expect(world.slots.state.value[0]).toEqual({ told: ANN, shown: ANN, paused: true });
    world.told(ANN, 9_000);
    expect(world.slots.state.value[0]?.paused).toBe(false);
  });

  it("is empty at once when nothing is in it any more", () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.told(null, 0);
    expect(world.slots.state.value[0]).toEqual({ told: null, shown: null, paused: false });
  });

  it("takes the newest of both where the browser tells no timestamps", () => {
    world.told(ANN, 1_000);
    world.shows(ANN, null);
    expect(world.shown).toEqual(ANN);
    world.shows(BERT, null);
    expect(world.shown).toBeNull();
    world.told(BERT, 5_000);
    expect(world.shown).toEqual(BERT);
  });

  it("forgets all with its transport", async () => {
    world.told(ANN, 1_000);
    world.shows(ANN, 1_000);
    world.slots.stop();
    expect(world.slots.state.value).toEqual([]);
    world.slots.start();
    await world.clock.advance(1_000);
    expect(world.slots.state.value).toEqual([]);
  });
});
