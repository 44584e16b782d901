/** What is drawn of the pictures of a room: a tile a slot that has one, and who else could be seen. Pure. */

import type { Person } from "@crosspatch/protocol/wire";

import { heard, type ChannelState } from "./channel";
import type { Known } from "./responder_view";
import { samePicture, type Picture, type VideoSlot } from "./video_slots";

export interface Tile {
  readonly slot: number;
  /** Whose the frame on screen is; null: not sure, nothing is shown. */
  readonly picture: Picture | null;
  readonly person: Person | null;
  readonly talks: boolean;
  /** The page's network is too weak for it: what is shown is the last frame. */
  readonly paused: boolean;
  /** Chosen by this person: it stays, whoever talks. */
  readonly kept: boolean;
}

/** A picture that is shown in the room and has no slot here. */
export interface Unseen extends Picture {
  readonly person: Person;
}

export interface Tiles {
  /** In the order of their slots: none moves because another comes or goes. */
  readonly tiles: readonly Tile[];
  readonly unseen: readonly Unseen[];
}

export function drawTiles(
  known: Pick<Known, "channel" | "me">,
  slots: readonly VideoSlot[],
  kept: readonly (Picture | null)[],
): Tiles {
  const { channel, me } = known;
  const tiles = slots.flatMap((slot, index): Tile[] => {
    if (slot.told === null) return [];
    const leg = slot.shown?.leg ?? null;
    return [
      {
        slot: index,
        picture: slot.shown,
        person: leg === null ? null : (channel.members.get(leg) ?? null),
        talks: leg !== null && isTalking(channel, leg),
        paused: slot.paused,
        kept: (kept[index] ?? null) !== null,
      },
    ];
  });
  const has = (picture: Picture): boolean => slots.some((slot) => samePicture(slot.told, picture));
  const unseen = [...channel.members.values()]
    .filter((person) => person.leg !== me)
    .flatMap((person) => (person.shows ?? []).map((kind): Unseen => ({ person, leg: person.leg, kind })))
    .filter((picture) => !has(picture));
  return { tiles, unseen };
}

function isTalking(channel: ChannelState, leg: string): boolean {
  return heard(channel).includes(leg);
}
