/**
 * What for: decides which moment of data time is on the screen now, so that the sweep runs smoothly although data come
 * in lumps. In: how far the data reach, and the page's own time. Out: the data time to be shown, a little in the past.
 *
 * The clock runs some 400 ms behind the newest data. Where a monitor sends in larger lumps it falls back further, so that
 * the sweep does not stop and start. Small errors are made good by running a little faster or slower; large ones at once.
 */

const DELAY_S = 0.4;
/** Distance kept to the end of the data just before new data come. */
const RESERVE_S = 0.08;
/** Data time gained or lost in a second of correction. */
const SLEW = 0.1;
const JUMP_S = 1.5;
/** The clock looks back over one to two of these. */
const MEMORY_S = 3;
/** Data that much older than the newest are no history sent again: the monitor's clock was set back. */
const CLOCK_SET_BACK_S = 60;

export class PlaybackClock {
  constructor() {
    this.newestS = Number.NEGATIVE_INFINITY;
    /** Data time minus page time of what is shown; null before the first data. @type {number|null} */
    this.offsetS = null;
    this.shownS = Number.NEGATIVE_INFINITY;
    this.correctedAtS = 0;
    this.bucketStartS = 0;
    /** Largest and smallest distance between the data and the page's time in this stretch of memory and in the one before. */
    this.now = emptyBucket();
    this.before = emptyBucket();
  }

  /**
   * New data came.
   * @param {number} newestS  data time just after the last sample
   * @param {number} pageS  the page's own time
   */
  observe(newestS, pageS) {
    if (newestS < this.newestS - CLOCK_SET_BACK_S) this.#restart();
    if (newestS <= this.newestS) return;
    if (pageS - this.bucketStartS > MEMORY_S) {
      // After a silence the old figures say nothing.
      this.before = pageS - this.bucketStartS > 2 * MEMORY_S ? emptyBucket() : this.now;
      this.now = emptyBucket();
      this.bucketStartS = pageS;
    }
    const silenceS = newestS - this.newestS;
    if (this.offsetS !== null && silenceS < JUMP_S) this.now.lowestS = Math.min(this.now.lowestS, this.newestS - pageS);
    this.now.highestS = Math.max(this.now.highestS, newestS - pageS);
    this.newestS = newestS;
    if (this.offsetS === null) {
      this.offsetS = newestS - pageS - DELAY_S;
      this.correctedAtS = pageS;
    }
  }

  /**
   * The data time to be shown. It never runs back by less than a jump and never past the data.
   * @param {number} pageS
   * @returns {number|null}
   */
  positionS(pageS) {
    if (this.offsetS === null) return null;
    const elapsedS = Math.max(0, pageS - this.correctedAtS);
    this.correctedAtS = pageS;
    const errorS = this.#targetS() - this.offsetS;
    const isJump = Math.abs(errorS) > JUMP_S;
    this.offsetS += isJump ? errorS : Math.sign(errorS) * Math.min(Math.abs(errorS), SLEW * elapsedS);
    const wantedS = Math.min(pageS + this.offsetS, this.newestS);
    this.shownS = isJump ? wantedS : Math.max(this.shownS, wantedS);
    return this.shownS;
  }

  #restart() {
    this.newestS = Number.NEGATIVE_INFINITY;
    this.shownS = Number.NEGATIVE_INFINITY;
    this.offsetS = null;
    this.now = emptyBucket();
    this.before = emptyBucket();
  }

  #targetS() {
    const highestS = Math.max(this.now.highestS, this.before.highestS);
    const lowestS = Math.min(this.now.lowestS, this.before.lowestS);
    return Math.min(highestS - DELAY_S, lowestS - RESERVE_S);
  }
}

function emptyBucket() {
  return { lowestS: Number.POSITIVE_INFINITY, highestS: Number.NEGATIVE_INFINITY };
}
