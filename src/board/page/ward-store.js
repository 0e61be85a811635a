/**
 * What for: what is known of the ward now. In: messages of the server. Out: beds and alerts, and the events "beds" (a bed came or
 * went), "vitals" and "alert". It notes by the page's own clock when each bed last gave new data.
 */

import { isShown, merged, stands } from './alarms.js';
import { timeMs } from './data-time.js';

/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {import('./protocol.js').Bed} Bed */
/** @typedef {import('./protocol.js').ServerMessage} ServerMessage */
/** @typedef {import('./protocol.js').Vitals} Vitals */
/** @typedef {{alert: Alert, before: Alert|undefined}} AlertChange */

/**
 * @typedef {object} BedState
 * @property {Bed} bed
 * @property {Vitals|null} vitals
 * @property {number} newestDataS  data time of the newest column or vitals
 * @property {number} lastNewMs  when that came, by the page's clock
 * @property {boolean} isWatched  are its columns being sent? Then they alone say whether data come
 */

export const NO_DATA_AFTER_MS = 5000;
const MOST_ALERTS = 1000;
/** Data that much older than the newest are no history: the monitor's clock was set back. */
const CLOCK_SET_BACK_S = 60;

export class WardStore extends EventTarget {
  constructor() {
    super();
    /** @type {Map<string, BedState>} */
    this.beds = new Map();
    /** Oldest first. @type {Map<string, Alert>} */
    this.alerts = new Map();
    this.hasSnapshot = false;
  }

  /** @param {ServerMessage} message @param {number} nowMs */
  apply(message, nowMs) {
    switch (message.type) {
      case 'ward':
        this.#takeWard(message.beds, message.alerts, nowMs);
        break;
      case 'bed':
        this.#takeBed(message.bed, nowMs);
        this.dispatchEvent(new Event('beds'));
        break;
      case 'closed':
        if (this.beds.delete(message.stream_id)) this.dispatchEvent(new Event('beds'));
        break;
      case 'vitals':
        this.#takeVitals(message.vitals, nowMs);
        break;
      case 'alert':
        this.takeAlert(message.alert);
        break;
      case 'refused':
        console.warn('the server refused a message:', message.detail);
        break;
      default:
        // A pulse only shows that the connection stands; whether data come is the page's own judgement.
        break;
    }
  }

  /**
   * New columns of a bed. Columns of the past, sent again, are no new data.
   * @param {string} streamId
   * @param {number} endS  data time
   * @param {number} nowMs
   */
  noteData(streamId, endS, nowMs) {
    const state = this.beds.get(streamId);
    if (!state || (endS <= state.newestDataS && endS > state.newestDataS - CLOCK_SET_BACK_S)) return;
    state.newestDataS = endS;
    state.lastNewMs = nowMs;
  }

  /** Seconds without new data, or null while they come. @param {string} streamId @param {number} nowMs @returns {number|null} */
  silentForS(streamId, nowMs) {
    const state = this.beds.get(streamId);
    if (!state) return null;
    const silentMs = nowMs - state.lastNewMs;
    return silentMs > NO_DATA_AFTER_MS ? silentMs / 1000 : null;
  }

  /** Data time of a bed, or null. @param {string} streamId */
  dataNowMs(streamId) {
    const newestS = this.beds.get(streamId)?.newestDataS ?? 0;
    return newestS > 0 ? newestS * 1000 : null;
  }

  /** The alerts to be seen on a bed's tile. @param {string} streamId @returns {Alert[]} */
  shownAlerts(streamId) {
    return [...this.alerts.values()].filter((alert) => alert.stream_id === streamId && isShown(alert));
  }

  /** @param {Alert} alert */
  takeAlert(alert) {
    const before = this.alerts.get(alert.id);
    const after = merged(before, alert);
    this.alerts.set(alert.id, after);
    this.#forget();
    this.dispatchEvent(new CustomEvent('alert', { detail: /** @type {AlertChange} */ ({ alert: after, before }) }));
  }

  /** @param {Bed[]} beds @param {Alert[]} alerts @param {number} nowMs */
  #takeWard(beds, alerts, nowMs) {
    const isFirst = !this.hasSnapshot;
    const names = new Set(beds.map((bed) => bed.stream_id));
    for (const name of [...this.beds.keys()]) if (!names.has(name)) this.beds.delete(name);
    beds.forEach((bed) => this.#takeBed(bed, nowMs));
    const known = this.alerts;
    this.alerts = new Map(alerts.map((alert) => [alert.id, merged(known.get(alert.id), alert)]));
    this.hasSnapshot = true;
    this.dispatchEvent(new Event('beds'));
    // What was raised while the connection was lost is news; what stood before the page was opened is not.
    for (const alert of this.alerts.values()) {
      const before = isFirst ? alert : known.get(alert.id);
      this.dispatchEvent(new CustomEvent('alert', { detail: /** @type {AlertChange} */ ({ alert, before }) }));
    }
  }

  /** @param {Bed} bed @param {number} nowMs */
  #takeBed(bed, nowMs) {
    const state = this.beds.get(bed.stream_id);
    if (state) state.bed = bed;
    else this.beds.set(bed.stream_id, { bed, vitals: null, newestDataS: 0, lastNewMs: nowMs, isWatched: false });
    if (bed.vitals) this.#takeVitals(bed.vitals, nowMs);
  }

  /** @param {Vitals} vitals @param {number} nowMs */
  #takeVitals(vitals, nowMs) {
    const state = this.beds.get(vitals.stream_id);
    if (!state) return;
    state.vitals = vitals;
    if (!state.isWatched) this.noteData(vitals.stream_id, (timeMs(vitals.time) ?? 0) / 1000, nowMs);
    this.dispatchEvent(new CustomEvent('vitals', { detail: vitals }));
  }

  /** The page is open for weeks: what is over is forgotten first. */
  #forget() {
    if (this.alerts.size <= MOST_ALERTS) return;
    const over = [...this.alerts.values()].find((alert) => !stands(alert));
    const oldest = over?.id ?? this.alerts.keys().next().value;
    if (oldest !== undefined) this.alerts.delete(oldest);
  }
}
