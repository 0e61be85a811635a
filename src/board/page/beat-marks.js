/**
 * What for: beats on a line of time. In: matched beats, the stretch that is shown. Out: an SVG with a shape a class; what differs from the other
 * side is ringed, what the other side has not at all is ringed and dashed.
 */

import { firstAtOrAfter } from './beat-match.js';
import { setAttributes, svg } from './dom.js';

/** @typedef {import('./beat-match.js').MatchedBeat} MatchedBeat */
/** @typedef {import('./protocol.js').ReferenceAnnotation} ReferenceAnnotation */

const HEIGHT_PX = 34;
const MARK_Y_PX = 10;

/** Shapes around the origin. @type {Record<string, string>} */
const SHAPES = {
  N: 'M0-4a4 4 0 1 1-.01 0z',
  V: 'M-6-5H6L0 6z',
  S: 'M0-6 6 0 0 6-6 0z',
  F: 'M-5-5H5V5H-5z',
  P: 'M-4-6h3V6h-3zM1-6h3V6H1z',
  Q: 'M-5-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z',
};

/** @type {Record<string, string>} */
export const CLASS_TEXTS = { N: 'normal', V: 'ventricular', S: 'supraventricular', F: 'fusion', P: 'paced', Q: 'not classified' };

/** The shape of a class at a place. @param {string} beatClass @param {number} x @param {number} y */
export function beatShape(beatClass, x, y) {
  return svg('path', { class: 'beat__shape', 'data-class': beatClass, d: SHAPES[beatClass] ?? SHAPES.Q, transform: `translate(${x} ${y})` });
}

export class BeatMarks {
  /**
   * @param {string} name
   * @param {MatchedBeat[]} beats
   * @param {ReferenceAnnotation[]} notes
   */
  constructor(name, beats, notes) {
    this.beats = beats;
    this.notes = notes;
    this.element = svg('svg', { class: 'beats', height: HEIGHT_PX, role: 'img', 'aria-label': name });
    this.shown = '';
  }

  /** @param {number} fromS @param {number} spanS @param {number} widthPx */
  show(fromS, spanS, widthPx) {
    const x = (/** @type {number} */ second) => ((second - fromS) * widthPx) / spanS;
    const beats = this.beats.slice(firstAtOrAfter(this.beats, fromS), firstAtOrAfter(this.beats, fromS + spanS));
    const notes = this.notes.slice(firstAtOrAfter(this.notes, fromS), firstAtOrAfter(this.notes, fromS + spanS));
    const now = `${beats[0]?.s} ${beats.length} ${notes[0]?.s} ${notes.length} ${widthPx} ${spanS}`;
    if (now !== this.shown) {
      this.shown = now;
      this.element.replaceChildren(...beats.map(mark), ...notes.map(noteMark));
    }
    setAttributes(this.element, { width: widthPx });
    [...beats, ...notes].forEach((entry, index) => this.element.children[index]?.setAttribute('transform', `translate(${x(entry.s).toFixed(1)} ${MARK_Y_PX})`));
  }
}

/** @param {MatchedBeat} beat */
function mark(beat) {
  return svg('g', { class: 'beat', 'data-class': beat.class, 'data-verdict': beat.verdict }, beatShape(beat.class, 0, 0),
    beat.verdict !== 'agrees' && svg('circle', { class: 'beat__ring', r: 9 }), svg('text', { class: 'beat__symbol', y: 21, 'text-anchor': 'middle' }, beat.symbol));
}

/** @param {ReferenceAnnotation} note */
function noteMark(note) {
  return svg('g', { class: 'beat beat--note' }, svg('path', { d: `M0-10V8`, class: 'beat__tick' }), svg('text', { class: 'beat__symbol', x: 3, y: 21 }, `${note.symbol}${note.aux ? ` ${note.aux}` : ''}`));
}
