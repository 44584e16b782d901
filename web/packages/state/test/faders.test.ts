import { FADERS_MAX, Faders, GAIN_DEFAULT, GAIN_LEAST } from "@crosspatch/state/faders";
import { MemoryStorage } from "@crosspatch/testing/fake_ports";
import { beforeEach, describe, expect, it } from "vitest";

describe("a fader", () => {
  let storage: MemoryStorage;

  beforeEach(() => {
    storage = new MemoryStorage();
  });

  it("stands where it stood on the former visit", () => {
    new Faders(storage).keep("ops", 44);
    expect([new Faders(storage).of("ops"), new Faders(storage).of("fire")]).toEqual([44, GAIN_DEFAULT]);
  });

  it("that was shut is opened a little: nobody inherits a silent room", () => {
    new Faders(storage).keep("ops", 0);
    expect(new Faders(storage).of("ops")).toBe(GAIN_LEAST);
  });

  it("is forgotten when too many were moved since", () => {
    const faders = new Faders(storage);
    faders.keep("first", 44);
    for (let room = 0; room < FADERS_MAX; room++) faders.keep(`room-${room}`, 50);
    expect(new Faders(storage).of("first")).toBe(GAIN_DEFAULT);
    expect(new Faders(storage).of("room-0")).toBe(50);
  });

  it.each(["", "{", "7", '{"ops":3}', '[["ops"],["fire","loud"],["air",900],[1,2],null]'])(
    "is as at first when what is stored is not readable: %s",
    (text) => {
      storage.write("faders", text);
      const faders = new Faders(storage);
      expect(["ops", "fire", "air"].map((room) => faders.of(room))).toEqual([GAIN_DEFAULT, GAIN_DEFAULT, GAIN_DEFAULT]);
    },
  );
});
