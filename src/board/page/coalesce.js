/**
 * What for: many changes at once, as in the first message of the server, become one update. In: an update. Out: a function that
 * has it done once, as soon as the present work is over.
 */

/** @param {() => void} update @returns {() => void} */
export function coalesced(update) {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    queueMicrotask(() => {
      isPlanned = false;
      update();
    });
  };
}
