import { expect, it } from "vitest";

import { markOf } from "@crosspatch/state/tabs";
import { FakeTabs } from "@crosspatch/testing/fake_ports";
import { ResponderWorld } from "@crosspatch/testing/responder_world";

const LINK = { token: "bearer", room: "ops" };

it("two tabs of one person both say so, and the one that stays is quiet again when the other goes", async () => {
  const browser = new FakeTabs();
  const [one, other] = [new ResponderWorld(LINK, browser), new ResponderWorld(LINK, browser, 0.7)];
  await one.enter();
  expect(one.card).toBe("free");
  await other.enter();
  expect([one.card, other.card]).toEqual(["elsewhere", "elsewhere"]);
  other.page.leave();
  await one.clock.advance(10);
  expect(one.card).toBe("free");
});

it("a tab that died without a word is missed at the next roll call", async () => {
  const browser = new FakeTabs();
  const [one, other] = [new ResponderWorld(LINK, browser), new ResponderWorld(LINK, browser, 0.7)];
  await one.enter();
  await other.enter();
  // Its time stands still, and it hears no call any more.
  browser.close(other.tab);
  await one.clock.advance(25_000);
  expect(one.card).toBe("free");
});

it("another person, or another link, in the next tab is nobody's business", async () => {
  const browser = new FakeTabs();
  const [one, other] = [new ResponderWorld(LINK, browser), new ResponderWorld({ ...LINK, token: "another" }, browser)];
  await one.enter();
  await other.enter();
  expect([one.card, other.card]).toEqual(["free", "free"]);
});

it("what tabs call each other holds neither token nor name", () => {
  expect(markOf("secret-token", "Ana", "Pump 3")).toMatch(/^[0-9a-z]{1,7}$/);
  expect(markOf("a", "b")).not.toBe(markOf("a", "c"));
});
