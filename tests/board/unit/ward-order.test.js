// Order, filters and layout of the ward.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { byName, isWanted, orderedBeds, tileLayout } from '../../../src/board/page/ward-order.js';
import { nextIndex } from '../../../src/board/page/tile-arrows.js';
import { alertOf } from './alerts.js';

/** @param {string} streamId @param {Partial<import('./alerts.js').Alert>[]} alerts @param {boolean} [hasData] */
const bed = (streamId, alerts, hasData = true) => ({ streamId, alerts: alerts.map(alertOf), hasData });

test('numbers in names count as numbers', () => {
  assert.deepEqual(['bed-10', 'bed-2', 'Bed-1', 'bed-1'].sort(byName), ['Bed-1', 'bed-1', 'bed-2', 'bed-10']);
});

test('by acuity: alarms first, a bed without data between medium and low, then by name', () => {
  const beds = [bed('calm-2', []), bed('calm-1', []), bed('low', [{ priority: 'low' }]), bed('silent', [], false), bed('medium', [{ priority: 'medium' }]), bed('high', [{ priority: 'low' }, { priority: 'high' }]), bed('noted', [{ priority: 'high', state: 'acknowledged', acknowledged_by: 'x' }])];
  assert.deepEqual(orderedBeds(beds, 'acuity'), ['high', 'noted', 'medium', 'silent', 'low', 'calm-1', 'calm-2']);
  assert.deepEqual(orderedBeds(beds, 'bed'), ['calm-1', 'calm-2', 'high', 'low', 'medium', 'noted', 'silent']);
});

test('the filters', () => {
  assert.ok(isWanted(bed('bed-1', []), 'all', ''));
  assert.ok(!isWanted(bed('bed-1', []), 'alarms', ''));
  assert.ok(isWanted(bed('bed-1', [], false), 'alarms', ''), 'no data is an alarm');
  assert.ok(isWanted(bed('bed-1', []), 'all', ' BED-1 '));
  assert.ok(isWanted(bed('bed-1', [{}]), 'all', 'asyst'));
  assert.ok(!isWanted(bed('bed-1', [{}]), 'all', 'bed-2'));
});

test('32 beds fit a screen of 1920 by 1080, one bed does not fill it', () => {
  const room = { widthPx: 1904, heightPx: 900, gapPx: 8, minWidthPx: 210, minHeightPx: 170, maxHeightPx: 460 };
  const many = tileLayout(32, room);
  assert.ok(Math.ceil(32 / many.columns) * (many.heightPx + 8) - 8 <= 900);
  assert.equal(tileLayout(1, room).heightPx, 460);
  assert.equal(tileLayout(4, room).columns, 2);
});

test('more beds than fit keep a size that can be read; a phone has one column', () => {
  const room = { widthPx: 344, heightPx: 500, gapPx: 8, minWidthPx: 210, minHeightPx: 170, maxHeightPx: 460 };
  assert.deepEqual(tileLayout(40, room), { columns: 1, heightPx: 170 });
  assert.deepEqual(tileLayout(0, room), { columns: 1, heightPx: 170 });
});

test('arrow keys stay within the tiles', () => {
  assert.equal(nextIndex(0, 10, 4, 'ArrowRight'), 1);
  assert.equal(nextIndex(1, 10, 4, 'ArrowDown'), 5);
  assert.equal(nextIndex(8, 10, 4, 'ArrowDown'), 8);
  assert.equal(nextIndex(0, 10, 4, 'ArrowLeft'), 0);
});
