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
    /// What carries it.
    pub kind: ClaimKind,
    /// What it speaks of, in standard terms, such as `PR interval` or `ST elevation`.
    pub about: String,
    /// Does the text say that it is not so?
    pub denied: bool,
    /// Is the text not sure ("possible", "suggestive of")? It is checked like any other.
    pub hedged: bool,
    /// The leads it names, or on which it was checked.
    pub leads: Vec<String>,
    /// The value it states; the lower end where it states a range, the bound where it states only that.
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
    /// The criteria on which the judgement rests, limits included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub criteria: Vec<String>,
    /// From which second after `window_start` it was measured.
    pub from_s: f64,
    /// To which second after `window_start` it was measured.
    pub to_s: f64,
}

/// What carries a claim. `lead`, `wave` and `measurement` are the kinds of grounding of the ECG-Reasoning-Benchmark (2026);
/// rates are measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A ventricular rate in beats a minute.
    HeartRate,
    /// Bradycardia, normal rate or tachycardia.
    RateClass,
    /// An interval, an axis or an amplitude: a value, or how it is called.
    Measurement,
    /// What single leads show: ST, T, Q, P, R and S waves.
    Lead,
    /// Which waves and beats there are and how they follow one another: rhythm, ectopy, conduction.
    Wave,
    /// A conclusion, which rests on criteria of the other kinds.
    Diagnosis,
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
