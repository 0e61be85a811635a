//! What may be said about a window.
//!
//! In: what was measured and, of a simulated patient, what is true (`simulated`), or what the criteria say (`recorded`).
//! Out: [`Facts`]. Numbers are the machine's own. Where the truth is known, a number is a fact only if it is near the truth,
//! and a finding only if the measurements show it too: a text shall be true of the patient and of the waveform. What the two
//! disagree about is listed and not said.

mod recorded;
mod simulated;

use simulators::portrait::{Finding, Wall};

use crate::criteria::{Criterion, Territory};
use crate::ecg::Lead;
use crate::measure::Measurements;

/// How P waves stand to QRS complexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PWaves {
    /// One before each.
    Conducted,
    /// None.
    Absent,
    /// None, and the RR intervals are without order.
    Fibrillatory,
    /// Flutter waves instead.
    Flutter,
    /// Each at its own pace.
    Dissociated,
    /// Some are not followed.
    Dropped,
}

/// One lead that shows something, and how high it is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Sign {
    /// Which lead.
    pub lead: Lead,
    /// ST level, T wave or Q wave in mV.
    pub mv: f64,
}

/// What may be said about a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// What the rhythm is called.
    pub rhythm: Option<Finding>,
    /// Everything found, the rhythm first.
    pub findings: Vec<Finding>,
    /// Mean ventricular rate.
    pub rate_bpm: Option<f64>,
    /// Do the RR intervals differ by less than a tenth of their mean, or by more than a sixth?
    pub is_regular: Option<bool>,
    /// Longest RR interval.
    pub longest_rr_ms: Option<f64>,
    /// P waves.
    pub p: Option<PWaves>,
    /// PR interval.
    pub pr_ms: Option<f64>,
    /// Duration of the QRS complex.
    pub qrs_ms: Option<f64>,
    /// QT interval.
    pub qt_ms: Option<f64>,
    /// QT interval after Bazett.
    pub qtc_ms: Option<f64>,
    /// Axis of the QRS complex.
    pub axis_deg: Option<f64>,
    /// R peaks of premature ventricular complexes, in seconds from the window's begin.
    pub ventricular_s: Vec<f64>,
    /// S in V1 and the larger R of V5 and V6, where that sum meets the criterion.
    pub sokolow_lyon_mv: Option<f64>,
    /// Does V1 look as the bundle branch block has it: negative in left, R at the end in right block?
    pub v1_fits: bool,
    /// Leads with ST elevation, in the standard order.
    pub elevated: Vec<Sign>,
    /// Leads with ST depression.
    pub depressed: Vec<Sign>,
    /// Leads with inverted T waves.
    pub inverted: Vec<Sign>,
    /// Leads with pathological Q waves.
    pub with_q: Vec<Sign>,
    /// Leads with upright T waves.
    pub upright_t: Vec<Lead>,
    /// No lead shows ST elevation or depression.
    pub st_is_unremarkable: bool,
    /// No lead but aVR, V1 and III has an inverted T wave.
    pub t_is_unremarkable: bool,
    /// What truth and measurements disagree about.
    pub disagreements: Vec<String>,
}

/// A normal PR interval.
const NORMAL_PR_MS: std::ops::RangeInclusive<f64> = 120.0..=200.0;
/// A QRS complex that is surely not prolonged.
const NORMAL_QRS_MS: f64 = 112.0;
/// A normal QTc ends here.
const LONG_QTC_MS: f64 = 460.0;
/// A normal axis.
const NORMAL_AXIS_DEG: std::ops::RangeInclusive<f64> = -30.0..=90.0;
/// A T wave that is surely upright.
const UPRIGHT_MV: f64 = 0.1;
/// S in V1 and the larger R of V5 and V6 from which on they speak for hypertrophy (Sokolow and Lyon 1949).
const SOKOLOW_LYON_MV: f64 = 3.5;

impl Facts {
    /// Was this found?
    pub fn has(&self, finding: Finding) -> bool {
        self.findings.contains(&finding)
    }

    /// Sinus rhythm at 60 to 100 a minute, everything measured, and nothing else found.
    pub fn is_normal(&self) -> bool {
        self.findings == [Finding::SinusRhythm]
            && self.rate_bpm.is_some_and(|bpm| (60.0..=100.0).contains(&bpm))
            && self.pr_ms.is_some_and(|ms| NORMAL_PR_MS.contains(&ms))
            && self.qrs_ms.is_some_and(|ms| ms < NORMAL_QRS_MS)
            && self.qtc_ms.is_some_and(|ms| ms <= LONG_QTC_MS)
            && self.axis_deg.is_some_and(|deg| NORMAL_AXIS_DEG.contains(&deg))
            && self.st_is_unremarkable
            && self.t_is_unremarkable
            && self.disagreements.is_empty()
    }
}

/// aVR sees the heart from behind: what it shows is the mirror image of the other leads. V1 and III have inverted T waves in
/// many healthy hearts.
fn t_may_be_inverted(lead: &Lead) -> bool {
    matches!(lead, Lead::AVR | Lead::V1 | Lead::III)
}

/// S in V1 and the larger R of V5 and V6, where that is enough for the criterion.
fn sokolow_lyon_mv(measurements: &Measurements) -> Option<f64> {
    let of = |lead: &Lead| measurements.lead(lead).map(|lead| lead.average).filter(|shape| shape.qrs_ms.is_some());
    let v1 = of(&Lead::V1)?;
    let depth_mv = -v1.s_mv.unwrap_or(0.0).min(v1.q_mv.unwrap_or(0.0));
    let height_mv = of(&Lead::V5)?.r_mv.unwrap_or(0.0).max(of(&Lead::V6)?.r_mv.unwrap_or(0.0));
    Some(depth_mv + height_mv).filter(|mv| *mv >= SOKOLOW_LYON_MV)
}

fn territory(wall: Wall) -> Territory {
    match wall {
        Wall::Anterior => Territory::Anterior,
        Wall::Septal => Territory::Septal,
        Wall::Lateral => Territory::Lateral,
        Wall::Inferior => Territory::Inferior,
    }
}

/// The criterion by which the waveform shows a finding; `None` where there is none.
fn criterion(finding: Finding) -> Option<Criterion> {
    Some(match finding {
        Finding::SinusRhythm => Criterion::SinusRhythm,
        Finding::SinusBradycardia => Criterion::SinusBradycardia,
        Finding::SinusTachycardia => Criterion::SinusTachycardia,
        Finding::AtrialFibrillation => Criterion::AtrialFibrillation,
        Finding::SupraventricularTachycardia => Criterion::SupraventricularTachycardia,
        Finding::JunctionalRhythm => Criterion::JunctionalRhythm,
        Finding::VentricularTachycardia | Finding::PolymorphicVentricularTachycardia => {
            Criterion::VentricularTachycardia
        }
        Finding::VentricularFibrillation => Criterion::VentricularFibrillation,
        Finding::Asystole => Criterion::Asystole,
        Finding::FirstDegreeAvBlock => Criterion::FirstDegreeBlock,
        Finding::SecondDegreeAvBlockMobitzI | Finding::SecondDegreeAvBlockMobitzIi => Criterion::SecondDegreeBlock,
        Finding::CompleteAvBlock => Criterion::ThirdDegreeBlock,
        Finding::PrematureVentricularComplexes
        | Finding::VentricularBigeminy
        | Finding::VentricularTrigeminy
        | Finding::VentricularRun => Criterion::VentricularBeats,
        Finding::LeftBundleBranchBlock => Criterion::LeftBundleBranchBlock,
        Finding::RightBundleBranchBlock => Criterion::RightBundleBranchBlock,
        Finding::IntraventricularConductionDelay => Criterion::WideQrs,
        Finding::LeftAxisDeviation | Finding::LeftAnteriorFascicularBlock => Criterion::LeftAxisDeviation,
        Finding::RightAxisDeviation | Finding::LeftPosteriorFascicularBlock => Criterion::RightAxisDeviation,
        Finding::LeftVentricularHypertrophy => Criterion::LeftVentricularHypertrophy,
        Finding::LowVoltage => Criterion::LowVoltage,
        Finding::ProlongedQt => Criterion::ProlongedQtc,
        Finding::StElevation(wall) => Criterion::StElevation(territory(wall)),
        Finding::StDepression(wall) => Criterion::StDepression(territory(wall)),
        Finding::TInversion(wall) => Criterion::TInversion(territory(wall)),
        Finding::PathologicalQ(wall) => Criterion::PathologicalQ(territory(wall)),
        Finding::SinusArrhythmia
        | Finding::SinusPause
        | Finding::AtrialFlutter
        | Finding::IdioventricularRhythm
        | Finding::AtrialPacing
        | Finding::VentricularPacing
        | Finding::DualChamberPacing
        | Finding::PrematureAtrialComplexes
        | Finding::WolffParkinsonWhite
        | Finding::Hyperkalaemia => return None,
    })
}
