// A board that asks for a token.

import { expect, test, TOKEN } from './board.js';

test('a form asks for the token; a wrong one is refused, the right one opens the ward', async ({ page, locked }) => {
  await page.goto(`${locked.url}/`);
  await expect(page.getByRole('heading', { name: 'Log in' })).toBeVisible();
  await expect(page.getByLabel('Access token')).toHaveAttribute('type', 'password');
  await page.getByLabel('Access token').fill('a wrong token that is long enough');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByText('This token is not valid.')).toBeVisible();
  await page.getByLabel('Access token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Ward' })).toBeVisible();
  await expect(page.getByText('Logged in: ward-3')).toBeVisible();
  await expect(page.getByText('0 beds')).toBeVisible();
});

test('the connection carries it, the address does not', async ({ page, locked }) => {
  /** @type {string[]} */
  const addresses = [];
  page.on('request', (request) => addresses.push(request.url()));
  await page.goto(locked.url);
  const socket = page.waitForEvent('websocket');
  await page.getByLabel('Access token').fill(TOKEN);
  await page.keyboard.press('Enter');
  const opened = await socket;
  await opened.waitForEvent('framereceived');
  for (const address of [...addresses, opened.url(), page.url()]) expect(decodeURIComponent(address)).not.toContain('ward/token');
  expect(await page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain('ward/token');
});

test('a reload keeps it, another tab asks again', async ({ page, locked, browser }) => {
  await page.goto(locked.url);
  await page.getByLabel('Access token').fill(TOKEN);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Logged in: ward-3')).toBeVisible();
  await page.reload();
  await expect(page.getByText('Logged in: ward-3')).toBeVisible();
  const context = await browser.newContext();
  const other = await context.newPage();
  await other.goto(locked.url);
  await expect(other.getByLabel('Access token')).toBeVisible();
  await context.close();
});

test('a token that is no longer valid brings the form back', async ({ page, locked }) => {
  await page.goto(locked.url);
  await page.evaluate(() => sessionStorage.setItem('gemwatch.token', 'an old token, long enough to be one'));
  await page.goto(`${locked.url}/alerts/00000000-0000-5000-8000-000000000000`);
  await expect(page.getByText('The token is not valid, or not any more.')).toBeVisible();
});
