// The playback clock: a steady distance to the data, smooth with lumps of data, and what it does when they stop or jump.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PlaybackClock } from '../../../src/board/page/playback-clock.js';

/**
 * Lets data come in lumps and the screen ask 60 times a second; gives all shown moments.
 * @param {PlaybackClock} clock
 * @param {{fromS: number, toS: number, lumpS: number, dataOffsetS: number}} run
 */
function play(clock, { fromS, toS, lumpS, dataOffsetS }) {
  const shown = [];
  let nextLumpS = fromS;
  for (let pageS = fromS; pageS < toS; pageS += 1 / 60) {
    while (nextLumpS <= pageS) {
      clock.observe(nextLumpS + dataOffsetS, nextLumpS);
      nextLumpS += lumpS;
    }
    shown.push({ pageS, dataS: clock.positionS(pageS) ?? Number.NaN });
  }
  return shown;
}

/** @param {{dataS: number}[]} shown */
const steps = (shown) => shown.slice(1).map((entry, index) => entry.dataS - (shown[index]?.dataS ?? 0));

test('before the first data nothing is shown', () => {
  assert.equal(new PlaybackClock().positionS(1), null);
});

test('with a frame every 50 ms it runs smoothly 300 to 500 ms behind', () => {
  const shown = play(new PlaybackClock(), { fromS: 0, toS: 20, lumpS: 0.05, dataOffsetS: 1e9 }).slice(60);
  for (const { pageS, dataS } of shown) assert.ok(pageS + 1e9 - dataS > 0.3 && pageS + 1e9 - dataS < 0.5);
  for (const step of steps(shown)) assert.ok(step > 0.012 && step < 0.021, String(step));
});

test('with lumps of a second it falls back and then runs smoothly', () => {
  const shown = play(new PlaybackClock(), { fromS: 0, toS: 40, lumpS: 1, dataOffsetS: 5e8 }).filter(({ pageS }) => pageS > 15);
  for (const step of steps(shown)) assert.ok(step > 0.01 && step < 0.025, String(step));
});

test('it never runs back and never past the data', () => {
  const clock = new PlaybackClock();
  const shown = play(clock, { fromS: 0, toS: 10, lumpS: 0.4, dataOffsetS: 0 });
  for (const step of steps(shown)) assert.ok(step >= 0);
  for (let pageS = 10; pageS < 20; pageS += 0.1) assert.ok((clock.positionS(pageS) ?? 99) <= 10);
});

test('after a silence it is soon where it was before', () => {
  const clock = new PlaybackClock();
  play(clock, { fromS: 0, toS: 10, lumpS: 0.05, dataOffsetS: 0 });
  for (let pageS = 10; pageS < 25; pageS += 1 / 60) clock.positionS(pageS);
  const last = play(clock, { fromS: 25, toS: 30, lumpS: 0.05, dataOffsetS: 0 }).at(-1);
  assert.ok(last && last.pageS - last.dataS > 0.3 && last.pageS - last.dataS < 0.5);
});

test('a clock that is set back is followed', () => {
  const clock = new PlaybackClock();
  play(clock, { fromS: 0, toS: 5, lumpS: 0.05, dataOffsetS: 10_000 });
  const last = play(clock, { fromS: 5, toS: 6, lumpS: 0.05, dataOffsetS: 0 }).at(-1);
  assert.ok(last && last.dataS < 6);
});
