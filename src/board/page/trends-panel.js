/**
 * What for: the trends of a bed over hours, with its alarms on the same line of time. In: the server's trends, then the vitals as they come.
 * Out: charts of heart rate, ventricular beats, ST of a lead, QTc and quality.
 */

import { alarmTimeline } from './alarm-timeline.js';
import { clockText, dateTimeText, durationText, timeMs } from './data-time.js';
import { choice, html, setText } from './dom.js';
import { goodShare, leadStatus, usualLead } from './leads.js';
import { TrendChart } from './trend-chart.js';
import { lastHours } from './trend-series.js';

/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {import('./protocol.js').Trends} Trends */
/** @typedef {import('./protocol.js').Vitals} Vitals */

const HOURS = [1, 2, 4, 8, 12, 24];

export class TrendsPanel {
  /** @param {() => Alert[]} alerts  those of the bed */
  constructor(alerts) {
    this.alerts = alerts;
    /** @type {Trends|null} */
    this.trends = null;
    this.hours = 1;
    this.lead = '';
    this.heartRate = new TrendChart('Heart rate', 'bpm', { leastSpan: 40, decimals: 0 });
    this.ventricular = new TrendChart('PVC', '/min', { leastSpan: 10, decimals: 0 });
    this.st = new TrendChart('ST', 'mV', { leastSpan: 0.4, decimals: 2 });
    this.qtc = new TrendChart('QTc', 'ms', { leastSpan: 100, decimals: 0 });
    this.quality = new TrendChart('Good leads', '%', { leastSpan: 100, decimals: 0, limits: { low: 0, high: 100 } });
    this.charts = [this.heartRate, this.ventricular, this.st, this.qtc, this.quality];
    this.leadChoice = html('select');
    this.leadChoice.addEventListener('change', () => { this.lead = this.leadChoice.value; this.show(); });
    this.moment = html('span', { class: 'trends__moment' });
    this.from = html('span');
    this.to = html('span');
    this.timeline = html('div');
    this.area = html('div', { class: 'trends__charts' }, ...this.charts.map((chart) => chart.element), this.timeline,
      html('p', { class: 'trends__axis' }, this.from, this.to));
    this.area.addEventListener('pointermove', (event) => this.#point(event));
    this.area.addEventListener('pointerleave', () => this.#point(null));
    this.element = html('section', { class: 'trends', 'aria-labelledby': 'trends-title' },
      html('div', { class: 'toolbar' }, html('h2', { id: 'trends-title' }, 'Trends'),
        choice('Hours', HOURS.map((hours) => ({ value: String(hours), text: `${hours} h` })), '1', (value) => { this.hours = Number(value); this.show(); }),
        html('label', { class: 'choice' }, html('span', {}, 'ST lead'), this.leadChoice), this.moment),
      this.area);
  }

  /** @param {Trends} trends */
  setTrends(trends) {
    this.trends = trends;
    const leads = Object.keys(trends.st_mv);
    if (!leads.includes(this.lead)) this.lead = usualLead(leads);
    this.leadChoice.replaceChildren(...leads.map((lead) => html('option', { value: lead, selected: lead === this.lead }, lead)));
    this.show();
  }

  /** Vitals come each second; a trend has a value a step. @param {Vitals} vitals */
  addVitals(vitals) {
    const { trends } = this;
    const nowMs = timeMs(vitals.time);
    const fromMs = timeMs(trends?.from);
    if (!trends || nowMs === null || fromMs === null) return;
    const missing = Math.floor((nowMs - fromMs) / 1000 / trends.step_s) - trends.heart_rate_bpm.length;
    if (missing < 0 || missing > 24 * 3600) return;
    const rows = [trends.heart_rate_bpm, trends.ventricular_beats_a_minute, trends.qtc_ms, trends.quality, ...Object.values(trends.st_mv)];
    for (const row of rows) for (let count = 0; count < missing; count += 1) row.push(null);
    trends.heart_rate_bpm.push(vitals.heart_rate_bpm);
    trends.ventricular_beats_a_minute.push(vitals.ventricular_beats_a_minute);
    trends.qtc_ms.push(vitals.qtc_ms);
    trends.quality.push(goodShare(vitals));
    for (const [lead, row] of Object.entries(trends.st_mv)) row.push(leadStatus(vitals, lead)?.st_mv ?? null);
    this.show();
  }

  show() {
    const { trends } = this;
    if (!trends) return;
    const { step_s: stepS } = trends;
    const count = Math.round((this.hours * 3600) / stepS);
    const part = (/** @type {(number|null)[]} */ values) => lastHours(values, stepS, this.hours);
    this.heartRate.show(part(trends.heart_rate_bpm), count);
    this.ventricular.show(part(trends.ventricular_beats_a_minute), count);
    this.st.rename(`ST ${this.lead}`);
    this.st.show(part(trends.st_mv[this.lead] ?? []), count);
    this.qtc.show(part(trends.qtc_ms), count);
    this.quality.show(part(trends.quality).map((share) => (share === null ? null : 100 * share)), count);
    this.showAlarms();
  }

  showAlarms() {
    const stretch = this.#stretch();
    if (!stretch) return;
    setText(this.from, `${clockText(stretch.fromMs)} (${durationText(this.hours * 3600)} ago)`);
    setText(this.to, clockText(stretch.toMs));
    this.timeline.replaceChildren(alarmTimeline(this.alerts(), { ...stretch, timeText: (ms) => dateTimeText(ms) }));
  }

  #stretch() {
    const fromMs = timeMs(this.trends?.from);
    if (!this.trends || fromMs === null) return null;
    const toMs = fromMs + this.trends.heart_rate_bpm.length * this.trends.step_s * 1000;
    return { fromMs: toMs - this.hours * 3_600_000, toMs };
  }

  /** @param {PointerEvent|null} event */
  #point(event) {
    const box = this.heartRate.plot.getBoundingClientRect();
    const share = event ? (event.clientX - box.left) / box.width : null;
    const inside = share !== null && share >= 0 && share <= 1 ? share : null;
    for (const chart of this.charts) chart.point(inside);
    const stretch = this.#stretch();
    setText(this.moment, inside === null || !stretch ? '' : clockText(stretch.fromMs + inside * (stretch.toMs - stretch.fromMs)));
  }
}
