/**
 * What for: how fast a small trace sweeps. In: the width of the trace. Out: columns a second and the seconds that fit. Pure.
 * A column without a sample would be a hole, so there are always fewer columns than samples.
 */

/** A quarter less than 25 mm/s, so that a narrow tile still shows some beats. */
const PX_PER_S = 70;
const SHORTEST_SWEEP_S = 3;
const LONGEST_SWEEP_S = 12;

/** Columns a second at most, for a sampling rate. @param {number} rateHz */
export function mostColumnsPerSecond(rateHz) {
  return Math.max(10, Math.floor(rateHz * 0.9));
}

/**
 * @param {number} widthPx  CSS pixels
 * @param {number} pixelRatio  canvas pixels in a CSS pixel; each is one column
 * @param {number} rateHz  the lowest sampling rate that is shown
 * @returns {{columnsPerSecond: number, sweepS: number}}
 */
export function sweepSpeed(widthPx, pixelRatio, rateHz) {
  const columns = Math.max(16, Math.round(widthPx * pixelRatio));
  const wantedS = Math.min(LONGEST_SWEEP_S, Math.max(SHORTEST_SWEEP_S, widthPx / PX_PER_S));
  const columnsPerSecond = Math.min(mostColumnsPerSecond(rateHz), Math.max(10, Math.round(columns / wantedS)));
  return { columnsPerSecond, sweepS: columns / columnsPerSecond };
}

/**
 * The speed of a trace at a true scale, two columns a CSS pixel where the sampling rate gives that much.
 * @param {number} mmPerSecond
 * @param {number} pxPerMm
 * @param {number} rateHz
 * @returns {{columnsPerSecond: number, columnsPerPx: number}}
 */
export function trueSpeed(mmPerSecond, pxPerMm, rateHz) {
  const pxPerSecond = mmPerSecond * pxPerMm;
  const columnsPerSecond = Math.min(mostColumnsPerSecond(rateHz), Math.round(2 * pxPerSecond));
  return { columnsPerSecond, columnsPerPx: columnsPerSecond / pxPerSecond };
}
