// Byte offsets of claims become pieces of text, whatever the script.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { textOffsets, textPieces } from '../../../src/board/page/text-spans.js';

const encoder = new TextEncoder();
/** @param {string} text @param {string} part */
const bytesOf = (text, part) => {
  const from = encoder.encode(text.slice(0, text.indexOf(part))).length;
  return { from, to: from + encoder.encode(part).length };
};

test('offsets agree with the encoder for one to four bytes', () => {
  const text = 'QTc ≥ 480 ms – Größe 🫀 心 end';
  for (let unit = 0; unit <= text.length; unit += 1) {
    // Not within a surrogate pair.
    if (unit > 0 && /[\ud800-\udbff]/.test(text[unit - 1] ?? '')) continue;
    assert.deepEqual(textOffsets(text, [encoder.encode(text.slice(0, unit)).length]), [unit]);
  }
});

test('offsets in any order; beyond the text means its end', () => {
  assert.deepEqual(textOffsets('añb', [4, 0, 99, 1]), [3, 0, 3, 1]);
});

test('an offset within a character means its start', () => {
  assert.deepEqual(textOffsets('a🫀b', [2, 3, 4, 5]), [1, 1, 1, 3]);
});

test('pieces join to the text again', () => {
  const text = 'Rate ≈ 75 bpm – regular, no ST elevation.';
  const claims = [bytesOf(text, '75 bpm'), bytesOf(text, 'regular'), bytesOf(text, 'no ST elevation')];
  const pieces = textPieces(text, claims);
  assert.equal(pieces.map((piece) => piece.text).join(''), text);
  assert.deepEqual(pieces.filter((piece) => piece.claims.length > 0).map((piece) => piece.text), ['75 bpm', 'regular', 'no ST elevation']);
});

test('claims within claims: the shortest comes first', () => {
  const text = 'sinus rhythm at 75 bpm';
  const pieces = textPieces(text, [bytesOf(text, 'sinus rhythm at 75 bpm'), bytesOf(text, '75 bpm')]);
  assert.deepEqual(pieces, [{ text: 'sinus rhythm at ', claims: [0] }, { text: '75 bpm', claims: [1, 0] }]);
});

test('claims without length or turned round mark nothing', () => {
  assert.deepEqual(textPieces('abc', [{ from: 1, to: 1 }, { from: 3, to: 1 }]).flatMap((piece) => piece.claims), []);
  assert.deepEqual(textPieces('', []), []);
});
