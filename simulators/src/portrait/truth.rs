//! What can be found on a portrait, from the model and not from the signal.
//!
//! In: a patient and the seconds of the portrait. Out: rates, intervals and axis, what the basic beat looks like in each lead,
//! and [`Finding`]s. A finding is there when the criteria that readers go by are met by what the model made; that a
//! hypertrophy was drawn, for one, says nothing as long as no voltage shows it.

use serde::{Serialize, Serializer};

use super::SECONDS;
use crate::{
    lead::Lead,
    patient::{ConditionKind, Conduction, Patient, PatientSettings},
    rhythm::Rhythm,
    truth::{BeatClass, BeatTruth, LeadTruth},
};

mod criteria;

/// As soon as one lead shows so many mV of a P wave, a QRS complex or a T wave, it is marked. Set so that the medians of PR, QRS
/// and QT are those of `gemwatch`'s delineator, which marks recordings as the readers of LUDB do, on waves of this model:
/// Gaussians end more softly than waves of hearts, and a fixed height would find shorter intervals than a reader does.
const SEEN_MV: [f64; 3] = [0.009, 0.004, 0.0075];

/// A wall of the left ventricle as readers name it by its leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wall {
    /// V2 to V4.
    Anterior,
    /// V1 and V2.
    Septal,
    /// I, aVL, V5, V6.
    Lateral,
    /// II, III, aVF.
    Inferior,
}

impl Wall {
    /// All of them.
    pub const ALL: [Wall; 4] = [Wall::Anterior, Wall::Septal, Wall::Lateral, Wall::Inferior];

    /// The name.
    pub fn name(self) -> &'static str {
        ["anterior", "septal", "lateral", "inferior"][self as usize]
    }

    /// Its leads. Any two of them count as contiguous.
    pub fn leads(self) -> &'static [Lead] {
        match self {
            Wall::Anterior => &[Lead::V2, Lead::V3, Lead::V4],
            Wall::Septal => &[Lead::V1, Lead::V2],
            Wall::Lateral => &[Lead::I, Lead::AVL, Lead::V5, Lead::V6],
            Wall::Inferior => &[Lead::II, Lead::III, Lead::AVF],
        }
    }
}

/// What a reader can find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the clinical terms
pub enum Finding {
    SinusRhythm,
    SinusBradycardia,
    SinusTachycardia,
    SinusArrhythmia,
    SinusPause,
    AtrialFibrillation,
    AtrialFlutter,
    SupraventricularTachycardia,
    JunctionalRhythm,
    IdioventricularRhythm,
    VentricularTachycardia,
    /// Polymorphic, torsades de pointes among them.
    PolymorphicVentricularTachycardia,
    VentricularFibrillation,
    /// No beat of the ventricles, with P waves or without.
    Asystole,
    AtrialPacing,
    /// Of the ventricles, alone or after each P wave.
    VentricularPacing,
    DualChamberPacing,
    FirstDegreeAvBlock,
    SecondDegreeAvBlockMobitzI,
    SecondDegreeAvBlockMobitzIi,
    CompleteAvBlock,
    PrematureVentricularComplexes,
    VentricularBigeminy,
    VentricularTrigeminy,
    /// Two or more ventricular complexes in a row.
    VentricularRun,
    PrematureAtrialComplexes,
    LeftBundleBranchBlock,
    RightBundleBranchBlock,
    LeftAnteriorFascicularBlock,
    LeftPosteriorFascicularBlock,
    /// A wide QRS complex without the pattern of a bundle branch.
    IntraventricularConductionDelay,
    WolffParkinsonWhite,
    LeftAxisDeviation,
    RightAxisDeviation,
    LeftVentricularHypertrophy,
    LowVoltage,
    ProlongedQt,
    Hyperkalaemia,
    StElevation(Wall),
    StDepression(Wall),
    TInversion(Wall),
    PathologicalQ(Wall),
}

impl Finding {
    /// All of them, in a fixed order.
    pub fn all() -> Vec<Finding> {
        let single = [
            Finding::SinusRhythm,
            Finding::SinusBradycardia,
            Finding::SinusTachycardia,
            Finding::SinusArrhythmia,
            Finding::SinusPause,
            Finding::AtrialFibrillation,
            Finding::AtrialFlutter,
            Finding::SupraventricularTachycardia,
            Finding::JunctionalRhythm,
            Finding::IdioventricularRhythm,
            Finding::VentricularTachycardia,
            Finding::PolymorphicVentricularTachycardia,
            Finding::VentricularFibrillation,
            Finding::Asystole,
            Finding::AtrialPacing,
            Finding::VentricularPacing,
            Finding::DualChamberPacing,
            Finding::FirstDegreeAvBlock,
            Finding::SecondDegreeAvBlockMobitzI,
            Finding::SecondDegreeAvBlockMobitzIi,
            Finding::CompleteAvBlock,
            Finding::PrematureVentricularComplexes,
            Finding::VentricularBigeminy,
            Finding::VentricularTrigeminy,
            Finding::VentricularRun,
            Finding::PrematureAtrialComplexes,
            Finding::LeftBundleBranchBlock,
            Finding::RightBundleBranchBlock,
            Finding::LeftAnteriorFascicularBlock,
            Finding::LeftPosteriorFascicularBlock,
            Finding::IntraventricularConductionDelay,
            Finding::WolffParkinsonWhite,
            Finding::LeftAxisDeviation,
            Finding::RightAxisDeviation,
            Finding::LeftVentricularHypertrophy,
            Finding::LowVoltage,
            Finding::ProlongedQt,
            Finding::Hyperkalaemia,
        ];
        let of_walls = [Finding::StElevation, Finding::StDepression, Finding::TInversion, Finding::PathologicalQ];
        single.into_iter().chain(of_walls.into_iter().flat_map(|of| Wall::ALL.map(of))).collect()
    }

    /// The label: its name in kebab case, with the wall at its end.
    pub fn name(self) -> String {
        let (base, wall) = match self {
            Finding::StElevation(wall) => ("st-elevation", wall),
            Finding::StDepression(wall) => ("st-depression", wall),
            Finding::TInversion(wall) => ("t-inversion", wall),
            Finding::PathologicalQ(wall) => ("pathological-q", wall),
            single => {
                let name = format!("{single:?}");
                let mut label = String::new();
                for letter in name.chars() {
                    if letter.is_ascii_uppercase() && !label.is_empty() {
                        label.push('-');
                    }
                    label.push(letter.to_ascii_lowercase());
                }
                return label;
            }
        };
        format!("{base}-{}", wall.name())
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

/// What can be found on a portrait. Times are in seconds from its first sample.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PortraitTruth {
    /// What the heart does, as scenario files name it.
    pub rhythm: &'static str,
    /// Rate of the ventricles: 60 over the mean RR interval; none with fewer than two beats.
    pub rate_bpm: Option<f64>,
    /// Shortest and longest RR interval in ms.
    pub rr_range_ms: Option<[f64; 2]>,
    /// PR interval in ms, the median of the beats that are conducted from the sinus node; none where there is no P wave.
    pub pr_ms: Option<f64>,
    /// Duration of the QRS complex in ms, the median of the basic beats.
    pub qrs_ms: Option<f64>,
    /// QT interval in ms, the median of the basic beats.
    pub qt_ms: Option<f64>,
    /// QT interval after Bazett in ms.
    pub qtc_ms: Option<f64>,
    /// Axis of the QRS complex in degrees, from the areas in I and II.
    pub qrs_axis_deg: Option<f64>,
    /// Beats of the ventricles.
    pub beats: Vec<PortraitBeat>,
    /// What the basic beat looks like in each lead, in the order of [`Lead::ALL`].
    pub leads: Option<[LeadTruth; 12]>,
    /// What a reader can find, in the order of [`Finding::all`].
    pub findings: Vec<Finding>,
}

/// A beat of a portrait.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PortraitBeat {
    /// The R peak.
    pub r_s: f64,
    /// Where it comes from.
    pub class: BeatClass,
}

impl PortraitTruth {
    /// The truth about the portrait of `patient`, before its first sample, that begins at `from_s`.
    pub(super) fn of(settings: &PatientSettings, patient: &Patient, from_s: f64) -> PortraitTruth {
        let rhythm = settings.script.steps()[0].rhythm;
        let beats = patient.clone().beats_as_read(from_s, from_s + SECONDS, SEEN_MV);
        let count = |class| beats.iter().filter(|beat| beat.class == class).count();
        let basic_class = [BeatClass::Paced, BeatClass::Normal, BeatClass::Ventricular]
            .into_iter()
            .find(|class| count(*class) > 0)
            .unwrap_or(BeatClass::Normal);
        let basic: Vec<&BeatTruth> = beats.iter().filter(|beat| beat.class == basic_class).collect();
        let intervals_ms: Vec<f64> = beats.windows(2).map(|pair| (pair[1].r_s - pair[0].r_s) * 1000.0).collect();
        let mean_ms = (!intervals_ms.is_empty()).then(|| intervals_ms.iter().sum::<f64>() / intervals_ms.len() as f64);
        let of_basic = |value: fn(&BeatTruth) -> Option<f64>| {
            median(basic.iter().filter_map(|beat| value(beat)).map(|seconds| seconds * 1000.0).collect())
        };
        let qt_ms = of_basic(|beat| (beat.t_end_s > beat.qrs_end_s).then(|| beat.qt_s()));
        let leads = basic.get(basic.len() / 2).map(|beat| patient.clone().shape_of(beat));
        let mut truth = PortraitTruth {
            rhythm: rhythm.name(),
            rate_bpm: mean_ms.map(|ms| 60_000.0 / ms),
            rr_range_ms: range(&intervals_ms),
            pr_ms: of_basic(|beat| beat.pr_s().filter(|pr_s| *pr_s > 0.0)),
            qrs_ms: of_basic(|beat| Some(beat.qrs_s())),
            qtc_ms: qt_ms.zip(mean_ms).map(|(qt_ms, rr_ms)| qt_ms / (rr_ms / 1000.0).sqrt()),
            qt_ms,
            qrs_axis_deg: leads.as_ref().and_then(criteria::axis_deg),
            beats: beats.iter().map(|beat| PortraitBeat { r_s: beat.r_s - from_s, class: beat.class }).collect(),
            leads,
            findings: Vec::new(),
        };
        let kinds: Vec<ConditionKind> = settings.conditions.iter().map(|condition| condition.kind).collect();
        truth.findings = criteria::findings(&truth, rhythm, settings.conduction, &kinds);
        truth
    }

    /// Was this found?
    pub fn has(&self, finding: Finding) -> bool {
        self.findings.contains(&finding)
    }
}

fn range(values: &[f64]) -> Option<[f64; 2]> {
    let least = values.iter().copied().reduce(f64::min)?;
    Some([least, values.iter().copied().fold(least, f64::max)])
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some(f64::midpoint(values[middle - 1], values[middle])),
    }
}

impl PortraitTruth {
    fn classes(&self) -> impl Iterator<Item = BeatClass> {
        self.beats.iter().map(|beat| beat.class)
    }

    fn lead(&self, lead: Lead) -> Option<&LeadTruth> {
        self.leads.as_ref().map(|leads| &leads[lead as usize])
    }
}

/// What the rhythm is called, whatever its rate.
fn base_of(rhythm: Rhythm, conduction: Conduction) -> Option<Finding> {
    let finding = match rhythm {
        Rhythm::AtrialFibrillation { .. } => Finding::AtrialFibrillation,
        Rhythm::AtrialFlutter { .. } => Finding::AtrialFlutter,
        Rhythm::SupraventricularTachycardia { .. } => Finding::SupraventricularTachycardia,
        Rhythm::JunctionalRhythm { .. } => Finding::JunctionalRhythm,
        Rhythm::IdioventricularRhythm { .. } | Rhythm::AgonalRhythm { .. } => Finding::IdioventricularRhythm,
        Rhythm::VentricularTachycardia { .. } => Finding::VentricularTachycardia,
        Rhythm::PolymorphicVentricularTachycardia { .. } | Rhythm::TorsadesDePointes { .. } => {
            Finding::PolymorphicVentricularTachycardia
        }
        Rhythm::VentricularFibrillation | Rhythm::FineVentricularFibrillation { .. } => {
            Finding::VentricularFibrillation
        }
        Rhythm::Asystole | Rhythm::VentricularStandstill { .. } => Finding::Asystole,
        Rhythm::AtrialPacing { .. } => Finding::AtrialPacing,
        Rhythm::VentricularPacing { .. }
        | Rhythm::FailureToCapture { .. }
        | Rhythm::FailureToSense { .. }
        | Rhythm::FailureToPace { .. } => Finding::VentricularPacing,
        Rhythm::DualChamberPacing { .. } => Finding::DualChamberPacing,
        // Sinus rhythm, with whatever comes between or after.
        _ if conduction == Conduction::Paced => return None,
        _ => Finding::SinusRhythm,
    };
    Some(finding)
}
