/** The responder page: from a link to a room and back. What the page does is here; components only draw it. */

import { computed, signal, type ReadonlySignal } from "@preact/signals-core";

import type { Clock, Random } from "@crosspatch/protocol/clock";
import type { Connect } from "@crosspatch/protocol/socket";

import { Announcer } from "./announcer";
import { callLine, type CallLine } from "./call_line";
import { Cues } from "./cues";
import { readPasted, type Entrance } from "./entrance";
import { InputHub } from "./input_hub";
import { Microphone } from "./microphone";
import { NumberEntry } from "./number_entry";
import type { MediaPort, MicPort, OutputPort } from "./ports";
import { canRetryMicrophone, card, slab, type Card, type Known, type Slab } from "./responder_view";
import { radioLine, type RadioLine } from "./radio_line";
import { underWay, type RoomCall } from "./room_calls";
import { RoomSession, type Stage } from "./room_session";
import type { Settings } from "./settings";

export interface ResponderPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly connect: Connect;
  readonly media: MediaPort;
  readonly microphone: MicPort;
  readonly output: OutputPort;
  /** Keeps the token for a reload of this page, not longer; an empty one forgets it. */
  keepToken(token: string): void;
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
  readonly #ports: ResponderPorts;
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
  join(form: JoinForm): JoinFault | null {
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
    this.#hiddenAt ??= this.#ports.clock.now();
  }

  /** Seen again: test the link, wake the sound, ask for a microphone that the system took. */
  shown(): void {
    const away_ms = this.#hiddenAt === null ? 0 : this.#ports.clock.now() - this.#hiddenAt;
    this.#hiddenAt = null;
    this.#session.value?.probe();
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
    this.#session.value?.stop();
  }

  #enter(): void {
    const { clock, random, connect, media } = this.#ports;
    const parts = {
      clock,
      random,
      connect,
      media,
      microphone: this.microphone,
      announcer: this.announcer,
      cues: this.#cues,
      keepToken: (token: string) => this.#keep(token),
    };
    this.#keep(this.#entrance.token);
    const identity = { token: this.#entrance.token, ...this.#identity.value };
    const session = new RoomSession(parts, identity, this.#entrance.room);
    this.#session.value = session;
    session.start();
  }

  #quit(): void {
    this.#session.value?.stop();
    this.#session.value = null;
    this.microphone.release();
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
    return known === null ? null : card(known, this.#soundLocked.value, this.#away_ms.value);
  }

  #drawCallLine(): CallLine | null {
    const known = this.#known.value;
    return known === null ? null : callLine(known, this.#session.value?.calls.state.value ?? []);
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
