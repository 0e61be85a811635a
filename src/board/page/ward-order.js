/**
 * What for: which beds are on the ward view, in which order, and how many go in a row. In: names, alerts, the room there is.
 * Out: sorted names and a layout.
 */

import { byUrgency, isAcknowledged, priorityRank } from './alarms.js';

/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {'acuity'|'bed'} Order */
/** @typedef {'all'|'alarms'} AlarmFilter */
/** @typedef {{streamId: string, alerts: Alert[], hasData: boolean}} RankedBed  alerts: those shown on its tile */

/** Width of a tile to its height. */
const BEST_SHAPE = 1.2;

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Natural order: bed-2 before bed-10. @param {string} a @param {string} b */
export function byName(a, b) {
  return collator.compare(a, b) || (a < b ? -1 : Number(a > b));
}

/**
 * @param {RankedBed[]} beds
 * @param {Order} order
 * @returns {string[]}
 */
export function orderedBeds(beds, order) {
  const sorted = [...beds].sort((a, b) => (order === 'acuity' ? acuity(a) - acuity(b) : 0) || byName(a.streamId, b.streamId));
  return sorted.map((bed) => bed.streamId);
}

/**
 * Smaller is more urgent. A bed without data is between medium and low: nobody knows how the patient is.
 * @param {RankedBed} bed
 */
function acuity(bed) {
  const worst = [...bed.alerts].sort(byUrgency)[0];
  const rank = worst ? 2 * priorityRank(worst.priority) + Number(isAcknowledged(worst)) : 2 * 4;
  return bed.hasData ? rank : Math.min(rank, 3.5);
}

/**
 * @param {RankedBed} bed
 * @param {AlarmFilter} filter
 * @param {string} text  part of the bed's name, or of an alarm's
 */
export function isWanted(bed, filter, text) {
  if (filter === 'alarms' && bed.alerts.length === 0 && bed.hasData) return false;
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return true;
  return [bed.streamId, ...bed.alerts.map((alert) => alert.name)].some((word) => word.toLowerCase().includes(wanted));
}

/**
 * The largest tiles with which all beds are on the screen at once; where that is not possible, the smallest that can be read.
 * @param {number} beds
 * @param {{widthPx: number, heightPx: number, gapPx: number, minWidthPx: number, minHeightPx: number, maxHeightPx: number}} room
 * @returns {{columns: number, heightPx: number}}
 */
export function tileLayout(beds, room) {
  const { widthPx, heightPx, gapPx, minWidthPx, minHeightPx, maxHeightPx } = room;
  const mostColumns = Math.max(1, Math.floor((widthPx + gapPx) / (minWidthPx + gapPx)));
  let best = { columns: Math.min(mostColumns, Math.max(1, beds)), heightPx: minHeightPx, sizePx: 0 };
  for (let columns = 1; columns <= Math.min(mostColumns, beds); columns += 1) {
    const rows = Math.ceil(beds / columns);
    const tileHeightPx = Math.min(maxHeightPx, Math.floor((heightPx - (rows - 1) * gapPx) / rows));
    const tileWidthPx = (widthPx - (columns - 1) * gapPx) / columns;
    // A tile a little wider than it is high shows the trace and the numbers best.
    const sizePx = Math.min(tileWidthPx, BEST_SHAPE * tileHeightPx);
    if (tileHeightPx >= minHeightPx && sizePx > best.sizePx) best = { columns, heightPx: tileHeightPx, sizePx };
  }
  return { columns: best.columns, heightPx: best.heightPx };
}
