/**
 * What for: the one animation loop of the page. In: painters. Out: calls them with the page's time in seconds.
 * Where the screen cannot keep up, every painter is told to paint only a share of its traces in a frame, in turns: half as
 * many steps of a sweep are hardly seen, a page that does not answer is.
 */

/** @typedef {(pageS: number, turn: number, turns: number) => void} Painter  paints the beds with index % turns === turn */

const MOST_TURNS = 4;
/** A frame later than this was missed; 60 a second are 16.7 ms. */
const SLOW_FRAME_MS = 19;
const JUDGED_FRAMES = 60;

export class FrameLoop {
  constructor() {
    /** @type {Set<Painter>} */
    this.painters = new Set();
    this.turns = 1;
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

  /** @param {number} nowMs */
  #paint = (nowMs) => {
    if (this.painters.size === 0) {
      this.isRunning = false;
      return;
    }
    this.frame += 1;
    if (this.frame % JUDGED_FRAMES === 0) this.#judge(nowMs);
    const pageS = performance.now() / 1000;
    for (const painter of this.painters) painter(pageS, this.frame % this.turns, this.turns);
    requestAnimationFrame(this.#paint);
  };

  /** @param {number} nowMs */
  #judge(nowMs) {
    const meanMs = (nowMs - this.judgedSinceMs) / JUDGED_FRAMES;
    this.judgedSinceMs = nowMs;
    // A page in the background gets no frames: that is no slowness.
    if (meanMs > 500) return;
    if (meanMs > SLOW_FRAME_MS) {
      this.turns = Math.min(MOST_TURNS, this.turns + 1);
      this.calmRounds = 0;
    } else if (this.turns > 1) {
      this.calmRounds += 1;
      if (this.calmRounds >= 30) {
        this.turns -= 1;
        this.calmRounds = 0;
      }
    }
  }
}
