/**
 * What for: the alarms of a record. In: alerts, the start of the record. Out: a time line over the whole record, and a list from which one jumps to
 * the second of an alarm or opens its alert view.
 */

import { alarmMark } from './alarm-mark.js';
import { alarmTimeline } from './alarm-timeline.js';
import { PRIORITY_TEXTS } from './alarms.js';
import { positionText, timeMs } from './data-time.js';
import { button, html, spoken } from './dom.js';

/** @typedef {import('./protocol.js').ReplayRecord} ReplayRecord */

/** @param {ReplayRecord} record */
export function replayTimeline(record) {
  const fromMs = timeMs(record.start) ?? 0;
  return alarmTimeline(record.alerts, { fromMs, toMs: fromMs + 1000 * record.duration_s, timeText: (ms) => positionText((ms - fromMs) / 1000) });
}

/** @param {ReplayRecord} record @param {(second: number) => void} onSecond */
export function replayAlarms(record, onSecond) {
  const fromMs = timeMs(record.start) ?? 0;
  const sorted = [...record.alerts].sort((a, b) => (timeMs(a.onset) ?? 0) - (timeMs(b.onset) ?? 0));
  const rows = sorted.map((alert) => {
    const second = ((timeMs(alert.onset) ?? fromMs) - fromMs) / 1000;
    return html('tr', { 'data-priority': alert.priority },
      html('td', {}, button(positionText(second), () => onSecond(second), { 'aria-label': `Go to ${alert.name} at ${positionText(second)}` })),
      html('td', { class: 'priority' }, alarmMark(alert.priority), ` ${PRIORITY_TEXTS[alert.priority]}`),
      html('td', {}, html('a', { href: `/alerts/${alert.id}` }, alert.name), spoken(` at ${positionText(second)}`)), html('td', {}, alert.message));
  });
  return html('section', { 'aria-labelledby': 'replay-alarms-title' }, html('h2', { id: 'replay-alarms-title' }, 'Alarms'),
    rows.length === 0 ? html('p', {}, 'No alarms in this record.') : html('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table of alarms' }, html('table', {},
      html('thead', {}, html('tr', {}, ...['Onset', 'Priority', 'Alarm', 'Message'].map((name) => html('th', { scope: 'col' }, name)))), html('tbody', {}, ...rows))));
}
