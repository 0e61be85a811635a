/**
 * What for: where every lead lies on the page: three rows of four and a rhythm strip, or a row a lead. In: the leads and the seconds there
 * are. Out: cells in millimetres at 25 mm/s and 10 mm/mV, and the rectangles of a stretch of time on them. Pure.
 */

import { inStandardOrder, STANDARD_LEADS, usualLead } from './leads.js';

/** @typedef {'grid'|'rows'} PaperForm */

/**
 * @typedef {object} PaperCell
 * @property {string} lead
 * @property {boolean} isRhythm
 * @property {number} fromS  seconds after the start of the window
 * @property {number} toS
 * @property {number} xMm
 * @property {number} yMm  top
 * @property {number} widthMm
 * @property {number} heightMm
 */

/** @typedef {{widthMm: number, heightMm: number, cells: PaperCell[]}} PaperLayout */
/** @typedef {{xMm: number, yMm: number, widthMm: number, heightMm: number, lead: string, isTimeOnly: boolean}} PaperMark */

export const MM_PER_S = 25;
export const MM_PER_MV = 10;
/** Room for the calibration pulse. */
export const LEFT_MM = 10;
const EDGE_MM = 5;
const GRID_ROW_MM = 30;
const LONE_ROW_MM = 22;

/** The usual form: rows where too few of the standard leads are there to fill the grid. @param {string[]} leads @returns {PaperForm} */
export function usualForm(leads) {
  return leads.filter((lead) => STANDARD_LEADS.includes(lead)).length >= 8 ? 'grid' : 'rows';
}

/**
 * @param {string[]} leads
 * @param {number} durationS
 * @param {PaperForm} form
 * @returns {PaperLayout}
 */
export function paperLayout(leads, durationS, form) {
  const cells = form === 'grid' ? gridCells(leads, durationS) : rowCells(leads, durationS);
  const bottomMm = Math.max(EDGE_MM, ...cells.map((cell) => cell.yMm + cell.heightMm));
  return { widthMm: LEFT_MM + durationS * MM_PER_S + EDGE_MM, heightMm: bottomMm + EDGE_MM, cells };
}

/** @param {string[]} leads @param {number} durationS @returns {PaperCell[]} */
function gridCells(leads, durationS) {
  const quarterS = durationS / 4;
  const cells = STANDARD_LEADS.map((lead, index) => {
    const column = Math.floor(index / 3);
    return cellAt(lead, false, column * quarterS, (column + 1) * quarterS, EDGE_MM + (index % 3) * GRID_ROW_MM, GRID_ROW_MM);
  }).filter((place) => leads.includes(place.lead));
  const others = leads.filter((lead) => !STANDARD_LEADS.includes(lead));
  const below = [usualLead(leads), ...others].filter((lead) => lead !== '');
  return [...cells, ...below.map((lead, index) => cellAt(lead, true, 0, durationS, EDGE_MM + (3 + index) * GRID_ROW_MM, GRID_ROW_MM))];
}

/** @param {string[]} leads @param {number} durationS @returns {PaperCell[]} */
function rowCells(leads, durationS) {
  const rowMm = leads.length <= 4 ? GRID_ROW_MM : LONE_ROW_MM;
  return inStandardOrder(leads).map((lead, index) => cellAt(lead, false, 0, durationS, EDGE_MM + index * rowMm, rowMm));
}

/**
 * @param {string} lead
 * @param {boolean} isRhythm
 * @param {number} fromS
 * @param {number} toS
 * @param {number} yMm
 * @param {number} heightMm
 * @returns {PaperCell}
 */
function cellAt(lead, isRhythm, fromS, toS, yMm, heightMm) {
  return { lead, isRhythm, fromS, toS, xMm: LEFT_MM + fromS * MM_PER_S, yMm, widthMm: (toS - fromS) * MM_PER_S, heightMm };
}

/**
 * The rectangles of a stretch of time on some leads. The rhythm strip shows the time of every stretch, because a cell of the grid holds only a
 * quarter of its lead. No lead at all means every lead.
 * @param {PaperLayout} layout
 * @param {{leads: string[], fromS: number, toS: number}} stretch
 * @returns {PaperMark[]}
 */
export function paperMarks(layout, { leads, fromS, toS }) {
  // Zero to zero is how "not measured" is told: there is no place to show.
  if (fromS === 0 && toS === 0) return [];
  return layout.cells.flatMap((place) => {
    const isNamed = leads.length === 0 || leads.includes(place.lead);
    if (!isNamed && !place.isRhythm) return [];
    const [startS, endS] = [Math.max(fromS, place.fromS), Math.min(toS, place.toS)];
    if (endS < startS || startS > place.toS) return [];
    // A moment without length is still to be seen.
    const widthMm = Math.max(1, (endS - startS) * MM_PER_S);
    const xMm = Math.min(place.xMm + (startS - place.fromS) * MM_PER_S, place.xMm + place.widthMm - 1);
    return [{ xMm, yMm: place.yMm + 1, widthMm, heightMm: place.heightMm - 2, lead: place.lead, isTimeOnly: !isNamed }];
  });
}

/**
 * The trace of a cell as SVG path data. Holes stay holes.
 * @param {(number|null)[]} samplesUv  of the whole window
 * @param {number} rateHz
 * @param {PaperCell} place
 * @param {number} centreUv  lies in the middle of the cell
 */
export function tracePath(samplesUv, rateHz, place, centreUv) {
  const first = Math.max(0, Math.ceil(place.fromS * rateHz - 1e-6));
  const last = Math.min(samplesUv.length - 1, Math.floor(place.toS * rateHz + 1e-6));
  const middleMm = place.yMm + place.heightMm / 2;
  let path = '';
  let command = 'M';
  for (let index = first; index <= last; index += 1) {
    const value = samplesUv[index];
    if (value === null || value === undefined) {
      command = 'M';
      continue;
    }
    const xMm = place.xMm + (index / rateHz - place.fromS) * MM_PER_S;
    path += `${command}${xMm.toFixed(2)} ${(middleMm - ((value - centreUv) / 1000) * MM_PER_MV).toFixed(2)}`;
    command = 'L';
  }
  return path;
}

/** What most samples lie around. @param {(number|null)[]} samplesUv */
export function medianUv(samplesUv) {
  const known = /** @type {number[]} */ (samplesUv.filter((value) => value !== null)).sort((a, b) => a - b);
  return known[Math.floor(known.length / 2)] ?? 0;
}
