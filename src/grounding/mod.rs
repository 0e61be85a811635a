//! Claims from the text of a reading, and the check of each against the measurements.
//!
//! In goes the text as the model wrote it and the [`Measurements`] of the window it read, out comes [`Grounded`]: every
//! claim with its place in the text, its verdict and where in the waveform the verdict comes from.
//!
//! Claims about the ventricular rate are found: a rate in numbers and a rate class (see [`find_claims`]). What is not
//! found is not judged: the score speaks of the claims, not of the whole text. A doubtful phrase is left out, since a
//! verdict on words that did not say so would be worse than none.

mod check;
mod claim;
mod find;
mod tokens;

pub use claim::{Claim, ClaimKind, Verdict};
pub use find::{FoundClaim, RateClass, RateClasses, Statement, find_claims};

use crate::measure::Measurements;

/// What a reading says and how much of it the waveform carries.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounded {
    /// The claims in the order of the text; none overlaps another.
    pub claims: Vec<Claim>,
    /// See [`score`].
    pub score: Option<f64>,
}

/// Finds the claims of a reading and checks each against what was measured on the window that was read.
pub fn ground(text: &str, measurements: &Measurements) -> Grounded {
    let claims: Vec<Claim> =
        find_claims(text).into_iter().map(|found| check::check(text, &found, measurements)).collect();
    let score = score(&claims);
    Grounded { claims, score }
}

/// Share of the supported claims among those that could be checked; `None` when none could.
pub fn score(claims: &[Claim]) -> Option<f64> {
    let count = |verdict| claims.iter().filter(|claim| claim.verdict == verdict).count();
    let supported = count(Verdict::Supported);
    let checked = supported + count(Verdict::Contradicted);
    (checked > 0).then(|| supported as f64 / checked as f64)
}

#[cfg(test)]
mod tests;
