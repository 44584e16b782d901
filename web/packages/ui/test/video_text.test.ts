import type { Person } from "@crosspatch/state/wire_names";
import { describe, expect, it } from "vitest";

import { pictureName, showKeyGlyph, showKeyText, tileName } from "../src/video_text";
import { en } from "../src/words/en";
import { zh } from "../src/words/zh";

const ANN: Person = { leg: "ann", name: "Ann", unit: "Pump 3", kind: "browser", media_up: true };

describe("words of pictures", () => {
  it("tell a screen from a camera of the same person", () => {
    expect(pictureName(en, { kind: "screen" }, ANN)).not.toBe(pictureName(en, { kind: "camera" }, ANN));
    expect(pictureName(zh, { kind: "screen" }, ANN)).toContain("屏幕");
  });

  it("name nobody while it is not sure", () => {
    expect(tileName(en, { picture: null, person: ANN })).toBe("");
    expect(tileName(en, { picture: { leg: "ann", kind: "camera" }, person: null })).toBe("");
  });

  it("say why a key does nothing now, in place of what it would do", () => {
    expect(showKeyText(en, { kind: "camera", state: "off", blocked: "broadcast" })).toBe(en.video.blocked.broadcast);
    expect(showKeyText(en, { kind: "camera", state: "off", blocked: null })).toBe(en.video.camera.key.off);
  });

  it("give a camera that cannot be had another silhouette", () => {
    expect(showKeyGlyph({ kind: "camera", state: "on" })).toBe("camera");
    expect(showKeyGlyph({ kind: "camera", state: "refused" })).toBe("camera-off");
    expect(showKeyGlyph({ kind: "screen", state: "lost" })).toBe("screen-off");
  });
});
