// The bed view: all leads, pausing and measuring, gain and speed, trends, alarms.

import { asystole } from './alarms.js';
import { expect, test } from './board.js';
import { listenToSocket } from './sockets.js';

const LEADS = ['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6'];

/** @param {import('@playwright/test').Page} page @param {string} lead */
const picture = (page, lead) => page.getByRole('group', { name: `Lead ${lead}`, exact: true }).locator('canvas').evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());

test.beforeEach(async ({ page, ward }) => {
  await page.goto(`${ward.url}/beds/bed-03`);
  await expect(page.locator('.lead')).toHaveCount(12);
});

test('all leads in the order of a printed page', async ({ page }) => {
  await expect(page.locator('.lead__head strong')).toHaveText(LEADS);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('bed-03');
});

test('rate, PVC and QTc', async ({ page }) => {
  const values = page.locator('.bed__values dd');
  await expect(values.nth(0)).toHaveText(/^\d+$/);
  await expect(values.nth(1)).toHaveText(/^\d+$/);
});

test('leads are live until paused, and go on afterwards', async ({ page }) => {
  const before = await picture(page, 'V3');
  await expect.poll(() => picture(page, 'V3')).not.toBe(before);
  await page.getByRole('button', { name: 'Pause and measure' }).click();
  const held = await picture(page, 'V3');
  const heldAt = await page.evaluate(() => performance.now());
  await expect.poll(() => page.evaluate(() => performance.now())).toBeGreaterThan(heldAt + 500);
  expect(await picture(page, 'V3')).toBe(held);
  await page.getByRole('button', { name: 'Go on' }).click();
  await expect.poll(() => picture(page, 'V3')).not.toBe(held);
});

test('calipers with the mouse: interval, rate, difference', async ({ page }) => {
  await page.keyboard.press('Space');
  const frame = page.getByRole('group', { name: 'Lead II', exact: true }).locator('.lead__frame');
  const box = await frame.boundingBox();
  if (!box) throw new Error('the lead has no box');
  const [x, y] = [box.x + box.width * 0.3, box.y + box.height * 0.8];
  await page.mouse.move(x, y);
  await page.mouse.down();
  // 25 mm at 25 mm/s are a second, 10 mm at 10 mm/mV a millivolt; a millimetre has 96 / 25.4 pixels.
  await page.mouse.move(x + (25 * 96) / 25.4, y - 10, { steps: 4 });
  await page.mouse.up();
  await expect(page.locator('.bed__reading')).toHaveText(/^II: (99\d|100\d) ms, 60 bpm, \+0\.2[5-7] mV$/);
});

test('a press on another lead measures there', async ({ page }) => {
  await page.keyboard.press('Space');
  const frame = page.getByRole('group', { name: 'Lead V5', exact: true }).locator('.lead__frame');
  await frame.click({ position: { x: 100, y: 20 } });
  await expect(page.locator('.bed__reading')).toHaveText(/^V5: /);
  await expect(page.getByLabel('Measure on')).toHaveValue('V5');
});

test('calipers with the keyboard', async ({ page }) => {
  await page.keyboard.press('Space');
  const leg = page.getByRole('slider', { name: 'Caliper, second moment' });
  await leg.focus();
  const before = Number(await leg.getAttribute('aria-valuenow'));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Shift+ArrowRight');
  const moved = Number(await leg.getAttribute('aria-valuenow')) - before;
  // Eleven columns of 1/189 s.
  expect(moved).toBeGreaterThanOrEqual(57);
  expect(moved).toBeLessThanOrEqual(60);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('slider')).toHaveCount(0);
});

test('gain changes the height of the waves', async ({ page }) => {
  const rows = () => page.getByRole('group', { name: 'Lead II', exact: true }).locator('canvas').evaluate((element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    const used = new Set();
    for (let at = 3; at < data.length; at += 4) if (data[at]) used.add(Math.floor(at / 4 / canvas.width));
    return used.size;
  });
  // A flat line has hardly a height: a complex must be there.
  await expect.poll(rows).toBeGreaterThan(30);
  await page.keyboard.press('Space');
  const usual = await rows();
  await page.getByLabel('Gain').selectOption('5');
  expect(await rows()).toBeLessThan(usual * 0.75);
});

test('speed asks for other columns', async ({ page }) => {
  const socket = listenToSocket(page);
  await page.reload();
  await expect.poll(() => socket.sent.at(-1)?.columns_a_second).toBe(189);
  await page.getByLabel('Speed').selectOption('50');
  await expect.poll(() => socket.sent.at(-1)?.columns_a_second).toBe(378);
  await page.getByLabel('Speed').selectOption('25');
});

test('trends over the hours that are chosen', async ({ page }) => {
  await expect(page.locator('.trend__name')).toHaveText(['Heart rate', 'PVC', 'ST II', 'QTc', 'Good leads']);
  await page.getByLabel('Hours').selectOption('8');
  await expect(page.getByText('(8 h ago)')).toBeVisible();
  await page.getByLabel('ST lead').selectOption('V2');
  await expect(page.locator('.trend__name').nth(2)).toHaveText('ST V2');
});

test('the alarms of the bed lie on the line of time and lead to their view', async ({ page, ward }) => {
  const alert = await asystole(ward.url);
  await page.goto(`${ward.url}/beds/bed-01`);
  const mark = page.locator(`.timeline__row[data-priority="high"] a[href="/alerts/${alert.id}"]`);
  await expect(mark).toHaveAccessibleName(/High: Asystole/);
  await expect(page.locator('.bed-alarms tbody tr').filter({ hasText: 'Asystole' })).toBeVisible();
  await mark.click();
  await expect(page).toHaveURL(new RegExp(alert.id));
});

test('a bed that nobody knows', async ({ page, ward }) => {
  await page.goto(`${ward.url}/beds/${encodeURIComponent('no <b>bed</b> / here')}`);
  await expect(page.getByText('This bed sends nothing now.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('no <b>bed</b> / here');
});

test('on a phone, fingers measure', async ({ browser, ward }) => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  const { pageFromDisk } = await import('./board.js');
  await pageFromDisk(page);
  await page.goto(`${ward.url}/beds/bed-03`);
  await expect(page.locator('.lead')).toHaveCount(12);
  await page.getByRole('button', { name: 'Pause and measure' }).tap();
  await page.getByRole('group', { name: 'Lead III', exact: true }).locator('.lead__frame').tap({ position: { x: 60, y: 30 } });
  await expect(page.locator('.bed__reading')).toHaveText(/^III: 0 ms/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  await context.close();
});
