/** Glyph, word and sentence of each slab state. */

import type { PttReason } from "@crosspatch/state/ptt_machine";
import { canRetryMicrophone, type ListenOnly, type Slab } from "@crosspatch/state/responder_view";
import type { RefusalCode } from "@crosspatch/state/wire_names";

import type { GlyphName } from "./glyphs";
import type { Words } from "./words/words";

export interface SlabText {
  readonly glyph: GlyphName;
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
    case "talking":
      return text("tx", null, words.talking, "");
    case "denied":
      return text("deny", null, words.denied, words.nothingSent, why(t, slab.reason, slab.held));
    case "revoked":
      return text("revoke", null, words.revoked, slab.reason === null ? "" : t.reason[slab.reason], again(t, slab.held));
    case "silent":
      return text("no-network", "dashed", words.silent, words.nobodyHeard, again(t, slab.held));
  }
}

function text(glyph: GlyphName, ring: SlabText["ring"], title: string, hint: string, foot = ""): SlabText {
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

function why(t: Words, reason: PttReason | null, held: boolean): string {
  return reason === null ? again(t, held) : `${t.reason[reason]} · ${again(t, held)}`;
}

function refusal(t: Words, code: RefusalCode | null): string {
  return code === null ? "" : t.refusal[code];
}
