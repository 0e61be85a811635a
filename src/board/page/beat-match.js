/**
 * What for: compares our beats with the reference annotations of a record. In: both lists in order of time. Out: for each beat
 * whether the other side agrees, has another class, or has none; the seconds at which they differ; rhythm notes.
 * Classes and the window of 150 ms are those of ANSI/AAMI EC57.
 */

/** @typedef {import('./protocol.js').Beat} Beat */
/** @typedef {import('./protocol.js').ReferenceAnnotation} ReferenceAnnotation */
/** @typedef {'agrees'|'differs'|'alone'} MatchVerdict  alone: the other side has no beat there */
/** @typedef {{s: number, class: string, symbol: string, verdict: MatchVerdict, otherClass: string|null}} MatchedBeat */
/** @typedef {{ours: MatchedBeat[], reference: MatchedBeat[], notes: ReferenceAnnotation[], differencesS: number[]}} BeatComparison */

export const TOLERANCE_S = 0.15;

/** @type {Record<string, string>} */
const CLASS_OF_SYMBOL = {
  N: 'N', L: 'N', R: 'N', B: 'N', e: 'N', j: 'N', n: 'N',
  A: 'S', a: 'S', J: 'S', S: 'S',
  V: 'V', E: 'V', r: 'V',
  F: 'F',
  '/': 'P', f: 'P', P: 'P',
  Q: 'Q', '?': 'Q',
};

/** The class of a beat symbol of WFDB; null for what is no beat. @param {string} symbol */
export function beatClass(symbol) {
  return CLASS_OF_SYMBOL[symbol] ?? null;
}

/**
 * @param {Beat[]} beats
 * @param {ReferenceAnnotation[]} annotations
 * @returns {BeatComparison}
 */
export function compareBeats(beats, annotations) {
  /** @type {MatchedBeat[]} */
  const ours = beats.map((beat) => ({ s: beat.s, class: beat.class, symbol: beat.class, verdict: 'alone', otherClass: null }));
  /** @type {MatchedBeat[]} */
  const reference = [];
  /** @type {ReferenceAnnotation[]} */
  const notes = [];
  for (const annotation of annotations) {
    const found = beatClass(annotation.symbol);
    if (found === null) notes.push(annotation);
    else reference.push({ s: annotation.s, class: found, symbol: annotation.symbol, verdict: 'alone', otherClass: null });
  }
  // Without a reference nothing is wrong: there is only nothing to compare with.
  if (reference.length === 0) ours.forEach((beat) => { beat.verdict = 'agrees'; });
  else pair(ours, reference);
  const differencesS = [...ours.filter((beat) => beat.verdict !== 'agrees'), ...reference.filter((beat) => beat.verdict === 'alone')]
    .map((beat) => beat.s)
    .sort((a, b) => a - b);
  return { ours, reference, notes, differencesS };
}

/**
 * Walks along both lists. A beat is given up for the next one of the same side where that is nearer to the other side's.
 * @param {MatchedBeat[]} ours
 * @param {MatchedBeat[]} reference
 */
function pair(ours, reference) {
  let at = 0;
  let of = 0;
  for (;;) {
    const [our, their] = [ours[at], reference[of]];
    if (!our || !their) return;
    const distanceS = Math.abs(our.s - their.s);
    const [ourNext, theirNext] = [ours[at + 1], reference[of + 1]];
    if (our.s < their.s && (distanceS > TOLERANCE_S || (ourNext && Math.abs(ourNext.s - their.s) < distanceS))) at += 1;
    else if (their.s < our.s && (distanceS > TOLERANCE_S || (theirNext && Math.abs(theirNext.s - our.s) < distanceS))) of += 1;
    else {
      our.verdict = our.class === their.class ? 'agrees' : 'differs';
      their.verdict = our.verdict;
      our.otherClass = their.class;
      their.otherClass = our.class;
      at += 1;
      of += 1;
    }
  }
}

/**
 * Index of the first entry at or after a second.
 * @param {{s: number}[]} entries
 * @param {number} second
 */
export function firstAtOrAfter(entries, second) {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.s ?? 0) < second) low = middle + 1;
    else high = middle;
  }
  return low;
}
