/**
 * One stay at the console: one session, one transport, and a strip for each room that the link opens.
 *
 * It survives broken links and a restarted hub by itself; whoever has to act is told by `stage`.
 */

import { batch, computed, signal, type ReadonlySignal } from "@preact/signals-core";

import { Client, type Identity } from "@crosspatch/protocol/client";
import type { Change, Room, Verb, Welcome } from "@crosspatch/protocol/wire";

import { heard as heardIn } from "./channel";
import { Connection } from "./connection";
import type { Faders } from "./faders";
import type { Happenings } from "./happenings";
import type { Whisperer } from "./console_view";
import type { SlotCounts } from "./ports";
import type { PttPhase, PttReason } from "./ptt_machine";
import { whispererOf } from "./responder_view";
import type { SessionParts, Stage } from "./room_session";
import { Slots } from "./slots";
import { Strip, type Common } from "./strip";
import { VideoWall } from "./video_wall";
import type { VerbResults } from "./verb_results";
import { Voice } from "./voice";
import { Whisper } from "./whisper";

/** As many rooms as have a key of their own and a strip in full (ui.md section 3). */
export const STRIPS_MAX = 12;
/** What else wants the microphone; no room is named so. */
const WHISPER = "whisper:";
/** The person talks, or wants to, in a room. */
const BUSY: ReadonlySet<PttPhase> = new Set(["requesting", "queued", "granted", "open"]);
const SLOTS: SlotCounts = { audio: 8, video: 4 };

export type ConsoleStage = Extract<Stage, { key: "entering" | "in" | "closed" }>;

export interface ConsoleParts extends SessionParts {
  readonly results: VerbResults;
  readonly faders: Faders;
}

export class ConsoleSession {
  readonly connection: Connection;
  readonly voice: Voice;
  readonly slots: Slots;
  readonly video: VideoWall;
  readonly whisper: Whisper;
  readonly #parts: ConsoleParts;
  readonly #happenings: Happenings;
  readonly #client: Client;
  readonly #stage = signal<ConsoleStage>({ key: "entering" });
  readonly #verbs = signal<readonly Verb[]>([]);
  readonly #me = signal("");
  readonly #strips = signal<readonly Strip[]>([]);
  /** Rooms that the link opens and that have no strip. */
  readonly #beyond = signal(0);
  readonly #common: ReadonlySignal<Common>;
  readonly #whisperer = computed(() => this.#drawWhisperer());
  readonly #speaking = new Set<string>();
  readonly #stopWatching: (() => void)[] = [];

  constructor(parts: ConsoleParts, identity: Identity, happenings: Happenings) {
    this.#parts = parts;
    this.#happenings = happenings;
    this.connection = new Connection(parts.clock);
    this.#client = new Client(parts, identity, {
      link: (link) => {
        this.connection.link(link);
        if (link.phase === "refused") this.#close(link.code);
      },
      // In one step: nobody may see the link up with rooms of the former session.
      welcome: (welcome) =>
        batch(() => {
          this.connection.link({ phase: "up", slow: false });
          this.#welcome(welcome);
        }),
      change: (change) => this.#change(change),
      lateGrant: (room) => this.strip(room)?.ptt.lateGrant(),
      rtt: (ms) => this.connection.rtt(ms),
    });
    this.voice = new Voice(
      parts.clock,
      parts.media,
      {
        linkUp: () => this.connection.state.peek().phase === "up",
        iceServers: () => this.#client.request({ type: "ask_ice_servers" }),
        sendOffer: (sdp, { audio, video }, restart) =>
          this.#client.request({ type: "media_offer", sdp, audio_slots: audio, video_slots: video, restart }),
      },
      SLOTS,
    );
    this.slots = new Slots(parts.clock, parts.media, (leg) => this.#gainOf(leg));
    this.video = new VideoWall({
      clock: parts.clock,
      video: parts.video,
      slots: SLOTS.video,
      watch: (slot, picture, height) => void this.#client.request({ type: "watch", slot, height, ...picture }),
    });
    this.whisper = new Whisper({
      clock: parts.clock,
      request: (command) => this.#client.request(command),
      blocked: () => this.#whisperBlocked(),
      openMic: (open) => this.#wantMic(WHISPER, open),
      live: () => parts.announcer.shout({ key: "live" }),
      failed: ({ room, member }, code) => {
        const about = this.strip(room)?.channel.state.peek()?.members.get(member)?.name ?? "";
        parts.results.show({ order: "whisper", about, code });
      },
    });
    this.#common = computed(() => ({
      connection: this.connection.state.value,
      voice: this.voice.state.value,
      microphone: parts.microphone.state.value,
      verbs: this.#verbs.value,
      me: this.#me.value,
      slots: this.slots.legs.value,
    }));
    parts.media.onFast = (send) => this.#client.attachFast(send);
    parts.media.onFastMessage = (bytes) => this.#client.receiveFast(bytes);
  }

  get stage(): ReadonlySignal<ConsoleStage> {
    return this.#stage;
  }

  get common(): ReadonlySignal<Common> {
    return this.#common;
  }

  /** In the order of the hub's configuration: a room never moves. */
  get strips(): ReadonlySignal<readonly Strip[]> {
    return this.#strips;
  }

  get beyond(): ReadonlySignal<number> {
    return this.#beyond;
  }

  /** Who speaks to this console alone; null: nobody. */
  get whisperer(): ReadonlySignal<Whisperer | null> {
    return this.#whisperer;
  }

  get request(): Client["request"] {
    return (command) => this.#client.request(command);
  }

  strip(room: string): Strip | undefined {
    return this.#strips.peek().find((strip) => strip.id === room);
  }

  start(): void {
    this.#watch();
    this.#client.start();
  }

  /** The network, or this page's place on screen, has changed. */
  probe(): void {
    this.#client.probe();
  }

  /** Nothing of this person is heard any more, wherever a key is held. */
  hush(): void {
    this.#cut(null);
  }

  /** Says goodbye; the session cannot be used again. */
  stop(): void {
    this.#cut(null);
    this.#client.stop();
    this.#end();
  }

  #welcome(welcome: Welcome): void {
    this.#verbs.value = welcome.verbs;
    this.#me.value = welcome.leg;
    if (welcome.bearer != null) this.#parts.keepToken(welcome.bearer);
    if (welcome.resumed) {
      this.voice.resume();
      for (const strip of this.#strips.value) strip.linked(true);
      return;
    }
    // Nothing of the former session is true any more; it must not be on screen while rooms are joined again.
    this.voice.lose();
    this.video.choice.forget();
    const rooms = welcome.visible.slice(0, STRIPS_MAX);
    this.#beyond.value = welcome.visible.length - rooms.length;
    this.#strips.value = rooms.map((room) => this.strip(room.id) ?? this.#newStrip(room));
    for (const strip of this.#strips.value) {
      strip.forget();
      void strip.enter();
    }
    this.#stage.value = { key: "in" };
    this.voice.start();
  }

  #newStrip(room: { id: string; name: string }): Strip {
    const { clock, random, announcer, cues, faders } = this.#parts;
    return new Strip(
      {
        clock,
        random,
        announcer,
        cues,
        faders,
        hub: this.#client,
        common: this.#common,
        wantMic: (id, open) => this.#wantMic(id, open),
        regain: () => this.slots.regain(),
      },
      room,
    );
  }

  /** One microphone for all rooms: open while any of them wants it. */
  #wantMic(room: string, open: boolean): void {
    if (open) this.#speaking.add(room);
    else this.#speaking.delete(room);
    this.#parts.microphone.open(this.#speaking.size > 0);
  }

  #change(change: Change): void {
    if (change.type === "own_media") this.voice.ownMedia(change.up);
    else if (change.type === "slot_filled") this.slots.filled(change);
    else if (change.type === "picture_turned") this.video.slots.turned(change);
    else if (change.type === "room_made") this.#made(change.made);
    else if (change.type === "room_gone") this.#gone(change.gone);
    else if (change.type === "moved") void this.strip(change.to)?.enter();
    else {
      const strip = this.strip(change.room);
      if (strip === undefined) return;
      if (legOf(change) !== this.#me.peek()) this.#happenings.note(change, strip);
      this.whisper.changed(change, this.#me.peek());
      strip.changed(change);
      if (change.type === "picture_shown" || change.type === "left") this.#keepPictures();
    }
  }

  /** Behind all others: a strip never moves. */
  #made(room: Room): void {
    if (this.strip(room.id) !== undefined) return;
    if (this.#strips.peek().length >= STRIPS_MAX) {
      this.#beyond.value += 1;
      return;
    }
    const strip = this.#newStrip(room);
    this.#strips.value = [...this.#strips.peek(), strip];
    void strip.enter();
  }

  #gone(room: string): void {
    const strip = this.strip(room);
    if (strip === undefined) {
      this.#beyond.value = Math.max(0, this.#beyond.peek() - 1);
      return;
    }
    strip.out("unknown_room");
    this.#strips.value = this.#strips.peek().filter((other) => other !== strip);
  }

  #keepPictures(): void {
    this.video.choice.onlyOf(({ leg, kind }) =>
      this.#strips.peek().some(({ channel }) => channel.state.peek()?.members.get(leg)?.shows?.includes(kind) === true),
    );
  }

  /**
   * As loud as the loudest room in which this leg is heard now; somebody unknown as the loudest room at all. Who
   * speaks to this console alone is heard whatever the faders say.
   */
  #gainOf(leg: string | null): number {
    const strips = this.#strips.peek();
    const { me } = this.#common.peek();
    if (strips.some(({ channel }) => channel.state.peek()?.whispers.get(leg ?? "") === me)) return 1;
    const heard = strips.filter(({ channel }) => {
      const state = channel.state.peek();
      return leg !== null && state !== null && heardIn(state).includes(leg);
    });
    // Its last words may come after the news that it has finished.
    const here = strips.filter(({ channel }) => leg !== null && channel.state.peek()?.members.has(leg) === true);
    const from = heard.length > 0 ? heard : here.length > 0 ? here : strips;
    return from.reduce((loudest, strip) => Math.max(loudest, strip.loudness), 0);
  }

  #drawWhisperer(): Whisperer | null {
    for (const { name, known } of this.#strips.value) {
      const leg = known.value === null ? null : whispererOf(known.value);
      if (leg !== null) return { room: name, person: known.value?.channel.members.get(leg) ?? null };
    }
    return null;
  }

  #cut(why: "offline" | "no_microphone" | null): void {
    this.whisper.cut();
    for (const strip of this.#strips.peek()) strip.ptt.cut(why);
  }

  #whisperBlocked(): PttReason | null {
    const { connection, voice, microphone } = this.#common.peek();
    if (connection.phase !== "up") return "offline";
    if (voice.phase !== "up") return "no_media";
    if (microphone !== "ready") return "no_microphone";
    return this.#strips.peek().some(({ ptt }) => BUSY.has(ptt.state.peek().phase)) ? "talking" : null;
  }

  /** Losing the link, the voice or the microphone cuts the talk in every room. */
  #watch(): void {
    const { announcer, microphone } = this.#parts;
    let linked = false;
    let known = false;
    this.#stopWatching.push(
      this.connection.state.subscribe(({ phase }) => {
        if (phase === "lost" && linked) {
          this.whisper.cut();
          for (const strip of this.#strips.peek()) strip.linked(false);
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
          this.#cut("offline");
        }
        this.video.transport(phase === "up");
      }),
      microphone.state.subscribe((state) => {
        if (state === "ready") return;
        this.#cut("no_microphone");
        if (state === "lost") announcer.shout({ key: "microphone_lost" });
      }),
    );
  }

  #close(code: Extract<ConsoleStage, { key: "closed" }>["code"]): void {
    this.#cut(null);
    this.#end();
    this.#stage.value = { key: "closed", code };
  }

  #end(): void {
    for (const stop of this.#stopWatching) stop();
    this.#stopWatching.length = 0;
    this.video.end();
    this.voice.stop();
    this.slots.stop();
    for (const strip of this.#strips.peek()) strip.out("not_in_room");
  }
}

/** Whom the news is about. */
function legOf(change: Change): string | null {
  if (change.type === "joined") return change.person.leg;
  return "leg" in change ? change.leg : null;
}
