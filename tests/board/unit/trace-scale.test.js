// The scale of a small trace fits the waves and changes seldom.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ColumnRing } from '../../../src/board/page/column-ring.js';
import { fittingScale, rangeUv, steadyCentreUv } from '../../../src/board/page/trace-scale.js';

test('the range is that of the samples; without samples there is none', () => {
  const ring = new ColumnRing(10);
  assert.equal(rangeUv(ring, 0, 10), null);
  ring.push(0, Int16Array.of(-5, 10, -32768, -32768, -20, 3));
  assert.deepEqual(rangeUv(ring, 0, 10), { lowUv: -20, highUv: 10 });
});

test('small changes keep the scale, large ones do not', () => {
  const first = fittingScale({ lowUv: -500, highUv: 1000 }, 100, null);
  assert.equal(first.pxPerMv, 50);
  assert.equal(fittingScale({ lowUv: -400, highUv: 900 }, 100, first), first);
  assert.equal(fittingScale({ lowUv: -3000, highUv: 2000 }, 100, first).pxPerMv, 100 / 6);
  assert.equal(fittingScale({ lowUv: -10, highUv: 100 }, 100, first).pxPerMv, 100);
  assert.equal(fittingScale(null, 100, first), first);
});

test('an offset is followed in steps, a wave is not', () => {
  const ring = new ColumnRing(400);
  ring.push(0, new Int16Array(800).fill(2000));
  assert.equal(steadyCentreUv(ring, 0, 400, 0), 2000);
  assert.equal(steadyCentreUv(ring, 0, 400, 1900), 1900);
  ring.push(400, new Int16Array(800).map((_, index) => (index % 40 < 4 ? 1500 : 0)));
  assert.equal(steadyCentreUv(ring, 400, 800, 0), 0);
});
