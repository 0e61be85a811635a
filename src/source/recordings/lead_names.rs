//! The leads in the labels of other formats: in goes a label such as `ECG II`, `EKG V1` or `Lead aVR (Goldberger)`, out come the
//! name of the lead and whether the label speaks of an ECG at all.
//!
//! WFDB records are mostly ECG, and there what is not is named ([`Signal::is_ecg`](super::Signal::is_ecg)). EDF files are mostly
//! EEG and nights of sleep, with channels such as `C3-A2`, so here an ECG must be named.

use crate::ecg::Lead;

/// Words that stand before the name of a lead and say nothing more of it.
const BEFORE_NAME: [&str; 3] = ["ECG", "EKG", "LEAD"];

/// Leads beside the standard twelve by the names that recorders give them: modified limb leads, bipolar chest leads, right and
/// posterior chest leads, EASI.
const MORE_LEADS: [&str; 31] = [
    "MLI", "MLII", "MLIII", "MCL", "MCL1", "MCL2", "MCL3", "MCL4", "MCL5", "MCL6", "MV1", "MV2", "MV5", "CM2", "CM4",
    "CM5", "CC5", "CS5", "NASA", "V1R", "V2R", "V3R", "V4R", "V5R", "V6R", "V7", "V8", "V9", "ES", "AS", "AI",
];

/// The name of the lead in a label, without `ECG` and the like before it and brackets behind it. Where nothing else is left, the
/// label as it is.
pub fn lead_name(label: &str) -> &str {
    let whole = label.trim();
    let mut name = whole.split_once('(').map_or(whole, |(before, _)| before).trim();
    while let Some(rest) = BEFORE_NAME.iter().find_map(|word| after_word(name, word)) {
        name = rest;
    }
    if name.is_empty() { whole } else { name }
}

/// Does the label speak of an ECG, or name a lead?
pub fn names_ecg(label: &str) -> bool {
    let is_ecg_word = |word: &str| {
        let start = word.get(..3).unwrap_or_default();
        start.eq_ignore_ascii_case("ECG") || start.eq_ignore_ascii_case("EKG")
    };
    let name = lead_name(label);
    let is_lead = Lead::from_name(name).standard_index().is_some()
        || MORE_LEADS.iter().any(|lead| lead.eq_ignore_ascii_case(name));
    is_lead || label.split(|c: char| !c.is_ascii_alphanumeric()).any(is_ecg_word)
}

/// What follows a word and the blanks, hyphens or underscores behind it; `None` if the text begins otherwise or ends there.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(word.len())?;
    let behind = rest.trim_start_matches([' ', '-', '_', ':']);
    (start.eq_ignore_ascii_case(word) && behind.len() < rest.len() && !behind.is_empty()).then_some(behind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn labels_lose_what_is_not_the_lead() {
        for (label, name) in [
            ("ECG II", "II"),
            ("EKG V1", "V1"),
            ("ecg-aVR", "aVR"),
            ("ECG Lead III", "III"),
            ("Lead I (Einthoven)", "I"),
            ("ECG", "ECG"),
            ("ECG ", "ECG"),
            ("ECG1", "ECG1"),
            ("MLII", "MLII"),
            ("Leadless", "Leadless"),
            ("(", "("),
            ("", ""),
        ] {
            assert_eq!(lead_name(label), name, "{label}");
        }
    }

    #[test]
    fn an_ecg_must_be_named() {
        for label in ["ECG", "ECG1", "EKG-R", "Chan 1 ECG", "V5", "avf", "MLII", "V4R", "ECG1-ECG2", "Lead II"] {
            assert!(names_ecg(label), "{label}");
        }
        for label in ["C3-A2", "Fp1", "EEG Fpz-Cz", "Resp", "Chin", "", "ch1", "Lead", "VI\u{fc}"] {
            assert!(!names_ecg(label), "{label}");
        }
    }

    proptest! {
        #[test]
        fn any_label_has_a_name(label in "\\PC{0,30}") {
            prop_assert_eq!(lead_name(&label).is_empty(), label.trim().is_empty());
            let _ = names_ecg(&label);
        }
    }
}
