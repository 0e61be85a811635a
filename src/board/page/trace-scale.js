/**
 * What for: the scale of a trace: how high a millivolt is and what lies in the middle. In: the last columns and the height.
 * Out: a scale that changes seldom. Screens count 96 pixels an inch, so a millimetre is 96 / 25.4 CSS pixels.
 */

import { GAP_UV } from './columns.js';

/** @typedef {import('./column-ring.js').ColumnRing} ColumnRing */
/** @typedef {{centreUv: number, pxPerMv: number}} TraceScale */

export const PX_PER_MM = 96 / 25.4;

/** The heights in mV that a small trace may show. */
const SPANS_MV = [1, 2, 3, 4, 6, 10];
/** Room above and below the waves. */
const MARGIN = 1.15;

/**
 * Lowest and highest value of some columns; null where there is none.
 * @param {ColumnRing} ring
 * @param {number} fromColumn
 * @param {number} toColumn
 */
export function rangeUv(ring, fromColumn, toColumn) {
  let [lowUv, highUv] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let column = Math.max(fromColumn, ring.startColumn); column < Math.min(toColumn, ring.endColumn); column += 1) {
    const low = ring.lowUv(column);
    if (low === GAP_UV) continue;
    lowUv = Math.min(lowUv, low);
    highUv = Math.max(highUv, ring.highUv(column));
  }
  return highUv < lowUv ? null : { lowUv, highUv };
}

/**
 * The scale for a small trace. The one before is kept while the waves fit, fill at least a third of it
 * and lie about its middle.
 * @param {{lowUv: number, highUv: number}|null} range
 * @param {number} heightPx
 * @param {TraceScale|null} before
 * @returns {TraceScale}
 */
export function fittingScale(range, heightPx, before) {
  if (!range) return before ?? { centreUv: 0, pxPerMv: heightPx / 3 };
  const neededMv = ((range.highUv - range.lowUv) / 1000) * MARGIN;
  if (before) {
    const halfUv = (heightPx / before.pxPerMv) * 500;
    const fits = range.highUv <= before.centreUv + halfUv && range.lowUv >= before.centreUv - halfUv;
    const middleUv = (range.highUv + range.lowUv) / 2;
    if (fits && neededMv * 3 >= heightPx / before.pxPerMv && Math.abs(middleUv - before.centreUv) < halfUv / 3) return before;
  }
  const spanMv = SPANS_MV.find((span) => span >= neededMv) ?? SPANS_MV[SPANS_MV.length - 1] ?? 10;
  return { centreUv: Math.round((range.highUv + range.lowUv) / 2), pxPerMv: heightPx / spanMv };
}

/**
 * The middle of a trace at a fixed gain: what most columns lie around, so that a wandering electrode does not push the trace
 * off its row. In steps, so that it does not creep.
 * @param {ColumnRing} ring
 * @param {number} fromColumn
 * @param {number} toColumn
 * @param {number} beforeUv
 */
export function steadyCentreUv(ring, fromColumn, toColumn, beforeUv) {
  /** @type {number[]} */
  const middles = [];
  for (let column = Math.max(fromColumn, ring.startColumn); column < Math.min(toColumn, ring.endColumn); column += 4) {
    const low = ring.lowUv(column);
    if (low !== GAP_UV) middles.push((low + ring.highUv(column)) / 2);
  }
  const median = middles.sort((a, b) => a - b)[Math.floor(middles.length / 2)];
  if (median === undefined || Math.abs(median - beforeUv) < 300) return beforeUv;
  return Math.round(median / 100) * 100;
}
