/**
 * What for: takes note of an alert. In: the alert, and who is logged in. Out: asks the server; the new state then comes over the connection. Where
 * nobody is logged in, a name is asked for, and remembered until the tab is closed.
 */

import { isAcknowledged, stands } from './alarms.js';
import { html, setText } from './dom.js';

/** @typedef {import('./protocol.js').Alert} Alert */

const NAME_KEY = 'gemwatch.name';

export class AcknowledgeForm {
  /** @param {import('./session.js').Session} session */
  constructor(session) {
    this.session = session;
    /** @type {Alert|null} */
    this.alert = null;
    this.isSent = false;
    this.field = html('input', { type: 'text', id: 'acknowledge-name', autocomplete: 'name', maxlength: '100', required: true });
    this.field.value = sessionStorage.getItem(NAME_KEY) ?? '';
    this.nameLabel = html('label', { class: 'choice', for: 'acknowledge-name' }, html('span', {}, 'Your name'), this.field);
    this.button = html('button', { type: 'submit', class: 'button--main' }, 'Acknowledge');
    this.message = html('p', { class: 'acknowledge__message', role: 'status' });
    this.element = html('form', { class: 'acknowledge' }, this.nameLabel, this.button, this.message);
    this.element.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#send();
    });
  }

  /** @param {Alert} alert */
  show(alert) {
    const isSame = this.alert?.id === alert.id && this.alert.code === alert.code;
    if (!isSame || isAcknowledged(alert)) this.isSent = false;
    this.alert = alert;
    const canBe = stands(alert) && !isAcknowledged(alert);
    this.nameLabel.hidden = !canBe || Boolean(this.session.info?.caller);
    this.field.required = !this.nameLabel.hidden;
    this.button.hidden = !canBe;
    this.button.disabled = this.isSent;
    if (!canBe) setText(this.message, isAcknowledged(alert) ? `Acknowledged${alert.acknowledged_by ? ` by ${alert.acknowledged_by}` : ''}.` : '');
  }

  /** For the key: presses the button, or goes to the name that is missing. */
  press() {
    if (this.button.hidden || this.button.disabled) return;
    if (this.field.required && this.field.value.trim() === '') this.field.focus();
    else this.element.requestSubmit();
  }

  async #send() {
    const { alert } = this;
    if (!alert || this.isSent) return;
    const by = this.session.info?.caller ?? this.field.value.trim();
    if (by === '') return;
    if (!this.session.info?.caller) sessionStorage.setItem(NAME_KEY, by);
    this.isSent = true;
    this.button.disabled = true;
    setText(this.message, 'Sent. Waiting for the monitor.');
    try {
      await this.session.post(`/api/alerts/${encodeURIComponent(alert.id)}/acknowledge`, { code: alert.code, by });
    } catch (error) {
      this.isSent = false;
      this.button.disabled = false;
      setText(this.message, error instanceof Error ? error.message : 'It could not be sent.');
    }
  }
}
