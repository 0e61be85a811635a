// The ward view: tiles, waveforms, alarms, order, filters, sound.

import { asystole } from './alarms.js';
import { expect, test } from './board.js';
import { listenToSocket } from './sockets.js';

/** @param {import('@playwright/test').Page} page @param {string} bed */
const tile = (page, bed) => page.locator('.tile', { has: page.getByRole('heading', { name: new RegExp(`^${bed},`) }) });

test.beforeEach(async ({ page, ward }) => {
  await page.goto(ward.url);
  await expect(page.locator('.tile')).toHaveCount(4);
});

test('every bed has a tile with its heart rate, PVC, ST and quality', async ({ page }) => {
  for (const bed of ['bed-01', 'bed-02', 'bed-03', 'bed-04']) {
    await expect(tile(page, bed).locator('.tile__rate')).toHaveText(/^(\d+|–)$/);
    await expect(tile(page, bed).locator('.tile__quality')).not.toBeEmpty();
    await expect(tile(page, bed).getByText('ST II')).toBeVisible();
  }
  await expect(tile(page, 'bed-04').locator('.tile__rate')).toHaveText(/^\d+$/);
});

test('the trace sweeps', async ({ page }) => {
  const picture = () => tile(page, 'bed-03').locator('canvas').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const before = await picture();
  await expect.poll(picture).not.toBe(before);
});

test('the trace is drawn in the colour of the theme', async ({ page }) => {
  const green = () => tile(page, 'bed-03').locator('canvas').evaluate((element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 0; at < data.length; at += 4) if ((data[at + 1] ?? 0) > 150 && (data[at] ?? 0) < 120) count += 1;
    return count;
  });
  await expect.poll(green).toBeGreaterThan(200);
});

test('the server is asked for one lead a bed, and sends it', async ({ page }) => {
  const socket = listenToSocket(page);
  await page.reload();
  await expect.poll(() => socket.sent.at(-1)?.traces?.length).toBe(4);
  expect(socket.sent.at(-1).traces[0]).toEqual({ stream_id: expect.any(String), lead: 'II' });
  await expect.poll(() => socket.counts.binaryFrames).toBeGreaterThan(10);
  expect(socket.received.filter((message) => message.type === 'refused')).toEqual([]);
});

test('another lead can be chosen', async ({ page }) => {
  const socket = listenToSocket(page);
  await page.reload();
  await tile(page, 'bed-02').getByLabel('Lead of bed-02').selectOption('V1');
  await expect(tile(page, 'bed-02').getByText('ST V1')).toBeVisible();
  await expect.poll(() => socket.sent.at(-1)?.traces?.some((/** @type {any} */ trace) => trace.stream_id === 'bed-02' && trace.lead === 'V1')).toBe(true);
});

test('an asystole is shown in red by word and shape, and comes first', async ({ page, ward }) => {
  await asystole(ward.url);
  const first = page.locator('.tile').first();
  await expect(first).toHaveAttribute('data-priority', 'high');
  await expect(first.locator('.tile__alarm')).toContainText('High Asystole');
  await expect(first.locator('.tile__alarm svg.mark')).toBeVisible();
  await expect(first.getByRole('link', { name: /^bed-01, .*High alarm: Asystole/ })).toBeVisible();
});

test('it flashes twice a second, half of the time', async ({ page, ward }) => {
  await asystole(ward.url);
  const flash = await page.locator('.tile[data-flash="high"] .tile__alarm-link').evaluate((element) => {
    const [animation] = element.getAnimations();
    const effect = /** @type {KeyframeEffect} */ (animation?.effect);
    return { durationMs: effect.getComputedTiming().duration, offsets: effect.getKeyframes().map((frame) => frame.computedOffset), iterations: effect.getComputedTiming().iterations };
  });
  const rateHz = 1000 / Number(flash.durationMs);
  expect(rateHz).toBeGreaterThanOrEqual(1.4);
  expect(rateHz).toBeLessThanOrEqual(2.8);
  expect(flash.offsets).toContain(0.5);
  expect(flash.iterations).toBe(Infinity);
});

test('without motion nothing flashes, and the alarm is filled with a double frame', async ({ page, ward }) => {
  await asystole(ward.url);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const alarm = page.locator('.tile[data-flash="high"]');
  await expect(alarm).toHaveCSS('border-top-style', 'double');
  expect(await alarm.locator('.tile__alarm-link').evaluate((element) => element.getAnimations().length)).toBe(0);
  await expect(alarm.locator('.tile__alarm-link')).toHaveCSS('background-color', 'rgb(209, 18, 47)');
});

test('a new high alarm is told to screen readers', async ({ page, ward }) => {
  const alert = await asystole(ward.url);
  // The same alarm, from another bed, told over the socket of the page.
  await page.routeWebSocket('**/api/live', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      socket.send(message);
      if (typeof message === 'string' && message.includes('"pulse"')) socket.send(JSON.stringify({ type: 'alert', alert: { ...alert, id: '00000000-0000-5000-8000-000000000001', stream_id: 'bed-03', state: 'raised', cleared_at: undefined } }));
    });
  });
  await page.reload();
  await expect(page.locator('[aria-live="assertive"]')).toContainText('High alarm, bed-03: Asystole', { timeout: 20_000 });
});

test('by bed, the beds are in their order', async ({ page, ward }) => {
  await asystole(ward.url);
  await page.getByLabel('Order').selectOption('bed');
  await expect(page.locator('.tile__link')).toHaveText(['bed-01', 'bed-02', 'bed-03', 'bed-04']);
});

test('only beds with alarms', async ({ page, ward }) => {
  await asystole(ward.url);
  await page.getByLabel('Show', { exact: true }).selectOption('alarms');
  await expect.poll(() => page.locator('.tile').count()).toBeLessThan(5);
  for (const shown of await page.locator('.tile').all()) await expect(shown).toHaveAttribute('data-priority', /high|medium|low|technical/);
});

test('search by bed', async ({ page }) => {
  await page.getByRole('searchbox').fill('bed-03');
  await expect(page.locator('.tile__link')).toHaveText(['bed-03']);
  await expect(page.getByText('1 of 4 beds')).toBeVisible();
});

test('the strip of newest alerts leads to the alert', async ({ page, ward }) => {
  const alert = await asystole(ward.url);
  const link = page.locator(`.newest a[data-alert="${alert.id}"]`);
  await expect(link).toContainText('bed-01');
  await link.click();
  await expect(page).toHaveURL(new RegExp(`/alerts/${alert.id}$`));
});

test('sound is off until it is switched on, and the button says so', async ({ page }) => {
  const sound = page.getByRole('button', { name: /Sound/ });
  await expect(sound).toHaveText('Sound off');
  await expect(sound).toHaveAttribute('aria-pressed', 'false');
  await sound.click();
  await expect(sound).toHaveText('Sound on');
  await page.keyboard.press('s');
  await expect(sound).toHaveText('Sound off');
});

test('it says once what it is not', async ({ page }) => {
  await expect(page.getByText('Research use only. Not a medical device.')).toHaveCount(1);
});

test('the page is small and comes from one place', async ({ page, ward }) => {
  /** @type {Map<string, number>} */
  const sizes = new Map();
  page.on('response', async (response) => {
    if (response.url().includes('/api/')) return;
    sizes.set(response.url(), (await response.body().catch(() => Buffer.alloc(0))).length);
  });
  await page.goto(ward.url);
  await expect(page.locator('.tile')).toHaveCount(4);
  await page.waitForLoadState('load');
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  expect(total).toBeGreaterThan(50_000);
  expect(total).toBeLessThanOrEqual(300_000);
  for (const address of sizes.keys()) expect(address.startsWith(ward.url)).toBe(true);
});

test('nothing is said in the console', async ({ page }) => {
  /** @type {string[]} */
  const lines = [];
  page.on('console', (message) => { if (message.type() !== 'debug') lines.push(message.text()); });
  page.on('pageerror', (error) => lines.push(error.message));
  for (const path of ['/beds/bed-02', '/']) await page.goto(new URL(path, page.url()).href);
  await expect(page.locator('.tile')).toHaveCount(4);
  expect(lines).toEqual([]);
});

for (const [width, height] of /** @type {[number, number][]} */ ([[360, 740], [768, 1024], [1920, 1080], [3840, 2160]])) {
  test(`at ${width} by ${height} nothing is wider than the screen`, async ({ page, ward }) => {
    // With alerts in the strip.
    await asystole(ward.url);
    await page.setViewportSize({ width, height });
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    const first = await page.locator('.tile').first().boundingBox();
    expect(first?.width).toBeGreaterThan(200);
    // Numbers stay within their tile.
    const overflow = await page.locator('.tile__values').evaluateAll((elements) => elements.filter((element) => element.scrollWidth > element.clientWidth + 1).length);
    expect(overflow).toBe(0);
  });
}
