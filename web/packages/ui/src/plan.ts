/**
 * A plan of where people are, drawn without tiles: north is up, distances are true near its middle.
 *
 * Positions are WGS 84 degrees, projected equirectangularly around the middle of the view; pixels count from it,
 * x to the east and y to the south. Whatever the degrees are, the results are finite.
 */

/** The middle of the view and how much ground a pixel covers. */
export interface PlanView {
  readonly lat: number;
  readonly lon: number;
  readonly m_per_px: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Place {
  readonly lat: number;
  readonly lon: number;
}

const M_PER_DEGREE = 111_320;
/** A few paces over the window, and the whole Earth in it. */
const M_PER_PX_MIN = 0.05;
const M_PER_PX_MAX = 100_000;
/** Near the poles a degree of longitude is nothing; the plan would stretch without end. */
const COS_MIN = 0.01;
/** One place alone: a street's worth of ground around it. */
const ALONE_M = 400;
const MARGIN = 1.3;

export function project(view: PlanView, { lat, lon }: Place): Point {
  return {
    x: (eastward(view.lon, lon) * M_PER_DEGREE * cosine(view.lat)) / view.m_per_px,
    y: ((view.lat - lat) * M_PER_DEGREE) / view.m_per_px,
  };
}

/** The same ground after a drag by so many pixels. */
export function moved(view: PlanView, { x, y }: Point): PlanView {
  const lat = clamp(view.lat + (y * view.m_per_px) / M_PER_DEGREE, -90, 90);
  const lon = view.lon - (x * view.m_per_px) / (M_PER_DEGREE * cosine(view.lat));
  return { ...view, lat, lon: around(lon) };
}

/** Closer (factor < 1) or wider, the ground under `at` staying where it is. */
export function zoomed(view: PlanView, factor: number, at: Point): PlanView {
  const m_per_px = clamp(view.m_per_px * factor, M_PER_PX_MIN, M_PER_PX_MAX);
  const real = m_per_px / view.m_per_px;
  const under = moved(view, { x: -at.x, y: -at.y });
  return moved({ ...under, m_per_px: view.m_per_px * real }, at);
}

/** All places in a window of this size; null when there are none. */
export function fitted(places: readonly Place[], width_px: number, height_px: number): PlanView | null {
  const [first] = places;
  if (first === undefined) return null;
  // Measured from the first, so that places on both sides of the date line lie beside each other.
  const east = places.map(({ lon }) => eastward(first.lon, lon));
  const lats = places.map(({ lat }) => lat);
  const lat = (Math.min(...lats) + Math.max(...lats)) / 2;
  const lon = around(first.lon + (Math.min(...east) + Math.max(...east)) / 2);
  const wide_m = (Math.max(...east) - Math.min(...east)) * M_PER_DEGREE * cosine(lat);
  const high_m = (Math.max(...lats) - Math.min(...lats)) * M_PER_DEGREE;
  const least_m = ALONE_M / Math.max(1, Math.min(width_px, height_px));
  const m_per_px = Math.max(least_m, (wide_m * MARGIN) / Math.max(1, width_px), (high_m * MARGIN) / Math.max(1, height_px));
  return { lat, lon, m_per_px: clamp(m_per_px, M_PER_PX_MIN, M_PER_PX_MAX) };
}

/** A round distance (1, 2 or 5 times a power of ten, metres) of at most `most_px` on screen. */
export function roundDistance(view: PlanView, most_px: number): number {
  const most_m = view.m_per_px * most_px;
  const power = 10 ** Math.floor(Math.log10(most_m));
  return [5, 2, 1].map((times) => times * power).find((length) => length <= most_m) ?? power;
}

/** Degrees of longitude from one to another, the short way: -180 to 180. */
function eastward(from: number, to: number): number {
  return around(to - from);
}

function around(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

function cosine(lat: number): number {
  return Math.max(COS_MIN, Math.cos((lat * Math.PI) / 180));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
