/**
 * What for: the sums behind the trend charts. In: a row of values with some unknown. Out: the stretch asked for, its range with round
 * limits, and the lines as SVG path data, lowest and highest value a pixel. Pure.
 */

/** @typedef {(number|null)[]} Values */

/**
 * The last values of a row: those of so many hours.
 * @param {Values} values
 * @param {number} stepS
 * @param {number} hours
 */
export function lastHours(values, stepS, hours) {
  return values.slice(-Math.max(1, Math.round((hours * 3600) / stepS)));
}

/**
 * Round limits around the values, at least so far apart.
 * @param {Values} values
 * @param {number} leastSpan
 * @returns {{low: number, high: number}}
 */
export function roundLimits(values, leastSpan) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: leastSpan };
  const span = Math.max(leastSpan, high - low);
  const step = roundStep(span / 4);
  const middle = (low + high) / 2;
  // Binary fractions must not push a round limit one step out.
  const floor = Math.floor(Math.min(low, middle - leastSpan / 2) / step + 1e-9) * step;
  const ceiling = Math.ceil(Math.max(high, middle + leastSpan / 2) / step - 1e-9) * step;
  // What cannot be negative gets no negative limit.
  return { low: low >= 0 ? Math.max(0, floor) : floor, high: ceiling };
}

/** 1, 2 or 5 times a power of ten, at least so much. @param {number} least */
export function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least * 0.999) ?? 10;
  return factor * power;
}

/**
 * The line as SVG path data. Unknown values are holes. With more values than pixels, each pixel shows the lowest and the highest.
 * @param {Values} values  as many as the whole width stands for, newest last
 * @param {{widthPx: number, heightPx: number, low: number, high: number, count: number}} frame  count: values in the whole width
 */
export function linePath(values, { widthPx, heightPx, low, high, count }) {
  const x = (/** @type {number} */ index) => (widthPx * (index + count - values.length)) / Math.max(1, count - 1);
  const y = (/** @type {number} */ value) => heightPx - (heightPx * (value - low)) / (high - low || 1);
  const perPixel = Math.max(1, Math.floor(count / widthPx));
  const parts = [];
  let isOpen = false;
  for (let start = 0; start < values.length; start += perPixel) {
    const known = /** @type {number[]} */ (values.slice(start, start + perPixel).filter((value) => value !== null));
    if (known.length === 0) {
      isOpen = false;
      continue;
    }
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const at = x(start).toFixed(1);
    parts.push(`${isOpen ? 'L' : 'M'}${at} ${y(least).toFixed(1)}`);
    // A lone value is drawn as a dot: a round cap on a line without length.
    if (most !== least || !isOpen) parts.push(`L${at} ${y(most).toFixed(1)}`);
    isOpen = true;
  }
  return parts.join('');
}
