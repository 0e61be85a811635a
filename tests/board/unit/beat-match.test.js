// Our beats beside the reference.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { beatClass, compareBeats, firstAtOrAfter } from '../../../src/board/page/beat-match.js';

/** @param {[number, string][]} entries */
const beats = (entries) => entries.map(([s, name]) => ({ s, class: name }));
/** @param {[number, string][]} entries */
const marks = (entries) => entries.map(([s, symbol]) => ({ s, symbol }));

test('agreement, another class, only one side', () => {
  const compared = compareBeats(beats([[1, 'N'], [2, 'V'], [3, 'N'], [4.5, 'N']]), marks([[1.02, 'N'], [2.05, 'N'], [4.48, 'L'], [6, 'V']]));
  assert.deepEqual(compared.ours.map((beat) => beat.verdict), ['agrees', 'differs', 'alone', 'agrees']);
  assert.deepEqual(compared.reference.map((beat) => beat.verdict), ['agrees', 'differs', 'agrees', 'alone']);
  assert.deepEqual(compared.differencesS, [2, 3, 6]);
});

test('the nearer of two beats is taken', () => {
  const compared = compareBeats(beats([[0.9, 'N'], [1.01, 'N']]), marks([[1, 'N']]));
  assert.deepEqual(compared.ours.map((beat) => beat.verdict), ['alone', 'agrees']);
});

test('what lies further apart than 150 ms is no pair', () => {
  assert.deepEqual(compareBeats(beats([[1, 'N']]), marks([[1.16, 'N']])).ours[0]?.verdict, 'alone');
  assert.deepEqual(compareBeats(beats([[1, 'N']]), marks([[1.14, 'N']])).ours[0]?.verdict, 'agrees');
});

test('rhythm notes are no beats; without a reference nothing differs', () => {
  const compared = compareBeats(beats([[1, 'N']]), [{ s: 0.5, symbol: '+', aux: '(AFIB' }]);
  assert.deepEqual(compared.notes.map((note) => note.aux), ['(AFIB']);
  assert.deepEqual(compared.differencesS, []);
});

test('classes of symbols', () => {
  assert.deepEqual(['N', 'L', 'A', 'V', 'E', 'F', '/', 'Q', '+', '~'].map(beatClass), ['N', 'N', 'S', 'V', 'V', 'F', 'P', 'Q', null, null]);
});

test('the first entry at or after a second', () => {
  const entries = [{ s: 1 }, { s: 2 }, { s: 3 }];
  assert.deepEqual([0, 1, 1.5, 3, 4].map((second) => firstAtOrAfter(entries, second)), [0, 0, 1, 2, 3]);
});
