/**
 * What for: asks for the token where the server wants one. In: what the viewer types. Out: calls back with the token.
 * It is a password field of a form, so that password managers can fill it; it is never part of an address.
 */

import { html, setText } from './dom.js';

/**
 * @param {string} reason  why it is asked for again; empty at first
 * @param {(token: string) => Promise<string>} tryToken  gives the reason why not, or an empty text
 */
export function loginForm(reason, tryToken) {
  const field = html('input', { type: 'password', id: 'token', name: 'token', autocomplete: 'current-password', required: true, spellcheck: 'false' });
  const message = html('p', { class: 'form__error', role: 'alert' }, reason);
  const submit = html('button', { type: 'submit', class: 'button--main' }, 'Log in');
  const form = html('form', { class: 'login' },
    html('h1', { tabindex: '-1' }, 'Log in'),
    html('p', {}, 'This board asks for an access token. It is kept until this tab is closed.'),
    html('label', { for: 'token' }, 'Access token'), field, message, submit);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit.disabled = true;
    void tryToken(field.value.trim()).then((why) => {
      submit.disabled = false;
      setText(message, why);
      if (why !== '') field.select();
    });
  });
  return form;
}
