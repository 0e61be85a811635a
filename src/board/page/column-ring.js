/**
 * What for: the last columns of one trace, so that a canvas can be drawn again after a resize and a paused trace can be
 * measured. In: columns as they come. Out: low and high of any column that is still there.
 */

import { GAP_UV } from './columns.js';

export class ColumnRing {
  /** @param {number} capacity  columns */
  constructor(capacity) {
    this.capacity = Math.max(1, Math.ceil(capacity));
    this.valuesUv = new Int16Array(this.capacity * 2).fill(GAP_UV);
    /** Index of the oldest column that is still there. */
    this.startColumn = 0;
    /** Index after the newest column. */
    this.endColumn = 0;
  }

  get isEmpty() {
    return this.endColumn === this.startColumn;
  }

  /**
   * Adds columns. What was jumped over stays empty; what is there already is written again with the same values.
   * @param {number} firstColumn
   * @param {Int16Array} valuesUv  low, high, low, high and so on
   */
  push(firstColumn, valuesUv) {
    const count = valuesUv.length / 2;
    const end = firstColumn + count;
    const isApart = this.isEmpty || firstColumn - this.endColumn > this.capacity || end < this.startColumn;
    if (isApart) {
      this.startColumn = firstColumn;
      this.endColumn = firstColumn;
    }
    for (let column = this.endColumn; column < firstColumn; column += 1) this.#set(column, GAP_UV, GAP_UV);
    const skip = Math.max(0, end - this.capacity - firstColumn);
    for (let index = skip; index < count; index += 1) {
      this.#set(firstColumn + index, valuesUv[2 * index] ?? GAP_UV, valuesUv[2 * index + 1] ?? GAP_UV);
    }
    this.endColumn = Math.max(this.endColumn, end);
    this.startColumn = Math.max(Math.min(this.startColumn, firstColumn), this.endColumn - this.capacity);
  }

  copy() {
    const ring = new ColumnRing(this.capacity);
    ring.valuesUv.set(this.valuesUv);
    ring.startColumn = this.startColumn;
    ring.endColumn = this.endColumn;
    return ring;
  }

  /** @param {number} column */
  has(column) {
    return column >= this.startColumn && column < this.endColumn;
  }

  /** @param {number} column */
  lowUv(column) {
    return this.has(column) ? this.valuesUv[2 * (column % this.capacity)] ?? GAP_UV : GAP_UV;
  }

  /** @param {number} column */
  highUv(column) {
    return this.has(column) ? this.valuesUv[2 * (column % this.capacity) + 1] ?? GAP_UV : GAP_UV;
  }

  /**
   * @param {number} column
   * @param {number} lowUv
   * @param {number} highUv
   */
  #set(column, lowUv, highUv) {
    const at = 2 * (column % this.capacity);
    this.valuesUv[at] = lowUv;
    this.valuesUv[at + 1] = highUv;
  }
}
