//! What server and page say to each other over the WebSocket, version 1.
//!
//! Text is JSON, each message with a `type`. Waveforms are binary, little endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1, 1 | version 1, kind 1 (columns) |
//! | 2 | number of the `watch` that it answers, from 0 |
//! | 8 | columns a second, f64 |
//!
//! and then for each trace of which there is something new
//!
//! | bytes | what |
//! | --- | --- |
//! | 2, 2 | number of the trace in `watch`; number of columns |
//! | 8 | the first column, f64: columns since 1970, so that divided by the columns a second it is a time in seconds |
//! | 4 each | lowest and highest value of the column in µV, i16; -32768 where there is no sample |

use serde::{Deserialize, Serialize};

use super::waves::Column;
use crate::wire::{Alert, Vitals};

/// The sub-protocol that both sides must speak.
pub const SUBPROTOCOL: &str = "gemwatch.board.v1";

const VERSION: u8 = 1;
const COLUMNS: u8 = 1;

/// The most columns of one trace in one frame.
pub const MOST_COLUMNS: i64 = 4096;

/// What the server says in text.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerSays<'a> {
    /// First of all: everything.
    Ward {
        /// The beds in the order of their names.
        beds: Vec<BedReply<'a>>,
        /// Open and recent alerts, the newest last.
        alerts: Vec<&'a Alert>,
    },
    /// A bed is new, or its leads are.
    Bed {
        /// The bed.
        bed: BedReply<'a>,
    },
    /// Nothing has come of a bed for so long that it is gone.
    Closed {
        /// Which bed.
        stream_id: &'a str,
    },
    /// A second of a bed.
    Vitals {
        /// The vital signs.
        vitals: &'a Vitals,
    },
    /// An alert has changed.
    Alert {
        /// As it stands now.
        alert: &'a Alert,
    },
    /// The server lives; once a second.
    Pulse,
    /// What the page said is not understood.
    Refused {
        /// Why.
        detail: String,
    },
}

/// A bed as a page gets it.
#[derive(Debug, Serialize)]
pub struct BedReply<'a> {
    /// Whose stream.
    pub stream_id: &'a str,
    /// Its leads.
    pub leads: Vec<&'a str>,
    /// Samples a second.
    pub rate_hz: f64,
    /// The latest second.
    pub vitals: Option<&'a Vitals>,
}

/// What the page says.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum PageSays {
    /// These traces are on the screen now, instead of those before.
    Watch {
        /// Columns of the screen for a second.
        columns_a_second: u32,
        /// Seconds of the past to begin with.
        #[serde(default)]
        history_s: f64,
        /// Which traces.
        traces: Vec<WantedTrace>,
    },
}

/// A trace that is on the screen.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WantedTrace {
    /// Of which stream.
    pub stream_id: String,
    /// Which lead.
    pub lead: String,
}

impl ServerSays<'_> {
    /// As it goes over the wire.
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("these types are JSON (this is a bug)")
    }
}

/// A binary frame that grows.
#[derive(Debug)]
pub struct ColumnsFrame {
    bytes: Vec<u8>,
}

impl ColumnsFrame {
    const HEAD_BYTES: usize = 12;

    /// Without a trace.
    pub fn new(watch: u16, columns_a_second: u32) -> ColumnsFrame {
        let mut bytes = vec![VERSION, COLUMNS];
        bytes.extend(watch.to_le_bytes());
        bytes.extend(f64::from(columns_a_second).to_le_bytes());
        ColumnsFrame { bytes }
    }

    /// Adds columns of a trace; at most [`MOST_COLUMNS`] of them.
    pub fn push(&mut self, trace: u16, first: i64, columns: &[Column]) {
        let count = u16::try_from(columns.len()).expect("a frame has few columns (this is a bug)");
        self.bytes.extend(trace.to_le_bytes());
        self.bytes.extend(count.to_le_bytes());
        self.bytes.extend((first as f64).to_le_bytes());
        self.bytes.extend(column_bytes(columns));
    }

    /// The frame, if there is anything in it.
    pub fn into_bytes(self) -> Option<Vec<u8>> {
        (self.bytes.len() > ColumnsFrame::HEAD_BYTES).then_some(self.bytes)
    }
}

/// Lowest and highest value of each column.
pub fn column_bytes(columns: &[Column]) -> impl Iterator<Item = u8> {
    columns.iter().flat_map(|column| [column.low_uv, column.high_uv]).flat_map(i16::to_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_the_table_says() {
        let mut frame = ColumnsFrame::new(3, 100);
        frame.push(7, 1_000_000, &[Column { low_uv: -2, high_uv: 513 }, Column::EMPTY]);
        let bytes = frame.into_bytes().unwrap();
        assert_eq!(bytes[..4], [1, 1, 3, 0]);
        assert_eq!(bytes[4..12], 100.0_f64.to_le_bytes());
        assert_eq!(bytes[12..16], [7, 0, 2, 0]);
        assert_eq!(bytes[16..24], 1e6_f64.to_le_bytes());
        assert_eq!(bytes[24..], [0xfe, 0xff, 1, 2, 0, 0x80, 0, 0x80]);
        assert_eq!(ColumnsFrame::new(0, 100).into_bytes(), None);
    }

    #[test]
    fn the_page_says_what_it_shows() {
        let text =
            r#"{"type":"watch","columns_a_second":100,"traces":[{"stream_id":"bed-1","lead":"II"}],"history_s":8}"#;
        let PageSays::Watch { columns_a_second, history_s, traces } = serde_json::from_str(text).unwrap();
        assert_eq!((columns_a_second, history_s, traces.len()), (100, 8.0, 1));
        assert!(serde_json::from_str::<PageSays>(r#"{"type":"shout"}"#).is_err());
        assert_eq!(ServerSays::Pulse.text(), r#"{"type":"pulse"}"#);
    }
}
