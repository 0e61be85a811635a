//! Verdicts on claims whose truth is known: simulated patients, the real measurement, and sentences that are true of the
//! patient or carry a planted error (a wrong lead, a wrong value, the wrong side of a limit, another rhythm).
//!
//! A true sentence must be supported and a wrong one contradicted; "not measurable" counts as a miss. No wrong sentence about
//! a lethal rhythm may be supported.

use std::collections::BTreeMap;

use gemwatch::criteria::examine;
use gemwatch::ecg::{Lead, STANDARD_LEADS, Strip, StripLead, Time};
use gemwatch::grounding::{Verdict, ground};
use gemwatch::measure::measure;
use simulators::patient::{Condition, ConditionKind, Conduction, Patient, PatientSettings, Territory};
use simulators::rhythm::{Rhythm, Script};
use simulators::truth::{BeatClass, BeatTruth};

/// The bar for verdicts that are right.
const BAR: f64 = 0.98;
/// Patients of each kind have these seeds.
const SEEDS: std::ops::Range<u64> = 4100..4112;
/// The window is seconds 10 to 20 of the patient.
const WINDOW_S: std::ops::Range<f64> = 10.0..20.0;

/// A patient's window and what happened in it.
struct Case {
    strip: Strip,
    beats: Vec<BeatTruth>,
}

impl Case {
    fn of(settings: PatientSettings) -> Case {
        let mut patient = Patient::new(settings).expect("settings are in range");
        let rate_hz = patient.rate_hz();
        patient.next((WINDOW_S.start * rate_hz) as usize);
        let block = patient.next(((WINDOW_S.end - WINDOW_S.start) * rate_hz) as usize);
        let lead = |(lead, samples_mv): (&Lead, &Vec<f32>)| StripLead {
            lead: lead.clone(),
            derived: false,
            samples_mv: samples_mv.clone(),
        };
        let leads = STANDARD_LEADS.iter().zip(&block.leads_mv).map(lead).collect();
        let inside = WINDOW_S.start + 0.4..WINDOW_S.end - 0.6;
        let beats = patient.truth().beats.into_iter().filter(|beat| inside.contains(&beat.r_s)).collect();
        Case { strip: Strip { start: Time::default(), rate_hz, leads }, beats }
    }

    /// The mean over the conducted beats.
    fn mean(&self, of: impl Fn(&BeatTruth) -> Option<f64>) -> Option<f64> {
        let own = self.beats.iter().filter(|beat| beat.class != BeatClass::Ventricular);
        let values: Vec<f64> = own.filter_map(of).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    }

    fn bpm(&self) -> Option<f64> {
        let (first, last) = (self.beats.first()?, self.beats.last()?);
        (self.beats.len() > 2).then(|| 60.0 * (self.beats.len() - 1) as f64 / (last.r_s - first.r_s))
    }

    fn st_mv(&self, lead: usize) -> f64 {
        self.mean(|beat| Some(f64::from(beat.st_mv[lead]))).unwrap_or(0.0)
    }
}

/// A sentence, whether it is true, and whether it is about a lethal rhythm.
struct Said {
    sentence: String,
    is_true: bool,
    is_lethal: bool,
}

fn yes(sentence: impl Into<String>) -> Said {
    Said { sentence: sentence.into(), is_true: true, is_lethal: false }
}

fn wrong(sentence: impl Into<String>) -> Said {
    Said { is_true: false, ..yes(sentence) }
}

fn lethal(said: Said) -> Said {
    Said { is_lethal: true, ..said }
}

/// Name of an interval, its truth in s, and the planted error in ms.
type Interval = (&'static str, fn(&BeatTruth) -> Option<f64>, f64);

/// Rates and intervals, each true and with a planted error.
fn numbers(case: &Case) -> Vec<Said> {
    let mut said = Vec::new();
    if let Some(bpm) = case.bpm() {
        said.push(yes(format!("The heart rate is {bpm:.0} bpm.")));
        said.push(wrong(format!("The heart rate is {:.0} bpm.", bpm * 1.35)));
        said.push(wrong(format!("The ventricular rate is approximately {:.0} beats per minute.", bpm * 0.7)));
    }
    let intervals: [Interval; 3] = [
        ("PR interval", BeatTruth::pr_s, 70.0),
        ("QRS duration", |beat| Some(beat.qrs_s()), 60.0),
        ("QT interval", |beat| Some(beat.qt_s()), 90.0),
    ];
    for (name, of, error_ms) in intervals {
        let Some(ms) = case.mean(of).map(|s| 1000.0 * s) else { continue };
        said.push(yes(format!("The {name} is {ms:.0} ms.")));
        said.push(wrong(format!("The {name} is {:.0} ms.", ms + error_ms)));
        said.push(wrong(format!("The {name} measures {:.2} s.", (ms + error_ms) / 1000.0)));
    }
    said
}

/// ST segments lead by lead: what the truth is sure of.
fn st_segments(case: &Case) -> Vec<Said> {
    let mut said = Vec::new();
    for (index, lead) in STANDARD_LEADS.iter().enumerate() {
        let mv = case.st_mv(index);
        let high = if matches!(lead, Lead::V2 | Lead::V3) { 0.26 } else { 0.16 };
        if mv >= high {
            said.push(yes(format!("There is ST elevation in {lead}.")));
            said.push(yes(format!("ST elevation of {:.1} mm is seen in {lead}.", mv * 10.0)));
            said.push(wrong(format!("ST elevation of {:.1} mm is seen in {lead}.", mv * 10.0 + 3.0)));
            said.push(wrong(format!("Lead {lead} shows ST depression.")));
            said.push(wrong(format!("The ST segment is isoelectric in {lead}.")));
            said.push(wrong(format!("No ST elevation in lead {lead}.")));
        } else if mv <= -0.1 {
            said.push(yes(format!("Lead {lead} shows ST depression.")));
            said.push(wrong(format!("There is ST elevation in {lead}.")));
            said.push(wrong(format!("No ST depression is seen in {lead}.")));
        } else if mv.abs() < 0.015 {
            said.push(wrong(format!("There is ST elevation in {lead}.")));
            said.push(yes(format!("No ST elevation in lead {lead}.")));
        }
    }
    said
}

/// Claims about rhythms that kill, in a patient who has none of them.
fn not_lethal() -> Vec<Said> {
    vec![
        lethal(wrong("Ventricular fibrillation is present.")),
        lethal(wrong("The rhythm is ventricular tachycardia.")),
        lethal(wrong("There is no electrical activity, consistent with asystole.")),
        yes("No ventricular fibrillation is seen."),
    ]
}

fn sinus(seed: u64, rate_bpm: f64) -> PatientSettings {
    rhythm(seed, Rhythm::Sinus { rate_bpm })
}

fn rhythm(seed: u64, rhythm: Rhythm) -> PatientSettings {
    PatientSettings::new(seed, Script::only(rhythm).expect("rates are in range"))
}

fn with(seed: u64, kind: ConditionKind) -> PatientSettings {
    PatientSettings { conditions: vec![Condition::always(kind)], ..sinus(seed, 74.0) }
}

fn true_of(all: &[&str]) -> Vec<Said> {
    all.iter().map(|sentence| yes(*sentence)).collect()
}

fn wrong_of(all: &[&str]) -> Vec<Said> {
    all.iter().map(|sentence| wrong(*sentence)).collect()
}

/// The patients, each with what is said of the kind.
#[expect(clippy::too_many_lines, reason = "it is one table")]
fn cases(seed: u64) -> Vec<(&'static str, PatientSettings, Vec<Said>)> {
    use ConditionKind as K;
    let spread = (seed - SEEDS.start) as f64;
    let elevation = |territory, level_mv| K::StElevation { territory, level_mv };
    let both = |truths: &[&str], errors: &[&str]| {
        [true_of(truths), wrong_of(errors), not_lethal()].into_iter().flatten().collect()
    };
    let sinus_truths = [
        "The rhythm is sinus.",
        "P waves precede each QRS complex.",
        "The rhythm is regular.",
        "The QRS complexes are narrow.",
    ];
    let sinus_errors = [
        "There is atrial fibrillation.",
        "P waves are absent.",
        "The rhythm is irregular.",
        "Left bundle branch block is present.",
        "There is a right bundle branch block.",
        "The QRS complex is wide.",
        "Third-degree AV block is present.",
        "Frequent PVCs are seen.",
        "There is first-degree AV block.",
        "The QTc is prolonged.",
        "Pathological Q waves in II, III and aVF.",
        "T wave inversion in V5.",
        "This is a junctional rhythm.",
        "There is left axis deviation.",
    ];
    vec![
        (
            "sinus",
            sinus(seed, 66.0 + 2.0 * spread),
            both(
                &[&sinus_truths[..], &["The heart rate is normal.", "The axis is normal."]].concat(),
                &[&sinus_errors[..], &["Sinus bradycardia.", "Sinus tachycardia."]].concat(),
            ),
        ),
        (
            "slow",
            sinus(seed, 44.0 + spread),
            both(
                &["Sinus bradycardia is present."],
                &["Sinus tachycardia is present.", "Normal sinus rhythm.", "The heart rate is normal."],
            ),
        ),
        (
            "fast",
            sinus(seed, 110.0 + 2.0 * spread),
            both(
                &["Sinus tachycardia is present."],
                &["Sinus bradycardia is present.", "Normal sinus rhythm.", "There is atrial fibrillation."],
            ),
        ),
        (
            "af",
            rhythm(seed, Rhythm::AtrialFibrillation { rate_bpm: 80.0 + 3.0 * spread }),
            both(
                &["Atrial fibrillation is present.", "P waves are absent.", "The rhythm is irregularly irregular."],
                &[
                    "Sinus rhythm.",
                    "The PR interval is 160 ms.",
                    "P waves precede each QRS complex.",
                    "The rhythm is regular.",
                    "No atrial fibrillation is seen.",
                ],
            ),
        ),
        (
            "first degree",
            rhythm(seed, Rhythm::FirstDegreeBlock { rate_bpm: 68.0, delay_s: 0.09 }),
            both(
                &["First-degree AV block is present.", "The PR interval is prolonged."],
                &["The PR interval is normal.", "No AV block is present.", "The PR interval is short."],
            ),
        ),
        (
            "lbbb",
            PatientSettings { conduction: Conduction::LeftBundleBranchBlock, ..sinus(seed, 72.0) },
            both(
                &["Left bundle branch block.", "The QRS complex is wide."],
                &["Right bundle branch block.", "The QRS complexes are narrow.", "No bundle branch block is seen."],
            ),
        ),
        (
            "rbbb",
            PatientSettings { conduction: Conduction::RightBundleBranchBlock, ..sinus(seed, 72.0) },
            both(
                &["Right bundle branch block.", "An rSR' pattern is seen in V1."],
                &["Left bundle branch block.", "The QRS complexes are narrow."],
            ),
        ),
        ("pvc", rhythm(seed, Rhythm::SinusWithPvcs { rate_bpm: 76.0, pvcs_per_min: 24.0 }), not_lethal()),
        (
            "anterior",
            with(seed, elevation(Territory::Anterior, 0.4)),
            both(
                &["Acute anterior myocardial infarction."],
                &["Acute inferior STEMI.", "This is a normal ECG.", "No ST elevation is seen."],
            ),
        ),
        (
            "inferior",
            with(seed, elevation(Territory::Inferior, 0.35)),
            both(
                &["Acute inferior STEMI."],
                &["Acute anterior STEMI.", "This is a normal ECG.", "ST segments are isoelectric."],
            ),
        ),
        (
            "lateral",
            with(seed, elevation(Territory::Lateral, 0.35)),
            both(&["Acute lateral STEMI."], &["Acute inferior STEMI.", "This is a normal ECG."]),
        ),
        (
            "depressed",
            with(seed, K::StDepression { territory: Territory::Lateral, level_mv: 0.25 }),
            both(&["Lateral ischemia."], &["No ischemia is seen.", "This is a normal ECG."]),
        ),
        (
            "inverted",
            with(seed, K::TInversion),
            both(
                &["T waves are inverted in V4-V6.", "Inverted T waves in leads I and II."],
                &[
                    "T waves are upright in V4-V6.",
                    "The T waves are normal.",
                    "No T wave inversion is seen.",
                    "This is a normal ECG.",
                ],
            ),
        ),
        (
            "long qt",
            with(seed, K::LongQt { times: 1.35 }),
            both(&["The QTc is prolonged."], &["The QTc is normal.", "No QT prolongation."]),
        ),
        (
            "hypertrophy",
            with(seed, K::LeftVentricularHypertrophy),
            both(&["Left ventricular hypertrophy."], &["No LVH.", "Low voltage in the limb leads."]),
        ),
        (
            "low",
            with(seed, K::Amplitude { times: 0.25 }),
            both(&["Low voltage in the limb leads."], &["Left ventricular hypertrophy.", "The voltage is normal."]),
        ),
        (
            "third degree",
            rhythm(seed, Rhythm::CompleteBlock { atrial_rate_bpm: 84.0, escape_rate_bpm: 44.0 }),
            both(&["Complete heart block is present."], &["No AV block is present.", "Normal sinus rhythm."]),
        ),
        (
            "vt",
            rhythm(seed, Rhythm::VentricularTachycardia { rate_bpm: 150.0 + 4.0 * spread }),
            vec![
                yes("Ventricular tachycardia is present."),
                lethal(wrong("Normal sinus rhythm.")),
                lethal(wrong("No ventricular tachycardia is seen.")),
                lethal(wrong("The QRS complexes are narrow.")),
                lethal(wrong("The heart rate is normal.")),
                lethal(wrong("This is a normal ECG.")),
                lethal(wrong("There is asystole.")),
            ],
        ),
        (
            "vf",
            rhythm(seed, Rhythm::VentricularFibrillation),
            vec![
                yes("Ventricular fibrillation is present."),
                lethal(wrong("Normal sinus rhythm.")),
                lethal(wrong("No ventricular fibrillation is seen.")),
                lethal(wrong("This is a normal ECG.")),
                lethal(wrong("The PR interval is 160 ms.")),
                lethal(wrong("There is asystole.")),
                lethal(wrong("P waves precede each QRS complex.")),
            ],
        ),
        (
            "asystole",
            rhythm(seed, Rhythm::Asystole),
            vec![
                yes("The tracing shows asystole."),
                lethal(wrong("Normal sinus rhythm.")),
                lethal(wrong("There is no asystole.")),
                lethal(wrong("This is a normal ECG.")),
                lethal(wrong("Ventricular fibrillation is present.")),
                lethal(wrong("Sinus tachycardia.")),
            ],
        ),
    ]
}

/// Whether and when there were premature beats is known from the truth of each window.
fn of_truth(name: &str, case: &Case) -> Vec<Said> {
    let mut said = Vec::new();
    let has_beats = !matches!(name, "vf" | "asystole" | "vt" | "third degree" | "af" | "pvc");
    if has_beats {
        said.extend(numbers(case));
    }
    if matches!(name, "anterior" | "inferior" | "lateral" | "depressed" | "sinus") {
        said.extend(st_segments(case));
    }
    if name == "pvc" {
        let premature = case.beats.iter().filter(|beat| beat.class == BeatClass::Ventricular).count();
        if premature > 0 {
            said.extend([yes("Premature ventricular complexes are seen."), wrong("No PVCs are seen.")]);
        }
    }
    said
}

#[test]
fn planted_errors_are_contradicted_and_truths_supported() {
    let (mut right, mut all) = (0_usize, 0_usize);
    let mut lethal_supported: Vec<String> = Vec::new();
    let mut missed: BTreeMap<String, usize> = BTreeMap::new();
    for seed in SEEDS {
        for (name, settings, mut said) in cases(seed) {
            let case = Case::of(settings);
            let measurements = measure(&case.strip);
            let examination = examine(&case.strip, &measurements);
            said.extend(of_truth(name, &case));
            for Said { sentence, is_true, is_lethal } in said {
                let claims = ground(&sentence, &measurements, &examination).claims;
                // Where a sentence makes two claims, one that is contradicted makes it wrong.
                let verdict = claims.iter().map(|claim| claim.verdict).reduce(|a, b| match (a, b) {
                    (Verdict::Contradicted, _) | (_, Verdict::Contradicted) => Verdict::Contradicted,
                    (Verdict::NotMeasurable, other) | (other, Verdict::NotMeasurable) => other,
                    _ => Verdict::Supported,
                });
                let expected = if is_true { Verdict::Supported } else { Verdict::Contradicted };
                all += 1;
                if verdict == Some(expected) {
                    right += 1;
                } else {
                    *missed.entry(format!("{name}: {sentence} {expected:?}, found {verdict:?}")).or_default() += 1;
                }
                if is_lethal && !is_true && verdict == Some(Verdict::Supported) {
                    lethal_supported.push(format!("{name}, seed {seed}: {sentence}"));
                }
            }
        }
    }
    let share = right as f64 / all as f64;
    println!("{right} of {all} verdicts right ({:.2} %), seeds {SEEDS:?}", 100.0 * share);
    for (what, count) in &missed {
        println!("  {count} x {what}");
    }
    assert!(lethal_supported.is_empty(), "{lethal_supported:#?}");
    assert!(share >= BAR, "below the bar of {BAR}");
}
