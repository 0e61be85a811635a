/**
 * What for: one alert with a permanent address: the page with its evidence, the reading with its claims, the facts, and taking note. In: the alert's
 * id. Out: the view.
 */

import { AcknowledgeForm } from './acknowledge.js';
import { alarmMark } from './alarm-mark.js';
import { flashes, merged, PRIORITY_TEXTS, stateText } from './alarms.js';
import { alertFacts, stateHistory } from './alert-facts.js';
import { button, choice, html, setText } from './dom.js';
import { exportButtons } from './exports.js';
import { Lights } from './lights.js';
import { Paper } from './paper.js';
import { claimsTable, readingNotes, readingText, verdictLegend } from './reading.js';
import { leadsText, numberText, secondsText } from './verdicts.js';

/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {import('./protocol.js').AlertPage} AlertPage */
/** @typedef {import('./paper-layout.js').PaperForm} PaperForm */

/** @param {import('./board.js').Board} board @param {string} alertId @returns {import('./board.js').View} */
export function alertView(board, alertId) {
  const path = `/api/alerts/${encodeURIComponent(alertId)}`;
  /** @type {Alert|null} */
  let alert = null;
  /** @type {Paper|null} */
  let paper = null;
  let shownReading = '';
  let reloadTimer = 0;
  let isClosed = false;
  const lights = new Lights((light) => paper?.light(light?.stretch ?? null, light?.kind ?? ''));
  const evidenceLights = new Lights((light) => paper?.light(light?.stretch ?? null, light?.kind ?? ''));

  const heading = html('h1', { tabindex: '-1' }, 'Alert');
  const state = html('p', { class: 'alert__state' });
  const message = html('p', { class: 'alert__message' });
  const bedLink = html('a', {});
  const acknowledge = new AcknowledgeForm(board.session);
  const problem = html('p', { class: 'notice', role: 'alert', hidden: true });
  const page = html('div');
  const evidence = html('ol', { class: 'evidence' });
  const reading = html('section', { class: 'reading', 'aria-labelledby': 'reading-title' });
  const facts = html('div');
  const history = html('div');
  const content = html('div', { class: 'alert__content', hidden: true },
    html('div', { class: 'toolbar' }, acknowledge.element, exportButtons(board.session, alertId)),
    html('div', { class: 'alert__body' },
      html('div', { class: 'alert__page' }, page, html('section', { 'aria-labelledby': 'evidence-title' }, html('h2', { id: 'evidence-title' }, 'Evidence'), evidence)), reading),
    html('div', { class: 'alert__columns' },
      html('section', { 'aria-labelledby': 'facts-title' }, html('h2', { id: 'facts-title' }, 'Facts'), facts),
      html('section', { 'aria-labelledby': 'history-title' }, html('h2', { id: 'history-title' }, 'History'), history)));
  const element = html('div', { class: 'alert' }, html('div', { class: 'alert__head' }, heading, state, bedLink, message), problem, content);

  /** @type {import('./protocol.js').AlarmRule|null} */
  let rule = null;

  async function load() {
    try {
      const loaded = /** @type {AlertPage} */ (await board.session.json(path));
      if (isClosed) return;
      problem.hidden = true;
      content.hidden = false;
      if (!paper) showPage(loaded);
      // What the store knows may be newer than the answer.
      const known = board.store.alerts.get(alertId);
      rule = loaded.rule;
      show(known ? { ...known, reading: known.reading ?? loaded.alert.reading ?? null } : merged(undefined, loaded.alert));
      history.replaceChildren(stateHistory(loaded.changes));
    } catch (error) {
      if (isClosed) return;
      problem.hidden = false;
      setText(problem, error instanceof Error ? error.message : 'The alert is not available.');
    }
  }

  /** @param {AlertPage} loaded */
  function showPage({ alert: shown, window: signal }) {
    if (!signal || signal.leads.length === 0) {
      page.replaceChildren(html('p', { class: 'notice' }, 'The waveform of this alert is not kept any more.'));
      return;
    }
    paper = new Paper(signal);
    paper.setEvidence(shown.evidence.map((item, index) => ({ letter: letter(index), leads: item.leads, fromS: item.from_s, toS: item.to_s })));
    const made = paper;
    const scaleButton = button('True scale', () => {
      made.setTrueScale(!made.isTrueScale);
      scaleButton.setAttribute('aria-pressed', String(made.isTrueScale));
    }, { 'aria-pressed': 'false', title: 'Millimetres of paper, where the screen tells its size' });
    page.replaceChildren(html('div', { class: 'toolbar' }, html('h2', {}, 'ECG'),
      choice('Page', [{ value: 'grid', text: '3 \u00d7 4 and rhythm' }, { value: 'rows', text: 'all leads, all seconds' }], made.form, (value) => made.setForm(/** @type {PaperForm} */ (value))), scaleButton,
      html('span', { class: 'alert__scale' }, '25 mm/s, 10 mm/mV')), made.element);
  }

  /** @param {Alert} shown */
  function show(shown) {
    alert = shown;
    setText(heading, `${shown.name}, ${shown.stream_id}`);
    document.title = `${shown.name}, ${shown.stream_id} \u2013 gemwatch`;
    element.dataset.priority = shown.priority;
    state.replaceChildren(html('span', { class: 'alarm-chip', 'data-priority': shown.priority, 'data-flash': flashes(shown) ? shown.priority : null }, alarmMark(shown.priority), html('strong', {}, PRIORITY_TEXTS[shown.priority]), ` ${stateText(shown)}`));
    setText(message, shown.message);
    const isReplay = board.session.info?.mode === 'replay';
    setText(bedLink, isReplay ? 'To the record' : `To ${shown.stream_id}`);
    bedLink.href = isReplay ? '/replay' : `/beds/${encodeURIComponent(shown.stream_id)}`;
    acknowledge.element.hidden = isReplay;
    acknowledge.show(shown);
    facts.replaceChildren(alertFacts(shown, rule, board.session.info?.version ?? 'of unknown version'));
    showEvidence(shown);
    showReading(shown);
  }

  /** @param {Alert} shown */
  function showEvidence(shown) {
    if (evidence.childElementCount === shown.evidence.length) return;
    evidenceLights.clear();
    evidence.replaceChildren(...shown.evidence.map((item, index) => {
      const made = html('button', { type: 'button', class: 'evidence__item' }, html('strong', { class: 'evidence__letter' }, letter(index)),
        ` ${item.what}: ${numberText(item.value)} ${item.unit}, ${leadsText(item.leads)}, ${secondsText(item.from_s, item.to_s)}${item.from_s < 0 ? ' (begins before the page)' : ''}`);
      evidenceLights.add(made, { key: `evidence-${index}`, kind: 'evidence', stretch: { leads: item.leads, fromS: item.from_s, toS: item.to_s } });
      return html('li', {}, made);
    }));
  }

  /** The reading is written anew only if it is another one: it may be read, or have the focus, just now. @param {Alert} shown */
  function showReading(shown) {
    const now = JSON.stringify(shown.reading ?? null);
    if (now === shownReading) return;
    shownReading = now;
    lights.clear();
    const title = html('h2', { id: 'reading-title' }, 'Reading');
    if (!shown.reading) {
      reading.replaceChildren(title, html('p', {}, 'There is no reading yet. The alarm does not depend on one.'));
      return;
    }
    const notes = readingNotes(shown.reading).map((note) => html('p', { class: 'reading__note' }, note));
    const hasClaims = shown.reading.claims.length > 0;
    reading.replaceChildren(title, html('p', { class: 'reading__model' }, `Written by ${shown.reading.model}${shown.reading.trained ? '' : ' (untrained weights)'}, each claim checked against the waveform.`), ...notes,
      shown.reading.text === '' ? html('p', {}, 'The model wrote nothing.') : readingText(shown.reading, lights),
      ...(hasClaims ? [verdictLegend(), html('h3', {}, 'Claims'), claimsTable(shown.reading, lights)] : []));
  }

  /** @param {Event} event */
  function takeAlert(event) {
    const changed = /** @type {CustomEvent<import('./ward-store.js').AlertChange>} */ (event).detail.alert;
    if (changed.id !== alertId || !alert) return;
    show({ ...changed, reading: changed.reading ?? alert.reading ?? null });
    // The history is the server's to tell.
    clearTimeout(reloadTimer);
    reloadTimer = window.setTimeout(() => void load(), 300);
  }

  board.store.addEventListener('alert', takeAlert);
  void load();

  return {
    title: 'Alert',
    element,
    keys: [
      { key: 'a', text: 'acknowledge', run: () => acknowledge.press() },
      { key: 'Escape', text: 'let go what is lit up, or back', run: () => { if (![lights.release(), evidenceLights.release()].some(Boolean)) board.back(); } },
    ],
    close() {
      isClosed = true;
      clearTimeout(reloadTimer);
      board.store.removeEventListener('alert', takeAlert);
    },
  };
}

/** A, B, C, and so on; after Z come numbers. @param {number} index */
function letter(index) {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1);
}
