/** A console, the hub it talks to and its dispatcher's hands, all in virtual time. */

import { ConsolePage } from "@crosspatch/state/console";
import type { KeyStroke } from "@crosspatch/state/input_hub";
import { Settings } from "@crosspatch/state/settings";
import type { Strip } from "@crosspatch/state/strip";

import { FakeClock } from "./fake_clock";
import { FakeHub } from "./fake_hub";
import { FakeMedia, FakeMicrophone, FakeOutput, FakeVideo, MemoryStorage } from "./fake_ports";

const STROKE: KeyStroke = { code: "", repeat: false, composing: false, modified: false, shifted: false, editable: false, onSlab: false };

export class ConsoleWorld {
  readonly clock = new FakeClock();
  readonly hub = new FakeHub();
  readonly media = new FakeMedia();
  readonly microphone = new FakeMicrophone();
  readonly output = new FakeOutput();
  readonly page: ConsolePage;

  constructor() {
    this.hub.verbs = ["listen", "talk", "data", "dispatch"];
    this.hub.addRoom("fire", "Fire", "talkgroup");
    this.hub.addRoom("open", "Meeting", "conference");
    this.page = new ConsolePage(
      {
        clock: this.clock,
        random: () => 0.5,
        connect: this.hub.connect,
        media: this.media,
        video: new FakeVideo(),
        microphone: this.microphone,
        output: this.output,
        keepToken: () => undefined,
      },
      new Settings(new MemoryStorage(), "en-GB"),
      { token: "bearer", room: null },
    );
  }

  strip(room: string): Strip {
    const found = this.page.strips.value.find(({ id }) => id === room);
    if (found === undefined) throw new Error(`no strip ${room}`);
    return found;
  }

  phase(room: string): string {
    return this.strip(room).ptt.state.value.phase;
  }

  /** Takes the seat with a microphone, and lets the voice come up. */
  async enter(): Promise<void> {
    this.page.join({ name: "Lin", unit: "Seat 02", pasted: "", talk: true });
    await this.clock.advance(10);
    await this.voiceUp();
  }

  async voiceUp(): Promise<void> {
    this.media.onTransport("up");
    this.hub.change({ type: "own_media", up: true, why: "" });
    await this.clock.advance(10);
  }

  async hold(code = "F9"): Promise<void> {
    this.page.keyDown({ ...STROKE, code });
    await this.clock.advance(10);
  }

  async letGo(code = "F9"): Promise<void> {
    this.page.keyUp(code);
    // The last words are on their way before the floor is.
    await this.clock.advance(100);
  }

  type(code: string, more: Partial<KeyStroke> = {}): boolean {
    return this.page.keyDown({ ...STROKE, code, ...more });
  }

  /** What the hub was last asked about joining a room. */
  get lastJoin(): object | undefined {
    return this.hub.received.findLast(({ type }) => type === "join");
  }

  sent(type: string): number {
    return this.hub.received.filter((message) => message.type === type).length;
  }
}
