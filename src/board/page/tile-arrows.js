/**
 * What for: arrow keys between tiles. In: the grid and the key. Out: the link of the tile that lies in that direction.
 */

/**
 * @param {HTMLElement} grid
 * @param {string} key
 * @returns {HTMLElement|null}
 */
export function arrowTarget(grid, key) {
  const links = /** @type {HTMLElement[]} */ ([...grid.querySelectorAll('.tile__link')]);
  const focused = document.activeElement;
  const at = links.findIndex((link) => link === focused || link.closest('.tile')?.contains(focused));
  if (at < 0) return links[0] ?? null;
  const columns = Number(grid.style.getPropertyValue('--columns')) || 1;
  return links[nextIndex(at, links.length, columns, key)] ?? null;
}

/**
 * @param {number} at
 * @param {number} count
 * @param {number} columns
 * @param {string} key
 */
export function nextIndex(at, count, columns, key) {
  /** @type {Record<string, number>} */
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const next = at + (steps[key] ?? 0);
  return next < 0 || next >= count ? at : next;
}
