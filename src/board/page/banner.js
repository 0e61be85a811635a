/**
 * What for: says plainly that the connection is lost and how old the data are. In: the connection's state by the page's own timer.
 * Out: a banner on top, and "data are old" on the root element, by which the whole ward is dimmed.
 */

import { clockText } from './data-time.js';
import { html, setText } from './dom.js';

/** @param {import('./connection.js').Connection} connection */
export function connectionBanner(connection) {
  const text = html('span');
  const banner = html('div', { class: 'banner', role: 'alert', hidden: true }, html('strong', {}, 'Connection lost. '), text);
  const update = () => {
    const isLost = connection.state === 'lost';
    banner.hidden = !isLost;
    document.documentElement.toggleAttribute('data-connection-lost', isLost);
    if (!isLost) return;
    const nowMs = performance.now();
    const since = clockText(Date.now() - (nowMs - connection.lastFrameMs));
    const wait = connection.nextTryMs === null ? 'Trying to connect.' : `Next try in ${Math.max(0, Math.ceil((connection.nextTryMs - nowMs) / 1000))} s.`;
    // Screen readers hear it once: what counts down is outside the live text.
    setText(text, `Nothing has come since ${since}. What is shown is old.`);
    setText(countdown, ` ${wait}`);
  };
  const countdown = html('span', { 'aria-hidden': 'true' });
  banner.append(countdown);
  connection.addEventListener('state', update);
  return banner;
}
