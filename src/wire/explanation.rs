//! The explanation of one window: what `gemwatch explain --json` prints.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Reading, rfc3339};
use crate::ecg::{Lead, Strip};
use crate::measure::{Measured, Measurements};

/// One 12-lead window: what was measured, what was read, and what of it is true.
///
/// All `from_s` and `to_s` count seconds from `window_start`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Explanation {
    /// Name of the record.
    pub record: String,
    /// Start of the window (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub window_start: String,
    /// Length of the window in seconds.
    pub window_s: f64,
    /// Sampling rate it was measured at in Hz.
    pub rate_hz: f64,
    /// The leads that were recorded.
    pub leads: Vec<String>,
    /// The leads that were derived from others.
    pub derived_leads: Vec<String>,
    /// The standard leads that are missing.
    pub absent_leads: Vec<String>,
    /// R peaks in seconds.
    pub beats_s: Vec<f64>,
    /// The measured values.
    pub measurements: Vec<Measurement>,
    /// The reading; absent when nobody read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
}

/// A measured value and where it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measurement {
    /// What was measured.
    pub what: String,
    /// The value; `null` when it could not be measured.
    pub value: Option<f64>,
    /// Its unit.
    pub unit: String,
    /// On which leads.
    pub leads: Vec<String>,
    /// From which second.
    pub from_s: f64,
    /// To which second.
    pub to_s: f64,
    /// Number of beats that entered.
    pub beats: usize,
    /// 0 (a guess) to 1 (all beats and leads agree).
    pub confidence: f64,
}

impl Explanation {
    /// Puts it together.
    pub fn new(record: &str, strip: &Strip, measured: &Measurements, reading: Option<Reading>) -> Explanation {
        let names = |derived: bool| {
            strip.leads.iter().filter(|lead| lead.derived == derived).map(|lead| lead.lead.to_string()).collect()
        };
        Explanation {
            record: record.to_owned(),
            window_start: rfc3339(strip.start),
            window_s: strip.seconds(),
            rate_hz: strip.rate_hz,
            leads: names(false),
            derived_leads: names(true),
            absent_leads: strip.absent_leads().iter().map(Lead::to_string).collect(),
            beats_s: measured.beats_s.iter().map(|beat_s| super::rounded(*beat_s)).collect(),
            measurements: measured.named().into_iter().map(|(what, value)| Measurement::new(what, value)).collect(),
            reading,
        }
    }
}

impl Measurement {
    fn new(what: &str, measured: &Measured) -> Measurement {
        Measurement {
            what: what.to_owned(),
            value: measured.value.map(super::rounded),
            unit: measured.unit.to_owned(),
            leads: measured.leads.iter().map(Lead::to_string).collect(),
            from_s: super::rounded(measured.from_s),
            to_s: super::rounded(measured.to_s),
            beats: measured.beats,
            confidence: super::rounded(measured.confidence),
        }
    }
}
