/** The browser's parts as every page has them, put together: what goes in and out of one peer connection. */

import type { LevelBus } from "@crosspatch/ui/level_bus";

import { browserClock } from "./clock";
import { startLevelMeter } from "./level_meter";
import { BrowserMicrophone } from "./microphone";
import { BrowserOutput } from "./output";
import { Peer } from "./peer";
import { connectHere } from "./socket";
import { keepToken } from "./storage";
import { Uplink } from "./uplink";
import { BrowserVideo } from "./video";
import { Voices } from "./voices";

export interface BrowserParts {
  /** What the view models need of the browser. */
  readonly ports: {
    readonly clock: typeof browserClock;
    readonly random: () => number;
    readonly connect: typeof connectHere;
    readonly media: Peer;
    readonly video: BrowserVideo;
    readonly microphone: BrowserMicrophone;
    readonly output: BrowserOutput;
    readonly keepToken: typeof keepToken;
  };
  /** Hand the levels of this page and of the rooms to the bus. */
  readonly meter: (bus: LevelBus) => void;
}

export function browserParts(): BrowserParts {
  const uplink = new Uplink();
  const video = new BrowserVideo();
  const voices = new Voices(document.body);
  const output = new BrowserOutput(voices);
  const microphone = new BrowserMicrophone(uplink);
  microphone.onStream = (stream) => output.listenTo(stream);
  const media = new Peer(uplink, voices, video);
  return {
    ports: { clock: browserClock, random: Math.random, connect: connectHere, media, video, microphone, output, keepToken },
    meter: (bus) => startLevelMeter(bus, voices, output),
  };
}
