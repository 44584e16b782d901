/**
 * The PTT machine (ui.md section 4): pure, `next(state, event)` gives the state after and what to do.
 *
 * idle -> requesting -> granted | denied | silent; granted -> idle | revoked. In an open room a press
 * goes straight to `open`. Two rules hold in every row of the table: the microphone is open in
 * `requesting`, `granted` and `open` only, and letting go shuts it before anything is sent. What is said
 * while requesting is held by the hub: heard when the floor is granted, dropped when it is not.
 */

import type { FloorEnd, RefusalCode, RoomMode } from "@crosspatch/protocol/wire";

export type PttPhase = "idle" | "requesting" | "granted" | "open" | "denied" | "silent" | "revoked";

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
  readonly talkspurt: number;
  readonly limit_ms: number;
  /** A denial, silence or revocation has been on screen long enough. */
  readonly shown: boolean;
}

export type PttEvent =
  | { readonly type: "press"; readonly mode: RoomMode }
  | { readonly type: "blocked"; readonly why: PttReason }
  | { readonly type: "release" }
  /** Focus, visibility, link or microphone lost; `why` null when nothing has to be said. */
  | { readonly type: "cut"; readonly why: LocalReason | null }
  | { readonly type: "granted"; readonly press: number; readonly talkspurt: number; readonly limit_ms: number }
  | { readonly type: "refused"; readonly press: number; readonly code: RefusalCode }
  | { readonly type: "silent"; readonly press: number }
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
  talkspurt: 0,
  limit_ms: 0,
  shown: false,
};

type Row = { readonly [T in PttEvent["type"]]?: (state: PttState, event: Extract<PttEvent, { type: T }>) => PttStep };

/** A result on screen: it stays until the person let go and four seconds are over. */
const RESULT: Row = {
  press: (state, event) => begin(state, event.mode),
  blocked: (state, event) => block(state, event.why),
  release: (state) => step(state.shown ? rest(state) : { ...state, held: false }),
  shown: (state) => step(state.held ? { ...state, shown: true } : rest(state)),
};

export const TRANSITIONS: Readonly<Record<PttPhase, Row>> = {
  idle: {
    press: (state, event) => begin(state, event.mode),
    blocked: (state, event) => block(state, event.why),
    release: (state) => step(rest(state)),
  },
  requesting: {
    release: (state) => step(rest(state), "shut_mic", "give_back"),
    cut: (state, event) => cut(state, event.why, "shut_mic", "give_back"),
    granted: (state, event) =>
      step({ ...state, phase: "granted", talkspurt: event.talkspurt, limit_ms: event.limit_ms }),
    // The room was opened between press and answer: no floor is needed any more.
    refused: (state, event) =>
      event.code === "no_floor" ? step(opened(state)) : step(result(state, "denied", event.code), "shut_mic"),
    silent: (state) => step(result(state, "silent", null), "shut_mic", "give_back"),
  },
  granted: {
    release: (state) => step(rest(state), "shut_mic", "give_back_spoken"),
    cut: (state, event) => cut(state, event.why, "shut_mic", "give_back"),
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
    // Granted to a press that is over: the floor must not stay with someone who let go.
    return event.type === "granted" ? step(state, "give_back") : step(state);
  }
  const handle = TRANSITIONS[state.phase][event.type] as ((state: PttState, event: PttEvent) => PttStep) | undefined;
  return handle === undefined ? step(state) : handle(state, event);
}

function begin(state: PttState, mode: RoomMode): PttStep {
  const pressed: PttState = { ...PTT_START, press: state.press + 1, held: true };
  if (mode === "conference") return step(opened(pressed), "open_mic");
  return step({ ...pressed, phase: "requesting" }, "open_mic", "ask");
}

function block(state: PttState, why: PttReason): PttStep {
  const pressed: PttState = { ...PTT_START, press: state.press + 1, held: true };
  return step(result(pressed, why === "offline" ? "silent" : "denied", why));
}

function cut(state: PttState, why: LocalReason | null, ...effects: PttEffect[]): PttStep {
  if (why === null) return step(rest(state), ...effects);
  return step(result(state, why === "offline" ? "silent" : "revoked", why), ...effects);
}

function opened(state: PttState): PttState {
  return { ...state, phase: "open", limit_ms: 0, talkspurt: 0 };
}

function rest(state: PttState): PttState {
  return { ...PTT_START, press: state.press };
}

function result(state: PttState, phase: "denied" | "silent" | "revoked", reason: PttReason | null): PttState {
  return { ...state, phase, reason, shown: false };
}

function step(state: PttState, ...effects: PttEffect[]): PttStep {
  return { state, effects };
}
