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

/** Unit before name where there is one: the vehicle is what others know. */
export function callSign(person: { readonly name: string; readonly unit: string }): string {
  return person.unit === "" ? person.name : `${person.unit} · ${person.name}`;
}
