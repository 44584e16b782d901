import { FakeClock } from "@crosspatch/testing/fake_clock";
import { beforeEach, describe, expect, it } from "vitest";

import { VideoChoice } from "../src/video_choice";
import type { Picture } from "../src/video_slots";

const ANN: Picture = { leg: "ann", kind: "camera" };
const BERT: Picture = { leg: "bert", kind: "camera" };

let clock: FakeClock;
let told: [number, string | null, number][];
let choice: VideoChoice;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  choice = new VideoChoice({ clock, watch: (slot, picture, height) => told.push([slot, picture?.leg ?? null, height]) });
  choice.start(2);
});

function fresh(): [number, string | null, number][] {
  return told.splice(0);
}

describe("what a page wants of its slots", () => {
  it("is told for every slot of a new transport", () => {
    expect(fresh()).toEqual([
      [0, null, 180],
      [1, null, 180],
    ]);
  });

  it("follows the height of a tile once it has settled, in steps", async () => {
    fresh();
    for (const px of [200, 240, 300, 355]) choice.sized(1, px);
    expect(told).toEqual([]);
    await clock.advance(200);
    expect(fresh()).toEqual([[1, null, 360]]);
    choice.sized(1, 340);
    await clock.advance(200);
    expect(told).toEqual([]);
  });

  it("keeps a picture in one place only, and lets it go again", () => {
    fresh();
    choice.keep(0, ANN);
    choice.keep(1, ANN);
    choice.letGo(1);
    expect(fresh()).toEqual([
      [0, "ann", 180],
      [0, null, 180],
      [1, "ann", 180],
      [1, null, 180],
    ]);
  });

  it("asks for nothing while nobody looks, and for all of it again after", () => {
    choice.keep(0, ANN);
    fresh();
    choice.hide(true);
    expect(fresh()).toEqual([
      [0, "ann", 0],
      [1, null, 0],
    ]);
    choice.hide(false);
    expect(fresh()).toEqual([
      [0, "ann", 180],
      [1, null, 180],
    ]);
  });

  it("is told again to the next transport", () => {
    choice.keep(1, BERT);
    choice.stop();
    fresh();
    choice.start(2);
    expect(fresh()).toEqual([
      [0, null, 180],
      [1, "bert", 180],
    ]);
  });

  it("drops pictures that nobody shows any more, and those only", () => {
    choice.keep(0, ANN);
    choice.keep(1, BERT);
    fresh();
    choice.onlyOf(({ leg }) => leg === "bert");
    expect(fresh()).toEqual([[0, null, 180]]);
    expect(choice.kept.value).toEqual([null, BERT]);
  });

  it("of slots that the offer did not have is nothing", async () => {
    fresh();
    choice.sized(5, 400);
    choice.keep(5, ANN);
    await clock.advance(1_000);
    expect(told).toEqual([]);
  });
});
