//! What the measurements of a lead show, by the criteria of readers.
//!
//! In: measurements. Out: ST level, and whether the voltage is high or low. Limits as in
//! [`simulators::portrait::PortraitTruth`], where their sources are named.

use crate::ecg::{Lead, STANDARD_LEADS};
use crate::measure::{LeadMeasurements, Measurements};

/// ST depression.
pub(super) const DEPRESSED_MV: f64 = -0.05;
/// An inverted T wave.
pub(super) const INVERTED_MV: f64 = -0.1;
/// A T wave that is surely upright.
pub(super) const UPRIGHT_MV: f64 = 0.1;
/// S in V1 and the larger R of V5 and V6.
pub(super) const SOKOLOW_LYON_MV: f64 = 3.5;
const CORNELL_MV: f64 = 2.8;
const LOW_LIMB_MV: f64 = 0.5;
const LOW_CHEST_MV: f64 = 1.0;

/// From which level on the ST segment of a lead is raised.
pub(super) fn elevation_limit_mv(lead: &Lead) -> f64 {
    if matches!(lead, Lead::V2 | Lead::V3) { 0.2 } else { 0.1 }
}

/// The level of the ST segment: of J point and J + 60 ms the one nearer to zero, 0 when they are on both sides of it.
pub(super) fn st_level_mv(lead: &LeadMeasurements) -> Option<f64> {
    let (j_mv, j60_mv) = (lead.average.st_j_mv?, lead.average.st_j60_mv?);
    let nearer_mv = if j_mv.abs() < j60_mv.abs() { j_mv } else { j60_mv };
    Some(if j_mv * j60_mv > 0.0 { nearer_mv } else { 0.0 })
}

/// S in V1 and the larger R of V5 and V6.
pub(super) fn sokolow_lyon_mv(measurements: &Measurements) -> Option<f64> {
    let high_mv = height_mv(measurements, &Lead::V5)?.max(height_mv(measurements, &Lead::V6)?);
    Some(depth_mv(measurements, &Lead::V1)? + high_mv)
}

/// Is a voltage criterion of left ventricular hypertrophy met?
pub(super) fn is_hypertrophied(measurements: &Measurements) -> bool {
    let cornell_mv = height_mv(measurements, &Lead::AVL).zip(depth_mv(measurements, &Lead::V3)).map(|(r, s)| r + s);
    sokolow_lyon_mv(measurements).is_some_and(|mv| mv >= SOKOLOW_LYON_MV) || cornell_mv.is_some_and(|mv| mv > CORNELL_MV)
}

/// Is every complex of the limb leads, or of the chest leads, low from peak to peak?
pub(super) fn is_low(measurements: &Measurements) -> bool {
    let below = |leads: &[Lead], limit_mv: f64| {
        leads.iter().all(|lead| {
            let height = height_mv(measurements, lead).zip(depth_mv(measurements, lead));
            height.is_some_and(|(r, s)| r + s < limit_mv)
        })
    };
    below(&STANDARD_LEADS[..6], LOW_LIMB_MV) || below(&STANDARD_LEADS[6..], LOW_CHEST_MV)
}

fn height_mv(measurements: &Measurements, lead: &Lead) -> Option<f64> {
    let shape = &measurements.lead(lead)?.average;
    shape.qrs_ms.map(|_| shape.r_mv.unwrap_or(0.0))
}

fn depth_mv(measurements: &Measurements, lead: &Lead) -> Option<f64> {
    let shape = &measurements.lead(lead)?.average;
    shape.qrs_ms.map(|_| -shape.s_mv.unwrap_or(0.0).min(shape.q_mv.unwrap_or(0.0)))
}
