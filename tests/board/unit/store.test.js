// What is known of the ward, and since when a bed is silent.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { WardStore } from '../../../src/board/page/ward-store.js';
import { alertOf } from './alerts.js';

const bed = { stream_id: 'bed-1', leads: ['II'], rate_hz: 500, vitals: null };
/** @param {string} time */
const vitals = (time) => ({ stream_id: 'bed-1', time, heart_rate_bpm: 70, ventricular_beats_a_minute: 0, qtc_ms: null, leads: [] });

test('a bed without new data for five seconds is silent, by the page\u2019s own clock', () => {
  const store = new WardStore();
  store.apply({ type: 'ward', beds: [bed], alerts: [] }, 0);
  assert.equal(store.silentForS('bed-1', 4000), null);
  assert.equal(store.silentForS('bed-1', 6000), 6);
  store.apply({ type: 'vitals', vitals: vitals('2026-11-28T10:00:00Z') }, 6500);
  assert.equal(store.silentForS('bed-1', 7000), null);
  store.apply({ type: 'pulse' }, 12_000);
  assert.equal(store.silentForS('bed-1', 12_000), 5.5);
});

test('history that is sent again is no new data; a clock set back is', () => {
  const store = new WardStore();
  store.apply({ type: 'ward', beds: [bed], alerts: [] }, 0);
  store.noteData('bed-1', 1000, 100);
  store.noteData('bed-1', 995, 9000);
  assert.equal(store.silentForS('bed-1', 9000), 8.9);
  store.noteData('bed-1', 800, 9500);
  assert.equal(store.silentForS('bed-1', 9500), null);
});

test('vitals do not hide that the waveform of a watched bed has stopped', () => {
  const store = new WardStore();
  store.apply({ type: 'ward', beds: [bed], alerts: [] }, 0);
  const state = store.beds.get('bed-1');
  assert.ok(state);
  state.isWatched = true;
  store.apply({ type: 'vitals', vitals: vitals('2026-11-28T10:00:00Z') }, 6000);
  assert.equal(store.silentForS('bed-1', 6000), 6);
});

test('alerts that stood before are no news, those raised while the connection was lost are', () => {
  const store = new WardStore();
  /** @type {(boolean)[]} */
  const isKnown = [];
  store.addEventListener('alert', (event) => isKnown.push(/** @type {CustomEvent} */ (event).detail.before !== undefined));
  store.apply({ type: 'ward', beds: [bed], alerts: [alertOf({ id: 'a' })] }, 0);
  store.apply({ type: 'ward', beds: [bed], alerts: [alertOf({ id: 'a' }), alertOf({ id: 'b' })] }, 10);
  assert.deepEqual(isKnown, [true, true, false]);
});

test('beds come and go', () => {
  const store = new WardStore();
  store.apply({ type: 'bed', bed }, 0);
  store.apply({ type: 'bed', bed: { ...bed, leads: ['II', 'V1'] } }, 1);
  assert.deepEqual(store.beds.get('bed-1')?.bed.leads, ['II', 'V1']);
  store.apply({ type: 'closed', stream_id: 'bed-1' }, 2);
  assert.equal(store.beds.size, 0);
});

test('a thousand alerts are kept, what is over goes first', () => {
  const store = new WardStore();
  store.takeAlert(alertOf({ id: 'standing' }));
  for (let index = 0; index < 1500; index += 1) store.takeAlert(alertOf({ id: String(index), state: 'cleared', cleared_at: '2026-11-28T10:00:09Z' }));
  assert.equal(store.alerts.size, 1000);
  assert.ok(store.alerts.has('standing'));
});
