// The sums of the calipers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { caliperReading, caliperText, movedLeg, signedText } from '../../../src/board/page/calipers.js';

test('interval, rate and difference', () => {
  assert.deepEqual(caliperReading({ firstS: 1, secondS: 1.8, firstMv: 0.1, secondMv: 1.35 }), { intervalMs: 800, rateBpm: 75, differenceMv: 1.25 });
  assert.equal(caliperReading({ firstS: 1.8, secondS: 1, firstMv: 0, secondMv: 0 }).intervalMs, 800);
});

test('legs on one another give no rate', () => {
  assert.equal(caliperReading({ firstS: 1, secondS: 1.01, firstMv: 0, secondMv: 0 }).rateBpm, null);
  assert.equal(caliperText(caliperReading({ firstS: 1, secondS: 1, firstMv: 0, secondMv: -0.2 })), '0 ms, - bpm, \u22120.20 mV');
});

test('signs', () => {
  assert.deepEqual([0.051, -0.1, 0, -0.001].map(signedText), ['+0.05', '\u22120.10', '0.00', '0.00']);
});

test('keys move a leg within its limits', () => {
  const limits = { step: 0.01, least: 0, most: 1 };
  assert.equal(movedLeg(0.5, 'ArrowRight', false, limits), 0.51);
  assert.equal(movedLeg(0.5, 'ArrowLeft', true, limits), 0.4);
  assert.equal(movedLeg(0.995, 'ArrowUp', false, limits), 1);
  assert.equal(movedLeg(0.5, 'End', false, limits), 1);
  assert.equal(movedLeg(0.5, 'x', false, limits), null);
});
