/**
 * What for: an address that means nothing. In: nothing. Out: a view that says so and leads back.
 */

import { html } from './dom.js';

/** @param {import('./board.js').Board} board @returns {import('./board.js').View} */
export function missingView(board) {
  return {
    title: 'Not found',
    element: html('div', { class: 'notice' }, html('h1', { tabindex: '-1' }, 'There is no such page'), html('p', {}, html('a', { href: '/' }, 'To the ward'))),
    keys: [{ key: 'Escape', text: 'back', run: board.back }],
    close() {},
  };
}
