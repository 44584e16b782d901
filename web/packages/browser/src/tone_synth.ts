/** Draws tones from the table with oscillators; 5 ms raised-cosine edges keep them free of clicks. */

import type { Tone } from "@crosspatch/state/tone_table";

const EDGE_S = 0.005;
const EDGE_POINTS = 16;
const EDGE = Float32Array.from({ length: EDGE_POINTS }, (_, at) => (1 - Math.cos((Math.PI * at) / (EDGE_POINTS - 1))) / 2);
/** Odd harmonics with falling strength, as a square wave has, cut off below where phones and radios cut. */
const HONK = new Float32Array([0, 0.7, 0, 0.3, 0, 0.2, 0, 0.1]);

/** Starts the tone now; the returned function ends it early. */
export function playTone(context: AudioContext, tone: Tone): () => void {
  const level = 10 ** (tone.level_dbfs / 20);
  const output = new GainNode(context, { gain: level });
  output.connect(context.destination);
  let at_s = context.currentTime + 0.005;
  for (const beep of tone.beeps) {
    playBeep(context, output, { at_s, hz: beep.hz, length_s: beep.ms / 1_000, honk: tone.honk });
    at_s += (beep.ms + beep.gap_ms) / 1_000;
  }
  const done = setTimeout(() => output.disconnect(), (at_s - context.currentTime) * 1_000 + 100);
  return () => {
    clearTimeout(done);
    output.disconnect();
  };
}

interface Beep {
  readonly at_s: number;
  readonly hz: number;
  readonly length_s: number;
  readonly honk: boolean;
}

function playBeep(context: AudioContext, output: AudioNode, beep: Beep): void {
  const oscillator = new OscillatorNode(context, { frequency: beep.hz });
  if (beep.honk) {
    oscillator.setPeriodicWave(new PeriodicWave(context, { real: new Float32Array(HONK.length), imag: HONK }));
  }
  const envelope = new GainNode(context, { gain: 0 });
  const end_s = beep.at_s + beep.length_s;
  envelope.gain.setValueCurveAtTime(EDGE, beep.at_s, EDGE_S);
  envelope.gain.setValueCurveAtTime(Float32Array.from(EDGE).reverse(), end_s - EDGE_S, EDGE_S);
  oscillator.connect(envelope).connect(output);
  oscillator.start(beep.at_s);
  oscillator.stop(end_s);
}
