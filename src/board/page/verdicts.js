/**
 * What for: what a verdict is called and by which sign it is known without colour. In: the verdict of a claim. Out: words and a sign; values of
 * a claim in words. Pure.
 */

/** @typedef {import('./protocol.js').Claim} Claim */
/** @typedef {'supported'|'contradicted'|'open'} VerdictKind  open: the waveform cannot tell */

/** @param {string} verdict @returns {VerdictKind} */
export function verdictKind(verdict) {
  return verdict === 'supported' || verdict === 'contradicted' ? verdict : 'open';
}

/** @type {Record<VerdictKind, {text: string, sign: string}>} */
export const VERDICTS = {
  supported: { text: 'supported', sign: '\u2713' },
  contradicted: { text: 'contradicted', sign: '\u2717' },
  open: { text: 'not checkable', sign: '?' },
};

/** What the text states: a value, a range, or nothing but words. @param {Claim} claim */
export function statedText(claim) {
  if (claim.value === null || claim.value === undefined) return claim.denied ? 'denied' : '\u2013';
  const upper = claim.value_to === null || claim.value_to === undefined ? '' : `\u2013${numberText(claim.value_to)}`;
  return withUnit(`${numberText(claim.value)}${upper}`, claim.unit);
}

/** What the waveform gives. @param {Claim} claim */
export function measuredText(claim) {
  return claim.measured === null || claim.measured === undefined ? '\u2013' : withUnit(numberText(claim.measured), claim.unit);
}

/** As many digits as say something. @param {number} value */
export function numberText(value) {
  const size = Math.abs(value);
  const decimals = Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return String(Number(value.toFixed(decimals))).replace('-', '\u2212');
}

/** @param {string} text @param {string|null|undefined} unit */
function withUnit(text, unit) {
  return unit ? `${text} ${unit}` : text;
}

/** Leads in words: many are counted. @param {string[]} leads */
export function leadsText(leads) {
  return leads.length === 0 || leads.length >= 12 ? 'all leads' : leads.join(', ');
}

/** What was not measured has no seconds. @param {number} fromS @param {number} toS */
export function secondsText(fromS, toS) {
  if (fromS === 0 && toS === 0) return '\u2013';
  return `${numberText(Math.round(fromS * 100) / 100)} to ${numberText(Math.round(toS * 100) / 100)} s`;
}
