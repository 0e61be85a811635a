/**
 * What for: saves an alert as a file. In: the alert's id. Out: a download. A plain link would go without the token, so the file is fetched first.
 */

import { button, html, setText } from './dom.js';

const FILES = [
  { text: 'PNG', path: 'page.png', ending: '.png' },
  { text: 'PDF', path: 'page.pdf', ending: '.pdf' },
  { text: 'WFDB', path: 'wfdb.zip', ending: '-wfdb.zip' },
  { text: 'FHIR', path: 'fhir.json', ending: '-fhir.json' },
];

/** @param {import('./session.js').Session} session @param {string} alertId */
export function exportButtons(session, alertId) {
  const message = html('span', { class: 'exports__message', role: 'status' });
  const buttons = FILES.map((file) => {
    const made = button(file.text, () => void save(), { 'aria-label': `Save as ${file.text}` });
    const save = async () => {
      made.disabled = true;
      setText(message, '');
      try {
        const response = await session.request(`/api/alerts/${encodeURIComponent(alertId)}/${file.path}`);
        download(await response.blob(), `gemwatch-alert-${alertId}${file.ending}`);
      } catch (error) {
        setText(message, `${file.text}: ${error instanceof Error ? error.message : 'not saved'}`);
      }
      made.disabled = false;
    };
    return made;
  });
  return html('div', { class: 'exports', role: 'group', 'aria-label': 'Save as a file' }, html('span', {}, 'Save as'), ...buttons, message);
}

/** @param {Blob} blob @param {string} name */
function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const link = html('a', { href: address, download: name });
  link.click();
  // The browser reads the blob after the click.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
