//! The eight criteria and how the entries of one answer become a score.

use std::collections::BTreeMap;

/// Leads of a standard ECG.
const LEADS: f64 = 12.0;

/// A criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // explained by `Criterion::asks`
pub enum Criterion {
    DiagnosisAccuracy,
    AnalysisCompleteness,
    AnalysisRelevance,
    LeadAssessmentCoverage,
    LeadAssessmentAccuracy,
    GroundedEcgUnderstanding,
    EvidenceBasedReasoning,
    RealisticDiagnosticProcess,
}

/// What a judge says of one point: a score, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Points as the criterion has them.
    pub score: f64,
    /// Why.
    pub explanation: String,
}

/// Scores of one answer; a criterion that was not judged is not there.
pub type Scores = BTreeMap<Criterion, f64>;

impl Criterion {
    /// All of them, in the order of the published table.
    pub const ALL: [Criterion; 8] = [
        Criterion::DiagnosisAccuracy,
        Criterion::AnalysisCompleteness,
        Criterion::AnalysisRelevance,
        Criterion::LeadAssessmentCoverage,
        Criterion::LeadAssessmentAccuracy,
        Criterion::GroundedEcgUnderstanding,
        Criterion::EvidenceBasedReasoning,
        Criterion::RealisticDiagnosticProcess,
    ];

    /// The name in judgements.
    pub fn name(self) -> &'static str {
        [
            "DiagnosisAccuracy",
            "AnalysisCompleteness",
            "AnalysisRelevance",
            "LeadAssessmentCoverage",
            "LeadAssessmentAccuracy",
            "GroundedECGUnderstanding",
            "EvidenceBasedReasoning",
            "RealisticDiagnosticProcess",
        ][self as usize]
    }

    /// The criterion of this name. Two have a second name: GEM's prompt and GEM's table of scores differ there.
    pub fn named(name: &str) -> Option<Criterion> {
        match name {
            "ECGFeatureGrounding" => Some(Criterion::GroundedEcgUnderstanding),
            "ClinicalDiagnosticFidelity" => Some(Criterion::RealisticDiagnosticProcess),
            name => Criterion::ALL.into_iter().find(|criterion| criterion.name() == name),
        }
    }

    /// What a judge is asked, in this program's words.
    pub fn asks(self) -> &'static str {
        match self {
            Criterion::DiagnosisAccuracy => {
                "one entry for each diagnosis of the reference: 2 if the reading has it right and supports it by findings, 1 \
                 if it is mostly right, 0 if it is wrong or missing"
            }
            Criterion::AnalysisCompleteness => {
                "one entry for each key feature of the reference (rhythm, rate, intervals, axis, waves, segments): 1 if the \
                 reading addresses it, otherwise 0"
            }
            Criterion::AnalysisRelevance => {
                "one entry for each point that the reading makes: 2 if it bears on the diagnosis and this is explained, 1 if \
                 it bears on it loosely, 0 if it does not"
            }
            Criterion::LeadAssessmentCoverage => {
                "one entry for each of the twelve leads: 1 if the reading assesses it adequately, otherwise 0"
            }
            Criterion::LeadAssessmentAccuracy => {
                "one entry for each of the twelve leads: 2 if what the reading says of it agrees with the reference, 1 if \
                 partly, 0 if not or if nothing is said"
            }
            Criterion::GroundedEcgUnderstanding => {
                "one entry, 0 to 100: how far the reading rests on what this very ECG shows, such as measured values and \
                 named leads (0 nothing specific, 50 some, 80 most, 100 everything)"
            }
            Criterion::EvidenceBasedReasoning => {
                "one entry, 0 to 100: how far each conclusion follows from findings that are stated (0 none, 50 some, 80 \
                 most, 100 every one)"
            }
            Criterion::RealisticDiagnosticProcess => {
                "one entry, 0 to 100: how far the reading proceeds as a cardiologist does, from rhythm and intervals to the \
                 leads and to a weighed conclusion (0 not at all, 50 partly, 80 mostly, 100 entirely)"
            }
        }
    }

    /// The score of one answer from its entries, as GEM's scripts compute it; `None` without entries.
    pub fn score(self, entries: &[f64]) -> Option<f64> {
        if entries.is_empty() {
            return None;
        }
        let sum: f64 = entries.iter().sum();
        Some(match self {
            Criterion::DiagnosisAccuracy => {
                100.0 * entries.iter().filter(|score| **score > 0.0).count() as f64 / entries.len() as f64
            }
            Criterion::LeadAssessmentCoverage => 100.0 * sum.clamp(0.0, LEADS) / LEADS,
            Criterion::LeadAssessmentAccuracy => 100.0 * sum / (2.0 * LEADS),
            _ => sum,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_renamed_criteria_are_known() {
        for criterion in Criterion::ALL {
            assert_eq!(Criterion::named(criterion.name()), Some(criterion));
        }
        assert_eq!(Criterion::named("ECGFeatureGrounding"), Some(Criterion::GroundedEcgUnderstanding));
        assert_eq!(Criterion::named("ClinicalDiagnosticFidelity"), Some(Criterion::RealisticDiagnosticProcess));
        assert_eq!(Criterion::named("Style"), None);
    }

    #[test]
    fn entries_become_scores_as_published() {
        let score = |criterion: Criterion, entries: &[f64]| criterion.score(entries).unwrap();
        assert!((score(Criterion::DiagnosisAccuracy, &[2.0, 1.0, 0.0, 0.0]) - 50.0).abs() < 1e-12);
        assert!((score(Criterion::AnalysisRelevance, &[2.0, 1.0, 0.0]) - 3.0).abs() < 1e-12);
        // Coverage is cut at twelve leads, accuracy is not.
        assert!((score(Criterion::LeadAssessmentCoverage, &[1.0; 15]) - 100.0).abs() < 1e-12);
        assert!((score(Criterion::LeadAssessmentAccuracy, &[2.0; 15]) - 125.0).abs() < 1e-12);
        assert!((score(Criterion::GroundedEcgUnderstanding, &[80.0]) - 80.0).abs() < 1e-12);
        assert_eq!(Criterion::EvidenceBasedReasoning.score(&[]), None);
    }
}
