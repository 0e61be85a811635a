// Rules for the page and for its tests; run from the root of the repository. Types are tsc's business; this finds unused, undeclared and doubtful code.

import js from '@eslint/js';

const BROWSER = [
  'AbortController',
  'AudioContext', 'CustomEvent', 'DOMException', 'Element', 'Event', 'EventTarget', 'HTMLElement', 'btoa', 'HTMLInputElement',
  'IntersectionObserver', 'KeyboardEvent', 'MouseEvent', 'Node', 'ResizeObserver', 'Response', 'TextEncoder', 'URL', 'URLSearchParams',
  'WebSocket', 'cancelAnimationFrame', 'clearInterval', 'clearTimeout', 'console', 'document', 'fetch',
  'getComputedStyle', 'localStorage', 'location', 'history', 'matchMedia', 'performance', 'requestAnimationFrame', 'sessionStorage',
  'queueMicrotask', 'setInterval', 'setTimeout', 'window',
];
const NODE = ['Buffer', 'URL', 'console', 'process', 'performance', 'setTimeout', 'clearTimeout', 'fetch', 'window', 'document', 'localStorage', 'sessionStorage', 'getComputedStyle', 'requestAnimationFrame', 'TextEncoder'];

/** @param {string[]} names */
const known = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

const RULES = {
  ...js.configs.recommended.rules,
  eqeqeq: ['error', 'always', { null: 'ignore' }],
  'no-var': 'error',
  'prefer-const': 'error',
  'no-shadow': 'error',
  'no-implicit-globals': 'error',
  'no-throw-literal': 'error',
  'consistent-return': 'off', // tsc's noImplicitReturns sees more
  'max-lines': ['error', { max: 320 }],
};

export default [
  { ignores: ['**/node_modules/**', '**/test-results/**', '**/playwright-report/**'] },
  {
    files: ['src/board/page/**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: known(BROWSER) },
    rules: {
      ...RULES,
      // What comes over the wire is text, never markup.
      'no-restricted-properties': ['error', ...['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'write'].map((property) => ({ property, message: 'Insert text nodes.' }))],
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-alert': 'error',
    },
  },
  {
    files: ['tests/board/**/*.js'],
    languageOptions: { ecmaVersion: 2022, sourceType: 'module', globals: known(NODE) },
    rules: RULES,
  },
];
