// Runs in a page before its own scripts, behind the instruments: it writes down when the slab was pressed, what
// it showed, and when the transport came up, by the page's own clock (performance.timeOrigin + now, ms).
// A voice that was made ready speaks at the press.
(() => {
  const wall = () => performance.timeOrigin + performance.now();
  const { microphone, recorder } = instruments;
  let marks = {};
  let ready = null;
  let said = Promise.resolve();

  const mark = (name, at = wall()) => { marks[name] ??= at; };

  async function arm({ cycle, offset, samples }) {
    await microphone.open();
    const bytes = Uint8Array.from(atob(cycle), (letter) => letter.charCodeAt(0));
    const pcm = Float32Array.from(new Int16Array(bytes.buffer), (sample) => sample / 32768);
    marks = {};
    ready = { cycle: pcm, offset, samples, lead: 0, tail: 0 };
    said = new Promise((resolve) => {
      microphone.node.port.onmessage = ({ data }) => {
        // The audio thread's own clock reading, which is in whole milliseconds.
        if ('clock' in data) mark('voice', data.clock + 0.5);
        if (data.ended) resolve();
      };
    });
  }

  addEventListener('pointerdown', (event) => {
    mark('pressed', performance.timeOrigin + event.timeStamp);
    if (ready) microphone.node.port.postMessage(ready, [ready.cycle.buffer]);
    ready = null;
  }, true);

  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (target.dataset.testid === 'slab') mark(`slab ${target.dataset.state}`);
    }
  }).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-state'] });

  const Instrumented = window.RTCPeerConnection;
  window.RTCPeerConnection = class RTCPeerConnection extends Instrumented {
    constructor(...args) {
      super(...args);
      this.addEventListener('connectionstatechange', () => mark(`transport ${this.connectionState}`));
    }
  };

  // When each block of 10 ms was handed to the page: [its first sample, time].
  const keep = recorder.keep.bind(recorder);
  recorder.keep = (tap, chunk) => {
    if (tap.samples === 0) tap.came = [];
    tap.came.push([tap.samples, wall()]);
    keep(tap, chunk);
  };

  const ears = () => recorder.take().map((row, number) => ({ ...row, came: recorder.tracks[number].came ?? [] }));

  window.stopwatch = { wall, arm, ears, said: () => said, marks: () => marks };
})();
