// What an alert means for whoever looks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byUrgency, flashes, isNews, isShown, merged, sounds, stands, stateText } from '../../../src/board/page/alarms.js';
import { alertOf } from './alerts.js';

test('raised, continued and latched alarms stand; cleared ones do not', () => {
  for (const state of /** @type {const} */ (['raised', 'escalated', 'continue', 'acknowledged'])) assert.ok(stands(alertOf({ state })), state);
  assert.ok(stands(alertOf({ state: 'latched', cleared_at: '2026-11-28T10:00:09Z' })));
  assert.ok(!stands(alertOf({ state: 'cleared', cleared_at: '2026-11-28T10:00:09Z' })));
  assert.ok(!stands(alertOf({ state: 'acknowledged', cleared_at: '2026-11-28T10:00:09Z' })), 'a latched one ends when somebody takes note');
});

test('what is logged only is neither shown nor flashes nor sounds', () => {
  const logged = alertOf({ announced: false });
  assert.deepEqual([isShown(logged), flashes(logged), sounds(logged, 0)], [false, false, false]);
});

test('high and medium flash until somebody takes note; low and technical do not', () => {
  assert.deepEqual((/** @type {const} */ (['high', 'medium', 'low', 'technical'])).map((priority) => flashes(alertOf({ priority }))), [true, true, false, false]);
  assert.equal(flashes(alertOf({ state: 'acknowledged', acknowledged_by: 'ward-3' })), false);
});

test('an acknowledged alarm is silent until its time is up', () => {
  const alert = alertOf({ state: 'acknowledged', acknowledged_by: 'x', audio_off_until: '2026-11-28T10:02:00Z' });
  assert.equal(sounds(alert, Date.parse('2026-11-28T10:01:59Z')), false);
  assert.equal(sounds(alert, Date.parse('2026-11-28T10:02:00Z')), true);
  assert.equal(sounds(alert, null), false);
});

test('the most urgent first, then what nobody has taken note of, then the newest', () => {
  const alerts = [
    alertOf({ id: 'low', priority: 'low' }), alertOf({ id: 'old', raised_at: '2026-11-28T09:00:00Z' }), alertOf({ id: 'noted', acknowledged_by: 'x', state: 'acknowledged', raised_at: '2026-11-28T11:00:00Z' }),
    alertOf({ id: 'new', raised_at: '2026-11-28T10:30:00Z' }), alertOf({ id: 'technical', priority: 'technical' }), alertOf({ id: 'medium', priority: 'medium' }),
  ];
  assert.deepEqual(alerts.sort(byUrgency).map((alert) => alert.id), ['new', 'old', 'noted', 'medium', 'low', 'technical']);
});

test('a reading changes nothing about whether an alert stands', () => {
  const reading = { model: 'm', trained: true, text: 't', absent_leads: [], derived_leads: [], claims: [], contradicted: false };
  const latched = alertOf({ state: 'latched', cleared_at: '2026-11-28T10:00:09Z' });
  const read = merged(latched, alertOf({ state: 'interpreted', reading }));
  assert.equal(read.state, 'latched');
  assert.equal(read.reading, reading);
  assert.ok(stands(read));
  assert.equal(merged(read, alertOf({ state: 'cleared', cleared_at: '2026-11-28T10:00:09Z' })).reading, reading);
  assert.equal(merged(undefined, alertOf({ state: 'interpreted', reading })).state, 'raised');
  assert.equal(merged(undefined, alertOf({ state: 'interpreted', reading, cleared_at: '2026-11-28T10:00:09Z' })).state, 'cleared');
});

test('news is what is new, worse, or announced after all', () => {
  const alert = alertOf({ priority: 'medium' });
  assert.ok(isNews(undefined, alert));
  assert.ok(!isNews(alert, alertOf({ priority: 'medium', state: 'continue' })));
  assert.ok(isNews(alert, alertOf({ priority: 'high', state: 'escalated' })));
  assert.ok(isNews(alertOf({ priority: 'medium', announced: false }), alert));
  assert.ok(!isNews(undefined, alertOf({ announced: false })));
  assert.ok(!isNews(alert, alertOf({ priority: 'medium', state: 'acknowledged', acknowledged_by: 'x' })));
});

test('the state in words', () => {
  assert.equal(stateText(alertOf({})), 'active');
  assert.equal(stateText(alertOf({ announced: false })), 'logged only');
  assert.equal(stateText(alertOf({ state: 'acknowledged', acknowledged_by: 'ward-3' })), 'acknowledged by ward-3');
  assert.equal(stateText(alertOf({ state: 'latched', cleared_at: '2026-11-28T10:00:09Z' })), 'ended, not acknowledged');
  assert.equal(stateText(alertOf({ state: 'cleared', cleared_at: '2026-11-28T10:00:09Z' })), 'ended');
});
