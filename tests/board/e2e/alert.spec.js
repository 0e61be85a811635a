// The alert view: the page and its evidence, the reading and its claims, taking note, files.

import { readFileSync } from 'node:fs';

import { alertOf, asystole, readAsystole } from './alarms.js';
import { expect, pageFromDisk, startWard, test } from './board.js';

test('twelve leads at 25 mm/s and 10 mm/mV, and a rhythm strip', async ({ page, ward }) => {
  const alert = await asystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Asystole, bed-01');
  await expect(page.locator('.paper__name')).toHaveText(['I', 'II', 'III', 'aVR', 'aVL', 'aVF', 'V1', 'V2', 'V3', 'V4', 'V5', 'V6', 'II']);
  await page.getByRole('button', { name: 'True scale' }).click();
  // Ten seconds are 250 mm, with 15 mm of margins.
  await expect.poll(async () => (await page.locator('.paper__page').boundingBox())?.width).toBeCloseTo((265 * 96) / 25.4, 0);
  await page.getByLabel('Page', { exact: true }).selectOption('rows');
  await expect(page.locator('.paper__name')).toHaveCount(12);
});

test('evidence is marked, and lights up its leads and seconds', async ({ page, ward }) => {
  const alert = await asystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  const item = page.locator('.evidence__item').first();
  await expect(item).toContainText(String(alert.evidence[0]?.what));
  await expect(page.locator('.paper__letter').first()).toHaveText('A');
  await item.hover();
  await expect(page.locator('.paper__light[data-kind="evidence"]').first()).toBeVisible();
  await expect(page.locator('.paper__name[data-lit]').first()).toBeVisible();
  await page.mouse.move(0, 0);
  await expect(page.locator('.paper__light')).toHaveCount(0);
});

test('every claim of the reading has its verdict, by line and sign and word', async ({ page, ward }) => {
  const alert = await readAsystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  const text = page.locator('.reading__text');
  await expect(text.locator('.claim').first()).toBeVisible();
  // Without signs and spoken words it is the model's text, byte for byte.
  const plain = await text.evaluate((element) => {
    const copy = /** @type {HTMLElement} */ (element.cloneNode(true));
    copy.querySelectorAll('.claim__sign, .spoken').forEach((sign) => sign.remove());
    return copy.textContent;
  });
  expect(plain).toBe(alert.reading?.text);
  const rows = page.locator('.claims tbody tr');
  await expect(rows).toHaveCount(alert.reading?.claims.length ?? 0);
  for (const [verdict, style, word] of /** @type {const} */ ([['supported', 'solid', '(supported)'], ['contradicted', 'wavy', '(contradicted)'], ['open', 'dotted', '(not checkable)']])) {
    const claim = text.locator(`.claim[data-verdict="${verdict}"]`).first();
    if (await claim.count() === 0) continue;
    await expect(claim).toHaveCSS('text-decoration-style', style);
    await expect(claim).toContainText(word);
  }
});

test('a claim lights up by hover, by focus and by a tap, in the text and in the table', async ({ page, ward }) => {
  const alert = await readAsystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  const claim = page.locator('.reading__text .claim').first();
  await claim.hover();
  await expect(page.locator('.paper__light').first()).toBeVisible();
  await expect(page.locator('.claims tbody tr[data-lit]')).toHaveCount(1);
  // The page is in view while the claim is.
  await expect(page.locator('.paper')).toBeInViewport();
  await page.mouse.move(0, 0);
  await expect(page.locator('.paper__light')).toHaveCount(0);
  await claim.focus();
  await expect(page.locator('.paper__light').first()).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(claim).toHaveAttribute('aria-pressed', 'true');
  await page.locator('.claims__name').first().focus();
  await expect(page.locator('.claims tbody tr').first()).toHaveAttribute('data-lit', '');
});

test('stated beside measured, with limits', async ({ page, ward }) => {
  const alert = await readAsystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  await expect(page.locator('.claims thead th')).toHaveText(['Claim', 'Verdict', 'Stated', 'Measured', 'Criteria', 'Leads and seconds']);
  const index = alert.reading?.claims.findIndex((claim) => (claim.criteria ?? []).length > 0) ?? -1;
  expect(index).toBeGreaterThanOrEqual(0);
  await expect(page.locator('.claims tbody tr').nth(index)).toContainText(String(alert.reading?.claims[index]?.criteria?.[0]));
});

test('limits, delay, model, version and history', async ({ page, ward }) => {
  const alert = await readAsystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  const facts = page.locator('.facts');
  for (const text of [alert.message, 'Delay, onset to raised', String(alert.reading?.model), 'gemwatch 0.', alert.id, 'ASYS']) await expect(facts).toContainText(text);
  await expect(page.locator('.changes li').first()).toContainText('raised');
});

for (const [button, ending, start] of /** @type {const} */ ([['PNG', '.png', '\x89PNG'], ['PDF', '.pdf', '%PDF'], ['WFDB', '.zip', 'PK'], ['FHIR', '.json', '{']])) {
  test(`saved as ${button}`, async ({ page, ward }) => {
    const alert = await asystole(ward.url);
    await page.goto(`${ward.url}/alerts/${alert.id}`);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: `Save as ${button}` }).click()]);
    expect(download.suggestedFilename()).toMatch(new RegExp(`^gemwatch-alert-${alert.id}.*\\${ending}$`));
    expect(readFileSync(await download.path()).subarray(0, start.length).toString('latin1')).toBe(start);
  });
}

test('taking note asks for a name once, and the monitor confirms it everywhere', async ({ page, context }) => {
  // The other tests want the asystole of their ward as it is.
  const ward = await startWard(1);
  const alert = await asystole(ward.url);
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.keyboard.press('a');
  await expect(page.getByLabel('Your name')).toBeFocused();
  await page.getByLabel('Your name').fill('Ada Lovelace');
  const other = await context.newPage();
  await pageFromDisk(other);
  await other.goto(ward.url);
  await expect(other.locator('.tile[data-priority="high"]')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Acknowledged by Ada Lovelace.')).toBeVisible();
  await expect(page.locator('.alert__state')).not.toContainText('active');
  await expect(page.getByRole('button', { name: 'Acknowledge' })).toBeHidden();
  await expect(page.locator('.facts')).toContainText('Ada Lovelace');
  // While the heart stands still the alarm goes on, acknowledged; a latched one is over with it.
  await expect(page.locator('.changes li').last()).toHaveText(/acknowledged|cleared/);
  await expect(other.locator('.tile[data-flash="high"]')).toHaveCount(0);
  expect(await page.evaluate(() => sessionStorage.getItem('gemwatch.name'))).toBe('Ada Lovelace');
  await other.close();
  await ward.stop();
});

test('what is over cannot be acknowledged', async ({ page, ward }) => {
  const alert = await alertOf(ward.url, 'bed-01', (candidate) => candidate.code === 'PAUSE' && Boolean(candidate.cleared_at));
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  await expect(page.locator('.alert__state')).toContainText('ended');
  await expect(page.getByRole('button', { name: 'Acknowledge' })).toBeHidden();
});

test('an alert that nobody knows', async ({ page, ward }) => {
  await page.goto(`${ward.url}/alerts/00000000-0000-5000-8000-000000000000`);
  await expect(page.getByRole('alert').filter({ hasText: /./ })).toBeVisible();
});

test('the words of a model are text, whatever they hold', async ({ page, ward }) => {
  const alert = await readAsystole(ward.url);
  const text = '≥ <img src=x onerror="document.title=1"> QTc – 🫀 wide <b>QRS</b>';
  const bytes = new TextEncoder();
  const from = bytes.encode(text.slice(0, text.indexOf('wide'))).length;
  await page.route(`**/api/alerts/${alert.id}`, async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const claim = { ...body.alert.reading.claims[0], text: 'wide <b>QRS</b>', from, to: from + bytes.encode('wide <b>QRS</b>').length };
    body.alert = { ...body.alert, id: 'not-known-to-the-socket', reading: { ...body.alert.reading, text, claims: [claim] } };
    await route.fulfill({ json: body });
  });
  await page.routeWebSocket('**/api/live', () => {});
  await page.goto(`${ward.url}/alerts/${alert.id}`);
  await expect(page.locator('.reading__text')).toContainText('<img src=x');
  await expect(page.locator('.reading__text .claim')).toContainText('wide <b>QRS</b>');
  await expect(page.locator('main img, main b')).toHaveCount(0);
});
