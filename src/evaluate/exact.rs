//! Scores computed from the waveform: what the claims of a text say against what was measured.
//!
//! In: the claims of a text, judged. Out: scores of those criteria that can be computed. How well a conclusion is argued and
//! how a cardiologist proceeds cannot: [`Criterion::EvidenceBasedReasoning`] and [`Criterion::RealisticDiagnosticProcess`]
//! are a judge's alone.
//!
//! - **`DiagnosisAccuracy`**: an entry for each statement of a rhythm or diagnosis, 2 if the waveform supports it, 0 if it
//!   speaks against it. What the waveform cannot tell is no entry.
//! - **`AnalysisCompleteness`**: an entry for each of [`FEATURES`], 1 if the text speaks of it.
//! - **`AnalysisRelevance`**: an entry for each claim, 2 if supported, 1 if not measurable, 0 if contradicted.
//! - **`LeadAssessmentCoverage`** and **`LeadAssessmentAccuracy`**: an entry for each lead that a claim names; accuracy 2 if
//!   all that is said of it and can be checked is supported, 1 if some of it is, otherwise 0.
//! - **`GroundedECGUnderstanding`**: the share of supported claims of those that could be checked, of 100.

use super::{Criterion, Scores};
use crate::ecg::{Lead, STANDARD_LEADS};
use crate::grounding::{Claim, ClaimKind, Verdict};

/// The features that a complete reading speaks of, each with the words it is known by.
pub const FEATURES: [(&str, &[&str]); 8] = [
    ("rate", &["rate", "bpm", "beats per minute", "/min"]),
    ("rhythm", &["rhythm", "sinus", "fibrillation", "flutter", "tachycardia", "bradycardia", "paced", "asystole"]),
    ("P wave and PR interval", &["p wave", "p-wave", "pr interval", "pr ", "flutter wave"]),
    ("QRS complex", &["qrs", "bundle branch"]),
    ("axis", &["axis"]),
    ("QT interval", &["qt", "qtc"]),
    ("ST segment", &["st segment", "st-segment", "st elevation", "st depression", "st deviation", "st-t", "st "]),
    ("T wave", &["t wave", "t-wave", "st-t"]),
];

/// The scores of a text with these claims.
pub fn scores(text: &str, claims: &[Claim]) -> Scores {
    let text = text.to_lowercase();
    let checked = |claim: &&Claim| claim.verdict != Verdict::NotMeasurable;
    let points = |claim: &Claim| match claim.verdict {
        Verdict::Supported => 2.0,
        Verdict::NotMeasurable => 1.0,
        Verdict::Contradicted => 0.0,
    };
    let diagnoses = claims.iter().filter(|claim| matches!(claim.kind, ClaimKind::Diagnosis | ClaimKind::Wave));
    let diagnoses: Vec<f64> = diagnoses.filter(checked).map(points).collect();
    let features: Vec<f64> =
        FEATURES.iter().map(|(_, words)| f64::from(u8::from(words.iter().any(|word| text.contains(word))))).collect();
    let relevance: Vec<f64> = claims.iter().map(points).collect();
    let (mut coverage, mut accuracy) = (Vec::new(), Vec::new());
    for lead in &STANDARD_LEADS {
        let own: Vec<&Claim> = claims.iter().filter(|claim| names(claim, lead)).collect();
        if own.is_empty() {
            continue;
        }
        coverage.push(1.0);
        let of = |verdict| own.iter().filter(|claim| claim.verdict == verdict).count();
        accuracy.push(match (of(Verdict::Supported), of(Verdict::Contradicted)) {
            (0, _) => 0.0,
            (_, 0) => 2.0,
            _ => 1.0,
        });
    }
    let checked: Vec<&Claim> = claims.iter().filter(checked).collect();
    let supported = checked.iter().filter(|claim| claim.verdict == Verdict::Supported).count();
    let grounded = (!checked.is_empty()).then(|| 100.0 * supported as f64 / checked.len() as f64);
    // A text that names no lead has assessed none.
    let or_none = |entries: Vec<f64>| if entries.is_empty() { vec![0.0] } else { entries };
    let entries = [
        (Criterion::DiagnosisAccuracy, diagnoses),
        (Criterion::AnalysisCompleteness, features),
        (Criterion::AnalysisRelevance, or_none(relevance)),
        (Criterion::LeadAssessmentCoverage, or_none(coverage)),
        (Criterion::LeadAssessmentAccuracy, or_none(accuracy)),
        (Criterion::GroundedEcgUnderstanding, grounded.into_iter().collect()),
    ];
    entries.into_iter().filter_map(|(criterion, entries)| Some((criterion, criterion.score(&entries)?))).collect()
}

/// Is this claim about this lead by name? Claims about all leads together assess none of them.
fn names(claim: &Claim, lead: &Lead) -> bool {
    claim.kind == ClaimKind::Lead && claim.leads.iter().any(|name| name == lead.name())
}
