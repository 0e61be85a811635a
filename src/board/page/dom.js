/**
 * What for: makes elements. In: a name, attributes, children. Out: the element. Strings become text nodes, never markup: stream
 * ids and the words of a model come from outside.
 */

/** @typedef {string|number|boolean|null|undefined} AttributeValue */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, AttributeValue>} [attributes]  true: present; false, null: absent
 * @param {...(Node|string|null|false)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function html(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  append(made, children);
  return made;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, AttributeValue>} [attributes]
 * @param {...(Node|string|null|false)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(made, attributes);
  append(made, children);
  return made;
}

/** @param {Element} target @param {Record<string, AttributeValue>} attributes */
export function setAttributes(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) target.removeAttribute(name);
    else target.setAttribute(name, value === true ? '' : String(value));
  }
}

/** Changes a text only where it is another one: an equal text would cost a layout all the same. @param {Node} target @param {string} text */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Changes an attribute only where it is another one. @param {Element} target @param {string} name @param {string} value */
export function setAttribute(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** Words for screen readers only. @param {string} text */
export function spoken(text) {
  return html('span', { class: 'spoken' }, text);
}

/**
 * A button with a text.
 * @param {string} text
 * @param {() => void} onPress
 * @param {Record<string, AttributeValue>} [attributes]
 */
export function button(text, onPress, attributes = {}) {
  const made = html('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', onPress);
  return made;
}

/**
 * A labelled list to choose from.
 * @param {string} label
 * @param {{value: string, text: string}[]} options
 * @param {string} value
 * @param {(value: string) => void} onChoice
 */
export function choice(label, options, value, onChoice) {
  choices += 1;
  const id = `choice-${choices}`;
  const select = html('select', { id }, ...options.map((option) => html('option', { value: option.value, selected: option.value === value }, option.text)));
  select.addEventListener('change', () => onChoice(select.value));
  return html('span', { class: 'choice' }, html('label', { for: id }, label), select);
}

let choices = 0;

/** @param {Element} target @param {(Node|string|null|false)[]} children */
function append(target, children) {
  for (const child of children) if (child !== null && child !== false) target.append(child);
}
