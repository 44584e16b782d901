// Runs in a page before its own scripts: a numbered microphone, a recorder of what the page plays, and
// the list of its peer connections. The page under test is not changed and knows nothing of it.
(() => {
  const RATE = 48000;
  const QUIET_DBOV = -55;
  const RECORD_S_MAX = 180;

  // -- microphone ---------------------------------------------------------------------------------
  // The signal is counted out sample by sample on the audio thread, so its first and last index are
  // exact whatever the page's timing; a track of WebAudio passes no echo or noise suppression, which
  // would take steady tones for noise.
  const PLAYER = `
    registerProcessor('numbered-microphone', class extends AudioWorkletProcessor {
      constructor() {
        super();
        this.job = null;
        this.port.onmessage = ({ data }) => { this.job = { ...data, at: 0 }; };
      }
      process(_, [[out]]) {
        const job = this.job;
        if (!job) return true;
        if (job.at === 0) this.port.postMessage({ started: currentTime + job.lead / sampleRate, clock: Date.now() });
        for (let i = 0; i < out.length; i++, job.at++) {
          const at = job.at - job.lead;
          if (at >= 0 && at < job.samples) out[i] = job.cycle[(job.offset + at) % job.cycle.length];
        }
        if (job.at >= job.lead + job.samples + job.tail) {
          this.job = null;
          this.port.postMessage({ ended: true });
        }
        return true;
      }
    });`;

  class Microphone {
    async open() {
      this.context ??= new AudioContext({ sampleRate: RATE });
      this.ready ??= this.context.audioWorklet
        .addModule(URL.createObjectURL(new Blob([PLAYER], { type: 'text/javascript' })))
        .then(
          () => { this.node = new AudioWorkletNode(this.context, 'numbered-microphone', { outputChannelCount: [1] }); },
          // A browser whose policy cannot be bypassed (Firefox): see playWhole.
          () => { this.node = new GainNode(this.context); },
        );
      await this.ready;
      await this.context.resume();
    }

    async stream() {
      await this.open();
      const out = new MediaStreamAudioDestinationNode(this.context, { channelCount: 1 });
      this.node.connect(out);
      return out.stream;
    }

    // cycle: base64 of one cycle of 16-bit samples; lead and tail: samples of silence around the signal.
    // Resolves when all of it was handed to the track, with the wall time (ms) of the signal's first one.
    async play({ cycle, offset, samples, lead, tail }) {
      await this.open();
      const pcm = Float32Array.from(int16(cycle), (sample) => sample / 32768);
      const { context, node } = this;
      if (!('port' in node)) return this.playWhole(pcm, { offset, samples, lead, tail });
      return new Promise((resolve) => {
        let startedAt = 0;
        node.port.onmessage = ({ data }) => {
          if ('started' in data) startedAt = wallTime() - (context.currentTime - data.started) * 1000;
          if (data.ended) resolve(startedAt);
        };
        node.port.postMessage({ cycle: pcm, offset, samples, lead, tail });
      });
    }

    // The same without a worklet: everything in one buffer, which the audio thread plays as exactly.
    async playWhole(cycle, { offset, samples, lead, tail }) {
      const { context, node } = this;
      const buffer = context.createBuffer(1, lead + samples + tail, RATE);
      const whole = buffer.getChannelData(0);
      for (let i = 0; i < samples; i++) whole[lead + i] = cycle[(offset + i) % cycle.length];
      const source = new AudioBufferSourceNode(context, { buffer });
      source.connect(node);
      const startedAt = context.currentTime + 0.02;
      source.start(startedAt);
      await new Promise((resolve) => { source.onended = resolve; });
      return wallTime() - (context.currentTime - startedAt - lead / RATE) * 1000;
    }
  }

  // -- recorder -----------------------------------------------------------------------------------
  // Taps every received audio track where the jitter buffer hands it out, 10 ms at a time. A chunk counts
  // only if the page lets it be heard at that moment: an element that plays, neither muted nor at volume
  // 0, or a running audio graph; else silence is recorded in its place.
  const outlets = []; // {stream, audible(), leg(): whose the page says it is}
  class Recorder {
    tracks = [];

    tap(track) {
      const tap = { id: track.id, chunks: [], firstAt: 0, samples: 0, quietSamples: 0, loudSamples: 0, rate: 0, names: [] };
      this.tracks.push(tap);
      this.read(tap, track);
    }

    async read(tap, track) {
      if (!('MediaStreamTrackProcessor' in window)) return this.readGraph(tap, track);
      const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 2000 }).readable.getReader();
      for (;;) {
        const { value: data, done } = await reader.read();
        if (done) return;
        const chunk = new Float32Array(data.numberOfFrames);
        data.copyTo(chunk, { planeIndex: 0, format: 'f32-planar' });
        tap.rate = data.sampleRate;
        data.close();
        this.hear(tap, track, chunk);
      }
    }

    // Firefox has no track processor for audio, and its policy keeps worklets of the instruments out: an audio
    // graph hands the samples to the page, up to half a second late when the page is busy, and loses none.
    async readGraph(tap, track) {
      this.context ??= new AudioContext({ sampleRate: RATE });
      await this.context.resume();
      tap.rate = this.context.sampleRate;
      tap.node = this.context.createScriptProcessor(1024, 1, 1); // what nobody refers to is collected
      tap.node.onaudioprocess = ({ inputBuffer }) => this.hear(tap, track, inputBuffer.getChannelData(0).slice());
      tap.node.connect(this.context.destination); // else it does not run; its output is silence
      createSource.call(this.context, new MediaStream([track])).connect(tap.node);
    }

    hear(tap, track, chunk) {
      const outlet = outlets.find((one) => one.audible() && one.stream.getAudioTracks().some((t) => t.id === track.id));
      if (outlet === undefined) chunk.fill(0);
      const leg = outlet?.leg() ?? '';
      if (leg !== (tap.names.at(-1)?.leg ?? '')) tap.names.push({ from: tap.samples, leg });
      this.keep(tap, chunk);
    }

    keep(tap, chunk) {
      if (tap.samples === 0) tap.firstAt = wallTime();
      if (tap.samples >= RECORD_S_MAX * tap.rate) return;
      let power = 0;
      const kept = new Int16Array(chunk.length);
      for (let i = 0; i < chunk.length; i++) {
        power += chunk[i] * chunk[i];
        kept[i] = Math.max(-32768, Math.min(32767, Math.round(chunk[i] * 32767)));
      }
      tap.chunks.push(kept);
      tap.samples += kept.length;
      if (power / chunk.length > 10 ** (QUIET_DBOV / 10)) {
        tap.loudSamples += kept.length;
        tap.quietSamples = 0;
      } else {
        tap.quietSamples += kept.length;
      }
    }

    reset() {
      for (const tap of this.tracks) {
        const names = tap.names.slice(-1).map(({ leg }) => ({ from: 0, leg }));
        Object.assign(tap, { chunks: [], firstAt: 0, samples: 0, quietSamples: 0, loudSamples: 0, names });
      }
    }

    // Milliseconds of sound heard, and of quiet after the last of it, over all tracks.
    progress() {
      const ms = (tap, samples) => (samples * 1000) / (tap.rate || RATE);
      return {
        recordedMs: Math.max(0, ...this.tracks.map((tap) => ms(tap, tap.samples))),
        loudMs: Math.max(0, ...this.tracks.map((tap) => ms(tap, tap.loudSamples))),
        quietMs: Math.min(Infinity, ...this.tracks.filter((tap) => tap.samples).map((tap) => ms(tap, tap.quietSamples))),
      };
    }

    take() {
      return this.tracks.map(({ id, rate, firstAt, names, chunks }) => ({ id, rate, firstAt, names, pcm: base64(chunks) }));
    }
  }

  // -- hooks --------------------------------------------------------------------------------------
  const microphone = new Microphone();
  const recorder = new Recorder();
  const connections = [];

  if (navigator.mediaDevices) {
    navigator.mediaDevices.getUserMedia = async ({ audio, video }) => {
      const stream = new MediaStream();
      const add = (from) => from.getTracks().forEach((track) => stream.addTrack(track));
      if (audio) add(await microphone.stream());
      if (video) add(instruments.camera.stream(video));
      return stream;
    };
    navigator.mediaDevices.getDisplayMedia = async () => instruments.camera.screen();
  }

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      connections.push(this);
      this.addEventListener('track', ({ track }) => { if (track.kind === 'audio') recorder.tap(track); });
    }
  };

  const srcObject = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...srcObject,
    set(stream) {
      srcObject.set.call(this, stream);
      if (!(stream instanceof MediaStream)) return;
      outlets.push({
        stream,
        audible: () => srcObject.get.call(this) === stream && !this.paused && !this.muted && this.volume > 0,
        leg: () => this.dataset.leg ?? '',
      });
    },
  });

  const createSource = AudioContext.prototype.createMediaStreamSource;
  AudioContext.prototype.createMediaStreamSource = function createMediaStreamSource(stream) {
    outlets.push({ stream, audible: () => this.state === 'running', leg: () => '' });
    return createSource.call(this, stream);
  };

  // -- bytes --------------------------------------------------------------------------------------
  function wallTime() {
    return performance.timeOrigin + performance.now();
  }

  function int16(text) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    return new Int16Array(bytes.buffer);
  }

  function base64(chunks) {
    let text = '';
    for (const chunk of chunks) {
      text += String.fromCharCode(...new Uint8Array(chunk.buffer));
    }
    return btoa(text);
  }

  async function inboundAudio() {
    const rows = [];
    for (const connection of connections) {
      for (const row of (await connection.getStats()).values()) {
        if (row.type === 'inbound-rtp' && row.kind === 'audio') rows.push({ ...row });
      }
    }
    return rows;
  }

  window.instruments = { ...window.instruments, microphone, recorder, connections, inboundAudio };
})();
