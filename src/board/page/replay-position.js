/**
 * What for: the second a replay stands at, in the address. In: the hash. Out: seconds; and the stretch that is shown around a second. Pure.
 */

/** The second in a hash such as #t=123.4; null if there is none. @param {string} hash @returns {number|null} */
export function secondOfHash(hash) {
  const value = new URLSearchParams(hash.replace(/^#/, '')).get('t');
  if (value === null || value.trim() === '') return null;
  const second = Number(value);
  return Number.isFinite(second) && second >= 0 ? second : null;
}

/** @param {number} second */
export function hashOfSecond(second) {
  return `#t=${Math.round(second * 10) / 10}`;
}

/**
 * The stretch around a second: the second is in the middle, except at the ends of the record.
 * @param {number} second
 * @param {number} spanS
 * @param {number} durationS
 */
export function stretchStart(second, spanS, durationS) {
  return Math.max(0, Math.min(second - spanS / 2, durationS - spanS));
}

/**
 * The next or the previous entry, some way off so that one does not stay in place.
 * @param {number[]} seconds  in order
 * @param {number} from
 * @param {1|-1} direction
 * @returns {number|null}
 */
export function nextSecond(seconds, from, direction) {
  const apartS = 0.05;
  return direction > 0 ? seconds.find((second) => second > from + apartS) ?? null : seconds.findLast((second) => second < from - apartS) ?? null;
}
