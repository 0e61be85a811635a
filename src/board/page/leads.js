/**
 * What for: leads in the order of a printed page, which one a small trace shows, and what disturbs a lead in words. In: names of leads.
 * Out: names, texts.
 */

/** @typedef {import('./protocol.js').Vitals} Vitals */
/** @typedef {import('./protocol.js').LeadStatus} LeadStatus */

export const STANDARD_LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];

/** Standard leads in standard order, then the others as they came. @param {string[]} leads */
export function inStandardOrder(leads) {
  const rank = (/** @type {string} */ lead) => {
    const at = STANDARD_LEADS.indexOf(lead);
    return at < 0 ? STANDARD_LEADS.length : at;
  };
  return [...leads].sort((a, b) => rank(a) - rank(b));
}

/** The lead that monitors show where only one is shown. @param {string[]} leads */
export function usualLead(leads) {
  return leads.includes('II') ? 'II' : leads[0] ?? '';
}

/** @type {Record<string, string>} */
const QUALITY_TEXTS = {
  good: 'good', off: 'lead off', flat: 'flat', clipped: 'clipped', impulse: 'electrode moves', muscle: 'muscle', wander: 'wander', mains: 'mains',
};

/** @param {string|undefined} quality */
export function qualityText(quality) {
  return quality === undefined ? 'unknown' : QUALITY_TEXTS[quality] ?? quality;
}

/** @param {Vitals|null} vitals @param {string} lead @returns {LeadStatus|null} */
export function leadStatus(vitals, lead) {
  return vitals?.leads.find((status) => status.lead === lead) ?? null;
}

/** Share of the leads that are good, 0 to 1; null without leads. @param {Vitals} vitals */
export function goodShare(vitals) {
  if (vitals.leads.length === 0) return null;
  return vitals.leads.filter((status) => status.quality === 'good').length / vitals.leads.length;
}
