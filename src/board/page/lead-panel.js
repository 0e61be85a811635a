/**
 * What for: one lead of a bed at true scale: live, or still for measuring. In: columns, gain, the lead's state. Out: an element with the
 * trace on millimetre paper.
 */

import { signedText } from './calipers.js';
import { html, setAttribute, setText } from './dom.js';
import { qualityText } from './leads.js';
import { SweepTrace } from './sweep-trace.js';
import { PX_PER_MM, steadyCentreUv } from './trace-scale.js';

const CENTRE_EVERY_S = 2;

export class LeadPanel {
  /** @param {string} streamId @param {string} lead */
  constructor(streamId, lead) {
    this.streamId = streamId;
    this.lead = lead;
    this.canvas = html('canvas', { class: 'lead__canvas', 'aria-hidden': 'true' });
    this.status = html('span', { class: 'lead__status' });
    this.frame = html('div', { class: 'lead__frame' }, this.canvas);
    this.element = html('div', { class: 'lead', role: 'group', 'aria-label': `Lead ${lead}` }, html('p', { class: 'lead__head' }, html('strong', {}, lead), this.status), this.frame);
    this.sweep = new SweepTrace(this.canvas, { isOpaque: false });
    this.widthPx = 0;
    this.heightPx = 0;
    this.columnsPerPx = 2;
    this.mmPerMv = 10;
    this.centreUv = 0;
    this.centredColumn = 0;
    this.lastColumn = 0;
  }

  /** @param {number} widthPx @param {number} heightPx */
  resize(widthPx, heightPx) {
    this.widthPx = widthPx;
    this.heightPx = heightPx;
    this.#fit();
  }

  /** @param {number} columnsPerPx */
  setColumnsPerPx(columnsPerPx) {
    this.columnsPerPx = columnsPerPx;
    this.#fit();
  }

  /** @param {number} mmPerMv */
  setGain(mmPerMv) {
    this.mmPerMv = mmPerMv;
    this.#scale();
  }

  /** @param {import('./protocol.js').LeadStatus|null} status  null: nothing current is known */
  setStatus(status) {
    const st = status?.st_mv == null ? '' : `ST ${signedText(status.st_mv)} mV`;
    const quality = status && status.quality !== 'good' ? qualityText(status.quality) : '';
    setText(this.status, [st, quality].filter(Boolean).join(' \u00b7 '));
    setAttribute(this.status, 'data-quality', status?.quality ?? 'unknown');
  }

  /** @param {number} column @param {number} columnsPerSecond */
  draw(column, columnsPerSecond) {
    this.lastColumn = column;
    if (Math.abs(column - this.centredColumn) > CENTRE_EVERY_S * columnsPerSecond) {
      const isFirst = this.centredColumn === 0;
      this.centredColumn = column;
      this.centreUv = steadyCentreUv(this.sweep.ring, column - this.canvas.width, column, isFirst ? Number.POSITIVE_INFINITY : this.centreUv);
      if (!Number.isFinite(this.centreUv)) this.centreUv = 0;
      this.#scale();
    }
    this.sweep.drawTo(column);
  }

  /** Stops at the column that is on the screen and draws it from left to right. */
  hold() {
    this.sweep.hold();
    this.drawStill();
  }

  drawStill() {
    this.sweep.drawStill(this.lastColumn);
  }

  /** What the frame shows in mV at its edges. */
  edgesMv() {
    const halfMv = this.heightPx / 2 / (PX_PER_MM * this.mmPerMv);
    return { topMv: this.centreUv / 1000 + halfMv, bottomMv: this.centreUv / 1000 - halfMv };
  }

  #fit() {
    if (this.widthPx === 0) return;
    const ratio = window.devicePixelRatio || 1;
    this.sweep.resize(this.widthPx * this.columnsPerPx, this.heightPx * ratio, 1.3 * ratio, 1.3 * this.columnsPerPx);
    this.#scale();
  }

  #scale() {
    const ratio = window.devicePixelRatio || 1;
    this.sweep.setScale({ centreUv: this.centreUv, pxPerMv: PX_PER_MM * this.mmPerMv * ratio });
    if (this.sweep.held) this.drawStill();
  }
}
