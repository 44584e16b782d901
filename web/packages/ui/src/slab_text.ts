/** Glyph or numeral, word and sentence of each slab state. */

import { canRetryMicrophone, type ListenOnly, type Slab } from "@crosspatch/state/responder_view";
import type { RefusalCode } from "@crosspatch/state/wire_names";

import { plainName } from "./format";
import type { GlyphName } from "./glyphs";
import type { Words } from "./words/words";

export interface SlabText {
  /** A numeral is a place in the queue. */
  readonly glyph: GlyphName | number;
  readonly ring: "solid" | "dashed" | null;
  readonly title: string;
  readonly hint: string;
  readonly foot: string;
}

export function slabText(t: Words, slab: Slab): SlabText {
  const words = t.slab;
  switch (slab.state) {
    case "offline":
      return text("no-network", "solid", words.offline, words.offlineHint);
    case "connecting":
      return text("wave-fault", "dashed", words.connecting, words.connectingHint, refusal(t, slab.refusal));
    case "asking_microphone":
      return text("mic", "dashed", words.asking, words.askingHint);
    case "listen_only":
      return listenOnly(t, slab.why);
    case "idle":
      return text("mic", "solid", words.idle, slab.mode === "conference" ? words.openHint : words.idleHint);
    case "listening":
      return slab.mode === "conference"
        ? text("mic", "solid", words.idle, words.openHint)
        : text("mic", "dashed", words.listening, words.listeningHint);
    case "requesting":
      return text("tx-wanted", null, slab.waiting === "slow" ? words.slowNetwork : words.requesting, words.requestingHint);
    case "queued":
      return text(slab.place, null, words.queued(slab.place), before(t, slab), words.releaseToLeave);
    case "talking":
      return text("tx", null, slab.time === "over" ? words.timeUp : words.talking, "");
    case "denied":
      return text("deny", null, words.denied, words.nothingSent, why(t, slab));
    case "revoked":
      return text("revoke", null, words.revoked, slab.reason === null ? "" : t.reason[slab.reason], again(t, slab.held));
    case "silent":
      return text("no-network", "dashed", words.silent, words.nobodyHeard, again(t, slab.held));
  }
}

function text(glyph: GlyphName | number, ring: SlabText["ring"], title: string, hint: string, foot = ""): SlabText {
  return { glyph, ring, title, hint, foot };
}

function listenOnly(t: Words, reason: ListenOnly): SlabText {
  const glyph = reason === "broadcast" ? "cast" : reason === "no_right" ? "ear" : "mic-off";
  const foot = canRetryMicrophone(reason) && reason !== "chosen" ? t.slab.tapToRetry : "";
  return text(glyph, null, t.slab.listenOnly, t.slab.listenOnlyWhy[reason], foot);
}

function again(t: Words, held: boolean): string {
  return held ? t.slab.releaseFirst : t.slab.pressAgain;
}

function why(t: Words, { reason, held, wait_ms }: Extract<Slab, { state: "denied" }>): string {
  const when = wait_ms > 0 ? t.slab.pressIn(Math.ceil(wait_ms / 1_000)) : again(t, held);
  return reason === null ? when : `${t.reason[reason]} · ${when}`;
}

function before(t: Words, slab: Extract<Slab, { state: "queued" }>): string {
  if (slab.place === 1) return t.slab.queuedNext;
  return slab.before === null ? t.slab.queuedHint : t.slab.queuedBehind(plainName(slab.before.name));
}

/** What is left of a talk, as the slab says it: nothing while there is no limit. */
export function leftOf(t: Words, slab: Extract<Slab, { state: "talking" }>, now: number): string {
  if (slab.limit_ms === 0) return "";
  const seconds = Math.max(0, Math.ceil((slab.until - now) / 1_000));
  return slab.time === "over" ? t.slab.cutIn(seconds) : t.slab.left(seconds);
}

function refusal(t: Words, code: RefusalCode | null): string {
  return code === null ? "" : t.refusal[code];
}
