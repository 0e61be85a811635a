/**
 * What for: calipers on a paused trace, by mouse, finger and keyboard. In: the box the trace lies in and what its pixels mean. Out: two
 * upright legs (time), two level ones (voltage), and the reading. Each leg is a slider of its own for the keyboard.
 */

import { caliperReading, caliperText, movedLeg, signedText } from './calipers.js';
import { html, setText } from './dom.js';

/** @typedef {import('./calipers.js').CaliperLegs} CaliperLegs */
/** @typedef {keyof CaliperLegs} LegName */

/**
 * @typedef {object} CaliperFrame  what the box stands for
 * @property {number} spanS  seconds from the left to the right edge
 * @property {number} topMv
 * @property {number} bottomMv
 * @property {number} stepS  one step of an arrow key
 */

const STEP_MV = 0.01;
/** A press nearer than this to a leg takes that leg; any other press starts a new measurement. A level leg goes through the whole trace,
 * where one wants to start. */
const NEAR_TIME_PX = 8;
const NEAR_LEVEL_PX = 4;

/** @type {{name: LegName, label: string, isTime: boolean}[]} */
const LEGS = [
  { name: 'firstS', label: 'first moment', isTime: true },
  { name: 'secondS', label: 'second moment', isTime: true },
  { name: 'firstMv', label: 'first level', isTime: false },
  { name: 'secondMv', label: 'second level', isTime: false },
];

export class CaliperOverlay {
  /** @param {CaliperFrame} frame @param {(text: string) => void} onReading */
  constructor(frame, onReading) {
    this.frame = frame;
    this.onReading = onReading;
    const middleMv = (frame.topMv + frame.bottomMv) / 2;
    /** @type {CaliperLegs} */
    this.legs = { firstS: frame.spanS * 0.4, secondS: frame.spanS * 0.6, firstMv: middleMv, secondMv: middleMv + (frame.topMv - frame.bottomMv) / 4 };
    this.output = html('output', { class: 'calipers__reading' });
    this.span = html('div', { class: 'calipers__span' });
    this.handles = LEGS.map(({ name, label, isTime }) => {
      const handle = html('div', { class: `calipers__leg calipers__leg--${isTime ? 'time' : 'level'}`, role: 'slider', tabindex: '0', 'aria-label': `Caliper, ${label}`, 'aria-orientation': isTime ? 'horizontal' : 'vertical' });
      handle.addEventListener('keydown', (event) => this.#key(event, name, isTime));
      return { name, isTime, handle };
    });
    this.element = html('div', { class: 'calipers' }, this.span, ...this.handles.map(({ handle }) => handle), this.output);
    this.element.addEventListener('pointerdown', (event) => this.press(event));
    this.#show();
  }

  /** @param {KeyboardEvent} event @param {LegName} name @param {boolean} isTime */
  #key(event, name, isTime) {
    const { frame } = this;
    const limits = isTime ? { step: frame.stepS, least: 0, most: frame.spanS } : { step: STEP_MV, least: frame.bottomMv, most: frame.topMv };
    const moved = movedLeg(this.legs[name], event.key, event.shiftKey, limits);
    if (moved === null) return;
    event.preventDefault();
    this.legs[name] = moved;
    this.#show();
  }

  /** @param {PointerEvent} event @param {boolean} [isNew]  starts a measurement wherever it is */
  press(event, isNew = false) {
    if (event.button !== 0) return;
    const box = this.element.getBoundingClientRect();
    const at = (/** @type {PointerEvent} */ moved) => this.#valueAt(moved.clientX - box.left, moved.clientY - box.top, box);
    const start = at(event);
    const near = isNew ? undefined : this.handles.find(({ name, isTime }) => (isTime
      ? Math.abs(this.legs[name] - start.second) * (box.width / this.frame.spanS) < NEAR_TIME_PX
      : Math.abs(this.legs[name] - start.levelMv) * (box.height / (this.frame.topMv - this.frame.bottomMv)) < NEAR_LEVEL_PX));
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    if (!near) this.legs = { firstS: start.second, secondS: start.second, firstMv: start.levelMv, secondMv: start.levelMv };
    else near.handle.focus({ preventScroll: true });
    /** @param {PointerEvent} moved */
    const move = (moved) => {
      const { second, levelMv } = at(moved);
      if (!near) this.legs = { ...this.legs, secondS: second, secondMv: levelMv };
      else this.legs[near.name] = near.isTime ? second : levelMv;
      this.#show();
    };
    const end = () => {
      this.element.removeEventListener('pointermove', move);
      for (const name of ['pointerup', 'pointercancel']) this.element.removeEventListener(name, end);
    };
    this.element.addEventListener('pointermove', move);
    for (const name of ['pointerup', 'pointercancel']) this.element.addEventListener(name, end);
    this.#show();
  }

  /** @param {number} x @param {number} y @param {{width: number, height: number}} box */
  #valueAt(x, y, box) {
    const { spanS, topMv, bottomMv } = this.frame;
    const [across, down] = [Math.min(1, Math.max(0, x / box.width)), Math.min(1, Math.max(0, y / box.height))];
    return { second: across * spanS, levelMv: topMv - down * (topMv - bottomMv) };
  }

  #show() {
    const { spanS, topMv, bottomMv } = this.frame;
    const across = (/** @type {number} */ second) => (100 * second) / spanS;
    const down = (/** @type {number} */ levelMv) => (100 * (topMv - levelMv)) / (topMv - bottomMv);
    for (const { name, isTime, handle } of this.handles) {
      const value = this.legs[name];
      if (isTime) handle.style.left = `${across(value)}%`;
      else handle.style.top = `${down(value)}%`;
      handle.setAttribute('aria-valuemin', String(isTime ? 0 : Math.round(bottomMv * 1000)));
      handle.setAttribute('aria-valuemax', String(Math.round(isTime ? spanS * 1000 : topMv * 1000)));
      handle.setAttribute('aria-valuenow', String(Math.round(value * 1000)));
      handle.setAttribute('aria-valuetext', isTime ? `${Math.round(value * 1000)} ms` : `${signedText(value)} mV`);
    }
    const left = Math.min(this.legs.firstS, this.legs.secondS);
    this.span.style.left = `${across(left)}%`;
    this.span.style.width = `${across(Math.abs(this.legs.secondS - this.legs.firstS))}%`;
    const text = caliperText(caliperReading(this.legs));
    setText(this.output, text);
    this.onReading(text);
  }
}
