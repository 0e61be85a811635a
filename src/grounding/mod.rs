//! Claims from the text of a reading, and the check of each against the waveform.
//!
//! In go the text as the model wrote it, the [`Measurements`] of the window it read and the [`Examination`] of them, out
//! comes [`Grounded`]: every claim with its place in the text, its verdict and where in the waveform the verdict comes from.
//! The text is never altered.
//!
//! What is not found is not judged: the score speaks of the claims, not of the whole text (see [`find_claims`]). What lies
//! nearer to a limit than the measurement is accurate may be called either way.

mod check;
mod claim;
mod find;
mod marks;
mod tally;
mod tokens;

pub use claim::{Claim, ClaimKind, Verdict};
pub use find::{
    Class, Diagnosis, FoundClaim, LeadSet, Quantity, Rhythm, Sign, Site, Span, Statement, Wave, find_claims,
};

pub use marks::marks;
pub use tally::Tally;

use crate::criteria::Examination;
use crate::measure::Measurements;

/// What a reading says and how much of it the waveform carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounded {
    /// The claims in the order of the text; none overlaps another.
    pub claims: Vec<Claim>,
    /// See [`score`].
    pub score: Option<f64>,
    /// See [`unsupported_rate`].
    pub unsupported_rate: Option<f64>,
}

impl Grounded {
    /// Does the waveform speak against any of it?
    pub fn is_contradicted(&self) -> bool {
        self.claims.iter().any(|claim| claim.verdict == Verdict::Contradicted)
    }
}

/// Finds the claims of a reading and checks each against what was measured on the window that was read.
pub fn ground(text: &str, measurements: &Measurements, examination: &Examination) -> Grounded {
    let evidence = check::Evidence { measurements, examination };
    let claims: Vec<Claim> = find_claims(text).into_iter().map(|found| check::check(text, &found, evidence)).collect();
    Grounded { score: score(&claims), unsupported_rate: unsupported_rate(&claims), claims }
}

/// Share of the supported claims among those that could be checked; `None` when none could.
pub fn score(claims: &[Claim]) -> Option<f64> {
    let supported = count(claims, Verdict::Supported);
    let checked = supported + count(claims, Verdict::Contradicted);
    (checked > 0).then(|| supported as f64 / checked as f64)
}

/// Share of the claims that the waveform speaks against among all that were found; `None` when none was found. Many vague
/// claims do not lower it as they do for a score of what is supported; it is the rate of hallucinations that can be shown.
pub fn unsupported_rate(claims: &[Claim]) -> Option<f64> {
    (!claims.is_empty()).then(|| count(claims, Verdict::Contradicted) as f64 / claims.len() as f64)
}

fn count(claims: &[Claim], verdict: Verdict) -> usize {
    claims.iter().filter(|claim| claim.verdict == verdict).count()
}

#[cfg(test)]
mod tests;
