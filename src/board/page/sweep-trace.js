/**
 * What for: draws one trace on one canvas as a bedside monitor does: new columns overwrite the oldest, with a gap ahead. In: a ring
 * of columns and the column that is due. Out: pixels. One pixel of the canvas is one column, and only what is new is drawn.
 */

import { ColumnRing } from './column-ring.js';
import { GAP_UV } from './columns.js';

/** @typedef {import('./trace-scale.js').TraceScale} TraceScale */

/** The place of a column on the canvas. @param {number} column @param {number} widthPx */
export function sweepX(column, widthPx) {
  return ((column % widthPx) + widthPx) % widthPx;
}

/** Width of the gap ahead of the sweep. @param {number} widthPx */
export function eraseGapPx(widthPx) {
  return Math.min(widthPx - 1, Math.max(8, Math.round(widthPx * 0.04)));
}

export class SweepTrace {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{isOpaque: boolean}} options  an opaque canvas is cheaper to put on the screen
   */
  constructor(canvas, { isOpaque }) {
    this.canvas = canvas;
    this.isOpaque = isOpaque;
    const context = canvas.getContext('2d', { alpha: !isOpaque });
    if (!context) throw new Error('this browser has no canvas');
    this.context = context;
    this.ring = new ColumnRing(1);
    /** A copy of the columns while the trace is paused. @type {ColumnRing|null} */
    this.held = null;
    this.lineHeightPx = 1.5;
    this.lineColumns = 1;
    this.traceColour = '#0f0';
    this.backgroundColour = '#000';
    /** In pixels of the canvas. @type {TraceScale} */
    this.scale = { centreUv: 0, pxPerMv: 40 };
    /** The column after the last one drawn. @type {number|null} */
    this.drawnColumn = null;
    this.hasSize = false;
  }

  /**
   * @param {number} widthPx
   * @param {number} heightPx
   * @param {number} lineHeightPx  of a level line
   * @param {number} lineColumns  width of an upright line
   */
  resize(widthPx, heightPx, lineHeightPx, lineColumns) {
    this.canvas.width = Math.max(16, Math.round(widthPx));
    this.canvas.height = Math.max(8, Math.round(heightPx));
    this.lineHeightPx = lineHeightPx;
    this.lineColumns = Math.max(1, Math.round(lineColumns));
    this.hasSize = true;
    this.drawnColumn = null;
  }

  /** @param {string} trace @param {string} background */
  setColours(trace, background) {
    this.traceColour = trace;
    this.backgroundColour = background;
    this.drawnColumn = null;
  }

  /** @param {TraceScale} scale */
  setScale(scale) {
    if (scale.centreUv === this.scale.centreUv && scale.pxPerMv === this.scale.pxPerMv) return;
    this.scale = scale;
    this.drawnColumn = null;
  }

  /** Forgets all columns, as after a change of the grid of columns. @param {number} capacity */
  restart(capacity) {
    this.ring = new ColumnRing(capacity);
    this.drawnColumn = null;
  }

  /** Keeps what is there for drawStill, while new columns go on coming. */
  hold() {
    this.held = this.ring.copy();
  }

  release() {
    this.held = null;
    this.drawnColumn = null;
  }

  /** Draws until just before this column. @param {number} column */
  drawTo(column) {
    if (!this.hasSize) return;
    const drawn = this.drawnColumn;
    const width = this.canvas.width;
    if (drawn === column) return;
    if (drawn === null || column < drawn || column - drawn > width / 2) {
      this.#redraw(column);
      return;
    }
    const gap = eraseGapPx(width);
    this.#clear(drawn + gap, column + gap);
    this.#drawColumns(drawn, column);
    this.drawnColumn = column;
  }

  /** Draws the last columns from left to right, for a paused trace. @param {number} endColumn */
  drawStill(endColumn) {
    if (!this.hasSize) return;
    const width = this.canvas.width;
    this.#clear(0, width);
    this.#drawColumns(endColumn - width, endColumn, endColumn - width);
    this.drawnColumn = null;
  }

  /** @param {number} column */
  #redraw(column) {
    const width = this.canvas.width;
    this.#clear(0, width);
    this.#drawColumns(column - width + eraseGapPx(width), column);
    this.drawnColumn = column;
  }

  /** @param {number} fromColumn @param {number} toColumn */
  #clear(fromColumn, toColumn) {
    const { width, height } = this.canvas;
    const count = Math.min(width, toColumn - fromColumn);
    const x = sweepX(fromColumn, width);
    const first = Math.min(count, width - x);
    this.#clearStretch(x, first, height);
    if (count > first) this.#clearStretch(0, count - first, height);
  }

  /** @param {number} x @param {number} width @param {number} height */
  #clearStretch(x, width, height) {
    if (!this.isOpaque) {
      this.context.clearRect(x, 0, width, height);
      return;
    }
    this.context.fillStyle = this.backgroundColour;
    this.context.fillRect(x, 0, width, height);
  }

  /**
   * @param {number} fromColumn
   * @param {number} toColumn
   * @param {number} [originColumn]  the column at the left edge; without it, the place in the sweep
   */
  #drawColumns(fromColumn, toColumn, originColumn) {
    const { context } = this;
    const ring = this.held ?? this.ring;
    const { width, height } = this.canvas;
    const { centreUv, pxPerMv } = this.scale;
    const middle = height / 2;
    const pxPerUv = pxPerMv / 1000;
    const line = this.lineHeightPx;
    context.fillStyle = this.traceColour;
    let [topBefore, bottomBefore] = this.#edges(ring, fromColumn - 1);
    for (let column = Math.max(fromColumn, ring.startColumn); column < Math.min(toColumn, ring.endColumn); column += 1) {
      const lowUv = ring.lowUv(column);
      if (lowUv === GAP_UV) {
        topBefore = Number.NaN;
        bottomBefore = Number.NaN;
        continue;
      }
      const top = middle - (ring.highUv(column) - centreUv) * pxPerUv;
      const bottom = middle - (lowUv - centreUv) * pxPerUv;
      // A column reaches to the one before, so that a steep wave has no holes. NaN compares as false.
      const from = top > bottomBefore ? bottomBefore : top;
      const to = bottom < topBefore ? topBefore : bottom;
      const x = originColumn === undefined ? sweepX(column, width) : column - originColumn;
      context.fillRect(x, from - line / 2, this.lineColumns, to - from + line);
      topBefore = top;
      bottomBefore = bottom;
    }
  }

  /** @param {ColumnRing} ring @param {number} column @returns {[number, number]} */
  #edges(ring, column) {
    const lowUv = ring.lowUv(column);
    if (lowUv === GAP_UV) return [Number.NaN, Number.NaN];
    const middle = this.canvas.height / 2;
    const pxPerUv = this.scale.pxPerMv / 1000;
    return [middle - (ring.highUv(column) - this.scale.centreUv) * pxPerUv, middle - (lowUv - this.scale.centreUv) * pxPerUv];
  }
}
