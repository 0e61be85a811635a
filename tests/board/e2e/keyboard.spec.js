// The keyboard.

import { expect, test } from './board.js';

test.beforeEach(async ({ page, ward }) => {
  await page.goto(ward.url);
  await expect(page.locator('.tile')).toHaveCount(4);
  await page.getByLabel('Order').selectOption('bed');
  await page.getByLabel('Order').blur();
});

test('arrows go from tile to tile, Enter opens the bed, Escape comes back', async ({ page }) => {
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.tile__link').first()).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.tile__link').nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/beds\/bed-02$/);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('heading', { name: 'Ward' })).toBeVisible();
});

test('the focus is seen', async ({ page }) => {
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('.tile').first()).toHaveCSS('outline-style', 'solid');
  await page.keyboard.press('Tab');
  await expect(page.locator(':focus')).toHaveCSS('outline-style', 'solid');
});

test('a question mark lists the keys, Escape closes the list', async ({ page }) => {
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await expect(dialog).toContainText('sound on or off');
  await expect(dialog).toContainText('to the next tile');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
});

test('a slash searches, and letters in a field are letters', async ({ page }) => {
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox')).toBeFocused();
  await page.keyboard.type('s?t');
  await expect(page.getByRole('searchbox')).toHaveValue('s?t');
  await expect(page.getByRole('button', { name: 'Sound off' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.locator('.tile')).toHaveCount(4);
});

test('t changes the theme, and it stays', async ({ page }) => {
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.keyboard.press('t');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('the system decides the theme until somebody chooses', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
});

test('the first stop leads to the content', async ({ page }) => {
  await page.reload();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'To the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});

test('back and forward of the browser', async ({ page }) => {
  await page.locator('.tile__link').first().click();
  await expect(page).toHaveURL(/\/beds\//);
  await page.goBack();
  await expect(page.locator('.tile')).toHaveCount(4);
  await page.goForward();
  await expect(page.locator('.lead').first()).toBeVisible();
});
