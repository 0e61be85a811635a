/**
 * What for: which view an address means. In: the path of the page. Out: the view and the name in it. Pure.
 */

/**
 * @typedef {{view: 'ward'} | {view: 'bed', streamId: string} | {view: 'alert', alertId: string} | {view: 'replay'} | {view: 'missing'}} Route
 */

/** @param {string} path @returns {Route} */
export function route(path) {
  const [first = '', second = '', ...rest] = path.replace(/^\/+|\/+$/g, '').split('/');
  if (rest.length > 0) return { view: 'missing' };
  if (first === '' && second === '') return { view: 'ward' };
  if (first === 'replay' && second === '') return { view: 'replay' };
  const name = decoded(second);
  if (name === null || name === '') return { view: 'missing' };
  if (first === 'beds') return { view: 'bed', streamId: name };
  if (first === 'alerts') return { view: 'alert', alertId: name };
  return { view: 'missing' };
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
