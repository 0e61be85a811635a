//! A claim: something a reading says about the ECG, and the judgement on it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One claim of a reading and what the waveform says about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The words.
    pub text: String,
    /// Byte offset of the first of them in the reading's text.
    pub from: usize,
    /// Byte offset after the last of them.
    pub to: usize,
    /// What it speaks of.
    pub kind: ClaimKind,
    /// The leads it names, or on which it was checked.
    pub leads: Vec<String>,
    /// The value it states; the lower end where it states a range.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The upper end of the range it states.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_to: Option<f64>,
    /// Unit of the stated and the measured value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The judgement.
    pub verdict: Verdict,
    /// The measured value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<f64>,
    /// From which second after `window_start` it was measured.
    pub from_s: f64,
    /// To which second after `window_start` it was measured.
    pub to_s: f64,
}

/// What a claim speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A ventricular rate in beats a minute.
    HeartRate,
    /// Bradycardia, normal rate or tachycardia.
    RateClass,
}

/// The judgement on a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The waveform agrees.
    Supported,
    /// The waveform says otherwise.
    Contradicted,
    /// The waveform cannot tell.
    NotMeasurable,
}
