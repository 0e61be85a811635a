// The sweep: where a column lies, how wide the gap is, how fast a tile runs, and what is drawn.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { mostColumnsPerSecond, sweepSpeed, trueSpeed } from '../../../src/board/page/sweep-speed.js';
import { eraseGapPx, SweepTrace, sweepX } from '../../../src/board/page/sweep-trace.js';

test('columns run over the width and begin again', () => {
  assert.deepEqual([0, 1, 99, 100, 101].map((column) => sweepX(column, 100)), [0, 1, 99, 0, 1]);
  assert.equal(sweepX(-1, 100), 99);
  assert.equal(sweepX(170_000_000_000, 333), 170_000_000_000 % 333);
});

test('the gap is seen, and never the whole width', () => {
  assert.equal(eraseGapPx(1000), 40);
  assert.equal(eraseGapPx(100), 8);
  assert.equal(eraseGapPx(6), 5);
});

test('a tile shows three to twelve seconds', () => {
  for (const [widthPx, ratio] of /** @type {[number, number][]} */ ([[200, 1], [240, 2], [460, 1], [900, 3], [1900, 1]])) {
    const { columnsPerSecond, sweepS } = sweepSpeed(widthPx, ratio, 1000);
    assert.ok(sweepS > 2.9 && sweepS < 12.2, `${widthPx} px: ${sweepS} s`);
    assert.ok(Number.isInteger(columnsPerSecond));
  }
});

test('there are never more columns than samples', () => {
  assert.ok(sweepSpeed(2000, 3, 125).columnsPerSecond < 125);
  assert.ok(trueSpeed(50, 3.78, 128).columnsPerSecond < 128);
  assert.equal(mostColumnsPerSecond(500), 450);
});

test('25 mm/s are 25 mm/s', () => {
  const { columnsPerSecond, columnsPerPx } = trueSpeed(25, 96 / 25.4, 500);
  assert.ok(Math.abs(columnsPerSecond / columnsPerPx / (96 / 25.4) - 25) < 0.001);
});

/** A canvas that notes what is drawn. */
function notingCanvas() {
  /** @type {[string, number, number, number, number][]} */
  const calls = [];
  const context = {
    fillStyle: '',
    fillRect: (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ width, /** @type {number} */ height) => calls.push(['fill', x, y, width, height]),
    clearRect: (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ width, /** @type {number} */ height) => calls.push(['clear', x, y, width, height]),
  };
  const canvas = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ ({ width: 0, height: 0, getContext: () => context }));
  return { canvas, calls };
}

/** @param {number} widthPx */
function sweepOf(widthPx) {
  const { canvas, calls } = notingCanvas();
  const sweep = new SweepTrace(canvas, { isOpaque: false });
  sweep.resize(widthPx, 100, 1, 1);
  sweep.restart(1000);
  sweep.setScale({ centreUv: 0, pxPerMv: 10 });
  return { sweep, calls };
}

test('a step draws the new columns only and clears as many ahead', () => {
  const { sweep, calls } = sweepOf(200);
  sweep.ring.push(0, new Int16Array(2 * 300));
  sweep.drawTo(250);
  calls.length = 0;
  sweep.drawTo(253);
  const filled = calls.filter(([kind]) => kind === 'fill');
  assert.deepEqual(filled.map(([, x]) => x), [50, 51, 52]);
  assert.deepEqual(calls.filter(([kind]) => kind === 'clear').map(([, x, , width]) => [x, width]), [[58, 3]]);
});

test('the gap goes round the right edge', () => {
  const { sweep, calls } = sweepOf(100);
  sweep.ring.push(0, new Int16Array(2 * 300));
  sweep.drawTo(190);
  calls.length = 0;
  sweep.drawTo(194);
  assert.deepEqual(calls.filter(([kind]) => kind === 'clear').map(([, x, , width]) => [x, width]), [[98, 2], [0, 2]]);
});

test('a column reaches to the one before, across a gap it does not', () => {
  const { sweep, calls } = sweepOf(100);
  sweep.ring.push(0, Int16Array.of(0, 0, 2000, 3000, -32768, -32768, 0, 0));
  sweep.drawTo(4);
  const filled = calls.filter(([kind]) => kind === 'fill').map(([, x, y, , height]) => [x, y, y + height]);
  assert.deepEqual(filled, [[0, 49.5, 50.5], [1, 19.5, 50.5], [3, 49.5, 50.5]]);
});

test('a paused trace lies from left to right and does not change', () => {
  const { sweep, calls } = sweepOf(100);
  sweep.ring.push(0, new Int16Array(2 * 400));
  sweep.hold();
  sweep.ring.push(400, new Int16Array(2 * 1200).fill(77));
  calls.length = 0;
  sweep.drawStill(350);
  const xs = calls.filter(([kind]) => kind === 'fill').map(([, x]) => x);
  assert.deepEqual([xs[0], xs.at(-1), xs.length], [0, 99, 100]);
});
