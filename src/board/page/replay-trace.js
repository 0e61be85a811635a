/**
 * What for: one lead of a record on a canvas. In: pieces of columns and the stretch to be shown. Out: pixels; the scale follows the waves of the
 * stretch and changes seldom.
 */

import { GAP_UV } from './columns.js';
import { html } from './dom.js';
import { PIECE_COLUMNS } from './replay-columns.js';
import { fittingScale } from './trace-scale.js';

export class ReplayTrace {
  /** @param {string} lead */
  constructor(lead) {
    this.lead = lead;
    this.canvas = html('canvas', { class: 'replay__canvas', 'aria-hidden': 'true' });
    this.millivolt = html('span', { class: 'tile__millivolt', title: '1 mV' });
    this.element = html('div', { class: 'replay__lead', role: 'group', 'aria-label': `Lead ${lead}` }, html('strong', { class: 'replay__name' }, lead), this.millivolt, this.canvas);
    this.context = this.canvas.getContext('2d');
    /** @type {import('./trace-scale.js').TraceScale|null} */
    this.scale = null;
    this.pixelRatio = 1;
    this.colour = '#0f0';
  }

  /** @param {number} widthPx @param {number} heightPx @param {number} pixelRatio */
  resize(widthPx, heightPx, pixelRatio) {
    this.pixelRatio = pixelRatio;
    this.canvas.width = Math.max(16, Math.round(widthPx * pixelRatio));
    this.canvas.height = Math.max(8, Math.round(heightPx * pixelRatio));
    this.scale = null;
  }

  /**
   * @param {import('./replay-columns.js').ReplayColumns} columns
   * @param {number} fromS
   * @param {number} spanS
   */
  draw(columns, fromS, spanS) {
    const { context } = this;
    if (!context) return;
    const { width, height } = this.canvas;
    const first = Math.floor(fromS * columns.columnsPerSecond);
    const count = Math.ceil(spanS * columns.columnsPerSecond) + 1;
    const valuesUv = this.#values(columns, first, count);
    context.clearRect(0, 0, width, height);
    const rangeUv = range(valuesUv);
    if (!rangeUv) return;
    this.scale = fittingScale(rangeUv, height, this.scale);
    this.millivolt.style.height = `${this.scale.pxPerMv / this.pixelRatio}px`;
    const pxPerColumn = width / (spanS * columns.columnsPerSecond);
    const shiftPx = (first - fromS * columns.columnsPerSecond) * pxPerColumn;
    const pxPerUv = this.scale.pxPerMv / 1000;
    const line = 1.4 * this.pixelRatio;
    const widthPx = Math.max(line, pxPerColumn);
    context.fillStyle = this.colour;
    let [topBefore, bottomBefore] = [Number.NaN, Number.NaN];
    for (let index = 0; index < count; index += 1) {
      const lowUv = valuesUv[2 * index] ?? GAP_UV;
      if (lowUv === GAP_UV) {
        [topBefore, bottomBefore] = [Number.NaN, Number.NaN];
        continue;
      }
      const top = height / 2 - ((valuesUv[2 * index + 1] ?? 0) - this.scale.centreUv) * pxPerUv;
      const bottom = height / 2 - (lowUv - this.scale.centreUv) * pxPerUv;
      const from = top > bottomBefore ? bottomBefore : top;
      const to = bottom < topBefore ? topBefore : bottom;
      context.fillRect(index * pxPerColumn + shiftPx, from - line / 2, widthPx, to - from + line);
      [topBefore, bottomBefore] = [top, bottom];
    }
  }

  /** @param {import('./replay-columns.js').ReplayColumns} columns @param {number} first @param {number} count */
  #values(columns, first, count) {
    const values = new Int16Array(2 * count).fill(GAP_UV);
    for (let piece = Math.floor(first / PIECE_COLUMNS); piece * PIECE_COLUMNS < first + count; piece += 1) {
      const found = columns.piece(this.lead, piece);
      if (!found) continue;
      const offset = piece * PIECE_COLUMNS - first;
      const skip = Math.max(0, -offset);
      const part = found.subarray(2 * skip, 2 * Math.max(skip, count - offset));
      values.set(part, 2 * (offset + skip));
    }
    return values;
  }
}

/** @param {Int16Array} valuesUv */
function range(valuesUv) {
  let [lowUv, highUv] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < valuesUv.length; index += 2) {
    const low = valuesUv[index] ?? GAP_UV;
    if (low === GAP_UV) continue;
    lowUv = Math.min(lowUv, low);
    highUv = Math.max(highUv, valuesUv[index + 1] ?? low);
  }
  return highUv < lowUv ? null : { lowUv, highUv };
}
