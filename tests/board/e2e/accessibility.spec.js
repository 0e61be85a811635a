// axe: WCAG 2.2 A and AA and its best practices, all views, dark and light, phone to wall.

import { AxeBuilder } from '@axe-core/playwright';

import { asystole, readAsystole } from './alarms.js';
import { expect, test } from './board.js';

/** @param {import('@playwright/test').Page} page */
async function violations(page) {
  const { violations: found } = await new AxeBuilder({ page }).analyze();
  return found.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

for (const colorScheme of /** @type {const} */ (['dark', 'light'])) {
  for (const [width, height] of /** @type {[number, number][]} */ ([[360, 740], [1920, 1080]])) {
    test.describe(`${colorScheme}, ${width} by ${height}`, () => {
      test.use({ colorScheme, viewport: { width, height } });

      test('ward', async ({ page, ward }) => {
        await readAsystole(ward.url);
        await page.goto(ward.url);
        await expect(page.locator('.tile[data-priority]').first()).toBeVisible();
        expect(await violations(page)).toEqual([]);
      });

      test('bed, live and paused', async ({ page, ward }) => {
        await asystole(ward.url);
        await page.goto(`${ward.url}/beds/bed-01`);
        await expect(page.locator('.lead')).toHaveCount(12);
        await expect(page.locator('.bed-alarms tbody tr').first()).toBeVisible();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press('Space');
        await expect(page.getByRole('slider').first()).toBeVisible();
        expect(await violations(page)).toEqual([]);
      });

      test('alert, with a claim lit up', async ({ page, ward }) => {
        const alert = await readAsystole(ward.url);
        await page.goto(`${ward.url}/alerts/${alert.id}`);
        await expect(page.locator('.claims tbody tr').first()).toBeVisible();
        expect(await violations(page)).toEqual([]);
        await page.locator('.reading__text .claim').first().click();
        expect(await violations(page)).toEqual([]);
      });

      test('replay', async ({ page, record }) => {
        await page.goto(record.url);
        await expect(page.locator('.beats .beat').first()).toBeAttached();
        expect(await violations(page)).toEqual([]);
      });

      test('log-in and keys', async ({ page, locked, ward }) => {
        await page.goto(locked.url);
        await expect(page.getByLabel('Access token')).toBeVisible();
        expect(await violations(page)).toEqual([]);
        await page.goto(ward.url);
        await expect(page.locator('.tile')).toHaveCount(4);
        await page.keyboard.press('?');
        await expect(page.getByRole('dialog')).toBeVisible();
        expect(await violations(page)).toEqual([]);
      });
    });
  }
}

test('the ward on a wall', async ({ page, ward }) => {
  await page.setViewportSize({ width: 3840, height: 2160 });
  await page.goto(ward.url);
  await expect(page.locator('.tile')).toHaveCount(4);
  expect(await violations(page)).toEqual([]);
});

test('with the connection lost', async ({ page, ward }) => {
  await page.routeWebSocket('**/api/live', () => {});
  await page.goto(ward.url);
  await expect(page.getByText('Connection lost.')).toBeVisible();
  expect(await violations(page)).toEqual([]);
});
