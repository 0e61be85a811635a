//! What single leads show. A claim that names leads holds when each of them shows it; one that names none, when two leads of
//! a wall do.

use super::Evidence;
use super::judgement::Judgement;
use super::values::{AMPLITUDE_MV, AMPLITUDE_SHARE, place};
use crate::beats::delineation::Polarity;
use crate::criteria::{Criterion as C, Outcome, Territory, ends_upwards, st_level_mv};
use crate::ecg::Lead;
use crate::grounding::find::{Sign, Span};
use crate::measure::{LeadMeasurements, Measurements};

/// A lead is said to show ST elevation from 0.1 mV, a small square; for the criteria V2 and V3 need more (Fourth Universal
/// Definition of Myocardial Infarction), so that between the two neither is wrong.
const ELEVATED_MV: f64 = 0.1;
const ELEVATED_V2_V3_MV: f64 = 0.2;
/// ST depression from 0.05 mV (the same definition).
const DEPRESSED_MV: f64 = 0.05;
/// Bedside monitors disclose 0.02 mV for ST levels.
const ST_MARGIN_MV: f64 = 0.02;
/// A T wave is seen to point down or up from half a small square, and flat within a small square (AHA/ACCF/HRS part IV,
/// Rautaharju et al., Circulation 2009: flat from -0.1 to 0.1 mV).
const T_SEEN_MV: f64 = 0.05;
const T_FLAT_MV: f64 = 0.1;
const T_MARGIN_MV: f64 = 0.03;
/// T waves are tall above 0.5 mV in limb and 1 mV in chest leads (common teaching), give or take a fifth.
const T_TALL_MV: (f64, f64) = (0.5, 1.0);
/// R is tall above 2.6 mV in V5 and V6, 1.5 mV in I, 1.1 mV in aVL, and S deep above 2.3 mV in V1 to V3 (AHA/ACCF/HRS part
/// V, Hancock et al., Circulation 2009, table 1), give or take a fifth.
const R_TALL_MV: f64 = 2.6;
const S_DEEP_MV: f64 = 2.3;
const TALL_MARGIN: f64 = 0.2;
/// Poor R wave progression: R in V3 of at most 0.3 mV (Zema and Kligfield, Am J Cardiol 1982), to 0.1 mV.
const POOR_R_MV: f64 = 0.3;
const POOR_R_MARGIN_MV: f64 = 0.1;
/// Low voltage in single leads, from peak to peak, as [`C::LowVoltage`] has it.
const LOW_MV: (f64, f64) = (0.5, 1.0);

/// What one lead says: the outcome, whether it is borderline, and the value in mV.
type Shown = (Outcome, bool, Option<f64>);

/// Judges a sign. `is_denied` matters for a denial that names leads: none of them may show it.
pub fn sign(sign: Sign, size: Option<Span>, leads: &[Lead], is_denied: bool, evidence: Evidence<'_>) -> Judgement {
    match sign {
        Sign::RProgressionNormal => r_progression(evidence).contrary(),
        Sign::RProgressionPoor => r_progression(evidence),
        Sign::StTChange if leads.is_empty() => somewhere(evidence, &[C::StElevation, C::StDepression, C::TInversion]),
        Sign::StTChange => in_leads(leads, is_denied, true, evidence, |lead| {
            [Sign::StElevation, Sign::StDepression, Sign::TInverted]
                .iter()
                .map(|sign| shown(*sign, lead, evidence))
                .reduce(|a, b| (a.0.or(b.0), a.1 || b.1, a.2.or(b.2)))
                .unwrap_or((Outcome::NotMeasurable, false, None))
        }),
        _ if leads.is_empty() => general(sign, evidence),
        _ => {
            let judgement = in_leads(leads, is_denied, false, evidence, |lead| shown(sign, lead, evidence));
            match size {
                Some(size) if judgement.outcome == Outcome::Met && !is_denied => {
                    sized(judgement, size, leads, evidence.measurements)
                }
                _ => judgement,
            }
        }
    }
}

/// Each lead that is named. A denial is contradicted by a single lead that shows it.
fn in_leads(
    leads: &[Lead],
    is_denied: bool,
    any: bool,
    evidence: Evidence<'_>,
    shown: impl Fn(&LeadMeasurements) -> Shown,
) -> Judgement {
    let measured: Vec<&LeadMeasurements> = leads.iter().filter_map(|lead| evidence.measurements.lead(lead)).collect();
    let no_beats = evidence.examination.is_met(C::VentricularFibrillation) || evidence.examination.is_met(C::Asystole);
    if no_beats {
        return Judgement { is_denial_included: true, ..place(&measured, Judgement::unknown()) };
    }
    let mut outcome = if is_denied || !any { Outcome::Met } else { Outcome::NotMet };
    let mut deciding = None::<(bool, f64, &LeadMeasurements)>;
    for lead in &measured {
        let (own, near, value) = shown(lead);
        let holds = if is_denied { own.contrary() } else { own };
        // On a border both sides are right.
        let holds = if near && holds == Outcome::NotMet { Outcome::Met } else { holds };
        outcome = if any && !is_denied { outcome.or(holds) } else { outcome.and(holds) };
        if let Some(value) = value {
            let against = holds == Outcome::NotMet;
            let larger = deciding.is_none_or(|(known_against, known, _)| {
                (against, value.abs()) > (known_against, known.abs()) && (against || !known_against)
            });
            if larger {
                deciding = Some((against, value, lead));
            }
        }
    }
    if measured.len() < leads.len() {
        outcome =
            if any && !is_denied { outcome.or(Outcome::NotMeasurable) } else { outcome.and(Outcome::NotMeasurable) };
    }
    let against = deciding.filter(|(against, ..)| *against).map(|(.., lead)| vec![lead]);
    let carrying = against.unwrap_or(measured);
    place(
        &carrying,
        Judgement {
            is_denial_included: true,
            measured: deciding.map(|(_, value, _)| value),
            ..Judgement::only(outcome)
        },
    )
}

/// The stated size of a deviation fits at least one of its leads: several leads share one figure, or one has it "up to".
fn sized(judgement: Judgement, size: Span, leads: &[Lead], measurements: &Measurements) -> Judgement {
    let levels = leads.iter().filter_map(|lead| {
        let shape = &measurements.lead(lead)?.average;
        Some([shape.st_j_mv?.abs(), shape.st_j60_mv?.abs(), shape.st_j80_mv?.abs()])
    });
    let fits = |mv: f64| {
        let tolerance = AMPLITUDE_MV.max(AMPLITUDE_SHARE * mv);
        (size.from - tolerance..=size.to + tolerance).contains(&mv)
    };
    let fits_one = levels.into_iter().any(|levels| levels.into_iter().any(fits));
    Judgement { outcome: judgement.outcome.and(Outcome::of(fits_one)), ..judgement }
}

/// What a lead shows. `near` is true between the limits on which both sides are right.
fn shown(sign: Sign, lead: &LeadMeasurements, evidence: Evidence<'_>) -> Shown {
    let shape = &lead.average;
    let above = |value: Option<f64>, limit: f64, low: f64, high: f64| -> Shown {
        match value {
            Some(value) => (Outcome::of(value >= limit), value > low && value < high, Some(value)),
            None => (Outcome::NotMeasurable, false, None),
        }
    };
    let opposite = |value: Option<f64>, limit, margin| {
        let (outcome, near, value) = above(value.map(|mv| -mv), limit, limit - margin, limit + margin);
        (outcome, near, value.map(|mv| -mv))
    };
    let is_chest = lead.lead.standard_index().is_some_and(|place| place >= 6);
    let t_mv = shape.t_mv.or(shape.qrs_ms.map(|_| 0.0));
    let both_ways = shape.t_polarity == Some(Polarity::Biphasic);
    let or_both = |(outcome, near, value): Shown| (outcome, near || both_ways, value);
    match sign {
        Sign::StElevation => {
            let wide = matches!(lead.lead, Lead::V2 | Lead::V3);
            let high = if wide { ELEVATED_V2_V3_MV } else { ELEVATED_MV } + ST_MARGIN_MV;
            above(st_level_mv(lead), ELEVATED_MV, ELEVATED_MV - ST_MARGIN_MV, high)
        }
        Sign::StDepression => opposite(st_level_mv(lead), DEPRESSED_MV, ST_MARGIN_MV),
        Sign::StIsoelectric => {
            let (up, up_near, value) = shown(Sign::StElevation, lead, evidence);
            let (down, down_near, _) = shown(Sign::StDepression, lead, evidence);
            (up.or(down).contrary(), up_near || down_near, value)
        }
        Sign::TInverted => or_both(opposite(t_mv, T_SEEN_MV, T_MARGIN_MV)),
        Sign::TUpright => or_both(above(t_mv, T_SEEN_MV, T_SEEN_MV - T_MARGIN_MV, T_SEEN_MV + T_MARGIN_MV)),
        Sign::TFlat => or_both(match t_mv {
            Some(mv) => (Outcome::of(mv.abs() <= T_FLAT_MV), (mv.abs() - T_FLAT_MV).abs() < T_MARGIN_MV, Some(mv)),
            None => (Outcome::NotMeasurable, false, None),
        }),
        Sign::TTall => {
            let limit = if is_chest { T_TALL_MV.1 } else { T_TALL_MV.0 };
            above(t_mv, limit, limit * (1.0 - TALL_MARGIN), limit * (1.0 + TALL_MARGIN))
        }
        Sign::TBiphasic => match shape.t_polarity {
            Some(polarity) => {
                (Outcome::of(polarity == Polarity::Biphasic), t_mv.is_some_and(|mv| mv.abs() < T_FLAT_MV), t_mv)
            }
            None => (Outcome::NotMeasurable, false, None),
        },
        Sign::TNormal => {
            let (down, near, value) = shown(Sign::TInverted, lead, evidence);
            // In aVR, and often in V1 and III, a T wave points down in healthy hearts.
            let usual = matches!(lead.lead, Lead::AVR | Lead::V1 | Lead::III);
            (if usual { Outcome::Met } else { down.contrary() }, near, value)
        }
        Sign::PUpright | Sign::PInverted => {
            let is_up = sign == Sign::PUpright;
            match shape.p_mv {
                Some(mv) => (Outcome::of((mv > 0.0) == is_up), mv.abs() < 0.02, Some(mv)),
                // Where no beat has a P wave, this lead has none that points anywhere.
                None if evidence.examination.is_met(C::AbsentP) => (Outcome::NotMet, false, None),
                None => (Outcome::NotMeasurable, false, None),
            }
        }
        Sign::PathologicalQ => match shape.q_is_pathological() {
            Some(found) => {
                let mv = shape.q_mv.unwrap_or(0.0);
                // A small one is a Q wave for some readers and a q for others.
                (Outcome::of(found), mv < -0.05 && mv > -0.12 && shape.r_mv.is_some(), Some(mv))
            }
            None => (Outcome::NotMeasurable, false, None),
        },
        Sign::RTall => {
            let limit = match lead.lead {
                Lead::I => 1.5,
                Lead::AVL => 1.1,
                _ => R_TALL_MV,
            };
            above(
                shape.qrs_ms.map(|_| shape.r_mv.unwrap_or(0.0)),
                limit,
                limit * (1.0 - TALL_MARGIN),
                limit * (1.0 + TALL_MARGIN),
            )
        }
        Sign::SDeep => {
            let s_mv = shape.s_mv.or(shape.q_mv.filter(|_| shape.r_mv.is_none())).or(shape.qrs_ms.map(|_| 0.0));
            opposite(s_mv, S_DEEP_MV, S_DEEP_MV * TALL_MARGIN)
        }
        Sign::RsrPrime => (ends_upwards(lead), false, shape.r_mv),
        Sign::LowVoltage => {
            let limit = if is_chest { LOW_MV.1 } else { LOW_MV.0 };
            let height = shape
                .qrs_ms
                .map(|_| shape.r_mv.unwrap_or(0.0) - shape.q_mv.unwrap_or(0.0).min(shape.s_mv.unwrap_or(0.0)));
            let (outcome, near, value) = above(height, limit, limit * 0.9, limit * 1.1);
            (outcome.contrary(), near, value)
        }
        Sign::StTChange | Sign::RProgressionNormal | Sign::RProgressionPoor => (Outcome::NotMeasurable, false, None),
    }
}

/// One of these criteria in any wall.
fn somewhere(evidence: Evidence<'_>, criteria: &[fn(Territory) -> C]) -> Judgement {
    let all = criteria.iter().flat_map(|criterion| Territory::ALL.map(criterion));
    all.map(|criterion| Judgement::criterion(criterion, evidence))
        .reduce(Judgement::or)
        .unwrap_or_else(Judgement::unknown)
}

/// A sign of which no lead is named.
fn general(sign: Sign, evidence: Evidence<'_>) -> Judgement {
    let in_any = |leads: &[Lead]| {
        let judgement = in_leads(leads, false, true, evidence, |lead| shown(sign, lead, evidence));
        Judgement { is_denial_included: false, ..judgement }
    };
    match sign {
        Sign::StElevation => somewhere(evidence, &[C::StElevation]),
        Sign::StDepression => somewhere(evidence, &[C::StDepression]),
        Sign::StIsoelectric => somewhere(evidence, &[C::StElevation, C::StDepression]).contrary(),
        Sign::TInverted => somewhere(evidence, &[C::TInversion]),
        Sign::TNormal => somewhere(evidence, &[C::TInversion]).contrary(),
        Sign::PathologicalQ => somewhere(evidence, &[C::PathologicalQ]),
        Sign::LowVoltage => Judgement::criterion(C::LowVoltage, evidence),
        Sign::TUpright => in_any(&[Lead::I, Lead::II, Lead::V4, Lead::V5, Lead::V6]),
        Sign::PUpright => in_any(&[Lead::II]),
        Sign::RsrPrime => in_any(&[Lead::V1, Lead::V2]),
        Sign::RTall => in_any(&[Lead::I, Lead::AVL, Lead::V5, Lead::V6]),
        Sign::SDeep => in_any(&[Lead::V1, Lead::V2, Lead::V3]),
        Sign::TTall => in_any(&[Lead::II, Lead::V2, Lead::V3, Lead::V4, Lead::V5]),
        Sign::TFlat => in_any(&[Lead::I, Lead::II, Lead::AVL, Lead::V4, Lead::V5, Lead::V6]),
        Sign::TBiphasic | Sign::PInverted | Sign::StTChange | Sign::RProgressionNormal | Sign::RProgressionPoor => {
            Judgement::unknown()
        }
    }
}

/// Poor progression.
fn r_progression(evidence: Evidence<'_>) -> Judgement {
    let Some(lead) = evidence.measurements.lead(&Lead::V3) else { return Judgement::unknown() };
    let Some(r_mv) = lead.average.qrs_ms.map(|_| lead.average.r_mv.unwrap_or(0.0)) else { return Judgement::unknown() };
    let judgement = Judgement {
        is_borderline: (r_mv - POOR_R_MV).abs() < POOR_R_MARGIN_MV,
        measured: Some(r_mv),
        criteria: vec!["R in V3 of at most 0.3 mV"],
        ..Judgement::only(Outcome::of(r_mv <= POOR_R_MV))
    };
    place(&[lead], judgement)
}
