/** The media transport: one RTCPeerConnection with one offer (DESIGN 3.5). */

import type { IceServer } from "@crosspatch/protocol/wire";
import type { MediaPort, SlotCounts, Transport } from "@crosspatch/state/ports";
import { CAMERA_LAYERS } from "@crosspatch/state/video_layers";

import type { Uplink } from "./uplink";
import type { BrowserVideo } from "./video";
import type { Voices } from "./voices";

const TRANSPORT_OF: Readonly<Partial<Record<RTCPeerConnectionState, Transport>>> = {
  connected: "up",
  disconnected: "interrupted",
  failed: "down",
  closed: "down",
};

function forBrowser({ urls, username, credential }: IceServer): RTCIceServer {
  return { urls: [...urls], ...(username === undefined ? {} : { username }), ...(credential === undefined ? {} : { credential }) };
}

/** Text must stay readable: one layer, large enough. */
const SCREEN_LAYER: RTCRtpEncodingParameters = { maxBitrate: 1_500_000 };

function receivers(connection: RTCPeerConnection, kind: "audio" | "video", count: number): RTCRtpReceiver[] {
  return Array.from({ length: count }, () => connection.addTransceiver(kind, { direction: "recvonly" }).receiver);
}

export class Peer implements MediaPort {
  onTransport: (transport: Transport) => void = () => undefined;
  onFast: (send: ((bytes: Uint8Array<ArrayBuffer>) => void) | null) => void = () => undefined;
  onFastMessage: (bytes: Uint8Array) => void = () => undefined;
  readonly #uplink: Uplink;
  readonly #voices: Voices;
  readonly #video: BrowserVideo;
  #connection: RTCPeerConnection | null = null;

  constructor(uplink: Uplink, voices: Voices, video: BrowserVideo) {
    this.#uplink = uplink;
    this.#voices = voices;
    this.#video = video;
  }

  /** No candidates are waited for: the hub is ICE-lite and learns this end from its checks (RFC 8445 section 2.5). */
  async offer(slots: SlotCounts, iceServers: readonly IceServer[]): Promise<string> {
    this.close();
    const connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: iceServers.map(forBrowser) });
    this.#connection = connection;
    connection.onconnectionstatechange = () => {
      const transport = TRANSPORT_OF[connection.connectionState];
      if (transport !== undefined && this.#connection === connection) this.onTransport(transport);
    };
    const microphone = connection.addTransceiver("audio", { direction: "sendonly" });
    this.#uplink.setSender(microphone.sender);
    this.#voices.attach(receivers(connection, "audio", slots.audio));
    this.#addPictures(connection, slots.video);
    connection.createDataChannel("reliable", { ordered: true });
    this.#watch(connection.createDataChannel("fast", { ordered: false, maxRetransmits: 0 }));
    await connection.setLocalDescription();
    return connection.localDescription?.sdp ?? "";
  }

  async restart(): Promise<string | null> {
    const connection = this.#connection;
    if (connection?.signalingState !== "stable") return null;
    connection.restartIce();
    await connection.setLocalDescription();
    return connection.localDescription?.sdp ?? null;
  }

  async accept(sdp: string): Promise<void> {
    await this.#connection?.setRemoteDescription({ type: "answer", sdp });
  }

  playing(): readonly (number | null)[] {
    return this.#voices.playing();
  }

  voice(slot: number, leg: string | null, gain: number): void {
    this.#voices.voice(slot, leg, gain);
  }

  close(): void {
    const connection = this.#connection;
    this.#connection = null;
    if (connection === null) return;
    this.onFast(null);
    this.#uplink.setSender(null);
    this.#voices.detach();
    this.#video.cameraUplink.setSender(null);
    this.#video.screenUplink.setSender(null);
    this.#video.pictures.detach();
    connection.close();
  }

  /** The hub tells camera and screen apart by their order. They are empty until a person shows something. */
  #addPictures(connection: RTCPeerConnection, slots: number): void {
    const camera = connection.addTransceiver("video", { direction: "sendonly", sendEncodings: [...CAMERA_LAYERS] });
    const screen = connection.addTransceiver("video", { direction: "sendonly", sendEncodings: [SCREEN_LAYER] });
    this.#video.cameraUplink.setSender(camera.sender);
    this.#video.screenUplink.setSender(screen.sender);
    this.#video.pictures.attach(receivers(connection, "video", slots));
  }

  #watch(fast: RTCDataChannel): void {
    fast.binaryType = "arraybuffer";
    fast.onopen = () =>
      this.onFast((bytes) => {
        if (fast.readyState === "open") fast.send(bytes);
      });
    fast.onclose = () => this.onFast(null);
    fast.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.onFastMessage(new Uint8Array(data));
    };
  }
}
