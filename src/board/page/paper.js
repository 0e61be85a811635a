/**
 * What for: the printed page of an alert: millimetre paper, the leads, the evidence, and what is lit up. In: the window of the alert. Out: an SVG
 * whose unit is the millimetre.
 */

import { html, svg } from './dom.js';
import { LEFT_MM, medianUv, MM_PER_MV, MM_PER_S, paperLayout, paperMarks, tracePath, usualForm } from './paper-layout.js';

/** @typedef {import('./protocol.js').SignalWindow} SignalWindow */
/** @typedef {import('./paper-layout.js').PaperForm} PaperForm */
/** @typedef {{leads: string[], fromS: number, toS: number}} Stretch */
/** @typedef {Stretch & {letter: string}} LetteredStretch */

export class Paper {
  /** @param {SignalWindow} signal */
  constructor(signal) {
    this.signal = signal;
    this.leads = signal.leads.map((lead) => lead.lead);
    this.durationS = Math.max(1, ...signal.leads.map((lead) => lead.uv.length / signal.rate_hz));
    this.form = usualForm(this.leads);
    this.isTrueScale = false;
    /** @type {LetteredStretch[]} */
    this.evidence = [];
    this.layout = paperLayout(this.leads, this.durationS, this.form);
    this.element = html('div', { class: 'paper', tabindex: '0', role: 'region', 'aria-label': `ECG page, 25 mm/s, 10 mm/mV, leads ${this.leads.join(', ')}` });
    this.lights = svg('g', { class: 'paper__lights' });
    /** @type {Map<string, SVGTextElement[]>} */
    this.names = new Map();
    this.#draw();
  }

  /** @param {PaperForm} form */
  setForm(form) {
    this.form = form;
    this.#draw();
  }

  /** @param {boolean} isTrueScale */
  setTrueScale(isTrueScale) {
    this.isTrueScale = isTrueScale;
    this.element.toggleAttribute('data-true-scale', isTrueScale);
    this.#size();
  }

  /** @param {LetteredStretch[]} evidence */
  setEvidence(evidence) {
    this.evidence = evidence;
    this.#draw();
  }

  /** Lights up leads and seconds; null: nothing. @param {Stretch|null} stretch @param {string} kind  a verdict, or "evidence" */
  light(stretch, kind) {
    const marks = stretch ? paperMarks(this.layout, stretch) : [];
    this.lights.replaceChildren(...marks.map((mark) => svg('rect', {
      class: 'paper__light', 'data-kind': kind, 'data-lead': mark.lead, 'data-time-only': mark.isTimeOnly, x: mark.xMm, y: mark.yMm, width: mark.widthMm, height: mark.heightMm, rx: 0.8,
    })));
    for (const [lead, names] of this.names) for (const name of names) name.toggleAttribute('data-lit', stretch !== null && stretch.leads.includes(lead));
  }

  #draw() {
    this.layout = paperLayout(this.leads, this.durationS, this.form);
    const { widthMm, heightMm, cells } = this.layout;
    this.names = new Map();
    const traces = cells.map((place) => {
      const lead = this.signal.leads.find((candidate) => candidate.lead === place.lead);
      const label = `${place.lead}${lead?.derived ? ' (derived)' : ''}`;
      const name = svg('text', { class: 'paper__name', x: place.xMm + 1.5, y: place.yMm + 5 }, label);
      this.names.set(place.lead, [...(this.names.get(place.lead) ?? []), name]);
      const samples = lead?.uv ?? [];
      const path = svg('path', { class: 'paper__trace', 'data-derived': Boolean(lead?.derived), d: tracePath(samples, this.signal.rate_hz, place, medianUv(samples)) });
      // A short upright line parts two leads of one row.
      const parting = place.fromS > 0 && svg('path', { class: 'paper__parting', d: `M${place.xMm} ${place.yMm + place.heightMm / 2 - 4}v8` });
      return svg('g', {}, parting || null, path, name);
    });
    const rows = [...new Set(cells.map((place) => place.yMm + place.heightMm / 2))];
    const pulses = rows.map((middleMm) => svg('path', { class: 'paper__trace', d: `M${LEFT_MM - 8} ${middleMm}h1.5v-${MM_PER_MV}h5v${MM_PER_MV}h1.5` }));
    const page = svg('svg', { class: 'paper__page', viewBox: `0 0 ${widthMm} ${heightMm}`, role: 'img', 'aria-label': 'ECG' },
      svg('defs', {}, grid('paper-small', 1, 0.1), grid('paper-large', 5, 0.25)),
      ...['small', 'large'].map((size) => svg('rect', { class: `paper__grid paper__grid--${size}`, width: widthMm, height: heightMm, fill: `url(#paper-${size})` })),
      this.#evidenceMarks(), this.lights, ...pulses, ...traces,
      svg('text', { class: 'paper__scale', x: widthMm - 3, y: heightMm - 1.5, 'text-anchor': 'end' }, `${MM_PER_S} mm/s  ${MM_PER_MV} mm/mV`));
    this.page = page;
    this.lights.replaceChildren();
    this.element.replaceChildren(page);
    this.#size();
  }

  #evidenceMarks() {
    return svg('g', {}, ...this.evidence.flatMap((stretch, index) => paperMarks(this.layout, stretch).filter((mark) => !mark.isTimeOnly).flatMap((mark) => {
      // Marks of several evidences lie one below the other.
      const yMm = mark.yMm + mark.heightMm - 1 - 1.6 * (index % 4);
      const bracket = svg('path', { class: 'paper__evidence', d: `M${mark.xMm} ${yMm - 1.5}v1.5h${mark.widthMm}v-1.5` });
      return [bracket, svg('text', { class: 'paper__letter', x: mark.xMm + mark.widthMm / 2, y: yMm - 0.6, 'text-anchor': 'middle' }, stretch.letter)];
    })));
  }

  #size() {
    // Through the object model: the policy of the page forbids style attributes.
    if (this.page) this.page.style.width = this.isTrueScale ? `${this.layout.widthMm}mm` : '100%';
  }
}

/** @param {string} id @param {number} sizeMm @param {number} lineMm */
function grid(id, sizeMm, lineMm) {
  return svg('pattern', { id, width: sizeMm, height: sizeMm, patternUnits: 'userSpaceOnUse' },
    svg('path', { class: 'paper__line', d: `M${sizeMm} 0H0V${sizeMm}`, fill: 'none', 'stroke-width': lineMm }));
}
