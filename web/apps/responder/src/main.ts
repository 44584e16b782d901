/** Puts the page together: view models over the browser's own parts. */

import "@crosspatch/ui/tokens.css";
import "@crosspatch/ui/base.css";

import { enterByAddress } from "@crosspatch/browser/address";
import { listenToWindow } from "@crosspatch/browser/page_events";
import { browserParts } from "@crosspatch/browser/parts";
import { browserPlace } from "@crosspatch/browser/place";
import { deviceStorage } from "@crosspatch/browser/storage";
import { BrowserTabs } from "@crosspatch/browser/tabs";
import { WakeLock } from "@crosspatch/browser/wake_lock";
import { ResponderPage } from "@crosspatch/state/responder";
import { Settings } from "@crosspatch/state/settings";
import { LevelBus } from "@crosspatch/ui/level_bus";
import { Ticker } from "@crosspatch/ui/ticker";
import { mount } from "svelte";

import App from "./App.svelte";

const { ports, meter } = browserParts();
const page = new ResponderPage(
  { ...ports, place: browserPlace, tabs: new BrowserTabs() },
  new Settings(deviceStorage, navigator.language),
  enterByAddress(),
);

const wakeLock = new WakeLock();
page.page.subscribe(({ key }) => wakeLock.want(key === "in"));
listenToWindow(page, () => {
  wakeLock.shown();
  ports.output.wake();
});

const levels = new LevelBus();
meter(levels);
const target = document.getElementById("app");
const ticker = new Ticker(() => ports.clock.now());
if (target !== null) mount(App, { target, props: { page, shell: { levels, videos: ports.video, ticker } } });
