/**
 * What for: the plain facts of an alert: times and delays, code, who took note, model and version, and every change of state. In: the alert and
 * its changes. Out: elements.
 */

import { PRIORITY_TEXTS } from './alarms.js';
import { dateTimeText, secondsBetween, timeMs } from './data-time.js';
import { html } from './dom.js';
import { groundingText } from './reading.js';
import { numberText } from './verdicts.js';

/** @typedef {import('./protocol.js').Alert} Alert */

/** @param {Alert} alert @param {import('./protocol.js').AlarmRule|null} rule @param {string} version  of the program */
export function alertFacts(alert, rule, version) {
  const delayS = secondsBetween(alert.onset, alert.raised_at);
  const lastedS = secondsBetween(alert.onset, alert.cleared_at);
  const { reading } = alert;
  /** @type {[string, string|null|undefined|false][]} */
  const facts = [
    ['Alarm', `${alert.name} (${alert.code}${alert.mdc_code ? `, MDC ${alert.mdc_code}` : ''})`],
    ['Priority', PRIORITY_TEXTS[alert.priority]],
    ['Message', alert.message],
    ['Rule', rule?.definition],
    ['Latest by design', rule && `${rule.latest}, from its onset`],
    ['Definition of', rule?.source],
    ['Onset', dateTimeText(timeMs(alert.onset))],
    ['Raised', dateTimeText(timeMs(alert.raised_at))],
    ['Delay, onset to raised', delayS === null ? 'unknown' : `${numberText(Math.round(delayS * 100) / 100)} s`],
    ['Ended', alert.cleared_at && `${dateTimeText(timeMs(alert.cleared_at))}${lastedS === null ? '' : `, after ${numberText(Math.round(lastedS * 10) / 10)} s`}`],
    ['Announced', alert.announced ? 'yes' : `no, logged only${alert.suppressed_by ? `: ${alert.suppressed_by} stands or was announced` : ''}`],
    ['Acknowledged', alert.acknowledged_by && `${alert.acknowledged_by}, ${dateTimeText(timeMs(alert.acknowledged_at))}`],
    ['Silent until', alert.audio_off_until && dateTimeText(timeMs(alert.audio_off_until))],
    ['Model', reading && `${reading.model} (${reading.trained ? 'trained' : 'untrained weights'})`],
    ['Grounding', reading && reading.claims.length > 0 && groundingText(reading)],
    ['Claims that are contradicted', reading && reading.unsupported_claim_rate != null && `${Math.round(100 * reading.unsupported_claim_rate)} %`],
    ['Program', `gemwatch ${version}`],
    ['Trace id', alert.trace_id],
    ['Alert id', alert.id],
  ];
  return html('dl', { class: 'facts' }, ...facts.flatMap(([name, value]) => (value ? [html('div', {}, html('dt', {}, name), html('dd', {}, value))] : [])));
}

/** @param {import('./protocol.js').StateChange[]} changes */
export function stateHistory(changes) {
  if (changes.length === 0) return html('p', {}, 'No changes are known.');
  return html('ol', { class: 'changes' }, ...changes.map((change) => html('li', {},
    html('time', { datetime: change.at }, dateTimeText(timeMs(change.at))), ` ${change.state} `, html('span', { class: 'changes__code' }, change.code))));
}
