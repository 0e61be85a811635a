// A lost connection and old data: the page's own timer decides.

import { expect, pageFromDisk, startWard, test } from './board.js';
import { holdWaveforms } from './sockets.js';

test('a bed without new columns is dimmed, and its values are not shown as current', async ({ page, ward }) => {
  const hold = await holdWaveforms(page);
  await page.goto(ward.url);
  const tile = page.locator('.tile').last();
  await expect(tile.locator('.tile__rate')).toHaveText(/^\d+$/);
  hold.isHeld = true;
  await expect(tile.locator('.tile__no-data')).toHaveText(/^No data for \d+ s$/);
  await expect(tile.locator('.tile__rate')).toHaveText('–');
  await expect(tile.locator('.tile__link')).toHaveAccessibleName(/no data/);
  await expect(page.getByText('Connection lost.')).toBeHidden();
  hold.isHeld = false;
  await expect(tile.locator('.tile__no-data')).toBeHidden();
  await expect(tile.locator('.tile__rate')).toHaveText(/^\d+$/);
});

test('the bed view says so too', async ({ page, ward }) => {
  const hold = await holdWaveforms(page);
  await page.goto(`${ward.url}/beds/bed-02`);
  await expect(page.locator('.bed__values dd').first()).toHaveText(/^\d+$/);
  hold.isHeld = true;
  await expect(page.locator('.bed__no-data')).toHaveText(/^No data for \d+ s$/);
  await expect(page.locator('.bed__values dd').first()).toHaveText('–');
});

test('a server that hangs, and one that comes back', async ({ page }) => {
  const server = await startWard(4);
  try {
    await page.goto(server.url);
    await expect(page.locator('.tile')).toHaveCount(4);
    server.process.kill('SIGSTOP');
    await expect(page.getByText('Connection lost.')).toBeVisible({ timeout: 6000 });
    await expect(page.getByText(/Nothing has come since \d\d:\d\d:\d\d\. What is shown is old\./)).toBeVisible();
    await expect(page.locator('.tile__rate').first()).toHaveCSS('text-decoration-line', 'line-through');
    server.process.kill('SIGCONT');
    await expect(page.getByText('Connection lost.')).toBeHidden({ timeout: 30_000 });
    await expect(page.locator('.tile')).toHaveCount(4);
  } finally {
    await server.stop();
  }
});

test('a server that is gone', async ({ page }) => {
  const server = await startWard(4);
  await page.goto(server.url);
  await expect(page.locator('.tile')).toHaveCount(4);
  await server.stop();
  await expect(page.getByText('Connection lost.')).toBeVisible({ timeout: 6000 });
  await expect(page.getByText(/Next try in \d+ s\.|Trying to connect\./)).toBeVisible();
});

test('without a network there is no ward, and the page says so', async ({ context, ward }) => {
  const page = await context.newPage();
  await pageFromDisk(page);
  await page.route('**/api/session', (route) => route.abort());
  await page.goto(ward.url);
  await expect(page.getByText('The server does not answer. Trying again.')).toBeVisible();
  await page.unroute('**/api/session');
  await expect(page.locator('.tile')).toHaveCount(4);
  await page.close();
});
