/**
 * What for: the types of the parts that every view gets, and of a view. In and out: nothing, types only.
 */

/**
 * @typedef {object} Board
 * @property {import('./session.js').Session} session
 * @property {import('./connection.js').Connection} connection
 * @property {import('./ward-store.js').WardStore} store
 * @property {import('./frame-loop.js').FrameLoop} loop
 * @property {import('./theme.js').Theme} theme
 * @property {(path: string) => void} navigate
 * @property {() => void} back  to where the viewer came from, or to the ward
 * @property {Map<string, string>} chosenLeads  lead of each bed's tile, where it was chosen
 * @property {(text: string) => void} announce  says something to screen readers
 */

/**
 * @typedef {object} KeyBinding
 * @property {string} key  as in KeyboardEvent.key
 * @property {string} text  what it does, for the list of keys
 * @property {(event: KeyboardEvent) => void} run
 * @property {string} [shown]  how the key is written in the list
 */

/**
 * @typedef {object} View
 * @property {string} title
 * @property {HTMLElement} element
 * @property {KeyBinding[]} keys
 * @property {() => void} close
 */

export {};
