/** Puts the page together: view models over the browser's own parts. */

import "@crosspatch/ui/tokens.css";
import "@crosspatch/ui/base.css";

import { ResponderPage } from "@crosspatch/state/responder";
import { Settings } from "@crosspatch/state/settings";
import { LevelBus } from "@crosspatch/ui/level_bus";
import { Ticker } from "@crosspatch/ui/ticker";
import { mount } from "svelte";

import App from "./App.svelte";
import { enterByAddress } from "./browser/address";
import { browserClock } from "./browser/clock";
import { startLevelMeter } from "./browser/level_meter";
import { BrowserMicrophone } from "./browser/microphone";
import { BrowserOutput } from "./browser/output";
import { listenToWindow } from "./browser/page_events";
import { Peer } from "./browser/peer";
import { connectHere } from "./browser/socket";
import { deviceStorage, keepToken } from "./browser/storage";
import { Uplink } from "./browser/uplink";
import { Voices } from "./browser/voices";
import { WakeLock } from "./browser/wake_lock";

const uplink = new Uplink();
const voices = new Voices(document.body);
const output = new BrowserOutput(voices);
const microphone = new BrowserMicrophone(uplink);
microphone.onStream = (stream) => output.listenTo(stream);

const page = new ResponderPage(
  {
    clock: browserClock,
    random: Math.random,
    connect: connectHere,
    media: new Peer(uplink, voices),
    microphone,
    output,
    keepToken,
  },
  new Settings(deviceStorage, navigator.language),
  enterByAddress(),
);

const wakeLock = new WakeLock();
page.page.subscribe(({ key }) => wakeLock.want(key === "in"));
listenToWindow(page, () => {
  wakeLock.shown();
  output.wake();
});

const levels = new LevelBus();
startLevelMeter(levels, voices, output);
const target = document.getElementById("app");
if (target !== null) mount(App, { target, props: { page, shell: { levels, ticker: new Ticker(() => browserClock.now()) } } });
