// End-to-end tests of the ward board in Chromium against the real binary.
//
//   GEMWATCH_BIN    the binary to test (needed)
//   BOARD_CHROMIUM  a Chromium that is there already; without it, the one of `npx playwright install chromium`
//   BOARD_PAGE=disk takes modules and style sheets from src/board/page instead of from the binary: no build after a change of the page

import { defineConfig } from '@playwright/test';

const executablePath = process.env.BOARD_CHROMIUM;

export default defineConfig({
  testDir: 'e2e',
  // The tests share one ward; its alarms come in an order of their own.
  workers: 1,
  fullyParallel: false,
  forbidOnly: Boolean(process.env.CI),
  // On a machine that is shared another look tells a slow moment from a fault; the report names it all the same.
  retries: process.env.CI ? 2 : 0,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 900 },
    colorScheme: 'dark',
    launchOptions: executablePath ? { executablePath } : {},
    screenshot: 'only-on-failure',
  },
});
