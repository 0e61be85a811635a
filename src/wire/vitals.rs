//! Vitals: what `ecg.vitals` carries, one message a second and bed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rfc3339;
use crate::bed::VitalsSecond;
use crate::ecg::StreamId;

/// One second of one bed. What could not be measured is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vitals {
    /// Whose stream.
    pub stream_id: String,
    /// End of the second it speaks of (RFC 3339, data time).
    #[schemars(extend("format" = "date-time"))]
    pub time: String,
    /// Heart rate in bpm.
    pub heart_rate_bpm: Option<f64>,
    /// The leads that are there, each with its quality.
    pub leads: Vec<LeadStatus>,
}

impl Vitals {
    /// The message for a second of a bed.
    pub fn new(stream_id: &StreamId, second: &VitalsSecond) -> Vitals {
        let status = |(lead, usable): &(crate::ecg::Lead, bool)| LeadStatus {
            lead: lead.to_string(),
            quality: if *usable { Quality::Good } else { Quality::Off },
        };
        Vitals {
            stream_id: stream_id.to_string(),
            time: rfc3339(second.at),
            heart_rate_bpm: second.heart_rate_bpm.map(|bpm| (bpm * 10.0).round() / 10.0),
            leads: second.leads.iter().map(status).collect(),
        }
    }
}

/// One lead in [`Vitals`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeadStatus {
    /// Its name.
    pub lead: String,
    /// What it is good for.
    pub quality: Quality,
}

/// What a lead is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Used.
    Good,
    /// Electrode off, or no valid sample.
    Off,
}
