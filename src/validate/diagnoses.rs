//! Diagnoses: what a reading says, and what the criteria find, against the statements that came with a recording.
//!
//! In go the statements of a recording, the text of a reading and the examination of the window, each becomes a set of
//! [`Diagnosis`]; out come hits and misses of each, with sensitivity, positive predictivity and F1.
//!
//! A statement that is not there counts as false, as cardiologists state what they see; only the sinus rhythm is not
//! judged where no rhythm is stated.

use std::collections::BTreeSet;

use serde::Serialize;

use super::statistics::percent;
use crate::criteria::{Criterion, Examination, Territory};
use crate::grounding::{self, Rhythm, Sign, Statement, find_claims};

/// What is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // the standard names
pub enum Diagnosis {
    /// Sinus rhythm at any rate.
    SinusRhythm,
    SinusBradycardia,
    SinusTachycardia,
    AtrialFibrillation,
    FirstDegreeBlock,
    /// Complete.
    LeftBundleBranchBlock,
    /// Complete.
    RightBundleBranchBlock,
    LeftVentricularHypertrophy,
    /// ST elevation, pathological Q waves, infarction of any age.
    Infarction,
    /// Single or in patterns.
    VentricularBeats,
    Paced,
}

/// What the statements, the reading or the criteria name.
pub type Diagnoses = BTreeSet<Diagnosis>;

impl Diagnosis {
    /// All of them.
    pub const ALL: [Diagnosis; 11] = [
        Diagnosis::SinusRhythm,
        Diagnosis::SinusBradycardia,
        Diagnosis::SinusTachycardia,
        Diagnosis::AtrialFibrillation,
        Diagnosis::FirstDegreeBlock,
        Diagnosis::LeftBundleBranchBlock,
        Diagnosis::RightBundleBranchBlock,
        Diagnosis::LeftVentricularHypertrophy,
        Diagnosis::Infarction,
        Diagnosis::VentricularBeats,
        Diagnosis::Paced,
    ];

    /// The name in a table.
    pub const fn name(self) -> &'static str {
        match self {
            Diagnosis::SinusRhythm => "sinus rhythm",
            Diagnosis::SinusBradycardia => "sinus bradycardia",
            Diagnosis::SinusTachycardia => "sinus tachycardia",
            Diagnosis::AtrialFibrillation => "atrial fibrillation",
            Diagnosis::FirstDegreeBlock => "first-degree AV block",
            Diagnosis::LeftBundleBranchBlock => "left bundle branch block",
            Diagnosis::RightBundleBranchBlock => "right bundle branch block",
            Diagnosis::LeftVentricularHypertrophy => "left ventricular hypertrophy",
            Diagnosis::Infarction => "ST elevation or infarction",
            Diagnosis::VentricularBeats => "ventricular beats",
            Diagnosis::Paced => "paced rhythm",
        }
    }

    /// Does this statement, in small letters, name it?
    fn is_stated(self, statement: &str) -> bool {
        let has = |words: &[&str]| words.iter().any(|word| statement.contains(word));
        let begins = |words: &[&str]| words.iter().any(|word| statement.starts_with(word));
        let is_complete = !statement.contains("incomplete");
        match self {
            Diagnosis::SinusRhythm => {
                has(&["sinus rhythm", "sinus bradycardia", "sinus tachycardia", "sinus arrhythmia"])
            }
            Diagnosis::SinusBradycardia => has(&["sinus bradycardia"]),
            Diagnosis::SinusTachycardia => has(&["sinus tachycardia"]),
            Diagnosis::AtrialFibrillation => has(&["atrial fibrillation"]),
            Diagnosis::FirstDegreeBlock => begins(&["first-degree av block", "i degree av block"]),
            Diagnosis::LeftBundleBranchBlock => is_complete && has(&["left bundle branch block"]),
            Diagnosis::RightBundleBranchBlock => is_complete && has(&["right bundle branch block"]),
            Diagnosis::LeftVentricularHypertrophy => has(&["left ventricular hypertrophy"]),
            Diagnosis::Infarction => {
                begins(&["stemi", "scar formation"]) || has(&["myocardial infarction", "st elevation"])
            }
            Diagnosis::VentricularBeats => {
                has(&["ventricular extrasystole", "ventricular bigeminy", "ventricular trigeminy"])
                    || has(&["premature ventricular", "ventricular premature", "ventricular ectopics"])
            }
            Diagnosis::Paced => begins(&["pacemaker presence"]) || has(&["pacing", "paced"]),
        }
    }

    /// Do the criteria find it?
    fn is_met(self, examination: &Examination) -> bool {
        let met = |criterion| examination.is_met(criterion);
        match self {
            Diagnosis::SinusRhythm => met(Criterion::SinusRhythm),
            Diagnosis::SinusBradycardia => met(Criterion::SinusBradycardia),
            Diagnosis::SinusTachycardia => met(Criterion::SinusTachycardia),
            Diagnosis::AtrialFibrillation => met(Criterion::AtrialFibrillation),
            Diagnosis::FirstDegreeBlock => met(Criterion::FirstDegreeBlock),
            Diagnosis::LeftBundleBranchBlock => met(Criterion::LeftBundleBranchBlock),
            Diagnosis::RightBundleBranchBlock => met(Criterion::RightBundleBranchBlock),
            Diagnosis::LeftVentricularHypertrophy => met(Criterion::LeftVentricularHypertrophy),
            Diagnosis::Infarction => Territory::ALL
                .into_iter()
                .any(|wall| met(Criterion::StElevation(wall)) || met(Criterion::PathologicalQ(wall))),
            Diagnosis::VentricularBeats => met(Criterion::VentricularBeats),
            Diagnosis::Paced => met(Criterion::Paced),
        }
    }
}

/// What the statements of a recording name, and whether they name a rhythm at all.
pub fn stated(statements: &[String]) -> (Diagnoses, bool) {
    const RHYTHMS: [&str; 6] = ["sinus", "fibrillation", "flutter", "pac", "rhythm", "atrial tachycardia"];
    let statements: Vec<String> = statements.iter().map(|statement| statement.to_lowercase()).collect();
    let named = |diagnosis: &Diagnosis| statements.iter().any(|statement| diagnosis.is_stated(statement));
    let has_rhythm = statements.iter().any(|statement| RHYTHMS.iter().any(|word| statement.contains(word)));
    (Diagnosis::ALL.into_iter().filter(named).collect(), has_rhythm)
}

/// What the criteria find.
pub fn found(examination: &Examination) -> Diagnoses {
    Diagnosis::ALL.into_iter().filter(|diagnosis| diagnosis.is_met(examination)).collect()
}

/// What a reading says and does not deny.
pub fn said(text: &str) -> Diagnoses {
    let claims = find_claims(text).into_iter().filter(|claim| !claim.is_denied);
    claims.flat_map(|claim| of_claim(claim.statement)).copied().collect()
}

fn of_claim(statement: Statement) -> &'static [Diagnosis] {
    match statement {
        Statement::Rhythm(rhythm) => match rhythm {
            Rhythm::Sinus | Rhythm::NormalSinus | Rhythm::SinusArrhythmia => &[Diagnosis::SinusRhythm],
            Rhythm::SinusBradycardia => &[Diagnosis::SinusRhythm, Diagnosis::SinusBradycardia],
            Rhythm::SinusTachycardia => &[Diagnosis::SinusRhythm, Diagnosis::SinusTachycardia],
            Rhythm::AtrialFibrillation => &[Diagnosis::AtrialFibrillation],
            Rhythm::AvBlock1 => &[Diagnosis::FirstDegreeBlock],
            Rhythm::Lbbb => &[Diagnosis::LeftBundleBranchBlock],
            Rhythm::Rbbb => &[Diagnosis::RightBundleBranchBlock],
            Rhythm::Pvc | Rhythm::Bigeminy | Rhythm::Trigeminy => &[Diagnosis::VentricularBeats],
            Rhythm::Paced => &[Diagnosis::Paced],
            _ => &[],
        },
        Statement::Diagnosis(grounding::Diagnosis::Lvh, _) => &[Diagnosis::LeftVentricularHypertrophy],
        Statement::Diagnosis(grounding::Diagnosis::Infarction | grounding::Diagnosis::Stemi, _)
        | Statement::Sign(Sign::StElevation | Sign::PathologicalQ, _) => &[Diagnosis::Infarction],
        _ => &[],
    }
}

/// How often one diagnosis was right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Hits {
    /// Stated and said.
    pub true_positives: u64,
    /// Said, not stated.
    pub false_positives: u64,
    /// Stated, not said.
    pub false_negatives: u64,
}

impl Hits {
    /// Counts a recording.
    pub fn add(&mut self, is_stated: bool, is_said: bool) {
        match (is_stated, is_said) {
            (true, true) => self.true_positives += 1,
            (false, true) => self.false_positives += 1,
            (true, false) => self.false_negatives += 1,
            (false, false) => {}
        }
    }

    /// Recordings whose statements name it.
    pub fn stated(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// Share of those stated that were said, in percent; none where none is stated.
    pub fn sensitivity(&self) -> Option<f64> {
        percent(self.true_positives, self.stated())
    }

    /// Share of those said that are stated, in percent; none where none is said.
    pub fn positive_predictivity(&self) -> Option<f64> {
        percent(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Their harmonic mean, in percent; none where none is stated.
    pub fn f1(&self) -> Option<f64> {
        let all = 2 * self.true_positives + self.false_positives + self.false_negatives;
        (self.stated() > 0).then(|| percent(2 * self.true_positives, all)).flatten()
    }
}

/// The hits of each diagnosis. Of every recording: what is stated, whether a rhythm is, and what was said or found.
pub fn score(cases: &[(&Diagnoses, bool, &Diagnoses)]) -> Vec<(Diagnosis, Hits)> {
    let hits = |diagnosis: Diagnosis| {
        let mut hits = Hits::default();
        for (stated, has_rhythm, said) in cases {
            if *has_rhythm || diagnosis != Diagnosis::SinusRhythm {
                hits.add(stated.contains(&diagnosis), said.contains(&diagnosis));
            }
        }
        hits
    };
    Diagnosis::ALL.into_iter().map(|diagnosis| (diagnosis, hits(diagnosis))).collect()
}

/// Mean F1 of those that are stated at all, in percent.
pub fn macro_f1(scores: &[(Diagnosis, Hits)]) -> Option<f64> {
    let each: Vec<f64> = scores.iter().filter_map(|(_, hits)| hits.f1()).collect();
    (!each.is_empty()).then(|| each.iter().sum::<f64>() / each.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statements: &[&str]) -> (Vec<Diagnosis>, bool) {
        let statements: Vec<String> = statements.iter().map(|&statement| statement.to_owned()).collect();
        let (diagnoses, has_rhythm) = stated(&statements);
        (diagnoses.into_iter().collect(), has_rhythm)
    }

    #[test]
    fn statements_name_diagnoses_and_no_lesser_ones() {
        use Diagnosis as D;
        assert_eq!(
            of(&["Rhythm: Sinus bradycardia", "I degree AV block", "STEMI: anterior wall"]),
            (vec![D::SinusRhythm, D::SinusBradycardia, D::FirstDegreeBlock, D::Infarction], true)
        );
        let lesser =
            ["III degree AV-block", "Incomplete left bundle branch block", "Undefined ischemia/scar/supp.NSTEMI"];
        assert_eq!(of(&lesser), (vec![], false));
        assert_eq!(of(&["Wandering atrial pacemaker"]), (vec![], true));
        assert_eq!(
            of(&["Pacemaker presence, undefined", "premature ventricular contractions"]),
            (vec![D::VentricularBeats, D::Paced], true)
        );
    }

    #[test]
    fn a_reading_says_what_it_does_not_deny() {
        use Diagnosis as D;
        let text = "Sinus tachycardia at 110 bpm. No ST elevation. PR 230 ms, first-degree AV block. There is left \
                    bundle branch block and no evidence of left ventricular hypertrophy.";
        let expected =
            [D::SinusRhythm, D::SinusTachycardia, D::FirstDegreeBlock, D::LeftBundleBranchBlock].into_iter().collect();
        assert_eq!(said(text), expected);
    }

    #[test]
    fn hits_are_counted_and_the_rhythm_only_where_one_is_stated() {
        let sinus: Diagnoses = [Diagnosis::SinusRhythm].into_iter().collect();
        let none = Diagnoses::new();
        let cases = [(&sinus, true, &sinus), (&sinus, true, &none), (&none, false, &sinus), (&none, true, &sinus)];
        let scores = score(&cases);
        let (_, hits) = scores[0];
        assert_eq!(hits, Hits { true_positives: 1, false_positives: 1, false_negatives: 1 });
        assert_eq!((hits.sensitivity(), hits.positive_predictivity(), hits.f1()), (Some(50.0), Some(50.0), Some(50.0)));
        assert_eq!(macro_f1(&scores), Some(50.0));
        assert_eq!(Hits::default().f1(), None);
    }
}
