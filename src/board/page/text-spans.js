/**
 * What for: cuts the text of a reading where claims begin and end. In: the text and claims with byte offsets into its UTF-8
 * form. Out: pieces of text, each with the claims it belongs to.
 */

/** @typedef {{text: string, claims: number[]}} TextPiece  claims: indices, the shortest first */

/**
 * For every byte offset asked for, the offset in the JavaScript text. An offset within a character means its start.
 * @param {string} text
 * @param {number[]} byteOffsets
 * @returns {number[]}
 */
export function textOffsets(text, byteOffsets) {
  const wanted = byteOffsets.map((offset, index) => ({ offset, index })).sort((a, b) => a.offset - b.offset);
  const found = new Array(byteOffsets.length).fill(text.length);
  let bytes = 0;
  let units = 0;
  let next = 0;
  for (const character of text) {
    const size = utf8Bytes(character.codePointAt(0) ?? 0);
    for (let entry = wanted[next]; entry && entry.offset < bytes + size; entry = wanted[next]) {
      found[entry.index] = units;
      next += 1;
    }
    bytes += size;
    units += character.length;
  }
  return found;
}

/**
 * @param {string} text
 * @param {{from: number, to: number}[]} claims
 * @returns {TextPiece[]}
 */
export function textPieces(text, claims) {
  const offsets = textOffsets(text, claims.flatMap((claim) => [claim.from, claim.to]));
  const spans = claims.map((_, index) => ({ index, from: offsets[2 * index] ?? 0, to: offsets[2 * index + 1] ?? 0 }));
  const cuts = [...new Set([0, text.length, ...spans.flatMap((span) => [span.from, span.to])])].sort((a, b) => a - b);
  /** @type {TextPiece[]} */
  const pieces = [];
  for (let at = 0; at + 1 < cuts.length; at += 1) {
    const [from, to] = [cuts[at] ?? 0, cuts[at + 1] ?? 0];
    const covering = spans.filter((span) => span.from <= from && span.to >= to && span.from < span.to);
    covering.sort((a, b) => (a.to - a.from) - (b.to - b.from) || a.index - b.index);
    pieces.push({ text: text.slice(from, to), claims: covering.map((span) => span.index) });
  }
  return pieces;
}

/** @param {number} codePoint */
function utf8Bytes(codePoint) {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  // A lone half of a surrogate pair would have come as three bytes of "replacement character".
  return codePoint < 0x10000 ? 3 : 4;
}
