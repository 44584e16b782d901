import { beforeEach, describe, expect, it } from "vitest";

import { InputHub, type KeyStroke } from "@crosspatch/state/input_hub";
import { FakeClock } from "@crosspatch/testing/fake_clock";

const PLAIN: KeyStroke = { code: "Space", repeat: false, composing: false, modified: false, shifted: false, editable: false, onSlab: false };
const key = (changes: Partial<KeyStroke> = {}): KeyStroke => ({ ...PLAIN, ...changes });

let clock: FakeClock;
let inputs: InputHub;

beforeEach(() => {
  clock = new FakeClock();
  inputs = new InputHub(clock);
});

describe("a key press", () => {
  it.each<[string, KeyStroke, boolean]>([
    ["Space talks", key(), true],
    ["F9 talks", key({ code: "F9" }), true],
    ["a foot switch that types F13 talks", key({ code: "F13" }), true],
    ["Space writes in a text field", key({ editable: true }), false],
    ["F9 talks from a text field", key({ code: "F9", editable: true }), true],
    ["Space belongs to a composing input method", key({ composing: true }), false],
    ["F9 talks while an input method composes", key({ code: "F9", composing: true }), true],
    ["Ctrl+Space belongs to the input method", key({ modified: true }), false],
    ["Alt+F9 belongs to the system", key({ code: "F9", modified: true }), false],
    ["Enter talks on the slab", key({ code: "Enter", onSlab: true }), true],
    ["Enter elsewhere presses what has the focus", key({ code: "Enter" }), false],
    ["letters do nothing", key({ code: "KeyT" }), false],
    ["a key that was down before the page could see it is ignored", key({ repeat: true }), false],
  ])("%s", (_, stroke, held) => {
    inputs.keyDown(stroke);
    expect(inputs.held.value).toBe(held);
  });

  it("lasts through its repeats until it is up", () => {
    inputs.keyDown(key());
    inputs.keyDown(key({ repeat: true }));
    expect(inputs.held.value).toBe(true);
    inputs.keyUp("Space");
    expect(inputs.held.value).toBe(false);
  });

  it("ends after a minute without a repeat", async () => {
    inputs.keyDown(key());
    await clock.advance(59_000);
    inputs.keyDown(key({ repeat: true }));
    await clock.advance(59_000);
    expect(inputs.held.value).toBe(true);
    await clock.advance(1_000);
    expect(inputs.held.value).toBe(false);
  });

  it("ends when the focus is lost, and its repeats do not bring it back", () => {
    inputs.keyDown(key());
    inputs.releaseAll();
    inputs.keyDown(key({ repeat: true }));
    expect(inputs.held.value).toBe(false);
  });
});

describe("a pointer", () => {
  it("holds until it is up", () => {
    expect(inputs.pointerDown(1, 10)).toBe(true);
    expect(inputs.held.value).toBe(true);
    inputs.pointerUp(1);
    expect(inputs.held.value).toBe(false);
  });

  it("is the only one: a second finger does nothing", () => {
    inputs.pointerDown(1, 10);
    expect(inputs.pointerDown(2, 10)).toBe(false);
    inputs.pointerUp(2);
    expect(inputs.held.value).toBe(true);
  });

  it("as wide as a palm is not taken", () => {
    expect(inputs.pointerDown(1, 200)).toBe(false);
    expect(inputs.held.value).toBe(false);
  });
});

it("with two sources down, only the last one up lets go", () => {
  inputs.pointerDown(1, 10);
  inputs.keyDown(key({ code: "F9" }));
  inputs.pointerUp(1);
  expect(inputs.held.value).toBe(true);
  inputs.keyUp("F9");
  expect(inputs.held.value).toBe(false);
});
