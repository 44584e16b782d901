/**
 * One room on the console: who talks in it, this page's own press there, and how loud it is played.
 *
 * The page only monitors an open room: in many rooms at once with one microphone, it must be heard in the
 * rooms that its person pressed for and in no other. To speak in an open room it joins again, without
 * `monitor`, and is live when the hub has said so, as with a floor.
 */

import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals-core";

import type { Clock, Random } from "@crosspatch/protocol/clock";
import type { Client } from "@crosspatch/protocol/client";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { Change, RefusalCode, Room, RoomMode } from "@crosspatch/protocol/wire";

import type { Announcer } from "./announcer";
import { Channel } from "./channel";
import type { Cues } from "./cues";
import type { Faders } from "./faders";
import { Ptt } from "./ptt";
import type { PttReason } from "./ptt_machine";
import { announcePtt } from "./ptt_spoken";
import { listenOnly, type Known } from "./responder_view";
import { RoomCalls } from "./room_calls";
import { RoomData } from "./room_data";

/** What is the same for every room of the page. */
export type Common = Pick<Known, "connection" | "voice" | "microphone" | "verbs" | "me" | "slots">;

export interface StripParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly hub: Pick<Client, "request" | "probe">;
  readonly common: ReadonlySignal<Common>;
  readonly announcer: Announcer;
  readonly cues: Cues;
  readonly faders: Faders;
  /** This room wants the page's voice, or no longer. */
  wantMic(room: string, open: boolean): void;
  /** Somebody else is heard, or another gain applies. */
  regain(): void;
}

export type Entry = { readonly key: "entering" | "in" } | { readonly key: "out"; readonly code: RefusalCode };

export class Strip {
  readonly id: string;
  readonly name: string;
  readonly channel: Channel;
  readonly ptt: Ptt;
  readonly calls: RoomCalls;
  readonly data: RoomData;
  readonly known: ReadonlySignal<Known | null>;
  readonly #parts: StripParts;
  readonly #entry = signal<Entry>({ key: "entering" });
  readonly #gain: Signal<number>;
  readonly #monitored = signal(true);
  /** Joined to be heard in an open room. */
  #speaking = false;

  constructor(parts: StripParts, room: Pick<Room, "id" | "name">) {
    this.#parts = parts;
    this.id = room.id;
    this.name = room.name;
    this.#gain = signal(parts.faders.of(room.id));
    this.channel = new Channel(parts.clock);
    this.ptt = new Ptt({
      clock: parts.clock,
      // Never straight to `open`: see above.
      mode: () => (this.#mode === "broadcast" ? "broadcast" : "talkgroup"),
      blocked: () => this.#blocked(),
      request: (override) => this.#request(override),
      giveBack: () => this.#giveBack(),
      openMic: (open) => parts.wantMic(this.id, open),
    });
    this.calls = new RoomCalls({
      clock: parts.clock,
      me: () => parts.common.peek().me,
      place: (number) => parts.hub.request({ type: "call_number", room: this.id, number }),
      giveUp: (call) => void parts.hub.request({ type: "give_up_call", room: this.id, call }),
      moved: (call) => parts.announcer.say({ key: "call", call }),
    });
    this.data = new RoomData({
      clock: parts.clock,
      random: parts.random,
      me: () => parts.common.peek().me,
      send: (order) => parts.hub.request({ ...order, room: this.id }),
    });
    this.known = computed(() => {
      const channel = this.channel.state.value;
      return channel === null ? null : { ...parts.common.value, channel, ptt: this.ptt.state.value };
    });
    let before = this.ptt.state.peek();
    this.ptt.state.subscribe((after) => {
      parts.cues.ptt(before, after);
      announcePtt(parts.announcer, before, after);
      before = after;
    });
  }

  get entry(): ReadonlySignal<Entry> {
    return this.#entry;
  }

  /** 0 to 100. */
  get gain(): ReadonlySignal<number> {
    return this.#gain;
  }

  get monitored(): ReadonlySignal<boolean> {
    return this.#monitored;
  }

  /** As it is played: 0 to 1. */
  get loudness(): number {
    return this.#monitored.peek() ? this.#gain.peek() / 100 : 0;
  }

  setGain(gain: number): void {
    this.#gain.value = Math.min(100, Math.max(0, Math.round(gain)));
    this.#parts.faders.keep(this.id, this.#gain.peek());
    this.#parts.regain();
  }

  setMonitored(monitored: boolean): void {
    this.#monitored.value = monitored;
    this.#parts.regain();
  }

  /** A fresh session, or a person's wish to come back. */
  async enter(): Promise<void> {
    this.#entry.value = { key: "entering" };
    this.#speaking = false;
    const outcome = await this.#parts.hub.request({ type: "join", room: this.id, monitor: true });
    if (outcome.ok && outcome.answer.room != null) {
      this.channel.enter(outcome.answer.room);
      this.data.enter(outcome.answer.room);
      this.#entry.value = { key: "in" };
    } else if (outcome.ok || outcome.code !== "lost") {
      this.out(outcome.ok || outcome.code === "silent" ? "internal" : (outcome.code as RefusalCode));
    }
  }

  /** The room is closed to this page. */
  out(code: RefusalCode): void {
    this.ptt.cut(null);
    this.channel.leave();
    this.calls.forget();
    this.data.end();
    this.#entry.value = { key: "out", code };
  }

  /** Nothing that was known of the room is true any more. */
  forget(): void {
    this.channel.forget();
    this.calls.forget();
  }

  /** The link was lost (false), or the session goes on after a break (true). */
  linked(linked: boolean): void {
    if (this.#entry.peek().key === "in") this.data.linked(linked);
    if (!linked) this.ptt.cut("offline");
  }

  /** News of this room. */
  changed(change: Extract<Change, { room: string }>): void {
    this.channel.apply(change);
    this.data.changed(change);
    const { me } = this.#parts.common.peek();
    const mine = "leg" in change && change.leg === me;
    this.ptt.changed(change, me);
    if (change.type === "mode_changed") this.#modeChanged(change.mode);
    else if (change.type === "call_changed") this.calls.changed(change);
    else if (change.type === "left" && mine) this.out("not_in_room");
    this.#parts.regain();
  }

  get #mode(): RoomMode {
    return this.channel.state.peek()?.mode ?? "talkgroup";
  }

  /** A press that nobody answers is the first sign of a dead link: find out now. */
  async #request(override: boolean): Promise<Outcome> {
    if (this.#mode === "conference") return this.#speak();
    const outcome = await this.#parts.hub.request({ type: "floor_request", room: this.id, wait: true, override });
    if (outcome.ok) return outcome;
    if (outcome.code === "no_floor") return this.#speak();
    if (outcome.code === "silent") this.#parts.hub.probe();
    return outcome;
  }

  async #speak(): Promise<Outcome> {
    this.#speaking = true;
    const outcome = await this.#parts.hub.request({ type: "join", room: this.id, monitor: false });
    // Switched to a talkgroup meanwhile: the hub has shut what it had opened.
    if (outcome.ok && !this.#wantsToSpeak) return { ok: false, code: "invalid", detail: "the room's mode changed" };
    return outcome;
  }

  get #wantsToSpeak(): boolean {
    return this.#speaking;
  }

  #giveBack(): void {
    if (!this.#speaking) void this.#parts.hub.request({ type: "floor_release", room: this.id });
    else this.#monitorAgain();
  }

  #monitorAgain(): void {
    this.#speaking = false;
    void this.#parts.hub.request({ type: "join", room: this.id, monitor: true });
  }

  #modeChanged(mode: RoomMode): void {
    this.#parts.announcer.say({ key: "mode", mode });
    if (!this.#speaking || mode === "conference") return;
    this.ptt.ended(0, "mode_changed");
    this.#monitorAgain();
  }

  #blocked(): PttReason | null {
    const known = this.known.peek();
    if (known === null || known.connection.phase !== "up") return "offline";
    if (known.voice.phase !== "up") return "no_media";
    const why = listenOnly(known);
    if (why === null) return known.microphone === "ready" ? null : "no_microphone";
    return why === "no_right" || why === "broadcast" ? "not_allowed" : "no_microphone";
  }
}
