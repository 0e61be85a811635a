/**
 * What for: the shape of a priority, so that colour is never alone. In: a priority. Out: an SVG in the text's colour.
 * High: two triangles. Medium: one. Low: a disc. Technical: a square with a bar.
 */

import { svg } from './dom.js';

/** @typedef {import('./protocol.js').Priority} Priority */

/** @type {Record<Priority, string>} */
const SHAPES = {
  high: 'M1 15 9 1l8 14zM15.5 8.8 20 1l8 14h-9z',
  medium: 'M7 15 15 1l8 14z',
  low: 'M15 1.5a6.5 6.5 0 1 1-.01 0z',
  technical: 'M8 1.5h14v13H8zM11 6.5v3h8v-3z',
};

/** @param {Priority} priority @param {string} [className] */
export function alarmMark(priority, className = 'mark') {
  return svg('svg', { class: className, viewBox: '0 0 29 16', 'aria-hidden': 'true', focusable: 'false' },
    svg('path', { d: SHAPES[priority] ?? SHAPES.technical, 'fill-rule': 'evenodd', fill: 'currentColor' }));
}
