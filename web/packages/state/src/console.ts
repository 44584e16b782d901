/** The console: twelve rooms before one dispatcher. What the page does is here; components only draw it. */

import { computed, effect, signal, type ReadonlySignal } from "@preact/signals-core";

import type { Person, RoomMode } from "@crosspatch/protocol/wire";

import { Announcer } from "./announcer";
import { heard } from "./channel";
import { ConsoleSession, type ConsoleStage } from "./console_session";
import { attention, dispatches, dock, health, isFault, STRIP_CODES, STRIP_KEYS, stripView, type Attention, type DockState, type Health, type Help } from "./console_view";
import { Cues } from "./cues";
import { readPasted, type Entrance } from "./entrance";
import { Happenings, type Happening } from "./happenings";
import { InputHub, type KeyStroke } from "./input_hub";
import { Microphone } from "./microphone";
import { mapUnits, type MapUnit } from "./positions";
import { canRetryMicrophone, type Known, type Slab } from "./responder_view";
import { radioLine } from "./radio_line";
import type { JoinFault, JoinForm, PagePorts } from "./responder";
import { Selection } from "./selection";
import type { Settings } from "./settings";
import type { Strip } from "./strip";
import { drawTiles, type Tiles } from "./video_tiles";
import { VerbResults } from "./verb_results";

export type ConsoleView = ConsoleStage | { readonly key: "join"; readonly linkNeeded: boolean } | { readonly key: "left" };

/** A room that the dock shows, with what a press did there. */
export interface Target {
  readonly strip: Strip;
  readonly key: string;
  readonly slab: Slab | null;
}

export class ConsolePage {
  readonly settings: Settings;
  readonly inputs: InputHub;
  readonly microphone: Microphone;
  readonly announcer: Announcer;
  readonly selection = new Selection();
  /** How the last order of this dispatcher went, where it failed. */
  readonly results: VerbResults;
  readonly strips: ReadonlySignal<readonly Strip[]>;
  readonly view: ReadonlySignal<ConsoleView>;
  readonly focus: ReadonlySignal<Strip | null>;
  readonly targets: ReadonlySignal<readonly Target[]>;
  readonly dock: ReadonlySignal<DockState>;
  readonly attention: ReadonlySignal<Attention>;
  readonly health: ReadonlySignal<Health | null>;
  readonly units: ReadonlySignal<readonly MapUnit[]>;
  readonly tiles: ReadonlySignal<Tiles>;
  readonly dispatcher: ReadonlySignal<boolean>;
  /** This person may write messages. */
  readonly maySend: ReadonlySignal<boolean>;
  /** Rooms that the link opens and that have no strip. */
  readonly beyond: ReadonlySignal<number>;
  readonly #ports: PagePorts;
  readonly #cues: Cues;
  readonly #happenings: Happenings;
  readonly #session = signal<ConsoleSession | null>(null);
  readonly #resting: ReturnType<typeof signal<ConsoleView>>;
  readonly #identity = signal({ name: "", unit: "" });
  readonly #unreachable = computed(() => this.#session.value?.connection.state.value.attempt !== 0);
  readonly #soundLocked = signal(false);
  /** Calls for help that this dispatcher has seen: room and leg. */
  readonly #seen = signal<ReadonlySet<string>>(new Set());
  /** Where the press under way went: a selection that changes meanwhile moves no voice. */
  readonly #pressed = signal<readonly Strip[]>([]);
  /** Rooms whose own PTT is held: held by both, a room ends with the last that is let go. */
  readonly #own = new Set<string>();
  #entrance: Entrance;

  constructor(ports: PagePorts, settings: Settings, entrance: Entrance) {
    this.#ports = ports;
    this.#entrance = entrance;
    this.settings = settings;
    this.inputs = new InputHub(ports.clock);
    this.microphone = new Microphone(ports.microphone);
    this.announcer = new Announcer(ports.clock, () => this.dock.peek().state === "talking");
    this.results = new VerbResults(ports.clock);
    this.#cues = new Cues(ports.clock, ports.output);
    this.#happenings = new Happenings(ports.clock);
    this.#resting = signal<ConsoleView>({ key: "join", linkNeeded: entrance.token === "" });
    this.view = computed(() => this.#session.value?.stage.value ?? this.#resting.value ?? { key: "left" });
    this.strips = computed(() => this.#session.value?.strips.value ?? []);
    this.focus = computed(() => this.strips.value.find(({ id }) => id === this.selection.focus.value) ?? null);
    this.targets = computed(() => this.#drawTargets());
    this.dock = computed(() => dock(this.targets.value.flatMap(({ slab }) => slab ?? [])));
    this.attention = computed(() => this.#drawAttention());
    this.health = computed(() => {
      const session = this.#session.value;
      return session === null ? null : health(session.common.value, this.#rooms());
    });
    this.units = computed(() => this.#drawUnits());
    this.tiles = computed(() => this.#drawTiles());
    this.dispatcher = computed(() => dispatches(this.#session.value?.common.value ?? { verbs: [] }));
    this.maySend = computed(() => {
      const verbs = this.#session.value?.common.value.verbs ?? [];
      return verbs.includes("data") || verbs.includes("admin");
    });
    this.beyond = computed(() => this.#session.value?.beyond.value ?? 0);
    ports.output.onLocked = (locked) => (this.#soundLocked.value = locked);
    this.inputs.held.subscribe((held) => (held ? this.#press() : this.#release()));
    effect(() => this.selection.onlyOf(this.strips.value.map(({ id }) => id)));
  }

  get happenings(): ReadonlySignal<readonly Happening[]> {
    return this.#happenings.state;
  }

  get identity(): ReadonlySignal<{ readonly name: string; readonly unit: string }> {
    return this.#identity;
  }

  /** The first connection has failed at least once. */
  get unreachable(): ReadonlySignal<boolean> {
    return this.#unreachable;
  }

  get session(): ReadonlySignal<ConsoleSession | null> {
    return this.#session;
  }

  /** From a tap: the browser may ask for the microphone and let sound out. */
  join(form: JoinForm): JoinFault | null {
    const name = form.name.trim();
    const unit = form.unit.trim();
    if (name === "") return "name_missing";
    const entrance = this.#entrance.token === "" ? readPasted(form.pasted) : this.#entrance;
    if (entrance === null) return "link_unreadable";
    this.#entrance = entrance;
    this.settings.remember(name, unit);
    this.#identity.value = { name, unit };
    this.#ports.output.unlock();
    if (form.talk) void this.microphone.acquire();
    this.#enter();
    return null;
  }

  leave(): void {
    this.#quit();
    this.#resting.value = { key: "left" };
  }

  /** Back to the first page. `newLink`: the old one is of no use any more. */
  startOver(newLink: boolean): void {
    this.#quit();
    if (newLink) this.#keep("");
    this.#resting.value = { key: "join", linkNeeded: this.#entrance.token === "" };
  }

  // -- what a dispatcher does ----------------------------------------------------------------

  /** A room's head was hit; `add`: to the selection, or out of it. */
  select(room: string, add: boolean): void {
    if (add) this.selection.toggle(room);
    else this.selection.only(room);
  }

  /** A room's own PTT: talk there alone, whatever is selected. `over`: cut off who talks, where one may. */
  hold(strip: Strip, held: boolean, over = false): void {
    if (held && !over && strip.ptt.state.peek().phase === "queued") {
      // It waits already, for a press of the dock: this one gives the place up.
      strip.ptt.release();
    } else if (held) {
      this.#own.add(strip.id);
      this.selection.look(strip.id);
      this.#wake(strip);
      strip.ptt.press(over && this.dispatcher.peek());
    } else {
      this.#own.delete(strip.id);
      if (!this.#pressed.peek().includes(strip)) strip.ptt.release();
    }
  }

  setMode(strip: Strip, mode: RoomMode): void {
    void this.results.of("mode", strip.name, this.#request({ type: "set_mode", room: strip.id, mode }));
  }

  /** Keep a member's voice out of the room, or let it in again. */
  mute(strip: Strip, person: Person, muted: boolean): void {
    const order = this.#request({ type: "mute_member", room: strip.id, member: person.leg, muted });
    void this.results.of("mute", person.name, order);
  }

  /** Take somebody out of the queue for the floor. */
  cancelRequest(strip: Strip, leg: string): void {
    const name = strip.channel.state.peek()?.members.get(leg)?.name ?? strip.name;
    void this.results.of("cancel", name, this.#request({ type: "cancel_request", room: strip.id, member: leg }));
  }

  remove(strip: Strip, person: Person): void {
    const order = this.#request({ type: "remove_member", room: strip.id, member: person.leg });
    void this.results.of("remove", person.name, order);
  }

  /** Make a room; its strip comes when the hub has made it. */
  makeRoom(name: string): void {
    void this.results.of("make", name, this.#request({ type: "create_room", name }));
  }

  /** Close a room that was made. */
  closeRoom(strip: Strip): void {
    void this.results.of("close", strip.name, this.#request({ type: "delete_room", room: strip.id }));
  }

  /** Take a member of one room to another. */
  move(strip: Strip, leg: string, to: Strip): void {
    const person = strip.channel.state.peek()?.members.get(leg);
    if (person === undefined || to.id === strip.id) return;
    const order = this.#request({ type: "move_member", room: strip.id, member: leg, to: to.id });
    void this.results.of("move", person.name, order);
  }

  /** This dispatcher has seen who asks for help. */
  noted({ room, person }: Help): void {
    this.#seen.value = new Set([...this.#seen.peek(), `${room} ${person.leg}`]);
  }

  // -- the window ----------------------------------------------------------------------------

  /** True when the stroke is ours: the browser must not act on it. */
  keyDown(stroke: KeyStroke): boolean {
    if (this.view.peek().key !== "in") return false;
    if (this.inputs.keyDown(stroke)) return true;
    if (stroke.editable || stroke.composing || stroke.modified || stroke.repeat) return false;
    const key = STRIP_CODES.indexOf(stroke.code);
    const strip = this.strips.peek()[key];
    if (key < 0 || strip === undefined) return false;
    this.select(strip.id, stroke.shifted);
    return true;
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
    this.#own.clear();
    this.inputs.releaseAll();
    this.#session.peek()?.hush();
  }

  hidden(): void {
    this.blurred();
    this.#session.peek()?.video.choice.hide(true);
  }

  shown(): void {
    this.#session.peek()?.probe();
    this.#session.peek()?.video.choice.hide(false);
    this.devicesChanged();
  }

  networkChanged(): void {
    this.#session.peek()?.probe();
  }

  /** A headset was plugged in, or out. */
  devicesChanged(): void {
    const { value } = this.microphone.state;
    if (value === "lost" || value === "missing") void this.microphone.acquire();
  }

  /** The page is thrown away: tell the others now, not after the hub's patience. */
  gone(): void {
    this.blurred();
    this.#session.peek()?.stop();
  }

  // -- inside --------------------------------------------------------------------------------

  get #request(): ConsoleSession["request"] {
    const session = this.#session.peek();
    return session === null ? () => Promise.resolve({ ok: false, code: "lost", detail: "" }) : session.request;
  }

  #enter(): void {
    const { clock, random, connect, media, video } = this.#ports;
    this.#keep(this.#entrance.token);
    const session = new ConsoleSession(
      {
        clock,
        random,
        connect,
        media,
        video,
        microphone: this.microphone,
        announcer: this.announcer,
        cues: this.#cues,
        faders: this.settings.faders, results: this.results,
        keepToken: (token: string) => this.#keep(token),
      },
      { token: this.#entrance.token, ...this.#identity.value },
      this.#happenings,
    );
    this.#session.value = session;
    session.start();
  }

  #quit(): void {
    this.#session.peek()?.stop();
    this.#session.value = null;
    this.microphone.release();
  }

  #keep(token: string): void {
    this.#entrance = { ...this.#entrance, token };
    this.#ports.keepToken(token);
  }

  #press(): void {
    const strips = this.strips.peek().filter(({ id }) => this.selection.rooms.peek().includes(id));
    const over = this.inputs.shifted && this.dispatcher.peek();
    this.#pressed.value = strips;
    for (const strip of strips) {
      this.#wake(strip);
      strip.ptt.press(over);
    }
  }

  /** Every room that was pressed, whatever is selected by now. */
  #release(): void {
    const strips = this.#pressed.peek();
    this.#pressed.value = [];
    for (const strip of strips) if (!this.#own.has(strip.id)) strip.ptt.release();
  }

  /** A press is a gesture: the browser may be asked for the microphone again. */
  #wake(strip: Strip): void {
    const known = strip.known.peek();
    const now = known === null ? null : stripView({ key: "in" }, known).inside?.slab;
    if (now?.state === "listen_only" && canRetryMicrophone(now.why)) void this.microphone.acquire();
  }

  #rooms(): readonly Known[] {
    return this.strips.value.flatMap((strip) => strip.known.value ?? []);
  }

  #drawTargets(): readonly Target[] {
    const pressed = this.#pressed.value.map(({ id }) => id);
    const shown = pressed.length > 0 ? pressed : this.selection.rooms.value;
    return this.strips.value.flatMap((strip, index) => {
      if (!shown.includes(strip.id)) return [];
      const slab = stripView(strip.entry.value, strip.known.value).inside?.slab ?? null;
      return [{ strip, key: STRIP_KEYS[index] ?? "", slab }];
    });
  }

  #drawAttention(): Attention {
    const session = this.#session.value;
    if (session === null) return { key: "quiet" };
    const helps = this.strips.value.flatMap((strip) => this.#helps(strip));
    const faults = this.strips.value.flatMap(({ id, name, known }) => {
      const line = known.value === null ? null : radioLine(known.value);
      return isFault(line) ? [{ room: id, name, line }] : [];
    });
    return attention(session.common.value, this.#soundLocked.value, helps, faults, session.whisperer.value);
  }

  #helps({ id, name, channel, data }: Strip): readonly Help[] {
    const members = channel.state.value?.members;
    return [...data.statuses.members.value].flatMap(([leg, { code }]) => {
      const person = members?.get(leg);
      const open = code === "need_help" && person !== undefined && !this.#seen.value.has(`${id} ${leg}`);
      return open ? [{ room: id, name, person }] : [];
    });
  }

  /** Who is in several rooms is one unit. */
  #drawUnits(): readonly MapUnit[] {
    const me = this.#session.value?.common.value.me ?? "";
    const units = this.strips.value.flatMap(({ channel, data }) =>
      mapUnits(channel.state.value?.members ?? new Map(), data.positions.fixes.value, data.statuses.members.value, me),
    );
    return [...new Map(units.map((unit) => [unit.leg, unit])).values()];
  }

  /** Pictures of all rooms in one wall. */
  #drawTiles(): Tiles {
    const session = this.#session.value;
    const [first, ...others] = this.#rooms();
    if (session === null || first === undefined) return { tiles: [], unseen: [] };
    const rooms = [first, ...others].map(({ channel }) => channel);
    const channel = {
      ...first.channel,
      members: new Map(rooms.flatMap(({ members }) => [...members])),
      holder: null,
      beside: [],
      talkers: rooms.flatMap((room) => heard(room)),
    };
    return drawTiles({ channel, me: first.me }, session.video.slots.state.value, session.video.choice.kept.value);
  }
}
