// The bursts keep to IEC 60601-1-8.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { burst } from '../../../src/board/page/bursts.js';

/** Pauses between pulses. @param {import('../../../src/board/page/bursts.js').Pulse[]} pulses */
const gaps = (pulses) => pulses.slice(1).map((pulse, index) => pulse.startS - (pulses[index]?.startS ?? 0) - (pulses[index]?.durationS ?? 0));

test('high: ten pulses, 3-2 3-2', () => {
  const { pulses, repeatS } = burst('high');
  assert.equal(pulses.length, 10);
  const [a = 0, b = 0, c = 0, d = 0, e = 0, ...rest] = gaps(pulses);
  for (const gap of [a, b, d]) assert.ok(gap >= 0.05 && gap <= 0.125);
  assert.ok(Math.abs(c - (2 * a + 0.15)) < 1e-9, 'the pause within a half');
  assert.ok(e >= 0.35 && e <= 1.3, 'the pause between the halves');
  assert.deepEqual(rest.map((gap) => gap.toFixed(3)), [a, b, c, d].map((gap) => gap.toFixed(3)));
  for (const pulse of pulses) assert.ok(pulse.durationS >= 0.075 && pulse.durationS <= 0.2);
  const last = pulses.at(-1);
  const pauseS = repeatS - (last ? last.startS + last.durationS : 0);
  assert.ok(pauseS >= 2.5 && pauseS <= 15);
});

test('medium: three pulses', () => {
  const { pulses, repeatS } = burst('medium');
  assert.equal(pulses.length, 3);
  for (const gap of gaps(pulses)) assert.ok(gap >= 0.125 && gap <= 0.25);
  for (const pulse of pulses) assert.ok(pulse.durationS >= 0.125 && pulse.durationS <= 0.25);
  assert.ok(repeatS >= 2.5 && repeatS <= 30);
});

test('low and technical: one or two pulses, seldom', () => {
  for (const priority of /** @type {const} */ (['low', 'technical'])) {
    const { pulses, repeatS } = burst(priority);
    assert.ok(pulses.length <= 2 && repeatS > 15);
  }
});

test('tones lie between 150 and 1000 Hz', () => {
  for (const pulse of burst('high').pulses) assert.ok(pulse.frequencyHz > 150 && pulse.frequencyHz < 1000);
});
