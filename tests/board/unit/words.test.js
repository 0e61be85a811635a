// Addresses, times, values and notes in words.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { waitMs } from '../../../src/board/page/connection.js';
import { durationText, positionText, secondsBetween, timeMs } from '../../../src/board/page/data-time.js';
import { inStandardOrder, qualityText, usualLead } from '../../../src/board/page/leads.js';
import { newestAlerts } from '../../../src/board/page/newest-alerts.js';
import { readingNotes } from '../../../src/board/page/reading.js';
import { hashOfSecond, nextSecond, secondOfHash, stretchStart } from '../../../src/board/page/replay-position.js';
import { route } from '../../../src/board/page/route.js';
import { base64Url } from '../../../src/board/page/session.js';
import { leadsText, measuredText, numberText, secondsText, statedText, verdictKind } from '../../../src/board/page/verdicts.js';
import { alertOf } from './alerts.js';

test('addresses', () => {
  assert.deepEqual(route('/'), { view: 'ward' });
  assert.deepEqual(route('/beds/a%2Fb%20c/'), { view: 'bed', streamId: 'a/b c' });
  assert.deepEqual(route('/alerts/123'), { view: 'alert', alertId: '123' });
  assert.deepEqual(route('/replay'), { view: 'replay' });
  for (const path of ['/beds', '/beds/%E0%A4%A', '/x/y', '/beds/a/b', '/replay/x']) assert.deepEqual(route(path), { view: 'missing' }, path);
});

test('the second in the address', () => {
  assert.equal(secondOfHash('#t=123.4'), 123.4);
  for (const hash of ['', '#', '#t=', '#t=x', '#t=-1', '#t=Infinity']) assert.equal(secondOfHash(hash), null, hash);
  assert.equal(hashOfSecond(123.449), '#t=123.4');
  assert.deepEqual([0, 3, 50, 99].map((second) => stretchStart(second, 10, 100)), [0, 0, 45, 90]);
  assert.equal(nextSecond([1, 2, 3], 2, 1), 3);
  assert.equal(nextSecond([1, 2, 3], 2, -1), 1);
  assert.equal(nextSecond([1, 2, 3], 3, 1), null);
});

test('times', () => {
  assert.equal(positionText(65.25), '1:05.3');
  assert.equal(positionText(59.96), '1:00.0');
  assert.equal(positionText(3725, 0), '1:02:05');
  assert.equal(timeMs('nonsense'), null);
  assert.equal(secondsBetween('2026-11-28T10:00:00Z', '2026-11-28T10:00:04.25Z'), 4.25);
  assert.deepEqual([4.2, 300, 7200].map(durationText), ['4 s', '5 min', '2 h']);
});

test('a token as a sub-protocol: base64url without padding', () => {
  for (const token of ['a', 'ward/token+with=signs~0123456789', 'späces and 心']) assert.equal(base64Url(token), Buffer.from(token, 'utf8').toString('base64url'));
});

test('what was not measured has no seconds', () => {
  assert.equal(secondsText(0, 0), '\u2013');
  assert.equal(secondsText(0.254, 7.232), '0.25 to 7.23 s');
});

test('waiting times double and end at fifteen seconds', () => {
  assert.deepEqual([0, 1, 2, 10].map((tries) => waitMs(tries, 0.5)), [500, 1000, 2000, 15_000]);
});

test('values of claims', () => {
  const claim = { text: '', from: 0, to: 0, kind: 'measurement', about: 'QRS duration', denied: false, hedged: false, leads: [], verdict: 'supported', from_s: 0, to_s: 10 };
  assert.equal(statedText({ ...claim, value: 60, value_to: 100, unit: 'bpm' }), '60\u2013100 bpm');
  assert.equal(statedText({ ...claim, denied: true }), 'denied');
  assert.equal(statedText(claim), '\u2013');
  assert.equal(measuredText({ ...claim, measured: 0.0966, unit: 'mV' }), '0.097 mV');
  assert.deepEqual([1234.5, 12.34, 1.234, -0.5, 0].map(numberText), ['1235', '12.3', '1.23', '\u22120.5', '0']);
  assert.deepEqual(['supported', 'contradicted', 'not_measurable', 'not_checkable'].map(verdictKind), ['supported', 'contradicted', 'open', 'open']);
  assert.equal(leadsText(['V1', 'V2']), 'V1, V2');
});

test('leads', () => {
  assert.deepEqual(inStandardOrder(['V1', 'MLII', 'I', 'aVR']), ['I', 'aVR', 'V1', 'MLII']);
  assert.deepEqual([usualLead(['I', 'II']), usualLead(['V5', 'MLII']), usualLead([])], ['II', 'V5', '']);
  assert.deepEqual([qualityText('off'), qualityText('something'), qualityText(undefined)], ['lead off', 'something', 'unknown']);
});

test('the newest alerts first', () => {
  const alerts = [alertOf({ id: 'old', raised_at: '2026-11-28T09:00:00Z' }), alertOf({ id: 'new', raised_at: '2026-11-28T11:00:00Z' }), alertOf({ id: 'middle', raised_at: '2026-11-28T10:00:00Z' })];
  assert.deepEqual(newestAlerts(alerts, 2).map((alert) => alert.id), ['new', 'middle']);
});

test('what must be known about a reading', () => {
  const reading = { model: 'm', trained: false, text: '', remark: 'untrained weights', absent_leads: ['V3'], derived_leads: [], claims: [], contradicted: true };
  assert.equal(readingNotes(reading).length, 4);
  assert.equal(readingNotes({ ...reading, trained: true, remark: null, absent_leads: [], contradicted: false }).length, 0);
});
