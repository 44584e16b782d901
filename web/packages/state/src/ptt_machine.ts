/**
 * The PTT machine (ui.md section 4): pure, `next(state, event)` gives the state after and what to do.
 *
 * idle -> requesting -> granted | queued | denied | silent; queued -> granted | denied; granted -> idle |
 * revoked. In an open room a press goes straight to `open`. Two rules hold in every row of the table: the
 * microphone is open in `requesting`, `granted` and `open` only, and letting go shuts it before anything is
 * sent. What is said while requesting is held by the hub: heard when the floor is granted, dropped when it is
 * not, or when one has to wait.
 */

import type { FloorEnd, RefusalCode, RoomMode } from "@crosspatch/protocol/wire";

export type PttPhase = "idle" | "requesting" | "queued" | "granted" | "open" | "denied" | "silent" | "revoked";

/** Of a talk that has a limit. `ending`: the hub has warned. `over`: finish, the hub cuts in a moment. */
export type TalkTime = "plenty" | "ending" | "over";

/** Why a press could not even be sent, or why the page itself cut the voice off. */
export type LocalReason = "offline" | "no_microphone";
export type PttReason = RefusalCode | FloorEnd | LocalReason;

export interface PttState {
  readonly phase: PttPhase;
  /** The person still presses. */
  readonly held: boolean;
  readonly reason: PttReason | null;
  /** Number of the press; answers to an earlier one are stale. */
  readonly press: number;
  /** It cuts off who talks, where the room lets it. */
  readonly override: boolean;
  /** Of this press, or of the last one that was granted. */
  readonly talkspurt: number;
  readonly limit_ms: number;
  /** In the queue; 1 is the next to be served. */
  readonly place: number;
  /** The floor came from the queue: nothing was said before it. */
  readonly served: boolean;
  readonly time: TalkTime;
  /** While talking: what is left, told when `time` began; 0: no limit. Of a denial: how long it is for. */
  readonly left_ms: number;
  /** A denial, silence or revocation has been on screen long enough. */
  readonly shown: boolean;
}

export type PttEvent =
  | { readonly type: "press"; readonly mode: RoomMode; readonly override?: boolean }
  | { readonly type: "blocked"; readonly why: PttReason }
  | { readonly type: "release" }
  /** Focus, visibility, link or microphone lost; `why` null when nothing has to be said. */
  | { readonly type: "cut"; readonly why: LocalReason | null }
  | { readonly type: "granted"; readonly press: number; readonly talkspurt: number; readonly limit_ms: number }
  | { readonly type: "queued"; readonly press: number; readonly place: number }
  | { readonly type: "refused"; readonly press: number; readonly code: RefusalCode; readonly wait_ms?: number }
  | { readonly type: "silent"; readonly press: number }
  /** Where this page waits now; 0: it is not in the queue (any more). */
  | { readonly type: "placed"; readonly place: number }
  /** This page has the floor, whatever it did for it. */
  | { readonly type: "taken"; readonly talkspurt: number; readonly limit_ms: number }
  | { readonly type: "unserved"; readonly code: RefusalCode }
  | { readonly type: "time"; readonly talkspurt: number; readonly time: "ending" | "over"; readonly left_ms: number }
  | { readonly type: "ended"; readonly talkspurt: number; readonly why: FloorEnd }
  | { readonly type: "limit" }
  | { readonly type: "mode"; readonly mode: RoomMode }
  | { readonly type: "shown" };

/** `give_back_spoken`: the floor goes back when the last words are at the hub; `give_back`: at once. */
export type PttEffect = "ask" | "open_mic" | "shut_mic" | "give_back" | "give_back_spoken";

export interface PttStep {
  readonly state: PttState;
  readonly effects: readonly PttEffect[];
}

export const PTT_START: PttState = {
  phase: "idle",
  held: false,
  reason: null,
  press: 0,
  override: false,
  talkspurt: 0,
  limit_ms: 0,
  place: 0,
  served: false,
  time: "plenty",
  left_ms: 0,
  shown: false,
};

type Row = { readonly [T in PttEvent["type"]]?: (state: PttState, event: Extract<PttEvent, { type: T }>) => PttStep };

/** A result on screen: it stays until the person let go and four seconds are over. */
const RESULT: Row = {
  press: begin,
  blocked: (state, event) => block(state, event.why),
  release: (state) => step(state.shown ? rest(state) : { ...state, held: false }),
  shown: (state) => step(state.held ? { ...state, shown: true } : rest(state)),
  taken: unwanted,
};

export const TRANSITIONS: Readonly<Record<PttPhase, Row>> = {
  idle: {
    press: begin,
    blocked: (state, event) => block(state, event.why),
    release: (state) => step(rest(state)),
    taken: unwanted,
  },
  requesting: {
    release: (state) => step(rest(state), "shut_mic", "give_back"),
    cut: (state, event) => cut(state, event.why, "shut_mic", "give_back"),
    granted: (state, event) => step(talking(state, event)),
    queued: (state, event) => step({ ...state, phase: "queued", place: event.place }, "shut_mic"),
    // The room was opened between press and answer: no floor is needed any more.
    refused: (state, event) =>
      event.code === "no_floor" ? step(opened(state)) : step(denied(state, event.code, event.wait_ms), "shut_mic"),
    silent: (state) => step(result(state, "silent", null), "shut_mic", "give_back"),
  },
  queued: {
    // Who waits may yet cut in; anything else it holds beside this press changes nothing.
    press: (state, event) => (event.override === true ? begin(state, event) : step(state)),
    release: (state) => step(rest(state), "give_back"),
    cut: (state, event) => cut(state, event.why, "give_back"),
    placed: (state, event) => step(event.place === 0 ? state : { ...state, place: event.place }),
    taken: (state, event) => step({ ...talking(state, event), served: true }, "open_mic"),
    unserved: (state, event) => step(denied(state, event.code)),
  },
  granted: {
    release: (state) => step(rest(state), "shut_mic", "give_back_spoken"),
    cut: (state, event) => cut(state, event.why, "shut_mic", "give_back"),
    time: (state, { talkspurt, time, left_ms }) => step(talkspurt === state.talkspurt ? { ...state, time, left_ms } : state),
    ended: (state, event) =>
      event.talkspurt === state.talkspurt ? step(result(state, "revoked", event.why), "shut_mic") : step(state),
    limit: (state) => step(result(state, "revoked", "timed_out"), "shut_mic", "give_back"),
  },
  open: {
    release: (state) => step(rest(state), "shut_mic"),
    cut: (state, event) => cut(state, event.why, "shut_mic"),
    mode: (state, event) =>
      event.mode === "conference" ? step(state) : step(result(state, "revoked", "mode_changed"), "shut_mic"),
  },
  denied: RESULT,
  silent: RESULT,
  revoked: RESULT,
};

export function next(state: PttState, event: PttEvent): PttStep {
  if ("press" in event && (event.press !== state.press || state.phase !== "requesting")) {
    // Of a press that is over: neither floor nor place must stay with someone who let go. A newer press asked behind
    // the release of that one, and would lose its own.
    const unused = event.type === "granted" || event.type === "queued";
    return unused && !UNDER_WAY.has(state.phase) ? step(state, "give_back") : step(state);
  }
  const handle = TRANSITIONS[state.phase][event.type] as ((state: PttState, event: PttEvent) => PttStep) | undefined;
  return handle === undefined ? step(state) : handle(state, event);
}

/** The hub has heard of these presses, or is about to. */
const UNDER_WAY: ReadonlySet<PttPhase> = new Set(["requesting", "queued", "granted"]);

function begin(state: PttState, { mode, override = false }: Extract<PttEvent, { type: "press" }>): PttStep {
  const pressed: PttState = { ...rest(state), press: state.press + 1, held: true, override };
  if (mode === "conference") return step(opened(pressed), "open_mic");
  return step({ ...pressed, phase: "requesting" }, "open_mic", "ask");
}

function block(state: PttState, why: PttReason): PttStep {
  const pressed: PttState = { ...rest(state), press: state.press + 1, held: true };
  return step(result(pressed, why === "offline" ? "silent" : "denied", why));
}

function cut(state: PttState, why: LocalReason | null, ...effects: PttEffect[]): PttStep {
  if (why === null) return step(rest(state), ...effects);
  return step(result(state, why === "offline" ? "silent" : "revoked", why), ...effects);
}

/** A floor that came when nobody wanted it any more; news of the one that has just gone back is none. */
function unwanted(state: PttState, { talkspurt }: Extract<PttEvent, { type: "taken" }>): PttStep {
  return talkspurt === state.talkspurt ? step(state) : step(state, "give_back");
}

function talking(state: PttState, { talkspurt, limit_ms }: { talkspurt: number; limit_ms: number }): PttState {
  return { ...state, phase: "granted", talkspurt, limit_ms, left_ms: limit_ms };
}

function opened(state: PttState): PttState {
  return { ...state, phase: "open", limit_ms: 0, left_ms: 0 };
}

function rest(state: PttState): PttState {
  return { ...PTT_START, press: state.press, talkspurt: state.talkspurt };
}

function denied(state: PttState, reason: PttReason, wait_ms = 0): PttState {
  return { ...result(state, "denied", reason), left_ms: wait_ms };
}

function result(state: PttState, phase: "denied" | "silent" | "revoked", reason: PttReason | null): PttState {
  return { ...state, phase, reason, place: 0, time: "plenty", left_ms: 0, shown: false };
}

function step(state: PttState, ...effects: PttEffect[]): PttStep {
  return { state, effects };
}
