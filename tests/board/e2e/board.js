// Starts the servers the tests need: a simulated ward, a record, a board that asks for a token. In: GEMWATCH_BIN. Out: fixtures.

import { spawn } from 'node:child_process';
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { test as base } from '@playwright/test';

/** @typedef {import('@playwright/test').Page} Page */
/** @typedef {import('node:child_process').ChildProcess} ChildProcess */
/** @typedef {{url: string, process: ChildProcess, stop: () => Promise<void>}} Server */

const PAGE = fileURLToPath(new URL('../../../src/board/page/', import.meta.url));
const RECORDINGS = process.env.GEMWATCH_RECORDINGS ?? fileURLToPath(new URL('../../../../shared/ecg', import.meta.url));
const RECORD = join(RECORDINGS, 'mitdb/208');
const START_MS = 60_000;

/** @type {Record<string, string>} */
const TYPES = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

/**
 * Starts the binary and waits until it says where it listens.
 * @param {string[]} parameters
 * @param {RegExp} says  the address is its first group
 * @returns {Promise<Server>}
 */
export async function start(parameters, says) {
  const binary = process.env.GEMWATCH_BIN;
  if (!binary) throw new Error('GEMWATCH_BIN is not set: say which gemwatch is to be tested, such as target/release/gemwatch');
  const child = spawn(binary, parameters, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, GEMWATCH_HTTP__LISTEN: '127.0.0.1:0', ORT_DISABLE_TELEMETRY: '1', NO_COLOR: '1' } });
  let said = '';
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`gemwatch ${parameters[0]} did not say where it listens:\n${said}`)), START_MS);
    const listen = (/** @type {Buffer} */ bytes) => {
      said += bytes.toString();
      const found = said.match(says)?.[1];
      if (!found) return;
      clearTimeout(timer);
      resolve(found.startsWith('http') ? found : `http://${found}`);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', reject);
    child.once('exit', (status) => reject(new Error(`gemwatch ${parameters[0]} ended with ${status}:\n${said}`)));
  });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await ended;
  };
  return { url: String(url).replace(/\/$/, ''), process: child, stop };
}

/** A simulated ward. In its first bed the heart stands still twenty seconds after the start. @param {number} beds */
export function startWard(beds) {
  return start(['demo', '--beds', String(beds), '--duration', '30m'], /Ward board: (\S+)\s/);
}

/** Where asked for, modules and style sheets come from the working tree. @param {Page} page */
export async function pageFromDisk(page) {
  if (process.env.BOARD_PAGE !== 'disk') return;
  await page.route('**/assets/**', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').pop() ?? '';
    return route.fulfill({ body: readFileSync(join(PAGE, name)), contentType: TYPES[name.split('.').pop() ?? ''] ?? 'text/plain' });
  });
}

/** Signs that an address or a sub-protocol would not take as they are. */
export const TOKEN = 'ward/token+with=signs~0123456789abcdef';

/** @type {import('@playwright/test').TestType<import('@playwright/test').PlaywrightTestArgs & import('@playwright/test').PlaywrightTestOptions, import('@playwright/test').PlaywrightWorkerArgs & import('@playwright/test').PlaywrightWorkerOptions & {ward: Server, record: Server, locked: Server}>} */
export const test = base.extend({
  page: async ({ page }, use) => {
    await pageFromDisk(page);
    await use(page);
  },
  ward: [async ({}, /** @type {(server: Server) => Promise<void>} */ use) => { // eslint-disable-line no-empty-pattern
    const server = await startWard(4);
    await use(server);
    await server.stop();
  }, { scope: 'worker', timeout: START_MS }],
  record: [async ({}, /** @type {(server: Server) => Promise<void>} */ use) => { // eslint-disable-line no-empty-pattern
    const server = await start(['replay', RECORD, '--model', 'none', '--board'], /in the browser: (\S+)\s/);
    await use(server);
    await server.stop();
  }, { scope: 'worker', timeout: START_MS }],
  locked: [async ({}, /** @type {(server: Server) => Promise<void>} */ use) => { // eslint-disable-line no-empty-pattern
    const folder = mkdtempSync(join(tmpdir(), 'gemwatch-board-'));
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
    writeFileSync(join(folder, 'gemwatch.toml'), `kafka.brokers = "127.0.0.1:1"\n[http]\nlisten = "127.0.0.1:0"\ntokens.ward-3 = "${join(folder, 'token')}"\n`);
    const server = await start(['run', '--role', 'board', '--config', join(folder, 'gemwatch.toml')], /serving.*?address=(\S+)\s/);
    await use(server);
    await server.stop();
    rmSync(folder, { recursive: true });
  }, { scope: 'worker', timeout: START_MS }],
});

export { expect } from '@playwright/test';
