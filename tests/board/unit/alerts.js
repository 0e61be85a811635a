// Alerts for tests.

/** @typedef {import('../../../src/board/page/protocol.js').Alert} Alert */

/** A high alarm that stands, but for what is said otherwise. @param {Partial<Alert>} parts @returns {Alert} */
export function alertOf(parts) {
  return {
    id: 'a', stream_id: 'bed-1', code: 'ASYS', name: 'asystole', priority: 'high', state: 'raised', announced: true, message: 'no QRS complex for 4.0 s',
    onset: '2026-11-28T10:00:00Z', raised_at: '2026-11-28T10:00:04Z', window_start: '2026-11-28T09:59:54Z', evidence: [], ...parts,
  };
}
