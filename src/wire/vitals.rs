//! Vitals: what `ecg.vitals` carries, one message a second and bed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One second of one bed. What could not be measured is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Vitals {
    /// Whose stream.
    pub stream_id: String,
    /// End of the second it speaks of (RFC 3339, data time).
    pub time: String,
    /// Heart rate in bpm.
    pub heart_rate_bpm: Option<f64>,
    /// The leads that are there, each with its quality.
    pub leads: Vec<LeadStatus>,
}

/// One lead in [`Vitals`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
