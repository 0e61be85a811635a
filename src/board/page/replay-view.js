/**
 * What for: a record with a scrubber: its leads, our beats above, the reference below, its alarms. In: the server's record. Out: the view; the
 * second is part of the address, so that a link leads there.
 */

import { beatShape, BeatMarks, CLASS_TEXTS } from './beat-marks.js';
import { compareBeats } from './beat-match.js';
import { positionText } from './data-time.js';
import { button, choice, html, setText, svg } from './dom.js';
import { replayAlarms, replayTimeline } from './replay-alarms.js';
import { ReplayColumns } from './replay-columns.js';
import { hashOfSecond, nextSecond, secondOfHash, stretchStart } from './replay-position.js';
import { ReplayTrace } from './replay-trace.js';
import { mostColumnsPerSecond } from './sweep-speed.js';

/** @typedef {import('./protocol.js').ReplayRecord} ReplayRecord */

const SPANS_S = [5, 10, 30, 60];
const SPEEDS = [1, 4];
/** So often the address follows while the record plays. */
const HASH_EVERY_MS = 1000;

/** @param {import('./board.js').Board} board @returns {import('./board.js').View} */
export function replayView(board) {
  const element = html('div', { class: 'replay' }, html('h1', { tabindex: '-1' }, 'Replay'), html('p', { class: 'notice', role: 'status' }, 'Loading the record.'));
  /** @type {ReturnType<typeof recordView>|null} */
  let shown = null;
  let isClosed = false;
  void board.session.json('/api/replay').then((record) => {
    if (isClosed) return;
    shown = recordView(board, /** @type {ReplayRecord} */ (record));
    element.replaceChildren(...shown.children);
  }).catch((error) => {
    element.replaceChildren(html('h1', { tabindex: '-1' }, 'Replay'), html('p', { class: 'notice', role: 'alert' }, error instanceof Error ? error.message : 'There is no record.'));
  });
  return {
    title: 'Replay',
    element,
    keys: [
      { key: ' ', shown: 'Space', text: 'play or pause', run: () => shown?.play() },
      { key: 'ArrowLeft', shown: 'Arrow Left', text: 'a second back, with Shift ten', run: (event) => shown?.step(event.shiftKey ? -10 : -1) },
      { key: 'ArrowRight', shown: 'Arrow Right', text: 'a second on, with Shift ten', run: (event) => shown?.step(event.shiftKey ? 10 : 1) },
      { key: 'Home', text: 'to the start', run: () => shown?.seek(0) },
      { key: 'End', text: 'to the end', run: () => shown?.seek(Number.MAX_VALUE) },
      { key: 'n', text: 'next difference between our beats and the reference', run: () => shown?.difference(1) },
      { key: 'p', text: 'previous difference', run: () => shown?.difference(-1) },
    ],
    close() {
      isClosed = true;
      shown?.close();
    },
  };
}

/** @param {import('./board.js').Board} board @param {ReplayRecord} record */
function recordView(board, record) {
  const { theme } = board;
  const beats = compareBeats(record.beats, record.reference);
  const traces = record.leads.map((lead) => new ReplayTrace(lead));
  const ours = new BeatMarks('Our beats', beats.ours, []);
  const reference = new BeatMarks('Reference annotations', beats.reference, beats.notes);
  /** @type {ReplayColumns|null} */
  let columns = null;
  let second = Math.min(secondOfHash(location.hash) ?? 0, record.duration_s);
  let spanS = Math.min(10, record.duration_s);
  let speed = 1;
  let isPlaying = false;
  let isDirty = true;
  let widthPx = 0;
  let lastS = 0;
  let hashMs = 0;

  const position = html('output', { class: 'replay__position' });
  const playButton = button('Play', () => play(), { class: 'button--main' });
  const scrubber = html('input', { class: 'replay__scrubber', type: 'range', min: '0', max: String(record.duration_s), step: '0.1', 'aria-label': 'Position in the record' });
  scrubber.addEventListener('input', () => seek(Number(scrubber.value)));
  const cursor = html('div', { class: 'replay__cursor' });
  const stack = html('div', { class: 'replay__stack' }, ...traces.map((trace) => trace.element), cursor);
  const agreed = beats.ours.filter((beat) => beat.verdict === 'agrees').length;
  const missed = beats.reference.filter((beat) => beat.verdict === 'alone').length;
  const summary = beats.reference.length === 0
    ? `${beats.ours.length} beats found; the record has no reference.`
    : `${beats.ours.length} beats found, ${beats.reference.length} in the reference: ${agreed} agree, ${beats.ours.filter((beat) => beat.verdict === 'differs').length} of another class, ${beats.ours.filter((beat) => beat.verdict === 'alone').length} only ours, ${missed} only in the reference.`;
  const isCompared = beats.differencesS.length > 0;
  const children = [
    html('div', { class: 'toolbar' }, html('h1', { tabindex: '-1' }, record.record), playButton,
      choice('Speed', SPEEDS.map((factor) => ({ value: String(factor), text: `${factor}\u00d7` })), '1', (value) => { speed = Number(value); }),
      choice('Shown', SPANS_S.map((span) => ({ value: String(span), text: `${span} s` })), '10', (value) => { spanS = Math.min(Number(value), record.duration_s); fit(); }),
      isCompared && button('Previous difference', () => difference(-1)), isCompared && button('Next difference', () => difference(1)), position),
    html('p', { class: 'replay__summary' }, summary),
    html('div', { class: 'replay__page' },
      html('div', { class: 'replay__row' }, html('span', { class: 'replay__row-name' }, 'Ours'), ours.element), stack,
      html('div', { class: 'replay__row', hidden: record.reference.length === 0 }, html('span', { class: 'replay__row-name' }, 'Reference'), reference.element)),
    legend(),
    html('div', { class: 'replay__overview' }, scrubber, replayTimeline(record)),
    replayAlarms(record, seek),
  ];

  const sizes = new ResizeObserver(() => fit());
  sizes.observe(stack);
  theme.addEventListener('change', takeTheme);
  window.addEventListener('hashchange', takeHash);
  const stopPainting = board.loop.add(paint);
  takeTheme();

  function fit() {
    const ratio = window.devicePixelRatio || 1;
    widthPx = stack.clientWidth;
    if (widthPx === 0) return;
    for (const trace of traces) trace.resize(widthPx, trace.element.clientHeight, ratio);
    const columnsPerSecond = Math.min(mostColumnsPerSecond(record.rate_hz), Math.ceil((widthPx * ratio) / spanS));
    if (columns?.columnsPerSecond !== columnsPerSecond) {
      columns?.close();
      columns = new ReplayColumns(board.session, columnsPerSecond, record.duration_s, () => { isDirty = true; });
    }
    isDirty = true;
  }

  /** @type {import('./frame-loop.js').Painter} */
  function paint(pageS) {
    if (isPlaying) {
      second = Math.min(record.duration_s, second + speed * Math.min(0.5, pageS - lastS));
      isDirty = true;
      if (second >= record.duration_s) play();
      if (performance.now() - hashMs > HASH_EVERY_MS) writeHash();
    }
    lastS = pageS;
    if (!isDirty || widthPx === 0) return;
    isDirty = false;
    show();
  }

  function show() {
    const fromS = stretchStart(second, spanS, record.duration_s);
    if (columns) for (const trace of traces) trace.draw(columns, fromS, spanS);
    ours.show(fromS, spanS, widthPx);
    reference.show(fromS, spanS, widthPx);
    cursor.style.transform = `translateX(${((second - fromS) / spanS) * widthPx}px)`;
    const text = positionText(second);
    setText(position, `${text} of ${positionText(record.duration_s, 0)}`);
    scrubber.value = String(second);
    scrubber.setAttribute('aria-valuetext', text);
  }

  /** @param {number} wanted */
  function seek(wanted) {
    second = Math.min(record.duration_s, Math.max(0, wanted));
    isDirty = true;
    writeHash();
  }

  function writeHash() {
    hashMs = performance.now();
    history.replaceState(history.state, '', hashOfSecond(second));
  }

  function takeHash() {
    const wanted = secondOfHash(location.hash);
    if (wanted === null) return;
    second = Math.min(record.duration_s, wanted);
    isDirty = true;
  }

  function play() {
    if (!isPlaying && second >= record.duration_s) second = 0;
    isPlaying = !isPlaying;
    setText(playButton, isPlaying ? 'Pause' : 'Play');
    writeHash();
  }

  /** @param {1|-1} direction */
  function difference(direction) {
    const next = nextSecond(beats.differencesS, second, direction);
    if (next !== null) seek(next);
  }

  function takeTheme() {
    for (const trace of traces) trace.colour = theme.colour('--trace');
    isDirty = true;
  }

  return {
    children: children.filter((child) => child !== null),
    play,
    seek,
    difference,
    step: (/** @type {number} */ seconds) => seek(second + seconds),
    close() {
      sizes.disconnect();
      theme.removeEventListener('change', takeTheme);
      window.removeEventListener('hashchange', takeHash);
      stopPainting();
      columns?.close();
    },
  };
}

function legend() {
  const entry = (/** @type {string} */ text, /** @type {SVGElement[]} */ ...shapes) => html('span', { class: 'legend__entry' }, svg('svg', { class: 'legend__shape', viewBox: '-10 -10 20 20', 'aria-hidden': 'true' }, ...shapes), text);
  return html('p', { class: 'legend' }, ...Object.entries(CLASS_TEXTS).map(([beatClass, text]) => entry(`${beatClass} ${text}`, beatShape(beatClass, 0, 0))),
    entry('another class', svg('circle', { class: 'beat__ring', r: 8 })), entry('only on this side', svg('circle', { class: 'beat__ring beat__ring--alone', r: 8 })));
}
