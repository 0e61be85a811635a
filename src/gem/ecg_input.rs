//! The ECG as the encoder takes it: twelve leads of a fixed length in mV.
//!
//! In goes a [`Strip`], or leads that are in the model's order already; out come the values and the leads that were not
//! there. Nothing is filtered, scaled or resampled, as in GEM's own preparation: a shorter ECG gets zeros at its end, a
//! longer one is cut there, and a sample that is not finite counts as 0 mV.

use ndarray::Array2;

use super::manifest::EcgSpec;
use crate::ecg::{Lead, STANDARD_LEADS, Strip};

/// An ECG ready for the encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct EcgInput {
    /// In mV; shape (12, samples), leads in the order I, II, III, aVR, aVL, aVF, V1 to V6.
    pub values_mv: Array2<f32>,
    /// The leads that were not recorded; their rows are zero.
    pub absent_leads: Vec<Lead>,
}

/// Why an ECG cannot be read.
#[derive(Debug, thiserror::Error, PartialEq)]
#[allow(missing_docs)] // the fields are named in the message
pub enum EcgInputError {
    /// The strip has another sampling rate than the model.
    #[error("the strip has {found_hz} Hz, the model wants {expected_hz} Hz: resample it first")]
    Rate { found_hz: f64, expected_hz: f64 },
    /// Not one of the standard leads, or no samples.
    #[error("the strip has no samples of any of the twelve standard leads")]
    NoLead,
    /// A lead is longer or shorter than the first one.
    #[error("lead {lead} has {found} samples, the strip has {expected}")]
    UnequalLeads { lead: Lead, found: usize, expected: usize },
    /// Not twelve rows.
    #[error("the ECG has {found} leads, the model wants {expected}")]
    Leads { found: usize, expected: usize },
}

impl EcgInput {
    /// The ECG of a strip.
    pub fn from_strip(strip: &Strip, spec: &EcgSpec) -> Result<EcgInput, EcgInputError> {
        // Rates are nominal values; anything but rounding of the last digits is another rate.
        if strip.rate_hz.is_nan() || (strip.rate_hz - spec.rate_hz).abs() > 1e-6 * spec.rate_hz {
            return Err(EcgInputError::Rate { found_hz: strip.rate_hz, expected_hz: spec.rate_hz });
        }
        if let Some(lead) = strip.leads.iter().find(|lead| lead.samples_mv.len() != strip.len()) {
            let (found, expected) = (lead.samples_mv.len(), strip.len());
            return Err(EcgInputError::UnequalLeads { lead: lead.lead.clone(), found, expected });
        }
        let absent_leads = strip.absent_leads();
        if absent_leads.len() == STANDARD_LEADS.len() || strip.is_empty() {
            return Err(EcgInputError::NoLead);
        }
        let rows = STANDARD_LEADS.iter().map(|lead| strip.lead(lead).map_or(&[][..], |lead| &lead.samples_mv));
        Ok(EcgInput { values_mv: fit(rows, spec), absent_leads })
    }

    /// An ECG whose rows are in the model's order, shape (12, n).
    pub fn from_rows(rows_mv: &Array2<f32>, spec: &EcgSpec) -> Result<EcgInput, EcgInputError> {
        if rows_mv.nrows() != spec.leads {
            return Err(EcgInputError::Leads { found: rows_mv.nrows(), expected: spec.leads });
        }
        let rows: Vec<Vec<f32>> = rows_mv.rows().into_iter().map(|row| row.to_vec()).collect();
        Ok(EcgInput { values_mv: fit(rows.iter().map(Vec::as_slice), spec), absent_leads: Vec::new() })
    }
}

/// Brings rows to the model's length.
fn fit<'a>(rows: impl Iterator<Item = &'a [f32]>, spec: &EcgSpec) -> Array2<f32> {
    let mut values = Array2::zeros((spec.leads, spec.samples));
    for (mut target, row) in values.rows_mut().into_iter().zip(rows) {
        for (target, value) in target.iter_mut().zip(row) {
            *target = if value.is_finite() { *value } else { 0.0 };
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{StripLead, Time};

    const SPEC: EcgSpec = EcgSpec { leads: 12, samples: 5, rate_hz: 500.0, tokens: 101 };

    fn strip(leads: &[(Lead, &[f32])]) -> Strip {
        let leads = leads
            .iter()
            .map(|(lead, samples)| StripLead { lead: lead.clone(), derived: false, samples_mv: samples.to_vec() })
            .collect();
        Strip { start: Time::from_nanos(0), rate_hz: 500.0, leads }
    }

    #[test]
    fn leads_go_to_their_rows_whatever_their_order() {
        let strip = strip(&[(Lead::AVF, &[6.0; 6]), (Lead::from_name("MLII"), &[9.0; 6]), (Lead::AVL, &[5.0; 6])]);
        let input = EcgInput::from_strip(&strip, &SPEC).unwrap();
        assert_eq!(input.values_mv.dim(), (12, 5));
        assert_eq!(input.values_mv.column(4).to_vec(), [0.0, 0.0, 0.0, 0.0, 5.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(input.absent_leads.len(), 10);
        assert!(!input.absent_leads.contains(&Lead::AVF));
    }

    #[test]
    fn short_ones_are_filled_and_what_is_not_finite_is_zero() {
        let strip = strip(&[(Lead::I, &[f32::NAN, 2.0, f32::INFINITY, f32::NEG_INFINITY])]);
        let input = EcgInput::from_strip(&strip, &SPEC).unwrap();
        assert_eq!(input.values_mv.row(0).to_vec(), [0.0, 2.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn what_the_model_cannot_read_is_named() {
        let mut other = strip(&[(Lead::I, &[1.0])]);
        other.rate_hz = 250.0;
        assert!(matches!(EcgInput::from_strip(&other, &SPEC), Err(EcgInputError::Rate { .. })));
        other.rate_hz = f64::NAN;
        assert!(matches!(EcgInput::from_strip(&other, &SPEC), Err(EcgInputError::Rate { .. })));
        let foreign = strip(&[(Lead::from_name("MLII"), &[1.0])]);
        assert_eq!(EcgInput::from_strip(&foreign, &SPEC), Err(EcgInputError::NoLead));
        assert_eq!(EcgInput::from_strip(&strip(&[(Lead::I, &[])]), &SPEC), Err(EcgInputError::NoLead));
        let unequal = strip(&[(Lead::I, &[1.0, 2.0]), (Lead::II, &[1.0])]);
        assert!(matches!(EcgInput::from_strip(&unequal, &SPEC), Err(EcgInputError::UnequalLeads { .. })));
        assert!(matches!(
            EcgInput::from_rows(&Array2::zeros((8, 5)), &SPEC),
            Err(EcgInputError::Leads { found: 8, expected: 12 })
        ));
    }
}
