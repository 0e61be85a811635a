/**
 * What for: reads the binary frames of waveform columns. In: an ArrayBuffer from the socket or from a replay request.
 * Out: records of lowest and highest values in microvolts, or null where the bytes are no such frame.
 */

/** The value that says: no sample here. */
export const GAP_UV = -32768;

const VERSION = 1;
const KIND_COLUMNS = 1;
const HEADER_BYTES = 12;
const RECORD_HEADER_BYTES = 12;
const BYTES_PER_COLUMN = 4;

/**
 * @typedef {object} ColumnRecord
 * @property {number} trace  index into the watched traces
 * @property {number} firstColumn  columns since 1970
 * @property {Int16Array} valuesUv  low, high, low, high and so on
 */

/** @typedef {{watch: number, columnsPerSecond: number, records: ColumnRecord[]}} ColumnFrame */

/**
 * Reads one frame. A frame that is cut short is refused as a whole: half a frame would move the traces apart.
 * @param {ArrayBuffer} buffer
 * @returns {ColumnFrame|null}
 */
export function decodeFrame(buffer) {
  if (buffer.byteLength < HEADER_BYTES) return null;
  const view = new DataView(buffer);
  if (view.getUint8(0) !== VERSION || view.getUint8(1) !== KIND_COLUMNS) return null;
  const watch = view.getUint16(2, true);
  const columnsPerSecond = view.getFloat64(4, true);
  if (!(columnsPerSecond > 0)) return null;
  /** @type {ColumnRecord[]} */
  const records = [];
  let offset = HEADER_BYTES;
  while (offset < buffer.byteLength) {
    if (offset + RECORD_HEADER_BYTES > buffer.byteLength) return null;
    const trace = view.getUint16(offset, true);
    const count = view.getUint16(offset + 2, true);
    const firstColumn = view.getFloat64(offset + 4, true);
    offset += RECORD_HEADER_BYTES;
    const end = offset + count * BYTES_PER_COLUMN;
    if (end > buffer.byteLength || !Number.isFinite(firstColumn)) return null;
    records.push({ trace, firstColumn: Math.round(firstColumn), valuesUv: readValues(view, offset, count * 2) });
    offset = end;
  }
  return { watch, columnsPerSecond, records };
}

/**
 * Reads a bare list of columns, as the replay sends it.
 * @param {ArrayBuffer} buffer
 * @returns {Int16Array}
 */
export function decodeColumns(buffer) {
  return readValues(new DataView(buffer), 0, Math.floor(buffer.byteLength / BYTES_PER_COLUMN) * 2);
}

/**
 * Every head and every column has a multiple of four bytes, so a view costs nothing. On a big-endian machine it would
 * be wrong, so there the values are read one by one.
 * @param {DataView} view
 * @param {number} offset
 * @param {number} count
 */
function readValues(view, offset, count) {
  if (IS_LITTLE_ENDIAN) return new Int16Array(view.buffer, view.byteOffset + offset, count);
  return Int16Array.from({ length: count }, (_, index) => view.getInt16(offset + 2 * index, true));
}

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
