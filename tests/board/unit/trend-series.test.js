// The sums of the trend charts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lastHours, linePath, roundLimits, roundStep } from '../../../src/board/page/trend-series.js';

test('the last hours', () => {
  assert.deepEqual(lastHours([1, 2, 3, 4, 5], 1800, 1), [4, 5]);
  assert.deepEqual(lastHours([1, 2], 10, 24), [1, 2]);
});

test('round limits around the values', () => {
  assert.deepEqual(roundLimits([60, 72, null, 81], 40), { low: 50, high: 100 });
  assert.deepEqual(roundLimits([], 10), { low: 0, high: 10 });
  const { low, high } = roundLimits([0.05], 0.4);
  assert.ok(low === 0 && high >= 0.24 && high < 0.41, 'what cannot be negative gets no negative limit');
  assert.ok(roundLimits([-0.05], 0.4).low <= -0.24);
});

test('round steps', () => {
  assert.deepEqual([0.9, 3, 7, 12, 0.03].map((least) => Number(roundStep(least).toPrecision(3))), [1, 5, 10, 20, 0.05]);
});

test('unknown values are holes, a lone value is a dot', () => {
  const frame = { widthPx: 100, heightPx: 10, low: 0, high: 10, count: 5 };
  assert.equal(linePath([0, 10, null, 5, null], frame), 'M0.0 10.0L0.0 10.0L25.0 0.0M75.0 5.0L75.0 5.0');
});

test('fewer values than the width stands for lie at the right', () => {
  assert.ok(linePath([1], { widthPx: 100, heightPx: 10, low: 0, high: 10, count: 5 }).startsWith('M100.0'));
});

test('more values than pixels show their lowest and highest', () => {
  const path = linePath([0, 9, 1, 5], { widthPx: 2, heightPx: 10, low: 0, high: 10, count: 4 });
  assert.equal(path, 'M0.0 10.0L0.0 1.0L1.3 9.0L1.3 5.0');
});
