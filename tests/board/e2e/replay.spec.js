// The replay view: the record, the scrubber, beats of both sides, alarms, the second in the address.

import { expect, test } from './board.js';

/** @param {import('@playwright/test').Page} page */
const second = (page) => page.getByRole('slider', { name: 'Position in the record' }).inputValue().then(Number);

test.beforeEach(async ({ page, record }) => {
  await page.goto(record.url);
  await expect(page.locator('.replay__lead').first()).toBeVisible();
});

test('the first address leads to the record, with all its leads', async ({ page }) => {
  await expect(page).toHaveURL(/\/replay/);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('208');
  await expect(page.locator('.replay__name')).toHaveText(['MLII', 'V1']);
});

test('the waveform is drawn', async ({ page }) => {
  const drawn = () => page.locator('.replay__canvas').first().evaluate((element) => {
    const canvas = /** @type {HTMLCanvasElement} */ (element);
    const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d')).getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at]) count += 1;
    return count;
  });
  await expect.poll(drawn).toBeGreaterThan(1000);
});

test('our beats above, the reference below, differences ringed', async ({ page }) => {
  await expect(page.getByRole('img', { name: 'Our beats' }).locator('.beat').first()).toBeAttached();
  await expect(page.getByRole('img', { name: 'Reference annotations' }).locator('.beat').first()).toBeAttached();
  await expect(page.locator('.replay__summary')).toHaveText(/^\d+ beats found, 29\d\d in the reference: \d+ agree, \d+ of another class, \d+ only ours, \d+ only in the reference\.$/);
  await page.getByRole('button', { name: 'Next difference' }).click();
  await expect(page.locator('.beats .beat__ring').first()).toBeAttached();
  const shapes = await page.locator('.beats .beat__shape').evaluateAll((elements) => new Set(elements.map((element) => element.getAttribute('d'))).size);
  expect(shapes).toBeGreaterThanOrEqual(2);
});

test('a link leads to its second', async ({ page, record }) => {
  await page.goto(`${record.url}/replay#t=123.4`);
  await page.reload();
  await expect(page.locator('.replay__position')).toContainText('2:03.4 of 30:');
  await page.evaluate(() => { window.location.hash = '#t=60'; });
  await expect(page.locator('.replay__position')).toContainText('1:00.0');
});

test('keys move, and the address follows', async ({ page, record }) => {
  await page.goto(`${record.url}/replay#t=100`);
  await page.reload();
  await expect(page.locator('.replay__position')).toContainText('1:40.0');
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('ArrowRight');
  await expect(page).toHaveURL(/#t=101$/);
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(page).toHaveURL(/#t=91$/);
  await page.keyboard.press('Home');
  await expect(page).toHaveURL(/#t=0$/);
  await page.keyboard.press('End');
  await expect(page.locator('.replay__position')).toHaveText(/^30:\d\d\.\d of 30:\d\d$/);
});

test('it plays, four times as fast if wanted, and pauses', async ({ page }) => {
  await page.getByLabel('Speed').selectOption('4');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await expect.poll(() => second(page)).toBeGreaterThan(4);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  const held = await second(page);
  const at = await page.evaluate(() => performance.now());
  await expect.poll(() => page.evaluate(() => performance.now())).toBeGreaterThan(at + 500);
  expect(await second(page)).toBe(held);
});

test('the scrubber moves by keyboard', async ({ page }) => {
  await page.getByRole('slider', { name: 'Position in the record' }).focus();
  await page.keyboard.press('PageUp');
  await expect.poll(() => second(page)).toBeGreaterThan(100);
});

test('an alarm of the list leads to its second, one of the line to its view', async ({ page }) => {
  const go = page.getByRole('button', { name: /^Go to / }).nth(1);
  const wanted = await go.textContent();
  await go.click();
  await expect(page.locator('.replay__position')).toContainText(`${wanted} of`);
  await page.locator('.timeline__mark').first().focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/alerts\//);
  await expect(page.locator('.paper__name')).toHaveText(['V1', 'MLII']);
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL(/\/replay/);
});

test('n and p go from difference to difference', async ({ page }) => {
  await page.keyboard.press('n');
  await expect.poll(() => second(page)).toBeGreaterThan(0);
  const first = await second(page);
  await page.keyboard.press('n');
  await expect.poll(() => second(page)).toBeGreaterThan(first);
  await page.keyboard.press('p');
  await expect.poll(() => second(page)).toBe(first);
});
