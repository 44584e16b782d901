/** The line for the radios of a room: whether what is said here reaches the air. Pure. */

import type { Air, AirState, Person } from "@crosspatch/protocol/wire";

import type { Known } from "./responder_view";

export interface RadioLine {
  readonly radio: Person;
  readonly air: Air;
  /** Radios beside the one shown. */
  readonly more: number;
}

/** What people must know first: the radio that does not do what they think it does. */
const URGENCY: readonly AirState[] = ["denied", "offline", "keying", "on_air", "receive_only", "ready"];

/** The radio that needs the most attention; null in a room without one. */
export function radioLine(known: Pick<Known, "channel">): RadioLine | null {
  const radios = [...known.channel.members.values()].flatMap((radio) => (radio.air == null ? [] : [{ radio, air: radio.air }]));
  const [first] = radios.sort((one, other) => urgency(one.air) - urgency(other.air));
  return first === undefined ? null : { ...first, more: radios.length - 1 };
}

/** A transmitter that may still be on comes before everything. */
function urgency(air: Air): number {
  return air.why === "stuck" ? -1 : URGENCY.indexOf(air.state);
}
