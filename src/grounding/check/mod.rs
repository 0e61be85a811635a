//! The check of a claim: what it states against what was measured.
//!
//! In go one [`FoundClaim`], the measurements and the findings on them, out comes the [`Claim`] with its verdict. Each kind
//! of statement has a file: [`values`] (numbers, with their tolerances), [`classes`] (how a quantity is called), [`signs`]
//! (what leads show), [`rhythms`] and [`diagnoses`] (criteria). A hedged claim is checked like a firm one.

mod classes;
mod diagnoses;
mod judgement;
mod rhythms;
mod signs;
mod values;

use super::find::{FoundClaim, Statement};
use super::{Claim, ClaimKind, Verdict};
use crate::criteria::{Examination, Outcome};
use crate::ecg::Lead;
use crate::measure::Measurements;
use judgement::Judgement;

/// What a claim is checked against.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The measured values.
    pub measurements: &'a Measurements,
    /// The criteria applied to them.
    pub examination: &'a Examination,
}

/// Judges one claim of `text`.
pub fn check(text: &str, found: &FoundClaim, evidence: Evidence<'_>) -> Claim {
    let leads: Vec<Lead> = found.leads.map(super::find::LeadSet::leads).unwrap_or_default();
    let judgement = match found.statement {
        Statement::HeartRate(span) => values::heart_rate(span, evidence),
        Statement::Interval(quantity, span) => values::interval(quantity, span, evidence),
        Statement::Axis(span) => values::axis(span, evidence),
        Statement::Amplitude(wave, span) => values::amplitude(wave, span, &leads, evidence),
        Statement::SokolowLyon(span) => values::sokolow_lyon(span, evidence),
        Statement::Class(quantity, class) => classes::class(quantity, class, evidence),
        Statement::Sign(sign, size) => signs::sign(sign, size, &leads, found.is_denied, evidence),
        Statement::Rhythm(rhythm) => rhythms::rhythm(rhythm, evidence),
        Statement::Diagnosis(diagnosis, site) => diagnoses::diagnosis(diagnosis, site, evidence),
    };
    claim(text, found, &leads, &judgement)
}

fn claim(text: &str, found: &FoundClaim, leads: &[Lead], judgement: &Judgement) -> Claim {
    // What lies on a limit is on neither side of it: calling it either way is right.
    let outcome = match judgement.outcome {
        Outcome::Met | Outcome::NotMet if judgement.is_borderline => Outcome::Met,
        outcome if found.is_denied && !judgement.is_denial_included => outcome.contrary(),
        outcome => outcome,
    };
    let stated = found.statement.value();
    let named = if leads.is_empty() { &judgement.leads } else { leads };
    Claim {
        text: text[found.from..found.to].to_owned(),
        from: found.from,
        to: found.to,
        kind: kind(&found.statement),
        about: found.statement.to_string(),
        denied: found.is_denied,
        hedged: found.is_hedged,
        leads: named.iter().map(Lead::to_string).collect(),
        value: stated.map(|span| span.from),
        value_to: stated.filter(|span| span.to > span.from && span.to.is_finite()).map(|span| span.to),
        unit: Some(judgement.unit.to_owned()).filter(|unit| !unit.is_empty()),
        verdict: match outcome {
            Outcome::Met => Verdict::Supported,
            Outcome::NotMet => Verdict::Contradicted,
            Outcome::NotMeasurable => Verdict::NotMeasurable,
        },
        measured: judgement.measured.filter(|value| value.is_finite()).map(rounded),
        criteria: judgement.criteria.iter().map(|rule| (*rule).to_owned()).collect(),
        from_s: judgement.from_s,
        to_s: judgement.to_s,
    }
}

/// To a ten-thousandth of its unit: finer than any measurement, and a zero is zero.
fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4 + 0.0
}

fn kind(statement: &Statement) -> ClaimKind {
    use super::find::Quantity;
    match statement {
        Statement::HeartRate(_) => ClaimKind::HeartRate,
        Statement::Class(Quantity::HeartRate, _) => ClaimKind::RateClass,
        Statement::Interval(..)
        | Statement::Axis(_)
        | Statement::Amplitude(..)
        | Statement::SokolowLyon(_)
        | Statement::Class(..) => ClaimKind::Measurement,
        Statement::Sign(..) => ClaimKind::Lead,
        Statement::Rhythm(_) => ClaimKind::Wave,
        Statement::Diagnosis(..) => ClaimKind::Diagnosis,
    }
}
