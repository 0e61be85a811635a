/**
 * What for: plays alarm bursts. In: the priority of the most urgent alarm that sounds, again and again. Out: sound, when it is switched
 * on. Off at first: a browser lets a page sound only after somebody has pressed something, and a ward has its own alarms.
 */

import { priorityRank } from './alarms.js';
import { burst } from './bursts.js';

/** @typedef {import('./protocol.js').Priority} Priority */

/** IEC 60601-1-8 asks for four harmonics at least. */
const HARMONICS = [0, 1, 0.8, 0.6, 0.5, 0.4];
const RISE_S = 0.02;
const FALL_S = 0.04;
const LOUDNESS = 0.25;

export class AlarmSound extends EventTarget {
  constructor() {
    super();
    this.isOn = false;
    /** @type {AudioContext|null} */
    this.context = null;
    /** @type {PeriodicWave|null} */
    this.wave = null;
    /** @type {Priority|null} */
    this.playing = null;
    this.nextBurstS = 0;
  }

  toggle() {
    this.isOn = !this.isOn;
    if (this.isOn) {
      this.context ??= new AudioContext();
      this.wave ??= this.context.createPeriodicWave(new Float32Array(HARMONICS.length), new Float32Array(HARMONICS));
      void this.context.resume();
      this.playing = null;
    } else {
      // Pulses that are planned already must not be heard.
      void this.context?.close();
      this.context = null;
      this.wave = null;
    }
    this.dispatchEvent(new Event('change'));
  }

  /** Called some times a second. A more urgent alarm is heard at once. @param {Priority|null} priority */
  update(priority) {
    const { context } = this;
    if (!this.isOn || !context || context.state !== 'running') return;
    const isMoreUrgent = priority !== null && (this.playing === null || priorityRank(priority) < priorityRank(this.playing));
    this.playing = priority;
    if (priority === null || (!isMoreUrgent && context.currentTime < this.nextBurstS)) return;
    const { pulses, repeatS } = burst(priority);
    const startS = context.currentTime + 0.05;
    for (const pulse of pulses) this.#pulse(context, startS + pulse.startS, pulse.durationS, pulse.frequencyHz);
    this.nextBurstS = startS + repeatS;
  }

  /**
   * @param {AudioContext} context
   * @param {number} startS
   * @param {number} durationS
   * @param {number} frequencyHz
   */
  #pulse(context, startS, durationS, frequencyHz) {
    const oscillator = context.createOscillator();
    if (this.wave) oscillator.setPeriodicWave(this.wave);
    oscillator.frequency.value = frequencyHz;
    const gain = context.createGain();
    gain.gain.setValueAtTime(0, startS);
    gain.gain.linearRampToValueAtTime(LOUDNESS, startS + RISE_S);
    gain.gain.setValueAtTime(LOUDNESS, startS + durationS - FALL_S);
    gain.gain.linearRampToValueAtTime(0, startS + durationS);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(startS);
    oscillator.stop(startS + durationS);
  }
}
