/**
 * What for: the alerts of one bed: those the server still knows, and those that come. In: the session and the store. Out: the alerts, oldest
 * first, and a table of them, newest first.
 */

import { alarmMark } from './alarm-mark.js';
import { merged, PRIORITY_TEXTS, stands, stateText } from './alarms.js';
import { dateTimeText, timeMs } from './data-time.js';
import { html } from './dom.js';
import { newestAlerts } from './newest-alerts.js';

/** @typedef {import('./protocol.js').Alert} Alert */

const SHOWN = 100;

export class BedAlerts {
  /** @param {import('./board.js').Board} board @param {string} streamId @param {() => void} onChange */
  constructor(board, streamId, onChange) {
    this.board = board;
    this.streamId = streamId;
    this.onChange = onChange;
    /** @type {Map<string, Alert>} */
    this.alerts = new Map();
    this.body = html('tbody');
    this.none = html('p', {}, 'No alarms yet.');
    this.table = html('div', { class: 'table-frame', tabindex: '0', role: 'region', 'aria-label': 'Table of alarms' },
      html('table', {}, html('thead', {}, html('tr', {}, ...['Raised', 'Priority', 'Alarm', 'Message', 'State'].map((name) => html('th', { scope: 'col' }, name)))), this.body));
    this.element = html('section', { class: 'bed-alarms', 'aria-labelledby': 'bed-alarms-title' }, html('h2', { id: 'bed-alarms-title' }, 'Alarms'), this.none, this.table);
    board.store.addEventListener('alert', this.#take);
    for (const alert of board.store.alerts.values()) if (alert.stream_id === streamId) this.alerts.set(alert.id, alert);
    this.#show();
  }

  list() {
    return [...this.alerts.values()];
  }

  /** Also those that the first message left out. */
  async load() {
    const known = /** @type {Alert[]} */ (await this.board.session.json(`/api/beds/${encodeURIComponent(this.streamId)}/alerts`));
    const newer = this.alerts;
    this.alerts = new Map(known.map((alert) => [alert.id, newer.get(alert.id) ?? merged(undefined, alert)]));
    for (const [id, alert] of newer) this.alerts.set(id, alert);
    this.#show();
    this.onChange();
  }

  close() {
    this.board.store.removeEventListener('alert', this.#take);
  }

  /** @param {Event} event */
  #take = (event) => {
    const { alert } = /** @type {CustomEvent<import('./ward-store.js').AlertChange>} */ (event).detail;
    if (alert.stream_id !== this.streamId) return;
    this.alerts.set(alert.id, alert);
    this.#show();
    this.onChange();
  };

  #show() {
    const newest = newestAlerts(this.alerts.values(), SHOWN);
    this.none.hidden = newest.length > 0;
    this.table.hidden = newest.length === 0;
    this.body.replaceChildren(...newest.map((alert) => html('tr', { 'data-priority': alert.priority, 'data-over': !stands(alert) },
      html('td', {}, html('time', { datetime: alert.raised_at }, dateTimeText(timeMs(alert.raised_at)))),
      html('td', { class: 'priority' }, alarmMark(alert.priority), ` ${PRIORITY_TEXTS[alert.priority]}`),
      html('td', {}, html('a', { href: `/alerts/${alert.id}` }, alert.name)),
      html('td', {}, alert.message),
      html('td', {}, stateText(alert)))));
  }
}
