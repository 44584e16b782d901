/** Sentences that only the console has; what both pages say is in words.ts. The same rules hold. */

import type { Language } from "@crosspatch/state/settings";
import type { OrderName } from "@crosspatch/state/verb_results";
import type { LegKind, RoomMode } from "@crosspatch/state/wire_names";

import { consoleEn } from "./console_en";
import { consoleZh } from "./console_zh";

export interface ConsoleWords {
  readonly title: string;
  readonly signIn: { readonly title: string; readonly lead: string; readonly seat: string; readonly start: string };
  readonly health: {
    readonly title: string;
    readonly link: string;
    readonly voice: string;
    readonly radios: string;
    readonly phones: string;
    readonly browsers: string;
    readonly down: string;
    readonly up: string;
  };
  readonly attention: {
    readonly title: string;
    readonly quiet: string;
    readonly quietLead: string;
    readonly help: (who: string) => string;
    readonly helpLead: (room: string) => string;
    readonly show: string;
    readonly noted: string;
    readonly more: (n: number) => string;
    readonly offline: string;
    readonly offlineLead: (duration: string) => string;
    readonly soundLocked: string;
    readonly soundLockedLead: string;
    readonly unlock: string;
    readonly voiceDown: string;
    readonly voiceDownLead: string;
    readonly microphone: string;
    readonly retry: string;
    readonly radio: (room: string) => string;
  };
  readonly happened: {
    readonly joined: (who: string, room: string) => string;
    readonly left: (who: string, room: string) => string;
    readonly call: (number: string, words: string, room: string) => string;
    readonly mode: (room: string, mode: string) => string;
    readonly radioLost: (who: string, room: string) => string;
    readonly radioBack: (who: string, room: string) => string;
    readonly needHelp: (who: string, room: string) => string;
  };
  readonly strips: {
    readonly title: string;
    readonly count: (selected: number, monitored: number) => string;
    readonly beyond: (n: number) => string;
    readonly none: string;
    readonly selected: string;
    readonly idle: string;
    readonly monitored: string;
    readonly notMonitored: string;
    readonly nobody: string;
    readonly last: (who: string, at: string) => string;
    readonly entering: string;
    readonly out: string;
    readonly enter: string;
    readonly requesting: string;
    readonly queued: (place: number) => string;
    readonly leaveQueue: string;
    readonly queue: string;
    readonly unqueue: (who: string) => string;
    /** Cut off who talks. */
    readonly over: string;
    readonly overWho: (who: string, room: string) => string;
    readonly talks: (who: string) => string;
    readonly slow: string;
    readonly noAnswer: string;
    readonly several: (n: number) => string;
    readonly listening: (n: number) => string;
    readonly nobodyListens: string;
    readonly mode: Readonly<Record<RoomMode, string>>;
    readonly ptt: string;
    readonly speak: string;
    readonly release: string;
    readonly noTalk: string;
    readonly kind: Readonly<Record<LegKind, string>>;
    readonly volume: (room: string) => string;
    readonly monitor: (room: string) => string;
    readonly talkIn: (room: string) => string;
    readonly legs: (radios: number, phones: number, browsers: number) => string;
  };
  readonly dock: {
    readonly title: string;
    readonly none: string;
    readonly noneLead: string;
    readonly hold: string;
    readonly holdLead: string;
    readonly granted: (n: number, of: number) => string;
    readonly targets: (n: number) => string;
    readonly state: Readonly<
      Record<
        | "talking"
        | "requesting"
        | "queued"
        | "denied"
        | "revoked"
        | "silent"
        | "offline"
        | "connecting"
        | "asking_microphone"
        | "listen_only"
        | "idle"
        | "listening",
        string
      >
    >;
    readonly keysTitle: string;
    readonly keys: readonly (readonly [key: string, does: string])[];
  };
  readonly newRoom: { readonly open: string; readonly name: string; readonly make: string; readonly cancel: string };
  readonly people: {
    readonly title: string;
    readonly count: (n: number) => string;
    readonly mode: string;
    readonly modes: Readonly<Record<RoomMode, string>>;
    readonly invite: string;
    readonly inviteHint: string;
    readonly call: string;
    readonly hears: string;
    readonly deaf: string;
    readonly talks: string;
    readonly you: string;
    readonly muted: string;
    readonly mute: (who: string) => string;
    readonly unmute: (who: string) => string;
    /** To them alone, while it is held. */
    readonly whisper: (who: string) => string;
    readonly whispers: string;
    readonly remove: (who: string) => string;
    /** The first line of the list of rooms. */
    readonly move: string;
    readonly moveWho: (who: string) => string;
    readonly sure: string;
    readonly closeRoom: string;
    readonly noRight: string;
    readonly failed: Readonly<Record<OrderName, (about: string, why: string) => string>>;
  };
  readonly panes: { readonly map: string; readonly video: string; readonly noVideo: string; readonly messages: string };
}

const TABLES: Readonly<Record<Language, ConsoleWords>> = { zh: consoleZh, en: consoleEn };

export function consoleWordsOf(language: Language): ConsoleWords {
  return TABLES[language];
}
