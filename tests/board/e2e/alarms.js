// Alerts of the simulated ward. In: its address. Out: an alert as soon as it is there.

import { expect } from '@playwright/test';

/** @typedef {import('../../../src/board/page/protocol.js').Alert} Alert */

/**
 * Waits for an alert of a bed.
 * @param {string} url
 * @param {string} streamId
 * @param {(alert: Alert) => boolean} isWanted
 * @returns {Promise<Alert>}
 */
export async function alertOf(url, streamId, isWanted) {
  /** @type {Alert|undefined} */
  let found;
  await expect.poll(async () => {
    const answer = await fetch(`${url}/api/beds/${streamId}/alerts`);
    const alerts = /** @type {Alert[]} */ (await answer.json());
    found = alerts.find(isWanted);
    return found !== undefined;
  }, { timeout: 75_000, message: `an alert of ${streamId}` }).toBe(true);
  return /** @type {Alert} */ (found);
}

/** The asystole of the first bed. @param {string} url */
export function asystole(url) {
  return alertOf(url, 'bed-01', (alert) => alert.code === 'ASYS');
}

/** The asystole, once its window was read. @param {string} url */
export function readAsystole(url) {
  return alertOf(url, 'bed-01', (alert) => alert.code === 'ASYS' && (alert.reading?.claims.length ?? 0) > 0);
}
