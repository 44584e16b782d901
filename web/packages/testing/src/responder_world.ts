/** A responder page, the hub it talks to and its owner's hands, all in virtual time. */

import type { TabPort } from "@crosspatch/state/ports";
import { ResponderPage } from "@crosspatch/state/responder";
import { Settings } from "@crosspatch/state/settings";

import { FakeClock } from "./fake_clock";
import { FakeHub } from "./fake_hub";
import { FakeMedia, FakeMicrophone, FakeOutput, FakePlace, FakeTabs, FakeVideo, MemoryStorage } from "./fake_ports";

const KEY = { code: "F9", repeat: false, composing: false, modified: false, shifted: false, editable: false, onSlab: false };

export class ResponderWorld {
  readonly clock = new FakeClock();
  readonly hub = new FakeHub();
  readonly media = new FakeMedia();
  readonly video = new FakeVideo();
  readonly microphone = new FakeMicrophone();
  readonly output = new FakeOutput();
  readonly place = new FakePlace();
  readonly storage = new MemoryStorage();
  readonly kept: string[] = [];
  readonly tab: TabPort;
  readonly page: ResponderPage;

  /** `tabs`: the browser that this page is a tab of. `chance`: what every random number is. */
  constructor(link: { token: string; room: string | null } = { token: "bearer", room: "ops" }, tabs = new FakeTabs(), chance = 0.5) {
    this.tab = tabs.open();
    this.page = new ResponderPage(
      {
        clock: this.clock,
        random: () => chance,
        connect: this.hub.connect,
        media: this.media,
        video: this.video,
        microphone: this.microphone,
        output: this.output,
        place: this.place,
        tabs: this.tab,
        keepToken: (token) => this.kept.push(token),
      },
      new Settings(this.storage, "en-GB"),
      link,
    );
  }

  get slab(): string | undefined {
    return this.page.slab.value?.state;
  }

  get card(): string | undefined {
    return this.page.card.value?.state;
  }

  get lastTone(): string | undefined {
    return this.output.tones.at(-1);
  }

  /** Joins with the microphone, and lets the voice come up. */
  async enter(talk = true, locate = false): Promise<void> {
    this.page.join({ name: "Ana", unit: "Pump 3", pasted: "", talk, locate });
    await this.clock.advance(10);
    await this.voiceUp();
  }

  async voiceUp(): Promise<void> {
    this.media.onTransport("up");
    this.hub.change({ type: "own_media", up: true, why: "" });
    await this.clock.advance(10);
  }

  async hold(): Promise<void> {
    this.page.inputs.keyDown(KEY);
    await this.clock.advance(10);
  }

  async letGo(): Promise<void> {
    this.page.inputs.keyUp(KEY.code);
    await this.clock.advance(10);
  }

  sent(type: string): number {
    return this.hub.received.filter((message) => message.type === type).length;
  }
}
