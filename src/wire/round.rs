//! The reading of a bed's round: what `ecg.readings` carries.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Reading, rfc3339};
use crate::ecg::{StreamId, Strip};

/// A reading that no alarm asked for. All `from_s` and `to_s` in it count seconds from `window_start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoundReading {
    /// Whose stream.
    pub stream_id: String,
    /// Start of the window that was read (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub window_start: String,
    /// Length of the window in seconds.
    pub window_s: f64,
    /// The reading.
    pub reading: Reading,
}

impl RoundReading {
    /// The message for the reading of a window.
    pub fn new(stream_id: &StreamId, strip: &Strip, reading: Reading) -> RoundReading {
        RoundReading {
            stream_id: stream_id.to_string(),
            window_start: rfc3339(strip.start),
            window_s: strip.seconds(),
            reading,
        }
    }
}
