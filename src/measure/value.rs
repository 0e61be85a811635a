//! A measured value that says where it was measured, or that it could not be.

use crate::ecg::Lead;

/// One measured value with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The value; `None` when it could not be measured on this strip.
    pub value: Option<f64>,
    /// Unit of the value, such as `bpm` or `ms`.
    pub unit: &'static str,
    /// The leads it was measured on.
    pub leads: Vec<Lead>,
    /// From which second of the strip.
    pub from_s: f64,
    /// To which second of the strip.
    pub to_s: f64,
    /// Number of beats that entered.
    pub beats: usize,
    /// 0 (a guess) to 1 (all beats and leads agree).
    pub confidence: f64,
}

impl Measured {
    /// "Could not be measured on this strip."
    pub fn absent(unit: &'static str) -> Measured {
        Measured { value: None, unit, leads: Vec::new(), from_s: 0.0, to_s: 0.0, beats: 0, confidence: 0.0 }
    }
}
