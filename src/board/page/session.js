/**
 * What for: who is at the page, and every request to the server. In: paths. Out: JSON or files, or a RequestError with the reason.
 * The token lives in sessionStorage, so that it ends with the tab, and is never part of an address.
 */

/** @typedef {import('./protocol.js').SessionInfo} SessionInfo */

const TOKEN_KEY = 'gemwatch.token';

export class RequestError extends Error {
  /** @param {number} status  0: no answer @param {string} detail @param {number|null} retryAfterS */
  constructor(status, detail, retryAfterS = null) {
    super(detail);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

export class Session {
  constructor() {
    this.token = sessionStorage.getItem(TOKEN_KEY) ?? '';
    /** @type {SessionInfo|null} */
    this.info = null;
    /** Called when the server asks who is there. @type {() => void} */
    this.onUnauthorised = () => {};
  }

  /** @param {string} token */
  setToken(token) {
    this.token = token;
    if (token === '') sessionStorage.removeItem(TOKEN_KEY);
    else sessionStorage.setItem(TOKEN_KEY, token);
  }

  /** @returns {Promise<SessionInfo>} */
  async load() {
    this.info = /** @type {SessionInfo} */ (await this.json('/api/session'));
    return this.info;
  }

  /** The sub-protocols of the WebSocket: the browser lets a page send no header there. */
  subProtocols() {
    const version = 'gemwatch.board.v1';
    return this.token === '' ? [version] : [version, `gemwatch.bearer.${base64Url(this.token)}`];
  }

  /** @param {string} path @param {RequestInit} [options] @returns {Promise<unknown>} */
  async json(path, options) {
    return (await this.request(path, options)).json();
  }

  /** @param {string} path @param {unknown} body @returns {Promise<void>} */
  async post(path, body) {
    await this.request(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  }

  /**
   * @param {string} path
   * @param {RequestInit} [options]
   * @returns {Promise<Response>}
   */
  async request(path, options = {}) {
    const authorization = this.token === '' ? {} : { Authorization: `Bearer ${this.token}` };
    /** @type {Response} */
    let response;
    try {
      response = await fetch(path, { ...options, headers: { ...options.headers, ...authorization }, cache: 'no-store' });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new RequestError(0, 'The server does not answer.');
    }
    if (response.ok) return response;
    if (response.status === 401) this.onUnauthorised();
    throw new RequestError(response.status, await reason(response), Number(response.headers.get('Retry-After')) || null);
  }
}

/** Base64url without padding of the UTF-8 bytes: a sub-protocol may hold few other characters. @param {string} text */
export function base64Url(text) {
  const bytes = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** @param {Response} response */
async function reason(response) {
  if (response.status === 429) {
    const waitS = response.headers.get('Retry-After');
    return `Too many requests.${waitS ? ` Try again in ${waitS} s.` : ''}`;
  }
  try {
    const body = /** @type {{detail?: unknown}} */ (await response.json());
    if (typeof body.detail === 'string') return body.detail;
  } catch {
    // An answer without JSON has no more to say than its status.
  }
  return `The server answered ${response.status}${response.statusText ? ` ${response.statusText}` : ''}.`;
}
