/** Numbers as people read them: the same in both languages (ui.md section 12.2). */

/** `m:ss`, never negative. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** `HH:mm` of this device's time zone. */
export function timeOfDay(utc_ms: number): string {
  const at = new Date(utc_ms);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

/** `HH:mm:ss` of this device's time zone. */
export function clockTime(utc_ms: number): string {
  return `${timeOfDay(utc_ms)}:${String(new Date(utc_ms).getSeconds()).padStart(2, "0")}`;
}

/** Marks that turn the direction of what follows them (UAX 9): in a name they could only make it read as another. */
const BIDI_CONTROLS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A name as it may stand in a line with other words. */
export function plainName(name: string): string {
  return name.replace(BIDI_CONTROLS, "").trim();
}

/** Unit before name where there is one: the vehicle is what others know. */
export function callSign(person: { readonly name: string; readonly unit: string }): string {
  const [unit, name] = [plainName(person.unit), plainName(person.name)];
  return unit === "" ? name : `${unit} · ${name}`;
}
