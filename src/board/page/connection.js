/**
 * What for: the live connection. In: what is to be watched. Out: events "message", "columns" and "state". The page's own timer says
 * whether the connection stands: three seconds without a frame and it is lost, whatever the socket believes.
 */

import { decodeFrame } from './columns.js';
import { RequestError } from './session.js';

/** @typedef {import('./protocol.js').Watch} Watch */
/** @typedef {'connecting'|'open'|'lost'} ConnectionState */

export const SILENCE_MS = 3000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

/** How long to wait before the next try: doubling, with some chance so that not all pages come back at once. @param {number} tries @param {number} chance 0..1 */
export function waitMs(tries, chance) {
  return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries) * (0.75 + 0.5 * chance);
}

export class Connection extends EventTarget {
  /** @param {import('./session.js').Session} session */
  constructor(session) {
    super();
    this.session = session;
    /** @type {ConnectionState} */
    this.state = 'connecting';
    /** When the last frame came, by the page's clock; before the first, when the page began to try. */
    this.lastFrameMs = performance.now();
    /** When the next try is due. @type {number|null} */
    this.nextTryMs = null;
    this.tries = 0;
    this.openedMs = 0;
    /** @type {WebSocket|null} */
    this.socket = null;
    /** @type {Watch|null} */
    this.wanted = null;
    /** Number of the watch whose columns are taken; -1 before the first. */
    this.watchNumber = -1;
    this.timer = 0;
  }

  start() {
    this.lastFrameMs = performance.now();
    this.#open();
    this.timer = window.setInterval(() => this.#tick(), 250);
  }

  stop() {
    clearInterval(this.timer);
    this.#drop();
  }

  /** Tries again at once, as after a log-in. */
  retry() {
    this.#drop();
    this.#open();
  }

  /** Says what is to be sent; it is said again after every reconnect. @param {Watch} watch */
  watch(watch) {
    this.wanted = watch;
    if (this.socket?.readyState === WebSocket.OPEN) this.#sendWatch(this.socket);
  }

  #open() {
    this.nextTryMs = null;
    this.openedMs = performance.now();
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/live`, this.session.subProtocols());
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.watchNumber = -1;
    socket.addEventListener('open', () => {
      if (this.wanted) this.#sendWatch(socket);
    });
    socket.addEventListener('message', (event) => {
      if (this.socket === socket) this.#take(event.data);
    });
    socket.addEventListener('close', () => {
      if (this.socket === socket) void this.#failed();
    });
  }

  /** @param {WebSocket} socket */
  #sendWatch(socket) {
    socket.send(JSON.stringify({ type: 'watch', ...this.wanted }));
    this.watchNumber += 1;
  }

  /** @param {unknown} data */
  #take(data) {
    this.lastFrameMs = performance.now();
    this.tries = 0;
    this.#setState('open');
    if (data instanceof ArrayBuffer) {
      const frame = decodeFrame(data);
      // Columns of an earlier watch lie on another grid.
      if (frame && frame.watch === (this.watchNumber & 0xffff)) this.dispatchEvent(new CustomEvent('columns', { detail: frame }));
      return;
    }
    if (typeof data !== 'string') return;
    try {
      this.dispatchEvent(new CustomEvent('message', { detail: JSON.parse(data) }));
    } catch (error) {
      console.warn('a message of the server was not understood', error);
    }
  }

  #tick() {
    const nowMs = performance.now();
    if (nowMs - this.lastFrameMs > SILENCE_MS) {
      this.#setState('lost');
      // A socket that is still silent after twice the time is given up: a network that went away closes nothing.
      const isHanging = this.socket !== null && nowMs - Math.max(this.lastFrameMs, this.openedMs) > 2 * SILENCE_MS;
      if (isHanging) void this.#failed();
    }
    if (this.nextTryMs !== null && nowMs >= this.nextTryMs) this.#open();
    if (this.state === 'lost') this.dispatchEvent(new Event('state'));
  }

  async #failed() {
    this.#drop();
    this.nextTryMs = performance.now() + waitMs(this.tries, Math.random());
    this.tries += 1;
    // A refused handshake tells the page nothing; the session does.
    try {
      await this.session.load();
    } catch (error) {
      if (error instanceof RequestError && error.status === 401) this.nextTryMs = null;
      else if (error instanceof RequestError && error.retryAfterS) this.nextTryMs = performance.now() + 1000 * error.retryAfterS;
    }
  }

  #drop() {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  /** @param {ConnectionState} state */
  #setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }
}
