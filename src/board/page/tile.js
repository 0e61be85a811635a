/**
 * What for: the tile of one bed. In: vitals, alerts, columns, the seconds without data. Out: an article with a sweeping trace, numbers and
 * the alarm. What is not current is never shown as if it were.
 */

import { alarmMark } from './alarm-mark.js';
import { byUrgency, flashes, isAcknowledged, PRIORITY_TEXTS, stateText } from './alarms.js';
import { signedText } from './calipers.js';
import { html, setAttribute, setText } from './dom.js';
import { leadStatus, qualityText, usualLead } from './leads.js';
import { SweepTrace } from './sweep-trace.js';
import { fittingScale, rangeUv } from './trace-scale.js';

/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {import('./protocol.js').Bed} Bed */
/** @typedef {import('./protocol.js').Vitals} Vitals */

/** The scale is judged anew after so many seconds. */
const SCALE_EVERY_S = 2;
const NONE = '\u2013';

export class Tile {
  /**
   * @param {Bed} bed
   * @param {string} lead
   * @param {(lead: string) => void} onLead
   */
  constructor(bed, lead, onLead) {
    this.streamId = bed.stream_id;
    this.lead = lead;
    this.isVisible = true;
    /** @type {Vitals|null} */
    this.vitals = null;
    /** @type {Alert[]} */
    this.alerts = [];
    /** @type {number|null} */
    this.silentForS = null;
    this.scaledColumn = 0;
    this.isScaled = false;
    this.pixelRatio = 1;

    this.link = html('a', { class: 'tile__link', href: `/beds/${encodeURIComponent(this.streamId)}` }, this.streamId);
    this.alarm = html('div', { class: 'tile__alarm' });
    this.canvas = html('canvas', { class: 'tile__canvas', 'aria-hidden': 'true' });
    this.millivolt = html('span', { class: 'tile__millivolt', title: '1 mV' });
    this.noData = html('p', { class: 'tile__no-data', hidden: true });
    this.wave = html('div', { class: 'tile__wave' }, this.canvas, this.millivolt, this.noData);
    this.select = html('select', { class: 'tile__lead', 'aria-label': `Lead of ${this.streamId}` });
    this.select.addEventListener('change', () => onLead(this.select.value));
    this.heartRate = html('dd', { class: 'tile__rate' }, NONE);
    this.ventricular = html('dd', {}, NONE);
    this.st = html('dd', {}, NONE);
    this.stName = html('dt', {}, 'ST');
    this.quality = html('span', { class: 'tile__quality' });
    this.element = html('article', { class: 'tile' },
      html('header', { class: 'tile__head' }, html('h2', {}, this.link), this.quality, this.select),
      this.alarm, this.wave,
      html('dl', { class: 'tile__values' },
        html('div', { class: 'tile__value tile__value--rate' }, html('dt', {}, 'HR', html('span', { class: 'unit' }, ' bpm')), this.heartRate),
        html('div', { class: 'tile__value' }, html('dt', {}, 'PVC'), this.ventricular),
        html('div', { class: 'tile__value' }, this.stName, this.st)));
    this.sweep = new SweepTrace(this.canvas, { isOpaque: true });
    this.setBed(bed);
  }

  /** @param {Bed} bed */
  setBed(bed) {
    if (!bed.leads.includes(this.lead)) this.lead = usualLead(bed.leads);
    this.select.replaceChildren(...bed.leads.map((lead) => html('option', { value: lead, selected: lead === this.lead }, lead)));
    this.#update();
  }

  /** @param {string} lead */
  setLead(lead) {
    this.lead = lead;
    this.select.value = lead;
    this.sweep.restart(this.sweep.ring.capacity);
    this.#update();
  }

  /** @param {Vitals|null} vitals */
  setVitals(vitals) {
    this.vitals = vitals;
    this.#update();
  }

  /** @param {Alert[]} alerts  those to be shown */
  setAlerts(alerts) {
    this.alerts = [...alerts].sort(byUrgency);
    this.#showAlarm();
    this.#update();
  }

  /** @param {number|null} silentForS */
  setSilence(silentForS) {
    const whole = silentForS === null ? null : Math.floor(silentForS);
    if (whole === this.silentForS) return;
    this.silentForS = whole;
    this.noData.hidden = whole === null;
    if (whole !== null) setText(this.noData, `No data for ${whole} s`);
    this.element.toggleAttribute('data-silent', whole !== null);
    this.#update();
  }

  /** @param {number} widthPx @param {number} heightPx @param {number} pixelRatio */
  resize(widthPx, heightPx, pixelRatio) {
    this.isScaled = false;
    this.pixelRatio = pixelRatio;
    this.sweep.resize(widthPx * pixelRatio, heightPx * pixelRatio, 1.4 * pixelRatio, 1.4 * pixelRatio);
    this.scaledColumn = 0;
  }

  /** @param {number} column @param {number} columnsPerSecond */
  draw(column, columnsPerSecond) {
    if (!this.isVisible) return;
    if (Math.abs(column - this.scaledColumn) > SCALE_EVERY_S * columnsPerSecond || this.#leaves(column)) {
      this.scaledColumn = column;
      const width = this.canvas.width;
      const scale = fittingScale(rangeUv(this.sweep.ring, column - width, column), this.canvas.height, this.isScaled ? this.sweep.scale : null);
      this.isScaled = !this.sweep.ring.isEmpty;
      this.sweep.setScale(scale);
      this.millivolt.style.height = `${scale.pxPerMv / this.pixelRatio}px`;
    }
    this.sweep.drawTo(column);
  }

  /** Do the newest columns leave the tile? Then the scale does not wait. @param {number} column */
  #leaves(column) {
    const { ring, scale, drawnColumn } = this.sweep;
    const range = drawnColumn === null || !this.isScaled ? null : rangeUv(ring, drawnColumn, column);
    if (!range) return false;
    const halfUv = (this.canvas.height / scale.pxPerMv) * 500;
    // At the largest scale there is nothing more to gain.
    return Math.max(range.highUv - scale.centreUv, scale.centreUv - range.lowUv) > halfUv && halfUv < 5000;
  }

  #showAlarm() {
    const worst = this.alerts[0];
    const more = this.alerts.length - 1;
    if (!worst) {
      this.alarm.replaceChildren();
      delete this.element.dataset.priority;
      delete this.element.dataset.flash;
      return;
    }
    this.element.dataset.priority = worst.priority;
    if (flashes(worst)) this.element.dataset.flash = worst.priority;
    else delete this.element.dataset.flash;
    const note = isAcknowledged(worst) || worst.state === 'latched' ? ` (${stateText(worst)})` : '';
    this.alarm.replaceChildren(html('a', { class: 'tile__alarm-link', href: `/alerts/${worst.id}`, title: worst.message },
      alarmMark(worst.priority), html('strong', {}, PRIORITY_TEXTS[worst.priority]), html('span', { class: 'tile__alarm-name' }, ` ${worst.name}${note}`),
      more > 0 && html('span', { class: 'tile__alarm-more' }, ` +${more}`)));
  }

  #update() {
    const isSilent = this.silentForS !== null;
    const vitals = isSilent ? null : this.vitals;
    const status = leadStatus(vitals, this.lead);
    const heartRate = vitals?.heart_rate_bpm ?? null;
    setText(this.heartRate, heartRate === null ? NONE : String(Math.round(heartRate)));
    setText(this.ventricular, vitals?.ventricular_beats_a_minute == null ? NONE : `${Math.round(vitals.ventricular_beats_a_minute)} /min`);
    setText(this.stName, `ST ${this.lead}`);
    setText(this.st, status?.st_mv == null ? NONE : `${signedText(status.st_mv)} mV`);
    setText(this.quality, isSilent ? 'no data' : status ? qualityText(status.quality) : '');
    setAttribute(this.quality, 'data-quality', isSilent ? 'off' : status?.quality ?? 'unknown');
    setAttribute(this.link, 'aria-label', this.#spokenName(heartRate));
  }

  /** @param {number|null} heartRate */
  #spokenName(heartRate) {
    const rate = this.silentForS !== null ? 'no data' : heartRate === null ? 'heart rate unknown' : `heart rate ${Math.round(heartRate)}`;
    const worst = this.alerts[0];
    const alarm = worst ? `${PRIORITY_TEXTS[worst.priority]} alarm: ${worst.name}, ${stateText(worst)}` : 'no alarm';
    return `${this.streamId}, ${rate}, ${alarm}`;
  }
}
