/**
 * What for: one trend as a small chart. In: values, their unit, the stretch of time. Out: an SVG with limits and a line, and the value at a
 * moment for the cursor that all charts share.
 */

import { html, setText, svg } from './dom.js';
import { linePath, roundLimits } from './trend-series.js';

/** @typedef {import('./trend-series.js').Values} Values */

const WIDTH_PX = 600;
const HEIGHT_PX = 64;

export class TrendChart {
  /**
   * @param {string} name
   * @param {string} unit
   * @param {{leastSpan: number, decimals: number, limits?: {low: number, high: number}}} options
   */
  constructor(name, unit, { leastSpan, decimals, limits }) {
    this.unit = unit;
    this.leastSpan = leastSpan;
    this.decimals = decimals;
    this.limits = limits;
    /** @type {Values} */
    this.values = [];
    this.count = 1;
    this.name = html('span', { class: 'trend__name' }, name);
    this.value = html('span', { class: 'trend__value' });
    this.high = html('span', { class: 'trend__limit trend__limit--high' });
    this.low = html('span', { class: 'trend__limit trend__limit--low' });
    this.line = svg('path', { class: 'trend__line', fill: 'none', 'vector-effect': 'non-scaling-stroke' });
    this.cursor = svg('line', { class: 'trend__cursor', y1: 0, y2: HEIGHT_PX, 'vector-effect': 'non-scaling-stroke', visibility: 'hidden' });
    this.plot = svg('svg', { class: 'trend__plot', viewBox: `0 0 ${WIDTH_PX} ${HEIGHT_PX}`, preserveAspectRatio: 'none', role: 'img' },
      svg('line', { class: 'trend__grid', x1: 0, x2: WIDTH_PX, y1: HEIGHT_PX / 2, y2: HEIGHT_PX / 2, 'vector-effect': 'non-scaling-stroke' }), this.line, this.cursor);
    this.element = html('div', { class: 'trend' }, html('p', { class: 'trend__head' }, this.name, this.value), html('div', { class: 'trend__frame' }, this.high, this.low, this.plot));
  }

  /** @param {string} name */
  rename(name) {
    setText(this.name, name);
  }

  /** @param {Values} values @param {number} count  values in the whole width */
  show(values, count) {
    this.values = values;
    this.count = count;
    const { low, high } = this.limits ?? roundLimits(values, this.leastSpan);
    setText(this.high, high.toFixed(this.decimals));
    setText(this.low, low.toFixed(this.decimals).replace('-', '\u2212'));
    this.line.setAttribute('d', linePath(values, { widthPx: WIDTH_PX, heightPx: HEIGHT_PX, low, high, count }));
    const known = values.filter((value) => value !== null);
    const range = known.length === 0 ? 'no values' : `from ${Math.min(...known).toFixed(this.decimals)} to ${Math.max(...known).toFixed(this.decimals)} ${this.unit}`;
    this.plot.setAttribute('aria-label', `${this.name.textContent}: ${range}`);
    this.point(null);
  }

  /** Puts the cursor at a share of the width; null: the newest value is shown. @param {number|null} share */
  point(share) {
    const index = share === null ? this.values.length - 1 : Math.round(share * (this.count - 1)) - (this.count - this.values.length);
    const value = this.values[index] ?? null;
    setText(this.value, value === null ? `\u2013 ${this.unit}` : `${value.toFixed(this.decimals).replace('-', '\u2212')} ${this.unit}`);
    this.cursor.setAttribute('visibility', share === null ? 'hidden' : 'visible');
    if (share !== null) {
      this.cursor.setAttribute('x1', String(share * WIDTH_PX));
      this.cursor.setAttribute('x2', String(share * WIDTH_PX));
    }
  }
}
