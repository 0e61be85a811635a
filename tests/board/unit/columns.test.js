// Frames of columns: what the server sends is read as it was meant, and half a frame is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeColumns, decodeFrame, GAP_UV } from '../../../src/board/page/columns.js';
import { frame } from './frames.js';

test('a frame gives its watch, its rate and its records', () => {
  const read = decodeFrame(frame(3, 100, [{ trace: 0, first: 170000000000, columns: [[-10, 20], [GAP_UV, GAP_UV]] }, { trace: 7, first: 12, columns: [[1, 2]] }]));
  assert.equal(read?.watch, 3);
  assert.equal(read?.columnsPerSecond, 100);
  assert.deepEqual(read?.records.map((record) => [record.trace, record.firstColumn, [...record.valuesUv]]), [[0, 170000000000, [-10, 20, GAP_UV, GAP_UV]], [7, 12, [1, 2]]]);
});

test('a frame without records is one', () => {
  assert.deepEqual(decodeFrame(frame(0, 50, [])), { watch: 0, columnsPerSecond: 50, records: [] });
});

test('what is cut short, of another version or of another kind is refused', () => {
  const whole = frame(0, 100, [{ trace: 0, first: 5, columns: [[1, 2], [3, 4]] }]);
  for (const length of [0, 3, 11, 13, 23, 25, whole.byteLength - 1]) assert.equal(decodeFrame(whole.slice(0, length)), null, String(length));
  for (const at of [0, 1]) {
    const other = whole.slice(0);
    new Uint8Array(other)[at] = 9;
    assert.equal(decodeFrame(other), null);
  }
  assert.equal(decodeFrame(frame(0, Number.NaN, [])), null);
});

test('bare columns are read, a lone byte at the end is left out', () => {
  const bytes = new Uint8Array([1, 0, 255, 255, 0, 128, 0, 128, 7]);
  assert.deepEqual([...decodeColumns(bytes.buffer)], [1, -1, GAP_UV, GAP_UV]);
});
