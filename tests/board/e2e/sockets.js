// What goes over the page's WebSocket. In: a page. Out: the messages of both sides, and a way to stop waveforms.

/** @param {import('@playwright/test').Page} page */
export function listenToSocket(page) {
  /** @type {any[]} */
  const sent = [];
  /** @type {any[]} */
  const received = [];
  const counts = { binaryFrames: 0, bytes: 0 };
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => sent.push(JSON.parse(String(payload))));
    socket.on('framereceived', ({ payload }) => {
      counts.bytes += payload.length;
      if (typeof payload === 'string') received.push(JSON.parse(payload));
      else counts.binaryFrames += 1;
    });
  });
  return { sent, received, counts };
}

/** Lets through everything but, while asked for, waveforms. @param {import('@playwright/test').Page} page */
export async function holdWaveforms(page) {
  const hold = { isHeld: false };
  await page.routeWebSocket('**/api/live', (socket) => {
    const server = socket.connectToServer();
    server.onMessage((message) => {
      if (typeof message === 'string' || !hold.isHeld) socket.send(message);
    });
  });
  return hold;
}
