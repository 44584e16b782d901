/**
 * One stay: from the hello to the goodbye, in one room at a time. It survives broken links and a restarted
 * hub by itself; whoever has to act is told by `stage`.
 */

import { batch, computed, signal, type ReadonlySignal } from "@preact/signals-core";

import { Client, type Identity } from "@crosspatch/protocol/client";
import type { Cancel, Clock, Random } from "@crosspatch/protocol/clock";
import type { Outcome } from "@crosspatch/protocol/pending";
import type { Connect } from "@crosspatch/protocol/socket";
import type { ByeCode, Change, RefusalCode, Room, Verb, Welcome } from "@crosspatch/protocol/wire";

import type { Announcer } from "./announcer";
import { Channel } from "./channel";
import { Connection } from "./connection";
import type { Cues } from "./cues";
import type { GatewayVersion } from "./gateway_version";
import type { Microphone } from "./microphone";
import type { MediaPort, Place } from "./ports";
import { Ptt } from "./ptt";
import type { PttReason } from "./ptt_machine";
import { announcePtt } from "./ptt_spoken";
import { listenOnly } from "./responder_view";
import { RoomCalls } from "./room_calls";
import { RoomData } from "./room_data";
import { RoomVideo } from "./room_video";
import { Slots } from "./slots";
import type { VideoPort } from "./video_ports";
import { SLOTS, Voice } from "./voice";

export interface Refused {
  readonly room: string;
  readonly code: RefusalCode;
}

export type Stage =
  | { readonly key: "entering" }
  | { readonly key: "choosing"; readonly visible: readonly Room[]; readonly refused: Refused | null }
  | { readonly key: "in" }
  | { readonly key: "closed"; readonly code: ByeCode };

export interface SessionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly connect: Connect;
  readonly media: MediaPort;
  readonly video: VideoPort;
  readonly microphone: Microphone;
  readonly announcer: Announcer;
  readonly cues: Cues;
  /** The hub swapped a one-time link for this token. */
  keepToken(token: string): void;
}

export interface RoomParts extends SessionParts {
  readonly version: GatewayVersion;
}

/** How long the page says that somebody took it to another room. */
const TAKEN_SHOWN_MS = 15_000;
/** `left.why` of one who is out of the room only; any other says that the leg ends, and the bye says more. */
const REMOVED = "left";

export class RoomSession {
  readonly connection: Connection;
  readonly channel: Channel;
  readonly voice: Voice;
  readonly slots: Slots;
  readonly video: RoomVideo;
  readonly ptt: Ptt;
  readonly calls: RoomCalls;
  readonly data: RoomData;
  readonly #parts: RoomParts;
  readonly #client: Client;
  readonly #stage = signal<Stage>({ key: "entering" });
  readonly #verbs = signal<readonly Verb[]>([]);
  readonly #me = signal("");
  readonly #linked = computed(() => this.#stage.value.key === "in" && this.connection.state.value.phase === "up");
  readonly #stopWatching: (() => void)[] = [];
  /** The room that a dispatcher took this page to, while that is news. */
  readonly #taken = signal<string | null>(null);
  #takenShown: Cancel = () => undefined;
  #wanted: string | null;
  #visible: readonly Room[] = [];

  /** `wanted`: the room that the link names, null to choose or to take the only one. */
  constructor(parts: RoomParts, identity: Identity, wanted: string | null) {
    this.#parts = parts;
    this.#wanted = wanted;
    this.connection = new Connection(parts.clock);
    this.channel = new Channel(parts.clock);
    this.#client = new Client(parts, identity, {
      link: (link) => {
        this.connection.link(link);
        if (link.phase === "refused") this.#close(link.code);
      },
      // In one step: nobody may see the link up with a room of the former session.
      welcome: (welcome) =>
        batch(() => {
          this.connection.link({ phase: "up", slow: false });
          this.#welcome(welcome);
        }),
      change: (change) => this.#change(change),
      lateGrant: () => this.ptt.lateGrant(),
      rtt: (ms) => this.connection.rtt(ms),
      newer: () => parts.version.unknown(),
    });
    this.voice = new Voice(parts.clock, parts.media, {
      linkUp: () => this.connection.state.peek().phase === "up",
      iceServers: () => this.#client.request({ type: "ask_ice_servers" }),
      sendOffer: (sdp, { audio, video }, restart) =>
        this.#client.request({ type: "media_offer", sdp, audio_slots: audio, video_slots: video, restart }),
    });
    this.slots = new Slots(parts.clock, parts.media);
    this.video = new RoomVideo({
      clock: parts.clock,
      video: parts.video,
      slots: SLOTS.video,
      up: () => this.voice.state.peek().phase === "up",
      me: () => this.#me.peek(),
      show: (kind) => this.#client.request({ type: "show_picture", room: this.#room, kind }),
      hide: (kind) => void this.#client.request({ type: "hide_picture", room: this.#room, kind }),
      watch: (slot, picture, height) => void this.#client.request({ type: "watch", slot, height, ...picture }),
    });
    this.ptt = new Ptt({
      clock: parts.clock,
      mode: () => this.channel.state.peek()?.mode ?? "talkgroup",
      blocked: () => this.#blocked(),
      request: (override) => this.#requestFloor(override),
      giveBack: () => void this.#client.request({ type: "floor_release", room: this.#room }),
      openMic: (open) => parts.microphone.open(open),
    });
    this.calls = new RoomCalls({
      clock: parts.clock,
      me: () => this.#me.peek(),
      place: (number) => this.#client.request({ type: "call_number", room: this.#room, number }),
      giveUp: (call) => void this.#client.request({ type: "give_up_call", room: this.#room, call }),
      moved: (call) => parts.announcer.say({ key: "call", call }),
    });
    this.data = new RoomData({
      clock: parts.clock,
      random: parts.random,
      me: () => this.#me.peek(),
      send: (order) => this.#client.request({ ...order, room: this.#room }),
    });
    parts.media.onFast = (send) => this.#client.attachFast(send);
    parts.media.onFastMessage = (bytes) => this.#client.receiveFast(bytes);
  }

  get stage(): ReadonlySignal<Stage> {
    return this.#stage;
  }

  get verbs(): ReadonlySignal<readonly Verb[]> {
    return this.#verbs;
  }

  /** This page's own leg. */
  get me(): ReadonlySignal<string> {
    return this.#me;
  }

  /** A dispatcher took this page to the room that has this name; null: that is no news (any more). */
  get taken(): ReadonlySignal<string | null> {
    return this.#taken;
  }

  /** In a room, and orders reach it. */
  get linked(): ReadonlySignal<boolean> {
    return this.#linked;
  }

  /** Tell the room where this person is. */
  tellPosition(place: Place): Promise<Outcome> {
    return this.#client.request({ type: "send_position", room: this.#room, ...place });
  }

  start(): void {
    this.#watch();
    this.#client.start();
  }

  /** The network, or this page's place on screen, has changed. */
  probe(): void {
    this.#client.probe();
  }

  choose(room: string): void {
    this.#wanted = room;
    this.#stage.value = { key: "entering" };
    void this.#join(room);
  }

  /** Says goodbye; the session cannot be used again. */
  stop(): void {
    this.ptt.cut(null);
    this.#client.stop();
    this.#end();
  }

  get #room(): string {
    return this.channel.state.peek()?.id ?? "";
  }

  #welcome(welcome: Welcome): void {
    this.#parts.version.heard(welcome.server);
    this.#verbs.value = welcome.verbs;
    this.#me.value = welcome.leg;
    this.#visible = welcome.visible;
    if (welcome.bearer != null) this.#parts.keepToken(welcome.bearer);
    if (welcome.resumed) {
      if (this.#stage.value.key !== "in") return;
      this.voice.resume();
      this.data.linked(true);
      return;
    }
    // Nothing of the former session is true any more; it must not be on screen while the room is joined again.
    this.channel.forget();
    this.calls.forget();
    this.video.choice.forget();
    this.voice.lose();
    const [only] = welcome.visible;
    const room = this.#wanted ?? (welcome.visible.length === 1 ? only?.id : undefined);
    if (room === undefined) this.#stage.value = { key: "choosing", visible: welcome.visible, refused: null };
    else void this.#join(room);
  }

  async #join(room: string): Promise<void> {
    const entered = await this.#enter(room);
    if (entered !== null) this.#wanted = room;
  }

  /** Somebody took this page there: its own room is the one to come back to after a loss. */
  async #follow(room: string): Promise<void> {
    this.ptt.cut(null);
    // Who let one room see a picture did not let another.
    this.video.unshow();
    this.video.choice.forget();
    this.calls.forget();
    const entered = await this.#enter(room);
    if (entered === null) return;
    this.#parts.announcer.shout({ key: "taken_to", room: entered.name });
    this.#taken.value = entered.name;
    this.#takenShown();
    this.#takenShown = this.#parts.clock.after(TAKEN_SHOWN_MS, () => (this.#taken.value = null));
  }

  async #enter(room: string): Promise<Room | null> {
    const outcome = await this.#client.request({ type: "join", room });
    if (outcome.ok && outcome.answer.room != null) {
      this.channel.enter(outcome.answer.room);
      this.data.enter(outcome.answer.room);
      if (this.#stage.value.key !== "in") {
        this.#parts.announcer.say({ key: "entered", room: outcome.answer.room.name });
      }
      this.#stage.value = { key: "in" };
      this.voice.resume();
      return outcome.answer.room;
    }
    if (!outcome.ok && outcome.code === "lost") {
      // The next welcome joins again.
    } else {
      const code = outcome.ok || outcome.code === "silent" || outcome.code === "lost" ? "internal" : outcome.code;
      this.#refuse(room, code);
    }
    return null;
  }

  #refuse(room: string, code: RefusalCode): void {
    this.video.end();
    this.voice.stop();
    this.channel.leave();
    this.calls.forget();
    this.data.end();
    this.#stage.value = { key: "choosing", visible: this.#visible, refused: { room, code } };
  }

  #change(change: Change): void {
    if (change.type === "own_media") {
      this.voice.ownMedia(change.up);
      return;
    }
    if (change.type === "slot_filled") {
      this.slots.filled(change);
      return;
    }
    if (change.type === "picture_turned") {
      this.video.slots.turned(change);
      return;
    }
    if (change.type === "room_made" || change.type === "room_gone") {
      this.#roomsChanged(change);
      return;
    }
    const before = this.channel.state.peek();
    this.channel.apply(change);
    if (change.room !== before?.id) return;
    const now = this.channel.state.peek();
    if (now !== null) this.video.changed(change, now);
    this.data.changed(change);
    this.ptt.changed(change, this.#me.peek());
    const mine = "leg" in change && change.leg === this.#me.peek();
    if (change.type === "floor_idle") {
      if (!mine) this.#parts.cues.talkEnded();
    } else if (change.type === "mode_changed") {
      this.ptt.modeChanged(change.mode);
      this.#parts.announcer.say({ key: "mode", mode: change.mode });
    } else if (change.type === "call_changed") this.calls.changed(change);
    else if (change.type === "moved") void this.#follow(change.to);
    else if (change.type === "left" && mine && change.why === REMOVED) this.#refuse(change.room, "not_in_room");
  }

  /** Who chooses a room chooses among those that there are. */
  #roomsChanged(change: Extract<Change, { type: "room_made" | "room_gone" }>): void {
    const gone = change.type === "room_made" ? change.made.id : change.gone;
    const others = this.#visible.filter(({ id }) => id !== gone);
    this.#visible = change.type === "room_made" ? [...others, change.made] : others;
    const stage = this.#stage.value;
    if (stage.key === "choosing") this.#stage.value = { ...stage, visible: this.#visible };
  }

  /** A press that nobody answers is the first sign of a dead link: find out now. */
  async #requestFloor(override: boolean): Promise<Outcome> {
    const outcome = await this.#client.request({ type: "floor_request", room: this.#room, wait: true, override });
    if (!outcome.ok && outcome.code === "silent") this.#client.probe();
    return outcome;
  }

  #blocked(): PttReason | null {
    const channel = this.channel.state.peek();
    if (channel === null || this.connection.state.peek().phase !== "up") return "offline";
    if (this.voice.state.peek().phase !== "up") return "no_media";
    const microphone = this.#parts.microphone.state.peek();
    const why = listenOnly({ verbs: this.#verbs.peek(), channel, microphone });
    if (why === null) return microphone === "ready" ? null : "no_microphone";
    return why === "no_right" || why === "broadcast" ? "not_allowed" : "no_microphone";
  }

  /** Losing the link, the voice or the microphone cuts the talk; going live and losing it is announced. */
  #watch(): void {
    const { announcer, cues, microphone } = this.#parts;
    let ptt = this.ptt.state.peek();
    let linked = false;
    let known = false;
    this.#stopWatching.push(
      this.ptt.state.subscribe((after) => {
        const before = ptt;
        ptt = after;
        cues.ptt(before, after);
        announcePtt(announcer, before, after);
      }),
      this.connection.state.subscribe(({ phase }) => {
        if (phase !== "up") this.data.linked(false);
        if (phase === "lost" && linked) {
          this.ptt.cut("offline");
          announcer.shout({ key: "link_lost" });
        }
        if (phase === "up" && !linked && known) announcer.say({ key: "link_back" });
        linked = phase === "up";
        known ||= linked;
      }),
      this.voice.state.subscribe(({ phase }) => {
        if (phase === "up") this.slots.start();
        else {
          this.slots.stop();
          this.ptt.cut("offline");
        }
        this.video.transport(phase === "up");
      }),
      microphone.state.subscribe((state) => {
        if (state === "ready") return;
        this.ptt.cut("no_microphone");
        if (state === "lost") announcer.shout({ key: "microphone_lost" });
      }),
    );
  }

  #close(code: ByeCode): void {
    this.ptt.cut(null);
    this.#end();
    this.#stage.value = { key: "closed", code };
  }

  #end(): void {
    for (const stop of this.#stopWatching) stop();
    this.#stopWatching.length = 0;
    this.#takenShown();
    this.#taken.value = null;
    this.video.end();
    this.voice.stop();
    this.slots.stop();
    this.channel.leave();
    this.calls.forget();
    this.data.end();
  }
}
