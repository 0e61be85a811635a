//! Diagnosis statements that come with a recording.
//!
//! In: the comments of a header, the rhythm annotations, the codes of PTB-XL's table. Out: plain statements. Known are the
//! `Dx:` lines of the PhysioNet/CinC Challenges 2020 and 2021 (SNOMED CT codes), the `<diagnoses>:` block of LUDB and
//! `Reason for admission:` of the PTB database; rhythms are those that the MIT-BIH databases name in `+` annotations.

/// SNOMED CT codes that the Challenge of 2021 scored, and some that are frequent there
/// (<https://github.com/physionetchallenges/evaluation-2021>).
const CODES: [(&str, &str); 46] = [
    ("426783006", "sinus rhythm"),
    ("426177001", "sinus bradycardia"),
    ("427084000", "sinus tachycardia"),
    ("427393009", "sinus arrhythmia"),
    ("164889003", "atrial fibrillation"),
    ("164890007", "atrial flutter"),
    ("195101003", "wandering atrial pacemaker"),
    ("426761007", "supraventricular tachycardia"),
    ("713422000", "atrial tachycardia"),
    ("426664006", "junctional rhythm"),
    ("284470004", "premature atrial contraction"),
    ("63593006", "supraventricular premature beats"),
    ("427172004", "premature ventricular contractions"),
    ("17338001", "ventricular premature beats"),
    ("11157007", "ventricular bigeminy"),
    ("164884008", "ventricular ectopics"),
    ("164895002", "ventricular tachycardia"),
    ("164896001", "ventricular fibrillation"),
    ("10370003", "pacing rhythm"),
    ("270492004", "first-degree AV block"),
    ("195042002", "second-degree AV block"),
    ("54016002", "second-degree AV block, Mobitz type I"),
    ("28189009", "second-degree AV block, Mobitz type II"),
    ("27885002", "complete AV block"),
    ("164909002", "left bundle branch block"),
    ("733534002", "complete left bundle branch block"),
    ("251120003", "incomplete left bundle branch block"),
    ("59118001", "right bundle branch block"),
    ("713427006", "complete right bundle branch block"),
    ("713426002", "incomplete right bundle branch block"),
    ("445118002", "left anterior fascicular block"),
    ("445211001", "left posterior fascicular block"),
    ("698252002", "nonspecific intraventricular conduction disorder"),
    ("39732003", "left axis deviation"),
    ("47665007", "right axis deviation"),
    ("164873001", "left ventricular hypertrophy"),
    ("251146004", "low QRS voltages"),
    ("111975006", "prolonged QT interval"),
    ("74390002", "Wolff-Parkinson-White pattern"),
    ("164931005", "ST elevation"),
    ("429622005", "ST depression"),
    ("59931005", "T wave inversion"),
    ("164934002", "T wave abnormal"),
    ("164917005", "Q wave abnormal"),
    ("164865005", "myocardial infarction"),
    ("164867002", "old myocardial infarction"),
];

/// SCP-ECG statements of PTB-XL (Wagner et al., Scientific Data 2020), those that name a rhythm or a diagnosis.
const SCP_CODES: [(&str, &str); 42] = [
    ("NORM", "normal ECG"),
    ("SR", "sinus rhythm"),
    ("SBRAD", "sinus bradycardia"),
    ("STACH", "sinus tachycardia"),
    ("SARRH", "sinus arrhythmia"),
    ("AFIB", "atrial fibrillation"),
    ("AFLT", "atrial flutter"),
    ("SVTAC", "supraventricular tachycardia"),
    ("PSVT", "paroxysmal supraventricular tachycardia"),
    ("PACE", "paced rhythm"),
    ("BIGU", "ventricular bigeminy"),
    ("TRIGU", "ventricular trigeminy"),
    ("PVC", "premature ventricular complexes"),
    ("PAC", "premature atrial complexes"),
    ("1AVB", "first-degree AV block"),
    ("2AVB", "second-degree AV block"),
    ("3AVB", "third-degree AV block"),
    ("CLBBB", "complete left bundle branch block"),
    ("CRBBB", "complete right bundle branch block"),
    ("ILBBB", "incomplete left bundle branch block"),
    ("IRBBB", "incomplete right bundle branch block"),
    ("LAFB", "left anterior fascicular block"),
    ("LPFB", "left posterior fascicular block"),
    ("IVCD", "nonspecific intraventricular conduction disorder"),
    ("WPW", "Wolff-Parkinson-White pattern"),
    ("LVH", "left ventricular hypertrophy"),
    ("VCLVH", "voltage criteria of left ventricular hypertrophy"),
    ("RVH", "right ventricular hypertrophy"),
    ("LVOLT", "low QRS voltages"),
    ("LNGQT", "prolonged QT interval"),
    ("INVT", "T wave inversion"),
    ("STE_", "ST elevation"),
    ("STD_", "ST depression"),
    ("AMI", "anterior myocardial infarction"),
    ("ASMI", "anteroseptal myocardial infarction"),
    ("ALMI", "anterolateral myocardial infarction"),
    ("LMI", "lateral myocardial infarction"),
    ("IMI", "inferior myocardial infarction"),
    ("ILMI", "inferolateral myocardial infarction"),
    ("IPMI", "inferoposterior myocardial infarction"),
    ("IPLMI", "inferoposterolateral myocardial infarction"),
    ("PMI", "posterior myocardial infarction"),
];

/// Rhythms of `+` annotations.
const RHYTHMS: [(&str, &str); 14] = [
    ("(AFIB", "atrial fibrillation"),
    ("(AFL", "atrial flutter"),
    ("(B", "ventricular bigeminy"),
    ("(T", "ventricular trigeminy"),
    ("(BII", "second-degree AV block"),
    ("(BIII", "complete AV block"),
    ("(IVR", "idioventricular rhythm"),
    ("(N", "sinus rhythm"),
    ("(NOD", "junctional rhythm"),
    ("(P", "paced rhythm"),
    ("(SBR", "sinus bradycardia"),
    ("(SVTA", "supraventricular tachycardia"),
    ("(VT", "ventricular tachycardia"),
    ("(VFL", "ventricular flutter"),
];

/// What the comments of a header state.
pub fn of_comments(comments: &[String]) -> Vec<String> {
    let mut statements = Vec::new();
    let mut in_block = false;
    for comment in comments {
        let comment = comment.trim();
        if let Some(codes) = comment.strip_prefix("Dx:") {
            let name = |code: &str| {
                let known = CODES.iter().find(|(known, _)| *known == code);
                known.map_or_else(|| format!("SNOMED CT {code}"), |(_, name)| (*name).to_owned())
            };
            statements.extend(codes.split(',').map(str::trim).filter(|code| !code.is_empty()).map(name));
        } else if let Some(reason) = comment.strip_prefix("Reason for admission:") {
            statements.extend(Some(reason.trim()).filter(|reason| !reason.is_empty()).map(str::to_owned));
        } else if comment.starts_with("<diagnoses>") {
            in_block = true;
        } else if comment.starts_with('<') {
            in_block = false;
        } else if in_block {
            let statement = comment.trim_end_matches(['.', ' ']);
            statements.extend(Some(statement).filter(|statement| !statement.is_empty()).map(str::to_owned));
        }
    }
    statements
}

/// What the column `scp_codes` of PTB-XL's table states, such as `{'NORM': 80.0, 'SBRAD': 0.0}`. The number is how likely the
/// cardiologist thought it, 0 where that was not written down; what is named is taken as stated.
pub fn of_scp_codes(codes: &str) -> Vec<String> {
    let quoted = codes.split('\'').skip(1).step_by(2);
    let name = |code: &str| {
        let known = SCP_CODES.iter().find(|(known, _)| *known == code);
        known.map_or_else(|| format!("SCP-ECG {code}"), |(_, name)| (*name).to_owned())
    };
    quoted.map(name).collect()
}

/// The rhythm that an annotation such as `(AFIB` names.
pub(super) fn of_rhythm(aux: &str) -> Option<&'static str> {
    RHYTHMS.iter().find(|(code, _)| *code == aux.trim_end_matches('\0').trim()).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_the_known_databases_are_found() {
        let of =
            |comments: &[&str]| of_comments(&comments.iter().map(|&comment| comment.to_owned()).collect::<Vec<_>>());
        assert_eq!(
            of(&["Age: 82", "Dx: 164889003,59118001, 1"]),
            ["atrial fibrillation", "right bundle branch block", "SNOMED CT 1"]
        );
        assert_eq!(
            of(&[
                "<age>: 51",
                "<diagnoses>:",
                "Rhythm: Sinus bradycardia.",
                "Left ventricular hypertrophy. ",
                "<sex>: F",
                "x"
            ]),
            ["Rhythm: Sinus bradycardia", "Left ventricular hypertrophy"]
        );
        assert_eq!(
            of(&["age: 81", "Reason for admission: Myocardial infarction", "Therapy:"]),
            ["Myocardial infarction"]
        );
        assert!(of(&["stream: x", "Dx:"]).is_empty());
        assert_eq!(
            of_scp_codes("{'NORM': 80.0, 'SBRAD': 0.0, 'XY_': 15.0}"),
            ["normal ECG", "sinus bradycardia", "SCP-ECG XY_"]
        );
        assert_eq!(
            (of_rhythm("(AFIB"), of_rhythm("(AFIB\0"), of_rhythm("(X")),
            (Some("atrial fibrillation"), Some("atrial fibrillation"), None)
        );
    }
}
