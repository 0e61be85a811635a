//! What is judged wall by wall: ST elevation and depression, inverted T waves, pathological Q waves.
//!
//! In go the measurements, out come four findings for each [`Territory`]. Two of its leads must agree, as the Fourth
//! Universal Definition of Myocardial Infarction (Thygesen et al., Circulation 2018) asks of contiguous leads.

use super::voltage::place;
use super::{Criterion, Finding, Outcome, Territory};
use crate::beats::delineation::Polarity;
use crate::ecg::Lead;
use crate::measure::{LeadMeasurements, Measured, Measurements};

/// Elevation from 0.1 mV, in V2 and V3 from 0.2 mV (men from 40 years; the definition has 0.15 mV for women and 0.25 mV for
/// younger men).
const ELEVATED_MV: f64 = 0.1;
const ELEVATED_V2_V3_MV: f64 = 0.2;
/// Depression from 0.05 mV, horizontal or downsloping.
const DEPRESSED_MV: f64 = -0.05;
/// T waves are inverted from 0.1 mV.
const INVERTED_MV: f64 = -0.1;
/// Bedside monitors disclose 0.02 mV for their ST levels; IEC 60601-2-51 has 0.025 mV for amplitudes.
const MARGIN_MV: f64 = 0.025;
/// Two leads of a wall.
const CONTIGUOUS: usize = 2;

/// The level of the ST segment in mV: of J point and J + 60 ms the one nearer to zero, 0 when they are on both sides of it.
/// A segment is displaced when all of it is; J alone is the end of a slurred complex, J + 60 ms alone may be the T wave.
pub fn st_level_mv(lead: &LeadMeasurements) -> Option<f64> {
    let (j_mv, j60_mv) = (lead.average.st_j_mv?, lead.average.st_j60_mv?);
    let nearer_mv = if j_mv.abs() < j60_mv.abs() { j_mv } else { j60_mv };
    Some(if j_mv * j60_mv > 0.0 { nearer_mv } else { 0.0 })
}

/// From which level on the ST segment of a lead is raised, in mV.
pub(super) fn elevation_limit_mv(lead: &Lead) -> f64 {
    if matches!(lead, Lead::V2 | Lead::V3) { ELEVATED_V2_V3_MV } else { ELEVATED_MV }
}

/// What one lead says, and whether it is too near to the limit to tell.
type Sign = (f64, Outcome, bool);

fn sign(value: Option<f64>, limit: f64, margin: f64, met: fn(f64, f64) -> bool) -> Sign {
    match value {
        Some(value) => (value, Outcome::of(met(value, limit)), (value - limit).abs() <= margin),
        None => (0.0, Outcome::NotMeasurable, false),
    }
}

/// Is the ST segment of this lead raised? With the level in mV.
pub fn is_st_elevated(lead: &LeadMeasurements) -> (f64, Outcome, bool) {
    sign(st_level_mv(lead), elevation_limit_mv(&lead.lead), MARGIN_MV, |mv, limit| mv >= limit)
}

/// Is the ST segment of this lead lowered? With the level in mV.
pub fn is_st_depressed(lead: &LeadMeasurements) -> (f64, Outcome, bool) {
    sign(st_level_mv(lead), DEPRESSED_MV, MARGIN_MV, |mv, limit| mv <= limit)
}

/// Is the T wave of this lead inverted? With its height in mV.
pub fn is_t_inverted(lead: &LeadMeasurements) -> (f64, Outcome, bool) {
    // A lead without a T wave has none that is inverted.
    let t_mv = lead.average.t_mv.or(lead.average.qrs_ms.map(|_| 0.0));
    let mut found = sign(t_mv, INVERTED_MV, MARGIN_MV, |mv, limit| mv <= limit);
    // Both ways: neither inverted nor surely not.
    found.2 |= lead.average.t_polarity == Some(Polarity::Biphasic);
    found
}

/// Is there a pathological Q wave in this lead? With its depth in mV.
fn has_pathological_q(lead: &LeadMeasurements) -> Sign {
    let q_mv = lead.average.q_mv.unwrap_or(0.0);
    // aVR shows the chambers from inside, and V1 alone has no R wave in many healthy hearts.
    match lead.average.q_is_pathological() {
        Some(found) => (q_mv, Outcome::of(found), found && q_mv > -0.15 && lead.average.r_mv.is_some()),
        None => (0.0, Outcome::NotMeasurable, false),
    }
}

pub(super) fn findings(measurements: &Measurements) -> Vec<Finding> {
    Territory::ALL
        .into_iter()
        .flat_map(|wall| {
            let judge =
                |criterion, rule, sign: fn(&LeadMeasurements) -> Sign| judge(criterion, rule, measurements, wall, sign);
            [
                judge(
                    Criterion::StElevation(wall),
                    "ST raised by 0.1 mV (V2 and V3: 0.2 mV) from J to J + 60 ms in two leads of the wall",
                    is_st_elevated,
                ),
                judge(
                    Criterion::StDepression(wall),
                    "ST lowered by 0.05 mV from J to J + 60 ms in two leads of the wall",
                    is_st_depressed,
                ),
                judge(
                    Criterion::TInversion(wall),
                    "T waves of -0.1 mV or lower in two leads of the wall",
                    is_t_inverted,
                ),
                judge(
                    Criterion::PathologicalQ(wall),
                    "Q waves of 0.1 mV, 40 ms wide or deeper than a quarter of R, in two leads of the wall",
                    has_pathological_q,
                ),
            ]
        })
        .collect()
}

fn judge(
    criterion: Criterion,
    rule: &'static str,
    measurements: &Measurements,
    wall: Territory,
    sign: fn(&LeadMeasurements) -> Sign,
) -> Finding {
    let judged: Vec<(Lead, Sign)> = wall
        .leads()
        .iter()
        .filter_map(|lead| measurements.lead(lead).map(|measured| (lead.clone(), sign(measured))))
        .filter(|(_, (_, outcome, _))| *outcome != Outcome::NotMeasurable)
        .collect();
    let met: Vec<&(Lead, Sign)> = judged.iter().filter(|(_, (_, outcome, _))| *outcome == Outcome::Met).collect();
    let unknown = wall.leads().len() - judged.len();
    let outcome = if met.len() >= CONTIGUOUS {
        Outcome::Met
    } else if met.len() + unknown < CONTIGUOUS {
        Outcome::NotMet
    } else {
        Outcome::NotMeasurable
    };
    // It hangs on the leads that could as well be on the other side.
    let surely = judged.iter().filter(|(_, (_, outcome, near))| *outcome == Outcome::Met && !near).count();
    let perhaps = judged.iter().filter(|(_, (_, outcome, near))| *outcome == Outcome::Met || *near).count();
    let chosen: Vec<&(Lead, Sign)> = if outcome == Outcome::Met { met } else { judged.iter().collect() };
    let leads: Vec<Lead> = chosen.iter().map(|(lead, _)| lead.clone()).collect();
    let largest = chosen.iter().map(|(_, (value, ..))| *value).max_by(|a, b| a.abs().total_cmp(&b.abs()));
    let place = place(measurements, &leads);
    Finding {
        is_borderline: surely < CONTIGUOUS && perhaps >= CONTIGUOUS,
        ..Finding::bare(criterion, rule, outcome).at(&Measured { value: largest, ..place })
    }
}
