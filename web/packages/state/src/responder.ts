/** The responder page: from a link to a room and back. What the page does is here; components only draw it. */

import { computed, signal, type ReadonlySignal } from "@preact/signals-core";

import type { Clock, Random } from "@crosspatch/protocol/clock";
import type { Connect } from "@crosspatch/protocol/socket";

import { Announcer } from "./announcer";
import { callLine, type CallLine } from "./call_line";
import { Cues } from "./cues";
import { readPasted, type Entrance } from "./entrance";
import { GatewayVersion } from "./gateway_version";
import { InputHub, type KeyStroke } from "./input_hub";
import { Microphone } from "./microphone";
import { NumberEntry } from "./number_entry";
import type { MediaPort, MicPort, OutputPort, PlacePort, TabPort } from "./ports";
import { PositionSharing } from "./position_sharing";
import { mayPost, ResponderData } from "./responder_data";
import { canRetryMicrophone, card, slab, whispererOf, type Card, type Known, type Slab } from "./responder_view";
import { radioLine, type RadioLine } from "./radio_line";
import { underWay, type RoomCall } from "./room_calls";
import { RoomSession, type Stage } from "./room_session";
import type { RoomVideo } from "./room_video";
import type { Settings } from "./settings";
import { markOf, Tabs } from "./tabs";
import { showKeys, type ShowKey } from "./video_keys";
import type { VideoPort } from "./video_ports";
import { drawTiles, type Tiles } from "./video_tiles";

/** What any page needs of the browser. */
export interface PagePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly connect: Connect;
  readonly media: MediaPort;
  readonly video: VideoPort;
  readonly microphone: MicPort;
  readonly output: OutputPort;
  /** Keeps the token for a reload of this page, not longer; an empty one forgets it. */
  keepToken(token: string): void;
}

export interface ResponderPorts extends PagePorts {
  readonly place: PlacePort;
  readonly tabs: TabPort;
}

export type Page =
  | Stage
  /** Name, unit, microphone. `linkNeeded`: the address held no token, so a link has to be pasted. */
  | { readonly key: "join"; readonly linkNeeded: boolean }
  | { readonly key: "left" };

export interface JoinForm {
  readonly name: string;
  readonly unit: string;
  /** A link or a token; read when the address held none. */
  readonly pasted: string;
  readonly talk: boolean;
}

export interface ResponderForm extends JoinForm {
  /** Tell the room where one is. */
  readonly locate: boolean;
}

/** What has to be corrected before one can join. */
export type JoinFault = "name_missing" | "link_unreadable";

/** Shorter than this nobody missed anything. */
const AWAY_MIN_MS = 2_000;
const AWAY_SHOWN_MS = 10_000;

export class ResponderPage {
  readonly settings: Settings;
  readonly inputs: InputHub;
  readonly microphone: Microphone;
  readonly announcer: Announcer;
  /** The number that a dispatcher types to call it. */
  readonly numberEntry: NumberEntry;
  /** Where this person is, told while they want it. */
  readonly position: PositionSharing;
  readonly #ports: ResponderPorts;
  readonly #tabs: Tabs;
  readonly #version = new GatewayVersion();
  readonly #cues: Cues;
  readonly #session = signal<RoomSession | null>(null);
  readonly #resting = signal<Page>({ key: "join", linkNeeded: true });
  readonly #identity = signal({ name: "", unit: "" });
  readonly #soundLocked = signal(false);
  readonly #away_ms = signal(0);
  readonly #page = computed<Page>(() => this.#session.value?.stage.value ?? this.#resting.value);
  readonly #known = computed<Known | null>(() => this.#gather());
  readonly #slab = computed<Slab | null>(() => (this.#known.value === null ? null : slab(this.#known.value)));
  readonly #card = computed<Card | null>(() => this.#drawCard());
  readonly #callLine = computed<CallLine | null>(() => this.#drawCallLine());
  readonly #radioLine = computed<RadioLine | null>(() => (this.#known.value === null ? null : radioLine(this.#known.value)));
  readonly #taken = computed<string | null>(() => this.#session.value?.taken.value ?? null);
  readonly #video = computed<RoomVideo | null>(() => this.#session.value?.video ?? null);
  readonly #tiles = computed<Tiles>(() => this.#drawTiles());
  readonly #showKeys = computed<readonly ShowKey[]>(() => this.#drawShowKeys());
  /** Messages, status codes, positions. */
  readonly data = new ResponderData(
    computed(() => this.#session.value?.data ?? null),
    this.#known,
  );
  readonly #unreachable = computed(() => this.#session.value?.connection.state.value.attempt !== 0);
  #entrance: Entrance;
  #hiddenAt: number | null = null;

  constructor(ports: ResponderPorts, settings: Settings, entrance: Entrance) {
    this.#ports = ports;
    this.#entrance = entrance;
    this.settings = settings;
    this.inputs = new InputHub(ports.clock);
    this.microphone = new Microphone(ports.microphone);
    this.announcer = new Announcer(ports.clock, () => this.#slab.peek()?.state === "talking");
    this.#cues = new Cues(ports.clock, ports.output);
    this.position = new PositionSharing({
      clock: ports.clock,
      place: ports.place,
      send: async (place) => (await this.#session.peek()?.tellPosition(place)) ?? { ok: false, code: "lost", detail: "" },
    });
    this.#tabs = new Tabs(ports.clock, ports.random, ports.tabs);
    this.numberEntry = new NumberEntry((number) => void this.#session.peek()?.calls.place(number));
    this.#resting.value = { key: "join", linkNeeded: entrance.token === "" };
    ports.output.onLocked = (locked) => (this.#soundLocked.value = locked);
    this.inputs.held.subscribe((held) => (held ? this.#press() : this.#session.peek()?.ptt.release()));
  }

  get page(): ReadonlySignal<Page> {
    return this.#page;
  }

  /** Null outside a room. */
  get slab(): ReadonlySignal<Slab | null> {
    return this.#slab;
  }

  /** Null outside a room. */
  get card(): ReadonlySignal<Card | null> {
    return this.#card;
  }

  /** Null outside a room. */
  get callLine(): ReadonlySignal<CallLine | null> {
    return this.#callLine;
  }

  /** Null outside a room, and in a room without a radio. */
  get radioLine(): ReadonlySignal<RadioLine | null> {
    return this.#radioLine;
  }

  /** The room that a dispatcher took this page to, while that is news. */
  get taken(): ReadonlySignal<string | null> {
    return this.#taken;
  }

  /** Pictures of others, and how to choose among them; null before a session. */
  get video(): ReadonlySignal<RoomVideo | null> {
    return this.#video;
  }

  get tiles(): ReadonlySignal<Tiles> {
    return this.#tiles;
  }

  /** Empty for who may show nothing. */
  get showKeys(): ReadonlySignal<readonly ShowKey[]> {
    return this.#showKeys;
  }

  get known(): ReadonlySignal<Known | null> {
    return this.#known;
  }

  get identity(): ReadonlySignal<{ readonly name: string; readonly unit: string }> {
    return this.#identity;
  }

  /** The first connection has failed at least once. */
  get unreachable(): ReadonlySignal<boolean> {
    return this.#unreachable;
  }

  /** The browser holds all sound back until a tap. */
  get soundLocked(): ReadonlySignal<boolean> {
    return this.#soundLocked;
  }

  /** How long the page was hidden, shown after the return; 0 when there is nothing to say. */
  get away_ms(): ReadonlySignal<number> {
    return this.#away_ms;
  }

  /** From a tap: the browser may ask for the microphone and let sound out. */
  join(form: ResponderForm): JoinFault | null {
    const name = form.name.trim();
    const unit = form.unit.trim();
    if (name === "") return "name_missing";
    const entrance = this.#entrance.token === "" ? readPasted(form.pasted) : this.#entrance;
    if (entrance === null) return "link_unreadable";
    this.#entrance = { token: entrance.token, room: entrance.room ?? this.#entrance.room };
    this.settings.remember(name, unit);
    this.#identity.value = { name, unit };
    this.#ports.output.unlock();
    if (form.talk) void this.microphone.acquire();
    this.settings.locate = form.locate;
    if (form.locate) this.position.start();
    this.#tabs.enter(markOf(this.#entrance.token, name, unit));
    this.#enter();
    return null;
  }

  choose(room: string): void {
    this.#session.value?.choose(room);
  }

  giveUpCall(call: RoomCall): void {
    this.#session.peek()?.calls.giveUp(call);
  }

  /** A tap on the line: a result was read, or another call is to be seen. */
  passCall(call: RoomCall): void {
    const calls = this.#session.peek()?.calls;
    if (underWay(call)) calls?.next();
    else calls?.dismiss(call);
  }

  leave(): void {
    this.#quit();
    this.#resting.value = { key: "left" };
  }

  /** Back to the first page. `newLink`: the old one is of no use any more. */
  startOver(newLink: boolean): void {
    this.#quit();
    if (newLink) {
      this.#entrance = { token: "", room: null };
      this.#ports.keepToken("");
    }
    this.#resting.value = { key: "join", linkNeeded: this.#entrance.token === "" };
  }

  /** Keys are for talking only where one can talk. */
  keyDown(stroke: KeyStroke): boolean {
    return this.#page.peek().key === "in" && this.inputs.keyDown(stroke);
  }

  keyUp(code: string): boolean {
    return this.inputs.keyUp(code);
  }

  /** Any tap on the page. */
  unlockSound(): void {
    if (this.#soundLocked.value) this.#ports.output.unlock();
  }

  /** The window has no focus: a key or finger let go elsewhere would never be seen. */
  blurred(): void {
    this.inputs.releaseAll();
    this.#session.value?.ptt.cut(null);
  }

  hidden(): void {
    this.blurred();
    this.#video.peek()?.choice.hide(true);
    this.#hiddenAt ??= this.#ports.clock.now();
  }

  /** Seen again: test the link, wake the sound, ask for a microphone that the system took. */
  shown(): void {
    const away_ms = this.#hiddenAt === null ? 0 : this.#ports.clock.now() - this.#hiddenAt;
    this.#hiddenAt = null;
    this.#session.value?.probe();
    this.#video.peek()?.choice.hide(false);
    if (this.#page.value.key === "in" && away_ms >= AWAY_MIN_MS) this.#showAway(away_ms);
    this.devicesChanged();
  }

  /** The browser reports another network, or its return. */
  networkChanged(): void {
    this.#session.value?.probe();
  }

  /** A headset was plugged in, or out. */
  devicesChanged(): void {
    const { value } = this.microphone.state;
    if (value === "lost" || value === "missing") void this.microphone.acquire();
  }

  /** The page is thrown away: tell the others now, not after the hub's patience. */
  gone(): void {
    this.blurred();
    this.position.stop();
    this.#tabs.leave();
    this.#session.value?.stop();
  }

  #enter(): void {
    const { clock, random, connect, media, video } = this.#ports;
    const parts = {
      clock,
      random,
      connect,
      media,
      video,
      microphone: this.microphone,
      announcer: this.announcer,
      cues: this.#cues,
      version: this.#version,
      keepToken: (token: string) => this.#keep(token),
    };
    this.#keep(this.#entrance.token);
    const identity = { token: this.#entrance.token, ...this.#identity.value };
    const session = new RoomSession(parts, identity, this.#entrance.room);
    this.#session.value = session;
    session.linked.subscribe((linked) => {
      if (linked && !mayPost(session.verbs.peek())) this.position.stop();
      this.position.linked(linked);
    });
    session.start();
  }

  #quit(): void {
    this.#session.value?.stop();
    this.#session.value = null;
    this.microphone.release();
    this.position.stop();
    this.#tabs.leave();
    this.numberEntry.close();
  }

  #keep(token: string): void {
    this.#entrance = { ...this.#entrance, token };
    this.#ports.keepToken(token);
  }

  #press(): void {
    this.#away_ms.value = 0;
    const now = this.#slab.peek();
    if (now?.state === "listen_only" && canRetryMicrophone(now.why)) void this.microphone.acquire();
    else this.#session.peek()?.ptt.press();
  }

  #showAway(ms: number): void {
    this.#away_ms.value = ms;
    this.#ports.clock.after(AWAY_SHOWN_MS, () => {
      if (this.#away_ms.value === ms) this.#away_ms.value = 0;
    });
  }

  #drawCard(): Card | null {
    const known = this.#known.value;
    if (known === null) return null;
    return card(known, {
      soundLocked: this.#soundLocked.value,
      away_ms: this.#away_ms.value,
      located: this.position.state.value.key === "known",
      outdated: this.#version.newer.value,
      elsewhere: this.#tabs.elsewhere.value, whisperer: whispererOf(known),
    });
  }

  #drawCallLine(): CallLine | null {
    const known = this.#known.value;
    return known === null ? null : callLine(known, this.#session.value?.calls.state.value ?? []);
  }

  #drawTiles(): Tiles {
    const known = this.#known.value;
    const video = this.#video.value;
    if (known === null || video === null) return { tiles: [], unseen: [] };
    return drawTiles(known, video.slots.state.value, video.choice.kept.value);
  }

  #drawShowKeys(): readonly ShowKey[] {
    const known = this.#known.value;
    const video = this.#video.value;
    if (known === null || video === null) return [];
    return showKeys(known, video.camera.state.value, video.screen?.state.value ?? null);
  }

  #gather(): Known | null {
    const session = this.#session.value;
    const channel = session?.channel.state.value ?? null;
    if (session === null || channel === null) return null;
    return {
      connection: session.connection.state.value,
      voice: session.voice.state.value,
      microphone: this.microphone.state.value,
      channel,
      ptt: session.ptt.state.value,
      verbs: session.verbs.value,
      me: session.me.value,
      slots: session.slots.legs.value,
    };
  }
}
