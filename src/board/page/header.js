/**
 * What for: the head of every page: name, ways to the views, sound, theme, keys, and what this is not. In: the session and the switches.
 * Out: an element, and update() after a change of view.
 */

import { button, html, setText, svg } from './dom.js';

/**
 * @param {{session: import('./session.js').Session, sound: import('./sound.js').AlarmSound, theme: import('./theme.js').Theme, showKeys: () => void}} parts
 */
export function pageHeader({ session, sound, theme, showKeys }) {
  const ward = html('a', { href: '/', hidden: true }, 'Ward');
  const replay = html('a', { href: '/replay', hidden: true }, 'Replay');
  const caller = html('span', { class: 'header__caller' });
  const soundText = html('span', {}, 'Sound off');
  const waves = svg('path', { d: 'M13 5.5a4 4 0 0 1 0 5M15.5 3.5a7 7 0 0 1 0 9', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.6' });
  const cross = svg('path', { d: 'M12.5 5.5l5 5m0-5l-5 5', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.6' });
  const soundButton = html('button', { type: 'button', class: 'header__sound', 'aria-pressed': 'false', title: 'Alarm sound (s)' },
    svg('svg', { viewBox: '0 0 19 16', class: 'icon', 'aria-hidden': 'true' }, svg('path', { d: 'M1 5.5h3.5L9 2v12L4.5 10.5H1z', fill: 'currentColor' }), waves, cross), soundText);
  soundButton.addEventListener('click', () => sound.toggle());
  const showSound = () => {
    setText(soundText, sound.isOn ? 'Sound on' : 'Sound off');
    soundButton.setAttribute('aria-pressed', String(sound.isOn));
    waves.toggleAttribute('hidden', !sound.isOn);
    cross.toggleAttribute('hidden', sound.isOn);
  };
  sound.addEventListener('change', showSound);
  showSound();
  const themeButton = button('', () => theme.toggle(), { title: 'Dark or light (t)' });
  const showTheme = () => setText(themeButton, theme.name === 'dark' ? 'Light' : 'Dark');
  theme.addEventListener('change', showTheme);
  showTheme();

  const element = html('header', { class: 'header' },
    html('span', { class: 'header__name' }, svg('svg', { viewBox: '0 0 24 16', class: 'icon', 'aria-hidden': 'true' },
      svg('path', { d: 'M0 9h6l2-3 2 3h1l2-8 3 14 2-6h6', fill: 'none', stroke: 'currentColor', 'stroke-width': '1.8', 'stroke-linejoin': 'round' })), 'gemwatch'),
    html('nav', { 'aria-label': 'Views' }, ward, replay),
    html('p', { class: 'header__notice' }, 'Research use only. Not a medical device.'),
    caller, soundButton, themeButton, button('Keys', showKeys, { title: 'Keys (?)', 'aria-haspopup': 'dialog' }));

  function update() {
    const mode = session.info?.mode;
    ward.hidden = mode !== 'live';
    replay.hidden = mode !== 'replay';
    soundButton.hidden = mode === 'replay';
    setText(caller, session.info?.caller ? `Logged in: ${session.info.caller}` : '');
    for (const link of [ward, replay]) {
      if (link.pathname === location.pathname) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }
  return { element, update };
}
