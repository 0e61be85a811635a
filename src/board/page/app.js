/**
 * What for: starts the page: header, routes, connection, alarms. In: location.pathname. Out: the view that belongs to it.
 */

import { alertView } from './alert-view.js';
import { watchAlarms } from './alarm-watch.js';
import { connectionBanner } from './banner.js';
import { bedView } from './bed-view.js';
import { Connection } from './connection.js';
import { html } from './dom.js';
import { FrameLoop } from './frame-loop.js';
import { pageHeader } from './header.js';
import { listenToKeys } from './keys.js';
import { loginForm } from './login.js';
import { missingView } from './missing-view.js';
import { replayView } from './replay-view.js';
import { route } from './route.js';
import { RequestError, Session } from './session.js';
import { AlarmSound } from './sound.js';
import { Theme } from './theme.js';
import { WardStore } from './ward-store.js';
import { wardView } from './ward-view.js';

/** @typedef {import('./board.js').Board} Board */
/** @typedef {import('./board.js').View} View */

const session = new Session();
const connection = new Connection(session);
const store = new WardStore();
const sound = new AlarmSound();
const theme = new Theme();

const politeText = html('div', { class: 'spoken', 'aria-live': 'polite' });
const urgentText = html('div', { class: 'spoken', 'aria-live': 'assertive' });
const main = html('main', { id: 'main', tabindex: '-1' });
/** @type {View|null} */
let view = null;
let shownPath = '';

/** @type {Board} */
const board = {
  session, connection, store, theme,
  loop: new FrameLoop(),
  navigate,
  back,
  chosenLeads: new Map(),
  announce: (text) => announce(text, false),
};

const keyboard = listenToKeys(() => [...(view?.keys ?? []), ...pageKeys]);
const header = pageHeader({ session, sound, theme, showKeys: keyboard.showKeys });
/** @type {import('./board.js').KeyBinding[]} */
const pageKeys = [
  { key: 's', text: 'sound on or off', run: () => sound.toggle() },
  { key: 't', text: 'dark or light', run: () => theme.toggle() },
  { key: '?', text: 'these keys', run: keyboard.showKeys },
];

document.body.replaceChildren(
  html('a', { class: 'skip', href: '#main' }, 'To the content'),
  connectionBanner(connection), header.element, main, keyboard.dialog, politeText, urgentText);
session.onUnauthorised = () => showLogin(session.token === '' ? '' : 'The token is not valid, or not any more.');
connection.addEventListener('message', (event) => {
  store.apply(/** @type {CustomEvent<import('./protocol.js').ServerMessage>} */ (event).detail, performance.now());
});
watchAlarms(store, connection, sound, announce);
window.addEventListener('popstate', () => {
  // A place within the view is the view's own business.
  if (location.pathname !== shownPath) show();
});
document.addEventListener('click', followLink);
void begin();

/** Finds out who is there and whether this is a ward or a record. The page tries again until the server answers. */
async function begin() {
  try {
    await session.load();
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) return;
    main.replaceChildren(html('p', { class: 'notice', role: 'alert' }, `${error instanceof Error ? error.message : 'The server does not answer.'} Trying again.`));
    setTimeout(() => void begin(), error instanceof RequestError && error.retryAfterS ? 1000 * error.retryAfterS : 2000);
    return;
  }
  header.update();
  if (session.info?.mode === 'replay') {
    if (location.pathname === '/') history.replaceState(null, '', `/replay${location.hash}`);
  } else if (connection.timer === 0) {
    connection.start();
  } else {
    connection.retry();
  }
  show();
}

function show() {
  view?.close();
  shownPath = location.pathname;
  const to = route(location.pathname);
  const opened = openView(to);
  view = opened;
  document.title = `${opened.title} \u2013 gemwatch`;
  document.documentElement.dataset.view = to.view;
  header.update();
  main.replaceChildren(opened.element);
}

/** @param {import('./route.js').Route} to @returns {View} */
function openView(to) {
  switch (to.view) {
    case 'ward': return wardView(board);
    case 'bed': return bedView(board, to.streamId);
    case 'alert': return alertView(board, to.alertId);
    case 'replay': return replayView(board);
    default: return missingView(board);
  }
}

/** @param {string} path */
function navigate(path) {
  history.pushState({ depth: depth() + 1 }, '', path);
  show();
  window.scrollTo(0, 0);
  const heading = main.querySelector('h1');
  (heading instanceof HTMLElement ? heading : main).focus({ preventScroll: true });
}

/** How many views of this page lie behind the present one in the browser's history. @returns {number} */
function depth() {
  return history.state?.depth ?? 0;
}

function back() {
  if (depth() > 0) history.back();
  else navigate(session.info?.mode === 'replay' ? '/replay' : '/');
}

/** A link within the page needs no reload. @param {MouseEvent} event */
function followLink(event) {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || !link.href || link.download || link.target || new URL(link.href).origin !== location.origin) return;
  const url = new URL(link.href);
  if (url.hash && url.pathname === location.pathname) return;
  event.preventDefault();
  navigate(url.pathname + url.hash);
}

/** @param {string} reason */
function showLogin(reason) {
  // A second refusal must not empty the form that is being filled in.
  if (document.documentElement.dataset.view === 'login') return;
  view?.close();
  view = null;
  document.title = 'Log in \u2013 gemwatch';
  document.documentElement.dataset.view = 'login';
  const form = loginForm(reason, tryToken);
  main.replaceChildren(form);
  form.querySelector('input')?.focus();
}

/** @param {string} token @returns {Promise<string>} why not; empty if it is right */
async function tryToken(token) {
  const onUnauthorised = session.onUnauthorised;
  session.onUnauthorised = () => {};
  session.setToken(token);
  try {
    await session.load();
  } catch (error) {
    session.setToken('');
    if (error instanceof RequestError && error.status === 401) return 'This token is not valid.';
    return error instanceof Error ? error.message : 'The server does not answer.';
  } finally {
    session.onUnauthorised = onUnauthorised;
  }
  await begin();
  return '';
}

/** @param {string} text @param {boolean} isUrgent */
function announce(text, isUrgent) {
  const region = isUrgent ? urgentText : politeText;
  const line = html('p', {}, text);
  region.append(line);
  setTimeout(() => line.remove(), 10_000);
}
