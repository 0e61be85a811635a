//! Conclusions, each by the criteria it rests on. What the ECG alone cannot tell is not measurable.

use super::Evidence;
use super::judgement::Judgement;
use crate::criteria::{Criterion as C, Outcome, Territory, reliable};
use crate::ecg::Lead;
use crate::grounding::find::{Diagnosis, Site};
use crate::measure::Measured;

/// Left atrial abnormality: P of 120 ms or more; right: P of 0.25 mV or more in II (AHA/ACCF/HRS part V, Hancock et al.,
/// Circulation 2009). The terminal force in V1 is not measured.
const WIDE_P_MS: f64 = 120.0;
const P_MARGIN_MS: f64 = 10.0;
const TALL_P_MV: f64 = 0.25;
const P_MARGIN_MV: f64 = 0.03;
/// Wolff-Parkinson-White: PR below 120 ms and QRS from 110 ms (AHA/ACCF/HRS part III, Surawicz et al., Circulation 2009).
const PREEXCITED_QRS_MS: f64 = 110.0;
/// Right ventricular hypertrophy: R in V1 of 0.7 mV or more that exceeds S (the same part V), with the axis to the right.
const R_V1_MV: f64 = 0.7;
/// T waves of hyperkalaemia: tall from 1 mV in a chest lead.
const T_CHEST_MV: f64 = 1.0;
/// Elevation in so many walls is diffuse.
const DIFFUSE: usize = 3;

/// Judges a conclusion.
pub fn diagnosis(diagnosis: Diagnosis, site: Option<Site>, evidence: Evidence<'_>) -> Judgement {
    let of = |criterion| Judgement::criterion(criterion, evidence);
    let any = |criterion: fn(Territory) -> C| {
        let walls = walls(site);
        walls.iter().map(|wall| of(criterion(*wall))).reduce(Judgement::or).unwrap_or_else(Judgement::unknown)
    };
    match diagnosis {
        Diagnosis::NormalEcg => of(C::NormalEcg),
        Diagnosis::Lvh => of(C::LeftVentricularHypertrophy),
        Diagnosis::Rvh => right_hypertrophy(evidence),
        Diagnosis::LeftAtrial => {
            let p = &evidence.measurements.intervals.p_duration;
            above(p, WIDE_P_MS, P_MARGIN_MS, "P of 120 ms or more", evidence)
        }
        Diagnosis::RightAtrial => {
            let p_mv = evidence.measurements.lead(&Lead::II).and_then(|lead| lead.average.p_mv);
            let measured = Measured { value: p_mv, confidence: 1.0, leads: vec![Lead::II], ..Measured::absent("mV") };
            above(&measured, TALL_P_MV, P_MARGIN_MV, "P of 0.25 mV or more in II", evidence)
        }
        // An infarction is seen by its Q waves, a new one by ST elevation; behind the heart it has neither here.
        Diagnosis::Infarction | Diagnosis::Stemi if site == Some(Site::Posterior) => posterior(evidence),
        Diagnosis::Infarction => any(C::PathologicalQ).or(any(C::StElevation)),
        Diagnosis::Stemi => any(C::StElevation),
        Diagnosis::Ischaemia => any(C::StDepression).or(any(C::TInversion)).or(any(C::StElevation)),
        Diagnosis::WolffParkinsonWhite => {
            let qrs = &evidence.measurements.intervals.qrs;
            let broad = reliable(qrs).map_or(Outcome::NotMeasurable, |ms| Outcome::of(ms >= PREEXCITED_QRS_MS));
            let near = reliable(qrs).is_some_and(|ms| (ms - PREEXCITED_QRS_MS).abs() <= P_MARGIN_MS);
            let broad =
                Judgement { is_borderline: near, criteria: vec!["QRS of 110 ms or more"], ..Judgement::of(broad, qrs) };
            of(C::ShortPr).and(broad)
        }
        Diagnosis::Pericarditis => {
            let raised =
                Territory::ALL.iter().filter(|wall| evidence.examination.is_met(C::StElevation(**wall))).count();
            let outcome = match raised {
                0 => Outcome::NotMet,
                DIFFUSE.. => Outcome::Met,
                _ => Outcome::NotMeasurable,
            };
            let all = Territory::ALL.map(|wall| of(C::StElevation(wall))).into_iter().reduce(Judgement::or);
            Judgement { outcome, ..all.unwrap_or_else(Judgement::unknown) }
        }
        Diagnosis::Hyperkalaemia => hyperkalaemia(evidence),
    }
}

/// The walls that a site names; all of them where none is named.
fn walls(site: Option<Site>) -> &'static [Territory] {
    use Territory::{Anterior, Inferior, Lateral, Septal};
    match site {
        None => &[Anterior, Septal, Lateral, Inferior],
        Some(Site::Inferior) => &[Inferior],
        Some(Site::Anterior | Site::Anteroseptal) => &[Anterior, Septal],
        Some(Site::Lateral) => &[Lateral],
        Some(Site::Septal) => &[Septal],
        Some(Site::Anterolateral) => &[Anterior, Lateral],
        Some(Site::Inferolateral) => &[Inferior, Lateral],
        Some(Site::Posterior) => &[],
    }
}

/// Behind the heart an elevation shows as depression in V1 to V3; without any it is not there, with one it may be.
fn posterior(evidence: Evidence<'_>) -> Judgement {
    let of = |criterion| Judgement::criterion(criterion, evidence);
    let seen = of(C::StDepression(Territory::Septal)).or(of(C::StDepression(Territory::Anterior)));
    if seen.outcome == Outcome::Met { Judgement { outcome: Outcome::NotMeasurable, ..seen } } else { seen }
}

fn above(measured: &Measured, limit: f64, margin: f64, rule: &'static str, evidence: Evidence<'_>) -> Judgement {
    let no_p = Judgement::criterion(C::AbsentP, evidence);
    if no_p.outcome == Outcome::Met {
        return no_p.contrary();
    }
    let value = reliable(measured);
    Judgement {
        is_borderline: value.is_some_and(|value| (value - limit).abs() <= margin),
        criteria: vec![rule],
        ..Judgement::of(value.map_or(Outcome::NotMeasurable, |value| Outcome::of(value >= limit)), measured)
    }
}

fn right_hypertrophy(evidence: Evidence<'_>) -> Judgement {
    let axis = Judgement::criterion(C::RightAxisDeviation, evidence);
    let tall = evidence.measurements.lead(&Lead::V1).and_then(|lead| {
        lead.average.qrs_ms?;
        let (r_mv, s_mv) = (lead.average.r_mv.unwrap_or(0.0), -lead.average.s_mv.unwrap_or(0.0));
        Some(r_mv >= R_V1_MV && r_mv > s_mv)
    });
    let tall = Judgement {
        criteria: vec!["R in V1 of 0.7 mV or more that exceeds S"],
        ..Judgement::only(tall.map_or(Outcome::NotMeasurable, Outcome::of))
    };
    let (both, either) = (axis.clone().and(tall.clone()), axis.or(tall));
    match (both.outcome, either.outcome) {
        (Outcome::Met, _) => both,
        (_, Outcome::NotMet) => either,
        _ => Judgement { outcome: Outcome::NotMeasurable, ..both },
    }
}

fn hyperkalaemia(evidence: Evidence<'_>) -> Judgement {
    let chest =
        evidence.measurements.leads.iter().filter(|lead| lead.lead.standard_index().is_some_and(|place| place >= 6));
    let tallest = chest.filter_map(|lead| Some((lead.average.t_mv?, lead))).max_by(|a, b| a.0.total_cmp(&b.0));
    let Some((t_mv, lead)) = tallest else { return Judgement::unknown() };
    let wide = evidence.examination.is_met(C::WideQrs);
    let outcome = match t_mv {
        tall if tall >= T_CHEST_MV => Outcome::Met,
        // Without tall T waves it is not seen, unless the QRS complex is already wide.
        _ if wide => Outcome::NotMeasurable,
        _ => Outcome::NotMet,
    };
    let judgement = Judgement {
        measured: Some(t_mv),
        is_borderline: (t_mv / T_CHEST_MV - 1.0).abs() <= 0.2,
        criteria: vec!["T of 1 mV or more in a chest lead"],
        ..Judgement::only(outcome)
    };
    super::values::place(&[lead], judgement)
}
