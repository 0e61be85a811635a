/**
 * What for: dark or light. In: the system's wish, or the viewer's choice, which is remembered. Out: data-theme on the root element,
 * the event "change", and the colours for canvases, which know nothing of style sheets.
 */

const KEY = 'gemwatch.theme';

export class Theme extends EventTarget {
  constructor() {
    super();
    const system = matchMedia('(prefers-color-scheme: light)');
    this.chosen = localStorage.getItem(KEY);
    this.#apply(this.chosen ?? (system.matches ? 'light' : 'dark'));
    system.addEventListener('change', () => {
      if (!this.chosen) this.#apply(system.matches ? 'light' : 'dark');
    });
  }

  toggle() {
    this.chosen = this.name === 'dark' ? 'light' : 'dark';
    localStorage.setItem(KEY, this.chosen);
    this.#apply(this.chosen);
  }

  /** A colour of the style sheet. @param {string} variable  such as --trace */
  colour(variable) {
    return getComputedStyle(document.documentElement).getPropertyValue(variable).trim() || '#888';
  }

  /** @param {string} name */
  #apply(name) {
    this.name = name === 'light' ? 'light' : 'dark';
    document.documentElement.dataset.theme = this.name;
    this.dispatchEvent(new Event('change'));
  }
}
