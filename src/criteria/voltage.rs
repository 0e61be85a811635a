//! The axis of the QRS complex and its voltage.
//!
//! In go the measurements, out come axis, hypertrophy and low voltage.

use super::{Criterion, Finding, Outcome};
use crate::ecg::Lead;
use crate::measure::{Deflections, LeadMeasurements, Measured, Measurements};

/// Normal from -30° to 90° (AHA/ACCF/HRS part III, Surawicz et al., Circulation 2009).
const NORMAL_AXIS: std::ops::Range<f64> = -30.0..90.0;
/// Net areas and net amplitudes, both in use, differ by some degrees.
const AXIS_MARGIN: f64 = 10.0;

/// Sokolow and Lyon, Am Heart J 1949, and Cornell (Casale et al., Circulation 1987; of men, the higher), from the table of
/// AHA/ACCF/HRS part V (Hancock et al., Circulation 2009); the R wave of I from the protocol of ECG-R1.
const SOKOLOW_LYON_MV: f64 = 3.5;
const CORNELL_MV: f64 = 2.8;
const R_AVL_MV: f64 = 1.1;
const R_I_MV: f64 = 1.5;
/// Within a tenth of a limit breathing decides.
const VOLTAGE_MARGIN: f64 = 0.1;

/// Low voltage: every limb lead below 0.5 mV or every chest lead below 1 mV, from peak to peak (the same table's source, and
/// the protocol of ECG-R1).
const LOW_LIMB_MV: f64 = 0.5;
const LOW_CHEST_MV: f64 = 1.0;
const LIMB: [Lead; 6] = [Lead::I, Lead::II, Lead::III, Lead::AVR, Lead::AVL, Lead::AVF];
const CHEST: [Lead; 6] = [Lead::V1, Lead::V2, Lead::V3, Lead::V4, Lead::V5, Lead::V6];

pub(super) fn findings(measurements: &Measurements) -> Vec<Finding> {
    let axis = |criterion, rule, limits| Finding::within(criterion, rule, &measurements.qrs_axis, limits, AXIS_MARGIN);
    vec![
        axis(Criterion::NormalAxis, "QRS axis from -30° to 90°", NORMAL_AXIS),
        axis(Criterion::LeftAxisDeviation, "QRS axis from -90° to -30°", -90.0..NORMAL_AXIS.start),
        axis(Criterion::RightAxisDeviation, "QRS axis from 90° to 180°", NORMAL_AXIS.end..180.1),
        axis(Criterion::ExtremeAxisDeviation, "QRS axis from -180° to -90°", -180.1..-90.0),
        hypertrophy(measurements),
        low_voltage(measurements),
    ]
}

/// From the lowest to the highest point of the complex, in mV.
pub(super) fn height_mv(shape: &Deflections) -> Option<f64> {
    shape.qrs_ms?;
    let lowest_mv = shape.q_mv.unwrap_or(0.0).min(shape.s_mv.unwrap_or(0.0));
    Some(shape.r_mv.unwrap_or(0.0) - lowest_mv)
}

fn hypertrophy(measurements: &Measurements) -> Finding {
    let wave = |lead: Lead, of: fn(&Deflections) -> f64| {
        let lead = measurements.lead(&lead)?;
        lead.average.qrs_ms.map(|_| of(&lead.average))
    };
    let r = |lead| wave(lead, |shape| shape.r_mv.unwrap_or(0.0));
    // In a complex without R wave the S wave is the whole of it.
    let s = |lead| {
        wave(lead, |shape| -shape.s_mv.unwrap_or(0.0).min(shape.q_mv.filter(|_| shape.r_mv.is_none()).unwrap_or(0.0)))
    };
    let left_chest = [Lead::V5, Lead::V6].map(|lead| (r(lead.clone()), lead));
    let tallest = left_chest.into_iter().filter_map(|(mv, lead)| Some((mv?, lead))).max_by(|a, b| a.0.total_cmp(&b.0));
    let sokolow_lyon =
        s(Lead::V1).zip(tallest).map(|(s_mv, (r_mv, lead))| (s_mv + r_mv, SOKOLOW_LYON_MV, vec![Lead::V1, lead]));
    let cornell =
        s(Lead::V3).zip(r(Lead::AVL)).map(|(s_mv, r_mv)| (s_mv + r_mv, CORNELL_MV, vec![Lead::V3, Lead::AVL]));
    let of_one = |lead: Lead, limit_mv| r(lead.clone()).map(|mv| (mv, limit_mv, vec![lead]));
    let all = [sokolow_lyon, cornell, of_one(Lead::AVL, R_AVL_MV), of_one(Lead::I, R_I_MV)];
    let complete = all.iter().all(Option::is_some);
    let most = all.into_iter().flatten().max_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
    let rule = "S in V1 with R in V5 or V6 of 3.5 mV, S in V3 with R in aVL above 2.8 mV, R in aVL above 1.1 mV or R in I \
                above 1.5 mV";
    let criterion = Criterion::LeftVentricularHypertrophy;
    let Some((mv, limit_mv, leads)) = most else {
        return Finding::bare(criterion, rule, Outcome::NotMeasurable);
    };
    let outcome = match mv >= limit_mv {
        true => Outcome::Met,
        false if complete => Outcome::NotMet,
        false => Outcome::NotMeasurable,
    };
    let place = place(measurements, &leads);
    Finding {
        is_borderline: (mv / limit_mv - 1.0).abs() <= VOLTAGE_MARGIN,
        ..Finding::bare(criterion, rule, outcome).at(&Measured { value: Some(mv), unit: "mV", leads, ..place })
    }
}

/// The seconds over which the average beats of these leads were taken.
pub(super) fn place(measurements: &Measurements, leads: &[Lead]) -> Measured {
    let measured: Vec<&LeadMeasurements> = leads.iter().filter_map(|lead| measurements.lead(lead)).collect();
    Measured {
        from_s: measured.iter().map(|lead| lead.from_s).fold(f64::INFINITY, f64::min).min(1e6),
        to_s: measured.iter().map(|lead| lead.to_s).fold(0.0, f64::max),
        beats: measured.iter().map(|lead| lead.beats).min().unwrap_or(0),
        confidence: measured.iter().map(|lead| lead.confidence).fold(1.0, f64::min),
        leads: leads.to_vec(),
        ..Measured::absent("mV")
    }
}

fn low_voltage(measurements: &Measurements) -> Finding {
    let tallest = |leads: &[Lead]| {
        let heights: Vec<f64> =
            leads.iter().filter_map(|lead| measurements.lead(lead).and_then(|lead| height_mv(&lead.average))).collect();
        (heights.len() >= 4).then(|| heights.into_iter().fold(0.0, f64::max))
    };
    let (limb, chest) = (tallest(&LIMB), tallest(&CHEST));
    let low = |mv: Option<f64>, limit_mv| mv.map_or(Outcome::NotMeasurable, |mv| Outcome::of(mv < limit_mv));
    let (limb_low, chest_low) = (low(limb, LOW_LIMB_MV), low(chest, LOW_CHEST_MV));
    let near = |mv: Option<f64>, limit_mv: f64| mv.is_some_and(|mv| (mv / limit_mv - 1.0).abs() <= VOLTAGE_MARGIN);
    let by_limb = limb_low == Outcome::Met || chest_low != Outcome::Met;
    let (mv, leads) = if by_limb { (limb, &LIMB[..]) } else { (chest, &CHEST[..]) };
    let rule = "QRS below 0.5 mV from peak to peak in every limb lead, or below 1 mV in every chest lead";
    let place = place(measurements, leads);
    Finding {
        is_borderline: near(limb, LOW_LIMB_MV) || near(chest, LOW_CHEST_MV),
        ..Finding::bare(Criterion::LowVoltage, rule, limb_low.or(chest_low)).at(&Measured { value: mv, ..place })
    }
}
