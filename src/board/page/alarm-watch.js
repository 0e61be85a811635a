/**
 * What for: makes alarms heard, on whatever view the viewer is. In: the store and the connection. Out: bursts, and words for screen readers.
 * A lost connection sounds as a technical alarm: silence must never mean "all is well" (IEC 60601-1-8).
 */

import { coalesced } from './coalesce.js';
import { byUrgency, isNews, PRIORITY_TEXTS, sounds } from './alarms.js';

/** @typedef {import('./ward-store.js').AlertChange} AlertChange */

/**
 * @param {import('./ward-store.js').WardStore} store
 * @param {import('./connection.js').Connection} connection
 * @param {import('./sound.js').AlarmSound} sound
 * @param {(text: string, isUrgent: boolean) => void} announce
 */
export function watchAlarms(store, connection, sound, announce) {
  const updateSound = coalesced(() => sound.update(loudest()));
  store.addEventListener('alert', (event) => {
    const { alert, before } = /** @type {CustomEvent<AlertChange>} */ (event).detail;
    if (isNews(before, alert) && (alert.priority === 'high' || alert.priority === 'medium')) {
      announce(`${PRIORITY_TEXTS[alert.priority]} alarm, ${alert.stream_id}: ${alert.name}. ${alert.message}`, alert.priority === 'high');
    }
    updateSound();
  });
  window.setInterval(updateSound, 500);

  function loudest() {
    const heard = [...store.alerts.values()].filter((alert) => sounds(alert, store.dataNowMs(alert.stream_id))).sort(byUrgency)[0];
    if (heard) return heard.priority;
    return connection.state === 'lost' ? 'technical' : null;
  }
}
