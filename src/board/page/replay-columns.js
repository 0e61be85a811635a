/**
 * What for: the columns of a record, piece by piece as they are looked at. In: the server. Out: a piece if it is there, else it is asked for. Bounded:
 * the pieces that were not used for longest are forgotten.
 */

import { decodeColumns } from './columns.js';

/** Columns of a piece. */
export const PIECE_COLUMNS = 1200;
const MOST_PIECES = 160;
/** After a failure a piece is not asked for again at once. */
const FAILED_WAIT_MS = 2000;

export class ReplayColumns {
  /**
   * @param {import('./session.js').Session} session
   * @param {number} columnsPerSecond
   * @param {number} durationS
   * @param {() => void} onPiece  a piece has come
   */
  constructor(session, columnsPerSecond, durationS, onPiece) {
    this.session = session;
    this.columnsPerSecond = columnsPerSecond;
    this.durationS = durationS;
    this.onPiece = onPiece;
    /** @type {Map<string, Int16Array|null>} */
    this.pieces = new Map();
    /** @type {Map<string, number>} */
    this.failedMs = new Map();
    this.abort = new AbortController();
  }

  /**
   * The piece of a lead, low and high in turn; null while it is not there.
   * @param {string} lead
   * @param {number} piece
   * @returns {Int16Array|null}
   */
  piece(lead, piece) {
    const key = `${piece} ${lead}`;
    const found = this.pieces.get(key);
    if (found) {
      // The map's order is that of use.
      this.pieces.delete(key);
      this.pieces.set(key, found);
      return found;
    }
    if (found === undefined && performance.now() - (this.failedMs.get(key) ?? -FAILED_WAIT_MS) >= FAILED_WAIT_MS) void this.#load(key, lead, piece);
    return null;
  }

  close() {
    this.abort.abort();
  }

  /** @param {string} key @param {string} lead @param {number} piece */
  async #load(key, lead, piece) {
    const fromS = (piece * PIECE_COLUMNS) / this.columnsPerSecond;
    const toS = ((piece + 1) * PIECE_COLUMNS) / this.columnsPerSecond;
    if (piece < 0 || fromS >= this.durationS) return;
    this.pieces.set(key, null);
    const query = new URLSearchParams({ lead, from_s: String(fromS), to_s: String(toS), columns: String(PIECE_COLUMNS) });
    try {
      const response = await this.session.request(`/api/replay/columns?${query}`, { signal: this.abort.signal });
      this.pieces.set(key, decodeColumns(await response.arrayBuffer()));
      const oldest = this.pieces.keys().next().value;
      if (this.pieces.size > MOST_PIECES && oldest !== undefined) this.pieces.delete(oldest);
      this.onPiece();
    } catch {
      // A hole is seen; it is asked for again when it is looked at again.
      this.pieces.delete(key);
      this.failedMs.set(key, performance.now());
    }
  }
}
