/**
 * What for: the one animation loop of the page. In: painters. Out: calls them with the page's time in seconds.
 * Many small canvases cost little to draw and much to put on the screen. So where there are many, or where the screen cannot keep up, all are
 * drawn in every second, third or fourth frame, and nothing is put on the screen in between: a sweep in steps of 33 ms is hardly seen, a page
 * that does not answer is.
 */

/** @typedef {(pageS: number) => void} Painter */

const LONGEST_STRIDE = 4;
/** A frame later than this was missed; 60 a second are 16.7 ms. */
const SLOW_FRAME_MS = 18.5;
const JUDGED_FRAMES = 60;
/** So many rounds without a missed frame before more is tried again. */
const CALM_ROUNDS = 30;

export class FrameLoop {
  constructor() {
    /** @type {Set<Painter>} */
    this.painters = new Set();
    /** Frames from one drawing to the next. */
    this.stride = 1;
    /** The stride of a page that keeps up. */
    this.leastStride = 1;
    this.frame = 0;
    this.judgedSinceMs = 0;
    this.calmRounds = 0;
    this.isRunning = false;
  }

  /** @param {Painter} painter @returns {() => void} stops it */
  add(painter) {
    this.painters.add(painter);
    if (!this.isRunning) {
      this.isRunning = true;
      this.judgedSinceMs = performance.now();
      requestAnimationFrame(this.#paint);
    }
    return () => this.painters.delete(painter);
  }

  /** @param {number} stride */
  setLeastStride(stride) {
    this.leastStride = stride;
    this.stride = stride;
    this.calmRounds = 0;
  }

  /** @param {number} nowMs */
  #paint = (nowMs) => {
    if (this.painters.size === 0) {
      this.isRunning = false;
      return;
    }
    this.frame += 1;
    if (this.frame % JUDGED_FRAMES === 0) this.#judge(nowMs);
    if (this.frame % this.stride === 0) {
      const pageS = performance.now() / 1000;
      for (const painter of this.painters) painter(pageS);
    }
    requestAnimationFrame(this.#paint);
  };

  /** @param {number} nowMs */
  #judge(nowMs) {
    const meanMs = (nowMs - this.judgedSinceMs) / JUDGED_FRAMES;
    this.judgedSinceMs = nowMs;
    // A page in the background gets no frames: that is no slowness.
    if (meanMs > 500) return;
    if (meanMs > SLOW_FRAME_MS) {
      this.stride = Math.min(LONGEST_STRIDE, this.stride + 1);
      this.calmRounds = 0;
    } else if (this.stride > this.leastStride) {
      this.calmRounds += 1;
      if (this.calmRounds >= CALM_ROUNDS) {
        this.stride -= 1;
        this.calmRounds = 0;
      }
    }
  }
}
