/**
 * What for: the keyboard. In: key presses and the bindings of the view and of the page. Out: runs them; "?" shows the list.
 * A key belongs to the field that has the focus before it belongs to the page.
 */

import { button, html } from './dom.js';

/** @typedef {import('./board.js').KeyBinding} KeyBinding */

/** Is the key meant for what has the focus? @param {KeyboardEvent} event */
function isForField(event) {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return false;
  const slider = target.closest('[type="range"], [role="slider"]');
  if (slider) return /^(Arrow|Page|Home|End)/.test(event.key);
  const field = target.closest('input, select, textarea');
  if (field && event.key !== 'Escape' && event.key !== '?') return true;
  if (field?.matches('input, textarea') && event.key === '?') return true;
  // Space and Enter press what has the focus.
  return (event.key === ' ' || event.key === 'Enter') && target.closest('a, button, [role="button"], summary') !== null;
}

/**
 * @param {() => KeyBinding[]} bindings  those of the view first
 * @returns {{showKeys: () => void, dialog: HTMLDialogElement}}
 */
export function listenToKeys(bindings) {
  const list = html('dl', { class: 'keys' });
  const dialog = html('dialog', { class: 'dialog', 'aria-labelledby': 'keys-title' },
    html('h2', { id: 'keys-title' }, 'Keys'), list, button('Close', () => dialog.close(), { autofocus: true }));
  const showKeys = () => {
    list.replaceChildren(...bindings().flatMap((binding) => [html('dt', {}, html('kbd', {}, binding.shown ?? binding.key)), html('dd', {}, binding.text)]));
    dialog.showModal();
  };
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    // An open dialog has the keys to itself; the browser closes it with Escape.
    if (document.querySelector('dialog[open]') || isForField(event)) return;
    const found = bindings().find((binding) => binding.key === event.key);
    if (!found) return;
    event.preventDefault();
    found.run(event);
  });
  return { showKeys, dialog };
}
