/**
 * What for: the model's reading with every claim marked by its verdict, and the table of claims. In: the reading of an alert. Out: elements; each
 * claim lights up its leads and seconds. The words are untrusted and become text nodes.
 */

import { html, spoken } from './dom.js';
import { textPieces } from './text-spans.js';
import { leadsText, measuredText, secondsText, statedText, verdictKind, VERDICTS } from './verdicts.js';

/** @typedef {import('./protocol.js').Claim} Claim */
/** @typedef {import('./protocol.js').Reading} Reading */
/** @typedef {import('./lights.js').Lights} Lights */

/** @param {Claim} claim @param {number} index @returns {import('./lights.js').Light} */
function lightOf(claim, index) {
  return { key: `claim-${index}`, kind: verdictKind(claim.verdict), stretch: { leads: claim.leads, fromS: claim.from_s, toS: claim.to_s } };
}

/** @param {Reading} reading @param {Lights} lights */
export function readingText(reading, lights) {
  const paragraph = html('p', { class: 'reading__text' });
  for (const piece of textPieces(reading.text, reading.claims)) {
    const index = piece.claims[0];
    const claim = index === undefined ? undefined : reading.claims[index];
    if (index === undefined || !claim) {
      paragraph.append(piece.text);
      continue;
    }
    const kind = verdictKind(claim.verdict);
    // A span, not a button: a claim runs over the end of a line like any other text.
    const mark = html('span', { class: 'claim', role: 'button', tabindex: '0', 'data-verdict': kind }, piece.text,
      html('span', { class: 'claim__sign', 'aria-hidden': 'true' }, VERDICTS[kind].sign), spoken(` (${VERDICTS[kind].text})`));
    lights.add(mark, lightOf(claim, index));
    paragraph.append(mark);
  }
  return paragraph;
}

/** @param {Reading} reading @param {Lights} lights */
export function claimsTable(reading, lights) {
  const rows = reading.claims.map((claim, index) => {
    const kind = verdictKind(claim.verdict);
    const name = html('button', { type: 'button', class: 'claims__name' }, claim.text);
    lights.add(name, lightOf(claim, index));
    const row = html('tr', { 'data-verdict': kind },
      html('th', { scope: 'row' }, name, html('span', { class: 'claims__about' }, `${claim.denied ? 'no ' : ''}${claim.about}${claim.hedged ? ' (hedged)' : ''}`)),
      html('td', { class: 'claims__verdict' }, html('span', { class: 'claims__sign', 'aria-hidden': 'true' }, VERDICTS[kind].sign), ` ${VERDICTS[kind].text}`),
      html('td', { class: 'number' }, statedText(claim)), html('td', { class: 'number' }, measuredText(claim)),
      html('td', { class: 'claims__criteria' }, (claim.criteria ?? []).join('; ') || '\u2013'),
      html('td', {}, leadsText(claim.leads), html('span', { class: 'claims__about number' }, secondsText(claim.from_s, claim.to_s))));
    lights.join(row, `claim-${index}`);
    return row;
  });
  const heads = ['Claim', 'Verdict', 'Stated', 'Measured', 'Criteria', 'Leads and seconds'];
  return html('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table of claims' },
    html('table', { class: 'claims' }, html('thead', {}, html('tr', {}, ...heads.map((head) => html('th', { scope: 'col' }, head)))), html('tbody', {}, ...rows)));
}

/** What must be known about the reading before it is believed. @param {Reading} reading @returns {string[]} */
export function readingNotes(reading) {
  const notes = [];
  if (!reading.trained) notes.push('The model has untrained weights: its words mean nothing.');
  if (reading.remark) notes.push(`${reading.remark.charAt(0).toUpperCase()}${reading.remark.slice(1)}.`.replace(/\.\.$/, '.'));
  if (reading.contradicted) notes.push('The waveform contradicts at least one claim.');
  if (reading.absent_leads.length > 0) notes.push(`Leads the model was not given: ${reading.absent_leads.join(', ')}.`);
  if (reading.derived_leads.length > 0) notes.push(`Derived leads: ${reading.derived_leads.join(', ')}.`);
  return notes;
}

/** @param {Reading} reading */
export function groundingText(reading) {
  if (reading.grounding_score === null || reading.grounding_score === undefined) return 'no claim could be checked';
  return `${Math.round(100 * reading.grounding_score)} % of the claims that could be checked are supported`;
}

/** The line of signs below the text. */
export function verdictLegend() {
  return html('p', { class: 'legend' }, ...Object.entries(VERDICTS).map(([kind, { text, sign }]) => html('span', { class: 'claim', 'data-verdict': kind }, text, html('span', { class: 'claim__sign', 'aria-hidden': 'true' }, sign))));
}
