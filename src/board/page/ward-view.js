/**
 * What for: the whole ward at a glance. In: the store, the connection. Out: a grid of tiles in order of acuity or of beds, filters, and
 * the strip of the newest alerts. Only tiles that are on the screen are sent and drawn.
 */

import { isShown } from './alarms.js';
import { coalesced } from './coalesce.js';
import { choice, html, setText } from './dom.js';
import { usualLead } from './leads.js';
import { LiveTraces } from './live-traces.js';
import { newestAlertsStrip } from './newest-alerts.js';
import { sweepSpeed } from './sweep-speed.js';
import { Tile } from './tile.js';
import { arrowTarget } from './tile-arrows.js';
import { isWanted, orderedBeds, tileLayout } from './ward-order.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {import('./ward-order.js').Order} Order */
/** @typedef {import('./ward-order.js').AlarmFilter} AlarmFilter */

const GAP_PX = 8;
/** Room for the focus around the tiles. */
const EDGE_PX = 4;
/** Changes of the layout come in bursts; the server is told once they are over. */
const SETTLED_MS = 150;

/** @type {{order: Order, filter: AlarmFilter, text: string}} */
const wish = { order: 'acuity', filter: 'all', text: '' };

/** @param {Board} board @returns {import('./board.js').View} */
export function wardView(board) {
  const { store, theme } = board;
  /** @type {Map<string, Tile>} */
  const tiles = new Map();
  /** @type {Map<Element, Tile>} */
  const tileOf = new Map();
  const live = new LiveTraces(board.connection, store, board.loop);
  let settledTimer = 0;

  const grid = html('div', { class: 'ward__grid' });
  const count = html('p', { class: 'ward__count', role: 'status' });
  const search = html('input', { type: 'search', placeholder: 'bed or alarm', 'aria-label': 'Show only beds with this text' });
  search.value = wish.text;
  search.addEventListener('input', () => { wish.text = search.value; arrange(); });
  const strip = newestAlertsStrip(store);
  const element = html('div', { class: 'ward' },
    html('div', { class: 'toolbar' }, html('h1', { tabindex: '-1' }, 'Ward'),
      choice('Order', [{ value: 'acuity', text: 'by acuity' }, { value: 'bed', text: 'by bed' }], wish.order, (value) => { wish.order = /** @type {Order} */ (value); arrange(); }),
      choice('Show', [{ value: 'all', text: 'all beds' }, { value: 'alarms', text: 'with alarms' }], wish.filter, (value) => { wish.filter = /** @type {AlarmFilter} */ (value); arrange(); }),
      search, count),
    grid, strip.element);

  const sizes = new ResizeObserver((entries) => {
    for (const entry of entries) {
      const tile = tileOf.get(entry.target);
      if (tile) tile.resize(entry.contentRect.width, entry.contentRect.height, window.devicePixelRatio || 1);
    }
    settle();
  });
  const room = new ResizeObserver(() => layOut());
  const visibility = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const tile = tileOf.get(entry.target);
      if (tile) tile.isVisible = entry.isIntersecting;
    }
    settle();
  }, { rootMargin: '100px' });

  /** Beds that came or went. */
  function reconcile() {
    for (const [streamId, tile] of tiles) if (!store.beds.has(streamId)) drop(tile);
    for (const [streamId, { bed }] of store.beds) {
      const tile = tiles.get(streamId);
      if (tile) tile.setBed(bed);
      else add(streamId);
    }
    arrange();
  }

  /** @param {string} streamId */
  function add(streamId) {
    const state = store.beds.get(streamId);
    if (!state) return;
    const tile = new Tile(state.bed, board.chosenLeads.get(streamId) ?? usualLead(state.bed.leads), (lead) => {
      board.chosenLeads.set(streamId, lead);
      tile.setLead(lead);
      settle();
    });
    tile.setVitals(state.vitals);
    tile.setAlerts(store.shownAlerts(streamId));
    tile.sweep.setColours(theme.colour('--trace'), theme.colour('--tile'));
    tiles.set(streamId, tile);
    tileOf.set(tile.wave, tile);
    sizes.observe(tile.wave);
    visibility.observe(tile.wave);
  }

  /** @param {Tile} tile */
  function drop(tile) {
    sizes.unobserve(tile.wave);
    visibility.unobserve(tile.wave);
    tileOf.delete(tile.wave);
    tiles.delete(tile.streamId);
    tile.element.remove();
  }

  /** Which tiles, in which order. */
  function arrange() {
    const nowMs = performance.now();
    /** @type {Map<string, Alert[]>} */
    const shown = new Map([...tiles.keys()].map((streamId) => [streamId, []]));
    for (const alert of store.alerts.values()) if (isShown(alert)) shown.get(alert.stream_id)?.push(alert);
    const ranked = [...tiles.keys()].map((streamId) => ({ streamId, alerts: shown.get(streamId) ?? [], hasData: store.silentForS(streamId, nowMs) === null }));
    const wanted = ranked.filter((bed) => isWanted(bed, wish.filter, wish.text));
    place(orderedBeds(wanted, wish.order).flatMap((streamId) => tiles.get(streamId)?.element ?? []));
    setText(count, wanted.length === tiles.size ? `${tiles.size} beds` : `${wanted.length} of ${tiles.size} beds`);
    layOut();
  }

  const arrangeSoon = coalesced(arrange);

  /** Moves only what is out of place, and gives the focus back to what was moved. @param {HTMLElement[]} elements */
  function place(elements) {
    const focused = document.activeElement;
    for (const child of [...grid.children]) if (!elements.includes(/** @type {HTMLElement} */ (child))) child.remove();
    elements.forEach((child, index) => {
      if (grid.children[index] !== child) grid.insertBefore(child, grid.children[index] ?? null);
    });
    if (focused instanceof HTMLElement && focused !== document.activeElement && grid.contains(focused)) focused.focus({ preventScroll: true });
  }

  function layOut() {
    const size = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
    const layout = tileLayout(grid.childElementCount, {
      widthPx: grid.clientWidth - 2 * EDGE_PX, heightPx: grid.clientHeight - 2 * EDGE_PX, gapPx: GAP_PX, minWidthPx: 210 * size, minHeightPx: 170 * size, maxHeightPx: 460 * size,
    });
    grid.style.setProperty('--columns', String(layout.columns));
    grid.style.setProperty('--tile-height', `${layout.heightPx}px`);
  }

  function settle() {
    clearTimeout(settledTimer);
    settledTimer = window.setTimeout(watch, SETTLED_MS);
  }

  function watch() {
    const visible = [...tiles.values()].filter((tile) => tile.isVisible && tile.element.isConnected && tile.sweep.hasSize);
    const first = visible[0];
    if (!first) return;
    const rateHz = Math.min(...visible.map((tile) => store.beds.get(tile.streamId)?.bed.rate_hz || 500));
    const { columnsPerSecond, sweepS } = sweepSpeed(first.canvas.width / first.pixelRatio, first.pixelRatio, rateHz);
    live.show(visible, columnsPerSecond, Math.ceil(sweepS));
  }

  function update() {
    const nowMs = performance.now();
    let hasChanged = false;
    for (const tile of tiles.values()) {
      const was = tile.silentForS === null;
      tile.setSilence(store.silentForS(tile.streamId, nowMs));
      hasChanged ||= was !== (tile.silentForS === null);
    }
    if (hasChanged) arrange();
  }

  /** @param {Event} event */
  function takeVitals(event) {
    const vitals = /** @type {CustomEvent<import('./protocol.js').Vitals>} */ (event).detail;
    tiles.get(vitals.stream_id)?.setVitals(vitals);
  }

  /** @param {Event} event */
  function takeAlert(event) {
    const { alert } = /** @type {CustomEvent<import('./ward-store.js').AlertChange>} */ (event).detail;
    tiles.get(alert.stream_id)?.setAlerts(store.shownAlerts(alert.stream_id));
    arrangeSoon();
  }

  function takeTheme() {
    for (const tile of tiles.values()) tile.sweep.setColours(theme.colour('--trace'), theme.colour('--tile'));
  }

  store.addEventListener('beds', reconcile);
  store.addEventListener('vitals', takeVitals);
  store.addEventListener('alert', takeAlert);
  theme.addEventListener('change', takeTheme);
  room.observe(grid);
  const timer = window.setInterval(update, 500);
  reconcile();

  return {
    title: 'Ward',
    element,
    keys: [
      ...['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].map((key) => ({
        key, shown: key.replace('Arrow', 'Arrow '), text: 'to the next tile', run: () => arrowTarget(grid, key)?.focus(),
      })),
      { key: 'Enter', text: 'open the bed of the tile', run: () => {} },
      { key: '/', text: 'search', run: () => search.focus() },
      { key: 'Escape', text: 'show all beds', run: () => { wish.text = ''; search.value = ''; search.blur(); arrange(); } },
    ],
    close() {
      clearInterval(timer);
      clearTimeout(settledTimer);
      store.removeEventListener('beds', reconcile);
      store.removeEventListener('vitals', takeVitals);
      store.removeEventListener('alert', takeAlert);
      theme.removeEventListener('change', takeTheme);
      for (const observer of [sizes, room, visibility]) observer.disconnect();
      strip.close();
      live.close();
    },
  };
}
