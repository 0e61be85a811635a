/**
 * What for: brings waveform columns from the connection onto the traces of a view. In: the traces that are to be seen. Out: tells the
 * server what to send, fills the rings, and in each frame has every trace drawn up to where the playback clock of its bed stands.
 */

import { PlaybackClock } from './playback-clock.js';

/** @typedef {import('./columns.js').ColumnFrame} ColumnFrame */

/**
 * @typedef {object} LiveTrace
 * @property {string} streamId
 * @property {string} lead
 * @property {import('./sweep-trace.js').SweepTrace} sweep
 * @property {(column: number, columnsPerSecond: number) => void} draw
 */

/** With more traces than these, every second frame is enough. */
const MANY_TRACES = 16;

export class LiveTraces {
  /**
   * @param {import('./connection.js').Connection} connection
   * @param {import('./ward-store.js').WardStore} store
   * @param {import('./frame-loop.js').FrameLoop} loop
   */
  constructor(connection, store, loop) {
    this.connection = connection;
    this.store = store;
    this.loop = loop;
    /** @type {LiveTrace[]} */
    this.traces = [];
    this.columnsPerSecond = 0;
    this.historyS = 0;
    this.isPaused = false;
    /** @type {Map<string, PlaybackClock>} */
    this.clocks = new Map();
    this.said = '';
    connection.addEventListener('columns', this.#take);
    this.stopPainting = loop.add(this.#paint);
  }

  /**
   * @param {LiveTrace[]} traces
   * @param {number} columnsPerSecond
   * @param {number} historyS
   */
  show(traces, columnsPerSecond, historyS) {
    const said = JSON.stringify([columnsPerSecond, historyS, traces.map((trace) => [trace.streamId, trace.lead])]);
    const isAnotherGrid = columnsPerSecond !== this.columnsPerSecond || historyS !== this.historyS;
    const known = new Set(isAnotherGrid ? [] : this.traces.map((trace) => trace.sweep));
    this.traces = traces;
    this.loop.setLeastStride(traces.length > MANY_TRACES ? 2 : 1);
    this.columnsPerSecond = columnsPerSecond;
    this.historyS = historyS;
    for (const { sweep } of traces) if (!known.has(sweep)) sweep.restart(columnsPerSecond * (historyS + 2));
    if (said === this.said) return;
    this.said = said;
    const watched = new Set(traces.map((trace) => trace.streamId));
    for (const [streamId, state] of this.store.beds) state.isWatched = watched.has(streamId);
    this.connection.watch({
      columns_a_second: columnsPerSecond,
      traces: traces.map(({ streamId, lead }) => ({ stream_id: streamId, lead })),
      history_s: historyS,
    });
  }

  /** The column that is due on a bed now. @param {string} streamId @param {number} pageS */
  dueColumn(streamId, pageS) {
    const positionS = this.clocks.get(streamId)?.positionS(pageS) ?? null;
    return positionS === null ? null : Math.floor(positionS * this.columnsPerSecond);
  }

  close() {
    this.connection.removeEventListener('columns', this.#take);
    this.stopPainting();
    for (const state of this.store.beds.values()) state.isWatched = false;
    this.connection.watch({ columns_a_second: this.columnsPerSecond || 100, traces: [], history_s: 0 });
  }

  /** @param {Event} event */
  #take = (event) => {
    const frame = /** @type {CustomEvent<ColumnFrame>} */ (event).detail;
    if (frame.columnsPerSecond !== this.columnsPerSecond) return;
    const nowMs = performance.now();
    for (const record of frame.records) {
      const trace = this.traces[record.trace];
      if (!trace || record.valuesUv.length === 0) continue;
      trace.sweep.ring.push(record.firstColumn, record.valuesUv);
      const endS = (record.firstColumn + record.valuesUv.length / 2) / frame.columnsPerSecond;
      this.#clock(trace.streamId).observe(endS, nowMs / 1000);
      this.store.noteData(trace.streamId, endS, nowMs);
    }
  };

  /** @param {string} streamId */
  #clock(streamId) {
    let clock = this.clocks.get(streamId);
    if (!clock) {
      clock = new PlaybackClock();
      this.clocks.set(streamId, clock);
    }
    return clock;
  }

  /** @type {import('./frame-loop.js').Painter} */
  #paint = (pageS) => {
    if (this.isPaused) return;
    for (const trace of this.traces) {
      const column = this.dueColumn(trace.streamId, pageS);
      if (column !== null) trace.draw(column, this.columnsPerSecond);
    }
  };
}
