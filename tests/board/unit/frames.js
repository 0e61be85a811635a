// Makes frames of columns as the server does.

/**
 * @param {number} watch
 * @param {number} columnsPerSecond
 * @param {{trace: number, first: number, columns: [number, number][]}[]} records
 * @returns {ArrayBuffer}
 */
export function frame(watch, columnsPerSecond, records) {
  const buffer = new ArrayBuffer(12 + records.reduce((sum, record) => sum + 12 + 4 * record.columns.length, 0));
  const view = new DataView(buffer);
  view.setUint8(0, 1);
  view.setUint8(1, 1);
  view.setUint16(2, watch, true);
  view.setFloat64(4, columnsPerSecond, true);
  let offset = 12;
  for (const record of records) {
    view.setUint16(offset, record.trace, true);
    view.setUint16(offset + 2, record.columns.length, true);
    view.setFloat64(offset + 4, record.first, true);
    offset += 12;
    for (const [low, high] of record.columns) {
      view.setInt16(offset, low, true);
      view.setInt16(offset + 2, high, true);
      offset += 4;
    }
  }
  return buffer;
}
