/**
 * What for: the sums behind the calipers. In: two moments and two voltages. Out: interval in ms, rate in bpm, difference in mV,
 * and how a caliper leg moves within its limits. Pure: the overlay draws and listens.
 */

/** @typedef {{firstS: number, secondS: number, firstMv: number, secondMv: number}} CaliperLegs */
/** @typedef {{intervalMs: number, rateBpm: number|null, differenceMv: number}} CaliperReading */

/** No rate below this: the legs lie on one another. */
const SHORTEST_INTERVAL_MS = 20;

/**
 * @param {CaliperLegs} legs
 * @returns {CaliperReading}
 */
export function caliperReading(legs) {
  const intervalMs = Math.abs(legs.secondS - legs.firstS) * 1000;
  return {
    intervalMs,
    rateBpm: intervalMs < SHORTEST_INTERVAL_MS ? null : 60_000 / intervalMs,
    differenceMv: legs.secondMv - legs.firstMv,
  };
}

/** @param {CaliperReading} reading */
export function caliperText(reading) {
  const rate = reading.rateBpm === null ? '-' : String(Math.round(reading.rateBpm));
  return `${Math.round(reading.intervalMs)} ms, ${rate} bpm, ${signedText(reading.differenceMv)} mV`;
}

/**
 * A voltage with its sign and two decimals, with a real minus sign and no negative zero.
 * @param {number} valueMv
 */
export function signedText(valueMv) {
  const text = Math.abs(valueMv).toFixed(2);
  if (Number(text) === 0) return text;
  return valueMv < 0 ? `\u2212${text}` : `+${text}`;
}

/**
 * Where a leg goes with a key: an arrow is one step, with Shift ten; Home and End are the limits.
 * @param {number} value
 * @param {string} key
 * @param {boolean} isCoarse
 * @param {{step: number, least: number, most: number}} limits
 * @returns {number|null}  null: the key moves nothing
 */
export function movedLeg(value, key, isCoarse, { step, least, most }) {
  const size = isCoarse ? 10 * step : step;
  /** @type {Record<string, number>} */
  const moves = { ArrowLeft: value - size, ArrowDown: value - size, ArrowRight: value + size, ArrowUp: value + size, PageDown: value - 10 * step, PageUp: value + 10 * step, Home: least, End: most };
  const moved = moves[key];
  return moved === undefined ? null : Math.min(most, Math.max(least, moved));
}
