/**
 * What for: what an alert means for whoever looks: does it stand, does it flash, which one is the most urgent. In: alerts as
 * the server sends them. Out: plain answers. Priorities and colours follow IEC 60601-1-8.
 */

import { timeMs } from './data-time.js';

/** @typedef {import('./protocol.js').Alert} Alert */
/** @typedef {import('./protocol.js').Priority} Priority */

/** Most urgent first. @type {Priority[]} */
export const PRIORITIES = ['high', 'medium', 'low', 'technical'];

/** @type {Record<Priority, string>} */
export const PRIORITY_TEXTS = { high: 'High', medium: 'Medium', low: 'Low', technical: 'Technical' };

/** 0 is the most urgent. @param {Priority} priority */
export function priorityRank(priority) {
  const rank = PRIORITIES.indexOf(priority);
  return rank < 0 ? PRIORITIES.length : rank;
}

/** Is it not over? A latched alert stands until somebody takes note. @param {Alert} alert */
export function stands(alert) {
  if (alert.state === 'latched') return true;
  return alert.state !== 'cleared' && !alert.cleared_at;
}

/** @param {Alert} alert */
export function isAcknowledged(alert) {
  return Boolean(alert.acknowledged_by || alert.acknowledged_at) || alert.state === 'acknowledged';
}

/** Is it to be seen on a tile? What is only logged is not. @param {Alert} alert */
export function isShown(alert) {
  return stands(alert) && alert.announced;
}

/** Does it flash (high and medium), or is its light steady? @param {Alert} alert */
export function flashes(alert) {
  return isShown(alert) && !isAcknowledged(alert) && (alert.priority === 'high' || alert.priority === 'medium');
}

/**
 * Does it sound? One that was acknowledged is silent until its time is up.
 * @param {Alert} alert
 * @param {number|null} dataNowMs  data time of the bed
 */
export function sounds(alert, dataNowMs) {
  if (!isShown(alert)) return false;
  if (!isAcknowledged(alert)) return true;
  const offUntilMs = timeMs(alert.audio_off_until);
  return offUntilMs !== null && dataNowMs !== null && dataNowMs >= offUntilMs;
}

/** One line about where it stands. @param {Alert} alert */
export function stateText(alert) {
  if (!stands(alert)) return 'ended';
  const by = alert.acknowledged_by ? ` by ${alert.acknowledged_by}` : '';
  if (isAcknowledged(alert)) return `acknowledged${by}`;
  if (alert.state === 'latched') return 'ended, not acknowledged';
  return alert.announced ? 'active' : 'logged only';
}

/**
 * Most urgent first: not acknowledged before acknowledged within a priority, then the newest.
 * @param {Alert} a
 * @param {Alert} b
 */
export function byUrgency(a, b) {
  return priorityRank(a.priority) - priorityRank(b.priority)
    || Number(isAcknowledged(a)) - Number(isAcknowledged(b))
    || (timeMs(b.raised_at) ?? 0) - (timeMs(a.raised_at) ?? 0);
}

/**
 * The new state of an alert. A reading says nothing of whether the alert stands, and what comes later keeps the reading.
 * @param {Alert|undefined} before
 * @param {Alert} after
 * @returns {Alert}
 */
export function merged(before, after) {
  const merge = { ...after };
  if (!merge.reading && before?.reading) merge.reading = before.reading;
  if (after.state !== 'interpreted') return merge;
  if (!before) {
    merge.state = after.cleared_at ? 'cleared' : 'raised';
    return merge;
  }
  // A reading carries a copy of the alert from when its window was cut: only the reading is news.
  return { ...before, reading: after.reading ?? before.reading ?? null };
}

/** A new alarm, or one that has become worse. @param {Alert|undefined} before @param {Alert} after */
export function isNews(before, after) {
  if (!isShown(after) || isAcknowledged(after)) return false;
  if (!before) return true;
  return !isShown(before) || priorityRank(after.priority) < priorityRank(before.priority) || before.code !== after.code;
}
