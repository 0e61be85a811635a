// The ring of columns: contiguous pushes, jumps, repetition, and what is forgotten.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ColumnRing } from '../../../src/board/page/column-ring.js';
import { GAP_UV } from '../../../src/board/page/columns.js';

/** @param {number} from @param {number} to */
const values = (from, to) => Int16Array.from({ length: 2 * (to - from) }, (_, index) => from + Math.floor(index / 2));
/** @param {ColumnRing} ring @param {number} from @param {number} to */
const lows = (ring, from, to) => Array.from({ length: to - from }, (_, index) => ring.lowUv(from + index));

test('columns come out as they went in', () => {
  const ring = new ColumnRing(10);
  ring.push(100, values(100, 104));
  ring.push(104, values(104, 106));
  assert.deepEqual(lows(ring, 99, 107), [GAP_UV, 100, 101, 102, 103, 104, 105, GAP_UV]);
});

test('the oldest are forgotten', () => {
  const ring = new ColumnRing(4);
  ring.push(0, values(0, 10));
  assert.deepEqual([ring.startColumn, ring.endColumn], [6, 10]);
  assert.deepEqual(lows(ring, 5, 11), [GAP_UV, 6, 7, 8, 9, GAP_UV]);
});

test('a jump leaves a gap, a jump beyond the ring starts anew', () => {
  const ring = new ColumnRing(10);
  ring.push(0, values(0, 3));
  ring.push(5, values(5, 7));
  assert.deepEqual(lows(ring, 0, 7), [0, 1, 2, GAP_UV, GAP_UV, 5, 6]);
  ring.push(1000, values(1000, 1002));
  assert.deepEqual([ring.startColumn, ring.endColumn, ring.lowUv(6), ring.lowUv(1001)], [1000, 1002, GAP_UV, 1001]);
});

test('history that is sent again changes nothing, history before it is added', () => {
  const ring = new ColumnRing(20);
  ring.push(10, values(10, 16));
  ring.push(8, values(8, 14));
  assert.deepEqual([ring.startColumn, ring.endColumn], [8, 16]);
  assert.deepEqual(lows(ring, 8, 16), [8, 9, 10, 11, 12, 13, 14, 15]);
});

test('a copy stays as it is', () => {
  const ring = new ColumnRing(4);
  ring.push(0, values(0, 4));
  const copy = ring.copy();
  ring.push(4, values(4, 8));
  assert.deepEqual(lows(copy, 0, 4), [0, 1, 2, 3]);
});
