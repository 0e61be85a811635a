// The page: where leads lie, at true scale, and where a stretch of time is on it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { medianUv, MM_PER_S, paperLayout, paperMarks, tracePath, usualForm } from '../../../src/board/page/paper-layout.js';
import { STANDARD_LEADS } from '../../../src/board/page/leads.js';

test('twelve leads: three rows of four and lead II below', () => {
  const { cells, widthMm } = paperLayout(STANDARD_LEADS, 10, 'grid');
  assert.equal(cells.length, 13);
  assert.deepEqual(cells.filter((cell) => cell.yMm === cells[0]?.yMm).map((cell) => cell.lead), ['I', 'aVR', 'V1', 'V4']);
  assert.deepEqual(cells.map((cell) => [cell.fromS, cell.toS]).slice(0, 4), [[0, 2.5], [0, 2.5], [0, 2.5], [2.5, 5]]);
  assert.deepEqual([cells[12]?.lead, cells[12]?.widthMm], ['II', 250]);
  assert.ok(widthMm > 250 && widthMm < 270);
});

test('few leads get a row each, in full', () => {
  assert.equal(usualForm(['MLII', 'V5']), 'rows');
  assert.equal(usualForm(STANDARD_LEADS), 'grid');
  assert.deepEqual(paperLayout(['MLII', 'V5'], 10, 'rows').cells.map((cell) => [cell.lead, cell.widthMm]), [['V5', 250], ['MLII', 250]]);
});

test('a stretch is marked on its leads, and as time on the rhythm strip', () => {
  const layout = paperLayout(STANDARD_LEADS, 10, 'grid');
  const marks = paperMarks(layout, { leads: ['V1'], fromS: 5, toS: 6 });
  assert.deepEqual(marks.map((mark) => [mark.lead, mark.isTimeOnly, mark.widthMm]), [['V1', false, MM_PER_S], ['II', true, MM_PER_S]]);
  assert.equal(paperMarks(layout, { leads: ['V1'], fromS: 0, toS: 1 }).filter((mark) => !mark.isTimeOnly).length, 0, 'V1 shows other seconds');
});

test('what begins before the page is cut, a moment is still seen, no lead means all', () => {
  const layout = paperLayout(['I', 'II'], 10, 'rows');
  const [before] = paperMarks(layout, { leads: ['I'], fromS: -3, toS: 2 });
  assert.deepEqual([before?.xMm, before?.widthMm], [layout.cells[0]?.xMm, 50]);
  assert.equal(paperMarks(layout, { leads: ['I'], fromS: -3, toS: -1 }).length, 0);
  assert.equal(paperMarks(layout, { leads: ['I'], fromS: 4, toS: 4 })[0]?.widthMm, 1);
  assert.equal(paperMarks(layout, { leads: [], fromS: 0, toS: 1 }).length, 2);
  assert.equal(paperMarks(layout, { leads: ['I'], fromS: 0, toS: 0 }).length, 0, 'not measured');
});

test('a trace is drawn at 25 mm/s and 10 mm/mV, with holes', () => {
  const [cell] = paperLayout(['I'], 1, 'rows').cells;
  assert.ok(cell);
  const middleMm = cell.yMm + cell.heightMm / 2;
  const path = tracePath([0, 1000, null, -500], 4, cell, 0);
  assert.equal(path, `M${cell.xMm.toFixed(2)} ${middleMm.toFixed(2)}L${(cell.xMm + 6.25).toFixed(2)} ${(middleMm - 10).toFixed(2)}M${(cell.xMm + 18.75).toFixed(2)} ${(middleMm + 5).toFixed(2)}`);
});

test('the middle is what most samples lie around', () => {
  assert.equal(medianUv([0, 0, null, 5000, 10]), 10);
  assert.equal(medianUv([null]), 0);
});
