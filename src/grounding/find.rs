//! The claims of a reading, found in its words.
//!
//! In goes free English text, out come [`FoundClaim`]s: what is stated, and which bytes of the text state it. All words
//! on which the statement depends, a denial included, are inside that span: read alone they say the same.
//!
//! Left out on purpose, because they state no rate or not for certain:
//!
//! - other rates (atrial, flutter, pacemaker settings, respiration, paper speed), reference ranges, earlier recordings
//!   and histories;
//! - rhythms that have a rate in their name, such as ventricular or supraventricular tachycardia;
//! - what is only considered: "possible", "may", "rule out", questions. "Suggests" and "consistent with" are
//!   how readings state a finding, so they do not count as doubt;
//! - bounds ("above 100 bpm"), and numbers in words.

mod context;
mod heart_rate;
mod rate_class;

use super::tokens::{Token, tokens};

/// A claim with its place in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundClaim {
    /// Byte offset of its first word.
    pub from: usize,
    /// Byte offset after its last word.
    pub to: usize,
    /// What it says.
    pub statement: Statement,
}

/// What a claim says.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// The ventricular rate is in this range; both ends are equal where one value is stated.
    HeartRate {
        /// Lower end in bpm.
        from_bpm: f64,
        /// Upper end in bpm.
        to_bpm: f64,
    },
    /// The ventricular rate is in one of these classes. A denied class leaves the others.
    RateClass(RateClasses),
}

/// How a ventricular rate is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateClass {
    /// Below 60 bpm.
    Bradycardia,
    /// 60 to 100 bpm.
    Normal,
    /// Above 100 bpm.
    Tachycardia,
}

impl RateClass {
    /// All of them, slowest first.
    pub const ALL: [RateClass; 3] = [RateClass::Bradycardia, RateClass::Normal, RateClass::Tachycardia];
}

/// A set of rate classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateClasses([bool; 3]);

impl RateClasses {
    /// This class alone.
    pub fn only(class: RateClass) -> RateClasses {
        RateClasses(RateClass::ALL.map(|other| other == class))
    }

    /// Is the class among them?
    pub fn contains(self, class: RateClass) -> bool {
        self.0[class as usize]
    }

    /// All but these.
    fn complement(self) -> RateClasses {
        RateClasses(self.0.map(|there| !there))
    }

    /// Those in either set.
    fn union(self, other: RateClasses) -> RateClasses {
        RateClasses(RateClass::ALL.map(|class| self.contains(class) || other.contains(class)))
    }

    /// Those in both sets.
    fn intersection(self, other: RateClasses) -> RateClasses {
        RateClasses(RateClass::ALL.map(|class| self.contains(class) && other.contains(class)))
    }
}

/// Finds the claims about the ventricular rate, in the order of the text and without overlap.
pub fn find_claims(text: &str) -> Vec<FoundClaim> {
    let lower = text.to_ascii_lowercase();
    let tokens = tokens(&lower);
    let classes = rate_class::find(&tokens);
    let rates = heart_rate::find(&tokens).into_iter().map(|rate| {
        // "A normal heart rate of 72 bpm" says two things; the number needs only its unit to stand alone.
        let taken = classes.iter().any(|class| class.last >= rate.first && class.first <= rate.last);
        Phrase { first: if taken { rate.number } else { rate.first }, last: rate.last, statement: rate.statement() }
    });
    let mut phrases: Vec<Phrase> = rates.chain(classes.iter().cloned()).collect();
    phrases.sort_by_key(|phrase| phrase.first);
    let mut claims: Vec<FoundClaim> = Vec::new();
    for phrase in phrases {
        let found = phrase.found(&tokens);
        match claims.last_mut() {
            Some(last) if last.to > found.from => {
                if found.to - found.from > last.to - last.from {
                    *last = found;
                }
            }
            _ => claims.push(found),
        }
    }
    claims
}

/// A statement and the tokens that make it.
#[derive(Clone, Debug, PartialEq)]
struct Phrase {
    first: usize,
    last: usize,
    statement: Statement,
}

impl Phrase {
    fn found(self, tokens: &[Token<'_>]) -> FoundClaim {
        FoundClaim { from: tokens[self.first].from, to: tokens[self.last].to, statement: self.statement }
    }
}

#[cfg(test)]
mod tests;
