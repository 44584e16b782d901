/** Look, glyph and words of a strip's state block: what matters most in a room, in one place. */

import type { StripView } from "@crosspatch/state/console_view";
import type { Card } from "@crosspatch/state/responder_view";
import { callSign, plainName, timeOfDay } from "@crosspatch/ui/format";
import type { GlyphName } from "@crosspatch/ui/glyphs";
import { airWords } from "@crosspatch/ui/radio_text";
import type { ConsoleWords } from "@crosspatch/ui/words/console_words";
import type { Words } from "@crosspatch/ui/words/words";

/** The looks of ui.md section 4; each has its own fill and frame. */
export type Look = "flat" | "idle" | "rx" | "conf" | "tx" | "wanted" | "queue" | "deny" | "revoke" | "fault" | "lost";

export interface StateBlock {
  readonly look: Look;
  /** A numeral is a place in the queue. */
  readonly glyph: GlyphName | number;
  readonly title: string;
  readonly lead: string;
  /** A talk that runs: since when, by the page's clock, and how long it may last (0: no limit). */
  readonly clock: { readonly since: number; readonly limit_ms: number } | null;
}

export interface Tables {
  readonly t: Words;
  readonly c: ConsoleWords;
}

export function stateBlock({ t, c }: Tables, view: StripView, monitored: boolean): StateBlock {
  const { entry, inside } = view;
  if (entry.key === "out") return block("deny", "leave", c.strips.out, t.refusal[entry.code]);
  if (inside === null) return block("flat", "clock", c.strips.entering, "");
  const { slab, card, radio, known } = inside;
  switch (slab.state) {
    case "talking": {
      const title = slab.time === "over" ? t.slab.timeUp : t.card.you;
      return { ...block("tx", "tx", title, listeners({ t, c }, card)), clock: { since: slab.since, limit_ms: slab.limit_ms } };
    }
    case "queued":
      return block("queue", slab.place, c.strips.queued(slab.place), card.state === "holder" ? c.strips.talks(talkerName(t, card)) : "");
    case "offline":
      return block("lost", "no-network", c.dock.state.offline, t.card.nobodyHears);
    case "requesting":
      return block("wanted", "tx-wanted", slab.waiting === "slow" ? c.strips.slow : c.strips.requesting, t.slab.requestingHint);
    case "denied":
      return block("deny", "deny", t.slab.denied, slab.reason === null ? "" : t.reason[slab.reason]);
    case "revoked":
      return block("revoke", "revoke", t.slab.revoked, slab.reason === null ? "" : t.reason[slab.reason]);
    case "silent":
      return block("fault", "wave-fault", c.strips.noAnswer, t.slab.nothingSent);
    case "connecting":
      return block("fault", "wave-fault", t.card.voiceDown, t.card.voiceDownLead);
    default:
      break;
  }
  if (card.state === "holder") {
    const { person } = card;
    const title = talkerName(t, card);
    const lead = person === null ? "" : c.strips.kind[person.kind];
    return { ...block("rx", "rx", title, lead), clock: { since: card.since, limit_ms: known.channel.talk_limit_ms } };
  }
  if (card.state === "talkers") {
    const names = card.people.map((person) => person?.talker || (person?.name ?? t.card.someone));
    return block("conf", "people", c.strips.several(names.length), names.join(" · "));
  }
  if (radio?.air.state === "offline" || radio?.air.why === "stuck") {
    return block("lost", "no-network", callSign(radio.radio), airWords(t, radio.air));
  }
  if (!monitored) return block("flat", "sound-off", c.strips.notMonitored, last({ t, c }, card));
  return block("idle", "idle", c.strips.idle, last({ t, c }, card));
}

/** What a press would do, on the strip's own key; null: nothing, and the block or the page says why. */
export function pttText({ c }: Tables, view: StripView, may: boolean): { readonly glyph: GlyphName; readonly text: string } {
  const slab = view.inside?.slab;
  if (slab?.state === "talking") return { glyph: "tx", text: c.strips.release };
  if (slab?.state === "requesting") return { glyph: "tx-wanted", text: c.strips.requesting };
  if (slab?.state === "queued") return { glyph: "close", text: c.strips.leaveQueue };
  if (!may) return { glyph: "mic-off", text: c.strips.noTalk };
  return { glyph: "mic", text: slab !== undefined && view.inside?.known.channel.mode === "conference" ? c.strips.speak : c.strips.ptt };
}

function talkerName(t: Words, { person }: Extract<Card, { state: "holder" }>): string {
  return person === null ? t.card.someone : plainName(person.talker ?? "") || callSign(person);
}

function block(look: Look, glyph: GlyphName | number, title: string, lead: string): StateBlock {
  return { look, glyph, title, lead, clock: null };
}

function listeners({ c }: Tables, card: Card): string {
  if (card.state !== "talking") return "";
  return card.listeners === 0 ? c.strips.nobodyListens : c.strips.listening(card.listeners);
}

function last({ t, c }: Tables, card: Card): string {
  if (card.state !== "free" || card.last === null) return c.strips.nobody;
  return c.strips.last(card.last.person?.name ?? t.card.someone, timeOfDay(card.last.at));
}
