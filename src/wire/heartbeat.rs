//! The heartbeat: what `ecg.heartbeats` carries, one message every two seconds and bed.
//!
//! It tells a quiet bed from a dead monitor: vital signs stop when either the data or gemwatch ends, heartbeats only when
//! gemwatch does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{rfc3339, rounded};
use crate::ecg::{StreamId, Time};

/// This bed is watched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    /// Whose stream.
    pub stream_id: String,
    /// When this was said (RFC 3339, by the clock of this instance).
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// Seconds until the next one. Twice that without one, and nobody watches this bed: say so where people look.
    pub every_s: f64,
    /// Up to where the ECG was heard (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub data_until: String,
    /// Seconds since the last chunk came. The bed is silent, and watched all the same.
    pub silent_for_s: f64,
    /// Alerts that are raised and not cleared.
    pub open_alerts: usize,
}

impl Heartbeat {
    /// The message of a bed; `now` by the clock, `data_until` in data time.
    pub fn new(
        stream_id: &StreamId,
        now: Time,
        every_s: f64,
        data_until: Time,
        silent_for_s: f64,
        open_alerts: usize,
    ) -> Heartbeat {
        Heartbeat {
            stream_id: stream_id.to_string(),
            time: rfc3339(now),
            every_s,
            data_until: rfc3339(data_until),
            silent_for_s: rounded(silent_for_s),
            open_alerts,
        }
    }
}
