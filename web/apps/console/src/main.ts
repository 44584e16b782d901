/** Puts the console together: view models over the browser's own parts. */

import "@crosspatch/ui/tokens.css";
import "@crosspatch/ui/base.css";
import "./console.css";

import { enterByAddress } from "@crosspatch/browser/address";
import { listenToWindow } from "@crosspatch/browser/page_events";
import { browserParts } from "@crosspatch/browser/parts";
import { deviceStorage } from "@crosspatch/browser/storage";
import { ConsolePage } from "@crosspatch/state/console";
import { Settings } from "@crosspatch/state/settings";
import { LevelBus } from "@crosspatch/ui/level_bus";
import { Ticker } from "@crosspatch/ui/ticker";
import { mount } from "svelte";

import App from "./App.svelte";

const { ports, meter } = browserParts();
const page = new ConsolePage(ports, new Settings(deviceStorage, navigator.language), enterByAddress());
listenToWindow(page, () => ports.output.wake());

const levels = new LevelBus();
meter(levels);
const target = document.getElementById("app");
const ticker = new Ticker(() => ports.clock.now());
if (target !== null) mount(App, { target, props: { page, shell: { levels, videos: ports.video, ticker } } });
