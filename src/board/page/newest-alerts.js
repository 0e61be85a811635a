/**
 * What for: the strip of the newest alerts below the ward. In: the store. Out: a list of links to the alert views, newest first.
 */

import { alarmMark } from './alarm-mark.js';
import { PRIORITY_TEXTS, stands, stateText } from './alarms.js';
import { coalesced } from './coalesce.js';
import { clockText, timeMs } from './data-time.js';
import { html, spoken } from './dom.js';

/** @typedef {import('./protocol.js').Alert} Alert */

const SHOWN = 12;

/** @param {Iterable<Alert>} alerts @param {number} count */
export function newestAlerts(alerts, count) {
  return [...alerts]
    .map((alert) => ({ alert, raisedMs: timeMs(alert.raised_at) ?? 0 }))
    .sort((a, b) => b.raisedMs - a.raisedMs || (a.alert.id < b.alert.id ? -1 : 1))
    .slice(0, count)
    .map(({ alert }) => alert);
}

/** @param {import('./ward-store.js').WardStore} store */
export function newestAlertsStrip(store) {
  const list = html('ol', { class: 'newest__list' });
  const none = html('p', { class: 'newest__none' }, 'No alerts yet.');
  const element = html('section', { class: 'newest', 'aria-labelledby': 'newest-title' }, html('h2', { id: 'newest-title' }, 'Newest alerts'), none, list);
  let shown = '';
  const update = coalesced(() => {
    const newest = newestAlerts(store.alerts.values(), SHOWN);
    const now = newest.map((alert) => `${alert.id} ${alert.code} ${stateText(alert)}`).join('\n');
    if (now === shown) return;
    shown = now;
    none.hidden = newest.length > 0;
    // Whoever stands on an entry must not lose the place when a new one comes.
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.alert : undefined;
    list.replaceChildren(...newest.map(entry));
    if (focused) for (const link of list.querySelectorAll('a')) if (link.dataset.alert === focused) link.focus({ preventScroll: true });
  });
  store.addEventListener('alert', update);
  update();
  return { element, close: () => store.removeEventListener('alert', update) };
}

/** @param {Alert} alert */
function entry(alert) {
  return html('li', {},
    html('a', { class: 'newest__alert', href: `/alerts/${alert.id}`, 'data-alert': alert.id, 'data-priority': alert.priority, 'data-over': !stands(alert), title: alert.message },
      alarmMark(alert.priority), spoken(`${PRIORITY_TEXTS[alert.priority]}: `),
      html('span', { class: 'newest__bed' }, alert.stream_id), ' ', html('span', {}, alert.name), ' ',
      html('time', { datetime: alert.raised_at }, clockText(timeMs(alert.raised_at))),
      html('span', { class: 'newest__state' }, ` ${stateText(alert)}`)));
}
