/**
 * What for: times and durations in words. In: RFC 3339 text of data time, or seconds. Out: milliseconds since 1970, or text.
 * Clock times are those of the viewer's place.
 */

/**
 * @param {string|null|undefined} text
 * @returns {number|null}
 */
export function timeMs(text) {
  if (!text) return null;
  const value = Date.parse(text);
  return Number.isNaN(value) ? null : value;
}

/** @param {number|null} ms */
export function clockText(ms) {
  if (ms === null) return 'unknown';
  const time = new Date(ms);
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map(twoDigits).join(':');
}

/** Date and time to the second. @param {number|null} ms */
export function dateTimeText(ms) {
  if (ms === null) return 'unknown';
  const time = new Date(ms);
  return `${time.getFullYear()}-${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())} ${clockText(ms)}`;
}

/** Seconds as minutes and seconds, or hours too: 1:05.3. @param {number} seconds @param {number} [decimals] */
export function positionText(seconds, decimals = 1) {
  const factor = 10 ** decimals;
  const whole = Math.round(Math.max(0, seconds) * factor) / factor;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = (whole % 60).toFixed(decimals).padStart(decimals > 0 ? 3 + decimals : 2, '0');
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`;
}

/** A duration as people say it: 4 s, 12 min, 3 h. @param {number} seconds */
export function durationText(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/** Seconds between two times, or null. @param {string|null|undefined} from @param {string|null|undefined} to */
export function secondsBetween(from, to) {
  const [fromMs, toMs] = [timeMs(from), timeMs(to)];
  return fromMs === null || toMs === null ? null : (toMs - fromMs) / 1000;
}

/** @param {number} value */
function twoDigits(value) {
  return String(value).padStart(2, '0');
}
