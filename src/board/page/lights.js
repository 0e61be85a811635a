/**
 * What for: hover, focus or tap on a claim or on evidence lights it up on the page and wherever else it is named. In: elements and what they
 * stand for. Out: calls the page. A tap or Enter pins it, Escape or another tap lets it go.
 */

/** @typedef {import('./paper.js').Stretch} Stretch */
/** @typedef {{key: string, kind: string, stretch: Stretch}} Light */

export class Lights {
  /** @param {(light: Light|null) => void} onLight */
  constructor(onLight) {
    this.onLight = onLight;
    /** @type {Map<string, Set<Element>>} */
    this.elements = new Map();
    /** @type {Light|null} */
    this.pinned = null;
    /** @type {Light|null} */
    this.shown = null;
  }

  /** @param {HTMLElement} element  a button, or something with that role @param {Light} light */
  add(element, light) {
    const group = this.elements.get(light.key) ?? new Set();
    group.add(element);
    this.elements.set(light.key, group);
    element.setAttribute('aria-pressed', 'false');
    element.addEventListener('pointerenter', (event) => { if (event.pointerType === 'mouse') this.#show(light); });
    element.addEventListener('pointerleave', (event) => { if (event.pointerType === 'mouse') this.#show(this.pinned); });
    element.addEventListener('focus', () => this.#show(light));
    element.addEventListener('blur', () => this.#show(this.pinned));
    element.addEventListener('click', () => this.#pin(light));
    if (element instanceof HTMLElement && element.tagName !== 'BUTTON') {
      element.addEventListener('keydown', (event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        this.#pin(light);
      });
    }
  }

  /** @param {Element} element  lit together with the others of its key, but not to be pressed @param {string} key */
  join(element, key) {
    const group = this.elements.get(key) ?? new Set();
    group.add(element);
    this.elements.set(key, group);
  }

  /** Lets go what is pinned. @returns {boolean} was there something? */
  release() {
    const was = this.pinned !== null;
    this.pinned = null;
    this.#show(null);
    return was;
  }

  /** Forgets the elements, as before the reading is written anew. */
  clear() {
    this.elements.clear();
    this.release();
  }

  /** @param {Light} light */
  #pin(light) {
    this.pinned = this.pinned?.key === light.key ? null : light;
    this.#show(this.pinned ?? light);
  }

  /** @param {Light|null} light */
  #show(light) {
    this.shown = light;
    for (const [key, group] of this.elements) {
      for (const element of group) {
        element.toggleAttribute('data-lit', key === light?.key);
        if (element.hasAttribute('aria-pressed')) element.setAttribute('aria-pressed', String(key === this.pinned?.key));
      }
    }
    this.onLight(light);
  }
}
