//! Conduction within the ventricles: the width of the QRS complex and the shapes of bundle branch block.
//!
//! In go the measurements, out come the findings. Limits and shapes are those of the AHA/ACCF/HRS recommendations part III
//! (Surawicz et al., Circulation 2009), as far as an average beat shows them: notches are not looked for.

use super::{Criterion, Finding, Outcome, reliable};
use crate::ecg::Lead;
use crate::measure::{LeadMeasurements, Measurements};
use crate::signal::RATE_HZ;

/// Complete block from 120 ms, incomplete right bundle branch block from 110 ms.
const COMPLETE_MS: f64 = 120.0;
const INCOMPLETE_MS: f64 = 110.0;
/// IEC 60601-2-25 lets the mean QRS duration be off by 10 ms.
const MARGIN_MS: f64 = 10.0;
/// PR from 120 to 200 ms is normal (the same recommendations, and the protocol of ECG-R1); off by 10 ms.
const SHORT_PR_MS: f64 = 120.0;
const LONG_PR_MS: f64 = 200.0;

/// The end of the QRS complex that right bundle branch block changes.
const TERMINAL: usize = (0.05 * RATE_HZ) as usize;
/// A terminal deflection is one from 0.1 mV, the height of a small square.
const DEFLECTION_MV: f64 = 0.1;
/// An R' wave comes down again, by this part of its height at least; an ST segment that rises after a deep S wave does not.
const COMES_DOWN: f64 = 0.15;
/// A septal q wave of this size speaks against left bundle branch block.
const SEPTAL_Q_MV: f64 = -0.05;

pub(super) fn findings(measurements: &Measurements) -> Vec<Finding> {
    let qrs = &measurements.intervals.qrs;
    let pr = &measurements.intervals.pr;
    let wide = Finding::within(Criterion::WideQrs, "QRS of 120 ms or more", qrs, COMPLETE_MS..f64::MAX, MARGIN_MS);
    let incomplete = match reliable(qrs) {
        Some(ms) => Outcome::of((INCOMPLETE_MS..COMPLETE_MS).contains(&ms)),
        None => Outcome::NotMeasurable,
    };
    let (left, right) = (left_shape(measurements), right_shape(measurements));
    // A width near the limit leaves it open only where the shape is there.
    let shaped = |criterion, rule, shape: Outcome, width: Outcome, leads: &[Lead]| Finding {
        leads: leads.to_vec(),
        is_borderline: wide.is_borderline && shape == Outcome::Met,
        ..Finding::bare(criterion, rule, width.and(shape)).at(qrs)
    };
    vec![
        Finding::within(Criterion::FirstDegreeBlock, "PR above 200 ms", pr, LONG_PR_MS + 0.5..f64::MAX, MARGIN_MS),
        Finding::within(Criterion::ShortPr, "PR below 120 ms", pr, 0.0..SHORT_PR_MS, MARGIN_MS),
        shaped(
            Criterion::LeftBundleBranchBlock,
            "QRS of 120 ms or more, no q wave in I and V6, a dominant R wave in I, a dominant S wave in V1",
            left,
            wide.outcome,
            &[Lead::I, Lead::V1, Lead::V6],
        ),
        shaped(
            Criterion::RightBundleBranchBlock,
            "QRS of 120 ms or more that ends upwards in V1 and with an S wave in I and V6",
            right,
            wide.outcome,
            &[Lead::I, Lead::V1, Lead::V6],
        ),
        shaped(
            Criterion::IncompleteRightBundleBranchBlock,
            "QRS of 110 to 119 ms that ends upwards in V1 and with an S wave in I and V6",
            right,
            incomplete,
            &[Lead::I, Lead::V1, Lead::V6],
        ),
        wide,
    ]
}

fn of(measurements: &Measurements, lead: &Lead, holds: impl Fn(&LeadMeasurements) -> Option<bool>) -> Outcome {
    measurements.lead(lead).and_then(holds).map_or(Outcome::NotMeasurable, Outcome::of)
}

/// Without q and dominated by R on the left, dominated by S on the right. V5 and V6 may show RS, where the transition is
/// displaced.
fn left_shape(measurements: &Measurements) -> Outcome {
    let without_q = |lead: &LeadMeasurements| {
        let shape = &lead.average;
        shape.qrs_ms?;
        Some(shape.q_mv.is_none_or(|mv| mv > SEPTAL_Q_MV) && shape.r_mv.is_some())
    };
    let positive = |lead: &LeadMeasurements| {
        let (r_mv, s_mv) = (lead.average.r_mv.unwrap_or(0.0), lead.average.s_mv.unwrap_or(0.0));
        Some(without_q(lead)? && r_mv > -s_mv)
    };
    let negative = |lead: &LeadMeasurements| {
        let shape = &lead.average;
        shape.qrs_ms?;
        let lowest_mv = shape.s_mv.unwrap_or(0.0).min(shape.q_mv.unwrap_or(0.0));
        Some(-lowest_mv > shape.r_mv.unwrap_or(0.0) && !has_terminal_r(lead)?)
    };
    of(measurements, &Lead::V6, without_q).and(of(measurements, &Lead::I, positive)).and(of(
        measurements,
        &Lead::V1,
        negative,
    ))
}

/// Does the QRS complex of this lead end upwards, as an R' wave does?
pub fn ends_upwards(lead: &LeadMeasurements) -> Outcome {
    has_terminal_r(lead).map_or(Outcome::NotMeasurable, Outcome::of)
}

fn has_terminal_r(lead: &LeadMeasurements) -> Option<bool> {
    let (end, level_mv) = terminal(lead)?;
    let top_mv = end.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let height_mv = f64::from(top_mv) - level_mv;
    let down_mv = f64::from(top_mv - end.last()?);
    Some(terminal_mv(lead)? >= DEFLECTION_MV && down_mv >= COMES_DOWN * height_mv)
}

/// The last 50 ms of the QRS complex point to the right and the front.
fn right_shape(measurements: &Measurements) -> Outcome {
    let down = |lead: &LeadMeasurements| Some(terminal_mv(lead)? <= -DEFLECTION_MV);
    measurements
        .lead(&Lead::V1)
        .map_or(Outcome::NotMeasurable, ends_upwards)
        .and(of(measurements, &Lead::V6, down))
        .and(of(measurements, &Lead::I, down))
}

/// The last 50 ms of the QRS complex of the average beat, and the level before the complex, in mV.
fn terminal(lead: &LeadMeasurements) -> Option<(&[f32], f64)> {
    let qrs = lead.marks.qrs.ok()?;
    let from = qrs.offset.saturating_sub(TERMINAL).max(qrs.onset);
    let level_mv = f64::from(*lead.beat_mv.get(qrs.onset)?);
    Some((lead.beat_mv.get(from..=qrs.offset)?, level_mv))
}

/// The largest deflection of the last 50 ms, in mV.
fn terminal_mv(lead: &LeadMeasurements) -> Option<f64> {
    let (end, level_mv) = terminal(lead)?;
    end.iter().map(|mv| f64::from(*mv) - level_mv).max_by(|a, b| a.abs().total_cmp(&b.abs()))
}
