/**
 * What for: alarms on a line of time, each a link to its alert view. In: alerts and a stretch of time. Out: an element; a mark has the shape
 * of its priority, and a bar for as long as the condition lasted.
 */

import { alarmMark } from './alarm-mark.js';
import { PRIORITIES, PRIORITY_TEXTS, stateText, stands } from './alarms.js';
import { html } from './dom.js';
import { timeMs } from './data-time.js';

/** @typedef {import('./protocol.js').Alert} Alert */

/**
 * One row a priority, so that many low alarms never hide a high one.
 * @param {Alert[]} alerts
 * @param {{fromMs: number, toMs: number, timeText: (ms: number) => string}} stretch
 */
export function alarmTimeline(alerts, { fromMs, toMs, timeText }) {
  const percent = (/** @type {number} */ ms) => Math.min(100, Math.max(0, (100 * (ms - fromMs)) / Math.max(1, toMs - fromMs)));
  const rows = PRIORITIES.map((priority) => {
    const marks = alerts.filter((alert) => alert.priority === priority && overlaps(alert, fromMs, toMs)).map((alert) => {
      const startMs = timeMs(alert.onset) ?? timeMs(alert.raised_at) ?? fromMs;
      const endMs = timeMs(alert.cleared_at) ?? (stands(alert) ? toMs : startMs);
      const link = html('a', { class: 'timeline__mark', href: `/alerts/${alert.id}`, 'data-over': !stands(alert), title: `${alert.name}, ${timeText(startMs)}: ${alert.message}`,
        'aria-label': `${PRIORITY_TEXTS[priority]}: ${alert.name}, ${timeText(startMs)}, ${stateText(alert)}` }, alarmMark(priority));
      link.style.left = `${percent(startMs)}%`;
      const bar = html('span', { class: 'timeline__bar' });
      bar.style.left = `${percent(startMs)}%`;
      bar.style.width = `${percent(endMs) - percent(startMs)}%`;
      return [bar, link];
    });
    return html('div', { class: 'timeline__row', 'data-priority': priority, hidden: marks.length === 0 },
      html('span', { class: 'timeline__name' }, PRIORITY_TEXTS[priority]), html('div', { class: 'timeline__line' }, ...marks.flat()));
  });
  const isEmpty = rows.every((row) => row.hidden);
  return html('div', { class: 'timeline' }, isEmpty && html('p', { class: 'timeline__none' }, 'No alarms in this time.'), ...rows);
}

/** @param {Alert} alert @param {number} fromMs @param {number} toMs */
function overlaps(alert, fromMs, toMs) {
  const startMs = timeMs(alert.onset) ?? timeMs(alert.raised_at) ?? 0;
  const endMs = timeMs(alert.cleared_at) ?? (stands(alert) ? toMs : startMs);
  return startMs <= toMs && endMs >= fromMs;
}
