/** One line for an event in a room. */

import type { Happening } from "@crosspatch/state/happenings";
import type { Person } from "@crosspatch/state/wire_names";
import { callSign } from "@crosspatch/ui/format";

import type { Tables } from "./strip_text";

export function happeningText({ t, c }: Tables, one: Happening): string {
  const who = (person: Person | null): string => (person === null ? t.card.someone : callSign(person));
  switch (one.key) {
    case "joined":
      return c.happened.joined(who(one.person), one.room);
    case "left":
      return c.happened.left(who(one.person), one.room);
    case "call":
      return c.happened.call(one.number, t.call.phase[one.state], one.room);
    case "mode":
      return c.happened.mode(one.room, t.rooms.mode[one.mode]);
    case "radio_lost":
      return c.happened.radioLost(who(one.person), one.room);
    case "radio_back":
      return c.happened.radioBack(who(one.person), one.room);
    case "need_help":
      return c.happened.needHelp(who(one.person), one.room);
  }
}
