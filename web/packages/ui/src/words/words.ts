/**
 * Every sentence of the pages, by meaning. zh and en are equal sources: a key that one of them lacks, or
 * has alone, is a type error and fails the build.
 */

import type { ListenOnly } from "@crosspatch/state/responder_view";
import type { AirState, AirWhy, LegKind, RefusalCode, RoomMode } from "@crosspatch/state/wire_names";
import type { PttReason } from "@crosspatch/state/ptt_machine";
import type { CallPhase } from "@crosspatch/state/room_calls";
import type { ShowKey } from "@crosspatch/state/video_keys";
import type { ShowState } from "@crosspatch/state/video_showing";
import type { CloseCode, VideoKind } from "@crosspatch/state/wire_names";

import type { DataWords } from "./data";

export interface Words {
  /** BCP 47 tag of this table. */
  readonly tag: string;
  readonly product: string;

  readonly join: {
    readonly title: string;
    readonly lead: string;
    readonly name: string;
    readonly unit: string;
    readonly link: string;
    readonly linkHint: string;
    readonly nameMissing: string;
    readonly linkUnreadable: string;
    readonly microphone: string;
    readonly microphoneWhy: string;
    readonly screen: string;
    readonly screenWhy: string;
    readonly tokenNote: string;
    readonly allow: string;
    readonly listenOnly: string;
  };
  readonly entering: { readonly title: string; readonly lead: string; readonly lost: string };
  readonly rooms: {
    readonly title: string;
    readonly lead: string;
    readonly here: (n: number) => string;
    readonly mode: Readonly<Record<RoomMode, string>>;
  };
  readonly left: { readonly title: string; readonly lead: string; readonly again: string };
  readonly closed: {
    readonly title: Readonly<Record<CloseCode, string>>;
    readonly lead: Readonly<Record<CloseCode, string>>;
    readonly again: string;
    readonly newLink: string;
  };

  readonly net: {
    readonly connected: string;
    readonly slow: string;
    readonly none: string;
    readonly here: (n: number) => string;
  };
  readonly card: {
    readonly free: string;
    readonly nobodyYet: string;
    readonly last: (who: string, seconds: number, at: string) => string;
    readonly you: string;
    readonly listening: (n: number) => string;
    readonly nobodyListens: string;
    readonly kind: Readonly<Record<LegKind, string>>;
    readonly someone: string;
    readonly several: (n: number) => string;
    readonly nobodyHears: string;
    readonly offlineFor: (duration: string) => string;
    readonly voiceDown: string;
    readonly voiceDownLead: string;
    readonly away: (duration: string) => string;
    readonly awayLead: string;
    readonly awayLeadFrozen: string;
    readonly soundLocked: string;
    readonly soundLockedLead: string;
    /** To this page alone. */
    readonly whispered: (who: string) => string;
    readonly whisperedLead: string;
    readonly outdated: string;
    readonly outdatedLead: string;
    readonly elsewhere: string;
    readonly elsewhereLead: string;
  };
  readonly slab: {
    readonly idle: string;
    readonly idleHint: string;
    readonly openHint: string;
    readonly listening: string;
    readonly listeningHint: string;
    readonly requesting: string;
    readonly requestingHint: string;
    readonly slowNetwork: string;
    readonly queued: (place: number) => string;
    readonly queuedBehind: (who: string) => string;
    readonly queuedNext: string;
    readonly queuedHint: string;
    readonly releaseToLeave: string;
    readonly talking: string;
    /** The limit is reached, the grace runs. */
    readonly timeUp: string;
    readonly cutIn: (seconds: number) => string;
    readonly left: (seconds: number) => string;
    readonly releaseToEnd: string;
    readonly denied: string;
    readonly revoked: string;
    readonly nothingSent: string;
    readonly silent: string;
    readonly nobodyHeard: string;
    readonly releaseFirst: string;
    /** A denial that lasts. */
    readonly pressIn: (seconds: number) => string;
    readonly pressAgain: string;
    readonly offline: string;
    readonly offlineHint: string;
    readonly connecting: string;
    readonly connectingHint: string;
    readonly asking: string;
    readonly askingHint: string;
    readonly listenOnly: string;
    readonly listenOnlyWhy: Readonly<Record<ListenOnly, string>>;
    readonly tapToRetry: string;
  };
  readonly call: {
    readonly title: string;
    readonly lead: string;
    readonly number: string;
    readonly fault: string;
    readonly start: string;
    readonly erase: string;
    readonly close: string;
    readonly giveUp: string;
    readonly by: (who: string) => string;
    readonly phase: Readonly<Record<Exclude<CallPhase, "refused">, string>>;
    /** The gateway did not take the order; other reasons are those of `reason`. */
    readonly refused: Readonly<Record<"not_allowed" | "too_many" | "invalid" | "silent", string>>;
  };
  /** Whether what is said reaches the air. */
  readonly radio: {
    readonly title: string;
    readonly state: Readonly<Record<AirState, string>>;
    readonly why: Readonly<Record<Exclude<AirWhy, "">, string>>;
  };
  /** Cameras and screens. */
  readonly video: Readonly<Record<VideoKind, { readonly key: Readonly<Record<ShowState, string>> }>> & {
    readonly title: string;
    readonly blocked: Readonly<Record<NonNullable<ShowKey["blocked"]>, string>>;
    readonly own: string;
    readonly ownUnseen: string;
    readonly screenOf: (who: string) => string;
    readonly coming: string;
    readonly paused: string;
    readonly kept: string;
    /** What a tap on a picture does. */
    readonly keep: string;
    readonly letGo: string;
  };
  readonly data: DataWords;
  readonly reason: Readonly<Record<PttReason, string>>;
  readonly refusal: Readonly<Record<RefusalCode, string>>;
  readonly say: {
    readonly live: string;
    readonly served: string;
    readonly queued: (place: number) => string;
    readonly timeUp: (seconds: number) => string;
    readonly denied: (reason: string) => string;
    readonly revoked: (reason: string) => string;
    readonly silent: string;
    readonly linkLost: string;
    readonly linkBack: string;
    readonly entered: (room: string) => string;
    /** By a dispatcher. */
    readonly takenTo: (room: string) => string;
    readonly mode: Readonly<Record<RoomMode, string>>;
    readonly microphoneLost: string;
    readonly call: (number: string, words: string) => string;
  };
  readonly act: {
    readonly leave: string;
    /** The other language's own name. */
    readonly language: string;
    readonly toNight: string;
    readonly toDay: string;
  };
}
