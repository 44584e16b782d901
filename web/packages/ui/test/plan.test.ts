import { fitted, moved, project, roundDistance, zoomed, type PlanView } from "@crosspatch/ui/plan";
import fc from "fast-check";
import { expect, it } from "vitest";

const BERLIN: PlanView = { lat: 52.52, lon: 13.4, m_per_px: 2 };
const place = fc.record({
  lat: fc.double({ min: -90, max: 90, noNaN: true }),
  lon: fc.double({ min: -180, max: 180, noNaN: true }),
});

it("a kilometre east and north is a kilometre on the plan", () => {
  const east = project(BERLIN, { lat: 52.52, lon: 13.4 + 1_000 / (111_320 * Math.cos((52.52 * Math.PI) / 180)) });
  expect([Math.round(east.x), Math.round(east.y)]).toEqual([500, 0]);
  const north = project(BERLIN, { lat: 52.52 + 1_000 / 111_320, lon: 13.4 });
  expect([Math.round(north.x), Math.round(north.y)]).toEqual([0, -500]);
});

it("what is dragged follows the finger, and zooming leaves the ground under it where it is", () => {
  const at = { lat: 52.521, lon: 13.401 };
  const before = project(BERLIN, at);
  const after = project(moved(BERLIN, { x: 30, y: -20 }), at);
  expect([after.x - before.x, after.y - before.y].map(Math.round)).toEqual([30, -20]);
  const nearer = project(zoomed(BERLIN, 0.5, before), at);
  expect([nearer.x - before.x, nearer.y - before.y].map((off) => Math.abs(off) < 0.5)).toEqual([true, true]);
});

it("neighbours on both sides of the date line lie beside each other", () => {
  const view = fitted([{ lat: 0, lon: 179.999 }, { lat: 0, lon: -179.999 }], 400, 300);
  expect(view!.m_per_px).toBeLessThan(2);
});

it("whatever places there are, all of them fit, and every number is finite", () => {
  fc.assert(
    fc.property(fc.array(place, { minLength: 1, maxLength: 20 }), (places) => {
      const view = fitted(places, 400, 300)!;
      for (const { x, y } of places.map((one) => project(view, one))) {
        expect(Number.isFinite(x) && Number.isFinite(y)).toBe(true);
        expect(Math.abs(y)).toBeLessThanOrEqual(150);
      }
      expect(roundDistance(view, 110)).toBeGreaterThan(0);
    }),
    { seed: 7, numRuns: 300 },
  );
});

it("the scale is a round number that fits", () => {
  for (const m_per_px of [0.05, 0.37, 2, 19, 4_321, 100_000]) {
    const metres = roundDistance({ ...BERLIN, m_per_px }, 110);
    expect(metres / m_per_px).toBeLessThanOrEqual(110);
    expect(metres / m_per_px).toBeGreaterThan(40);
    expect(String(metres / 10 ** Math.floor(Math.log10(metres) + 1e-9))).toMatch(/^[125](\.0+\d?)?$/);
  }
});

it("no place, no plan", () => {
  expect(fitted([], 400, 300)).toBe(null);
});
