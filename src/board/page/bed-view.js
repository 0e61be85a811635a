/**
 * What for: one bed: all leads live at true scale, paused with calipers, trends, alarms. In: the store, the connection, the server's history.
 * Out: the view.
 */

import { alarmMark } from './alarm-mark.js';
import { byUrgency, flashes, PRIORITY_TEXTS, stateText } from './alarms.js';
import { BedAlerts } from './bed-alerts.js';
import { CaliperOverlay } from './caliper-overlay.js';
import { coalesced } from './coalesce.js';
import { button, choice, html, setText } from './dom.js';
import { LeadPanel } from './lead-panel.js';
import { inStandardOrder, leadStatus, usualLead } from './leads.js';
import { LiveTraces } from './live-traces.js';
import { trueSpeed } from './sweep-speed.js';
import { PX_PER_MM } from './trace-scale.js';
import { TrendsPanel } from './trends-panel.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./protocol.js').Vitals} Vitals */

const NONE = '\u2013';
const GAINS = [5, 10, 20];
const SPEEDS = [12.5, 25, 50];
/** Remembered from bed to bed while the page is open. */
const scale = { mmPerMv: 10, mmPerSecond: 25 };

/** @param {Board} board @param {string} streamId @returns {import('./board.js').View} */
export function bedView(board, streamId) {
  const { store, theme } = board;
  const live = new LiveTraces(board.connection, store, board.loop);
  /** @type {LeadPanel[]} */
  let panels = [];
  let isPaused = false;
  let measuredLead = '';
  let columnsPerSecond = 0;
  /** @type {CaliperOverlay|null} */
  let calipers = null;

  const values = ['HR', 'PVC', 'QTc'].map((name, index) => ({ name, unit: ['bpm', '/min', 'ms'][index] ?? '', value: html('dd', {}, NONE) }));
  const noData = html('p', { class: 'bed__no-data', role: 'status', hidden: true });
  const alarmLine = html('div', { class: 'bed__alarms' });
  const leads = html('div', { class: 'bed__leads' });
  const notice = html('p', { class: 'notice', hidden: true });
  const reading = html('output', { class: 'bed__reading' });
  const pauseButton = button('Pause and measure', () => pause(!isPaused), { 'aria-pressed': 'false' });
  const measureChoice = html('select');
  measureChoice.addEventListener('change', () => measure(measureChoice.value));
  const measureLabel = html('label', { class: 'choice', hidden: true }, html('span', {}, 'Measure on'), measureChoice);
  const speedChoice = choice('Speed', SPEEDS.map((speed) => ({ value: String(speed), text: `${speed} mm/s` })), String(scale.mmPerSecond), (value) => { scale.mmPerSecond = Number(value); applySpeed(); });
  const trends = new TrendsPanel(() => alerts.list());
  const alerts = new BedAlerts(board, streamId, coalesced(() => { trends.showAlarms(); showAlarms(); }));
  const element = html('div', { class: 'bed' },
    html('div', { class: 'bed__head' }, html('h1', { tabindex: '-1' }, streamId),
      html('dl', { class: 'bed__values' }, ...values.map(({ name, unit, value }) => html('div', {}, html('dt', {}, name, html('span', { class: 'unit' }, ` ${unit}`)), value))), alarmLine, noData),
    html('div', { class: 'toolbar' },
      choice('Gain', GAINS.map((gain) => ({ value: String(gain), text: `${gain} mm/mV` })), String(scale.mmPerMv), (value) => { scale.mmPerMv = Number(value); applyGain(); }),
      speedChoice, pauseButton, measureLabel, reading),
    notice, leads, trends.element, alerts.element);

  const sizes = new ResizeObserver((entries) => {
    for (const entry of entries) panels.find((panel) => panel.frame === entry.target)?.resize(entry.contentRect.width, entry.contentRect.height);
    if (isPaused) {
      panels.forEach((panel) => panel.drawStill());
      measure(measuredLead);
    }
    watch();
  });

  /** The bed opened, its leads changed, or it is gone. */
  function takeBed() {
    const state = store.beds.get(streamId);
    notice.hidden = state !== undefined || !store.hasSnapshot;
    setText(notice, 'This bed sends nothing now. Its trends and alarms are below.');
    leads.hidden = !state;
    if (!state) return;
    const wanted = inStandardOrder(state.bed.leads);
    if (panels.map((panel) => panel.lead).join('\n') !== wanted.join('\n')) {
      pause(false);
      sizes.disconnect();
      panels = wanted.map((lead) => new LeadPanel(streamId, lead));
      leads.replaceChildren(...panels.map((panel) => panel.element));
      leads.style.setProperty('--rows', String(Math.ceil(wanted.length / 2)));
      measuredLead = usualLead(wanted);
      measureChoice.replaceChildren(...wanted.map((lead) => html('option', { value: lead, selected: lead === measuredLead }, lead)));
      for (const panel of panels) {
        sizes.observe(panel.frame);
        panel.frame.addEventListener('pointerdown', (event) => {
          if (!isPaused || panel.lead === measuredLead) return;
          measure(panel.lead);
          calipers?.press(event, true);
        });
      }
      applyGain();
      applySpeed();
      takeTheme();
    }
    takeVitals(state.vitals);
  }

  function applyGain() {
    panels.forEach((panel) => panel.setGain(scale.mmPerMv));
    if (isPaused) measure(measuredLead);
  }

  function applySpeed() {
    const rateHz = store.beds.get(streamId)?.bed.rate_hz || 500;
    const speed = trueSpeed(scale.mmPerSecond, PX_PER_MM, rateHz);
    columnsPerSecond = speed.columnsPerSecond;
    panels.forEach((panel) => panel.setColumnsPerPx(speed.columnsPerPx));
    watch();
  }

  function watch() {
    const first = panels.find((panel) => panel.sweep.hasSize);
    if (!first) return;
    live.show(panels, columnsPerSecond, Math.ceil(first.canvas.width / columnsPerSecond));
  }

  /** @param {boolean} wanted */
  function pause(wanted) {
    if (wanted === isPaused) return;
    isPaused = wanted;
    live.isPaused = wanted;
    setText(pauseButton, wanted ? 'Go on' : 'Pause and measure');
    pauseButton.setAttribute('aria-pressed', String(wanted));
    element.toggleAttribute('data-paused', wanted);
    measureLabel.hidden = !wanted;
    // Another speed needs other columns than those that are held.
    for (const select of speedChoice.getElementsByTagName('select')) select.disabled = wanted;
    if (wanted) {
      panels.forEach((panel) => panel.hold());
      measure(measuredLead);
    } else {
      calipers?.element.remove();
      calipers = null;
      setText(reading, '');
      panels.forEach((panel) => panel.sweep.release());
    }
  }

  /** Puts the calipers on a lead. @param {string} lead */
  function measure(lead) {
    const panel = panels.find((candidate) => candidate.lead === lead);
    if (!panel) return;
    measuredLead = lead;
    measureChoice.value = lead;
    calipers?.element.remove();
    calipers = new CaliperOverlay({ spanS: panel.canvas.width / columnsPerSecond, stepS: 1 / columnsPerSecond, ...panel.edgesMv() }, (text) => setText(reading, `${lead}: ${text}`));
    panel.frame.append(calipers.element);
  }

  /** @param {Vitals|null} vitals */
  function takeVitals(vitals) {
    const silentForS = store.silentForS(streamId, performance.now());
    const current = silentForS === null ? vitals : null;
    const numbers = [current?.heart_rate_bpm, current?.ventricular_beats_a_minute, current?.qtc_ms];
    values.forEach(({ value }, index) => setText(value, numbers[index] == null ? NONE : String(Math.round(numbers[index] ?? 0))));
    panels.forEach((panel) => panel.setStatus(leadStatus(current, panel.lead)));
    element.toggleAttribute('data-silent', silentForS !== null);
    noData.hidden = silentForS === null;
    if (silentForS !== null) setText(noData, `No data for ${Math.floor(silentForS)} s`);
  }

  function showAlarms() {
    alarmLine.replaceChildren(...store.shownAlerts(streamId).sort(byUrgency).slice(0, 4).map((alert) => html('a', { class: 'alarm-chip', href: `/alerts/${alert.id}`, 'data-priority': alert.priority, 'data-flash': flashes(alert) ? alert.priority : null, title: alert.message },
      alarmMark(alert.priority), html('strong', {}, PRIORITY_TEXTS[alert.priority]), ` ${alert.name} (${stateText(alert)})`)));
  }

  async function loadHistory() {
    try {
      trends.setTrends(/** @type {import('./protocol.js').Trends} */ (await board.session.json(`/api/beds/${encodeURIComponent(streamId)}/trends`)));
      await alerts.load();
    } catch (error) {
      setText(trends.moment, error instanceof Error ? error.message : 'Trends are not available.');
    }
  }

  function takeTheme() {
    panels.forEach((panel) => {
      panel.sweep.setColours(theme.colour('--trace-paper'), theme.colour('--paper'));
      if (isPaused) panel.drawStill();
    });
  }

  /** @param {Event} event */
  function onVitals(event) {
    const vitals = /** @type {CustomEvent<Vitals>} */ (event).detail;
    if (vitals.stream_id !== streamId) return;
    takeVitals(vitals);
    trends.addVitals(vitals);
  }
  let wasLost = false;
  function onState() {
    // What came while the connection was lost is missing in the trends.
    if (board.connection.state === 'open' && wasLost) void loadHistory();
    wasLost = board.connection.state === 'lost';
  }

  store.addEventListener('beds', takeBed);
  store.addEventListener('vitals', onVitals);
  theme.addEventListener('change', takeTheme);
  board.connection.addEventListener('state', onState);
  const timer = window.setInterval(() => takeVitals(store.beds.get(streamId)?.vitals ?? null), 1000);
  takeBed();
  showAlarms();
  void loadHistory();

  return {
    title: streamId,
    element,
    keys: [
      { key: ' ', shown: 'Space', text: 'pause and measure, or go on', run: () => pause(!isPaused) },
      { key: 'Escape', text: 'go on, or back to the ward', run: () => (isPaused ? pause(false) : board.back()) },
    ],
    close() {
      clearInterval(timer);
      store.removeEventListener('beds', takeBed);
      store.removeEventListener('vitals', onVitals);
      theme.removeEventListener('change', takeTheme);
      board.connection.removeEventListener('state', onState);
      sizes.disconnect();
      alerts.close();
      live.close();
    },
  };
}
