//! Rhythms, kinds of beats and ways of conduction, each by the criteria it rests on.

use super::Evidence;
use super::judgement::Judgement;
use crate::beats::BeatClass;
use crate::criteria::{Beat, Criterion as C, Outcome, reliable};
use crate::grounding::find::Rhythm;

/// RR intervals that differ by so much of their mean are irregular, whatever the reason.
const IRREGULAR: f64 = 0.15;
/// Left anterior fascicular block: axis from -45° to -90°; left posterior: from 90° to 180° (AHA/ACCF/HRS part III). In
/// between and -30° it may be on its way.
const ANTERIOR_AXIS: f64 = -45.0;
const NOT_ANTERIOR_AXIS: f64 = -30.0;
const POSTERIOR_AXIS: f64 = 90.0;
/// The accuracy of the axis.
const AXIS_MARGIN: f64 = 10.0;
/// An incomplete block has a QRS complex of 110 to 119 ms (the same source), and 100 ms for the protocol of ECG-R1.
const INCOMPLETE_FROM_MS: f64 = 95.0;

/// Judges a rhythm.
pub fn rhythm(rhythm: Rhythm, evidence: Evidence<'_>) -> Judgement {
    let of = |criterion| Judgement::criterion(criterion, evidence);
    match rhythm {
        Rhythm::Sinus => of(C::SinusRhythm),
        Rhythm::NormalSinus => of(C::SinusRhythm).and(of(C::Bradycardia).contrary()).and(of(C::Tachycardia).contrary()),
        Rhythm::SinusBradycardia => of(C::SinusRhythm).and(of(C::Bradycardia)),
        Rhythm::SinusTachycardia => of(C::SinusRhythm).and(of(C::Tachycardia)),
        Rhythm::SinusArrhythmia => of(C::SinusRhythm).and(of(C::IrregularRhythm)),
        Rhythm::Regular => of(C::IrregularRhythm).contrary(),
        Rhythm::Irregular => irregular(evidence),
        Rhythm::PPresent => of(C::AbsentP).contrary(),
        // Where no complex is, none has a P wave before it.
        Rhythm::PBeforeQrs if no_complexes(evidence) => of(C::VentricularFibrillation).or(of(C::Asystole)).contrary(),
        Rhythm::PBeforeQrs => of(C::AbsentP).contrary().and(of(C::ThirdDegreeBlock).contrary()),
        Rhythm::AtrialFibrillation => of(C::AtrialFibrillation),
        Rhythm::AtrialFlutter => flutter(evidence),
        Rhythm::Supraventricular => of(C::SupraventricularTachycardia),
        Rhythm::Junctional => of(C::JunctionalRhythm),
        Rhythm::Idioventricular => of(C::AbsentP).and(of(C::WideQrs)).and(of(C::VentricularTachycardia).contrary()),
        Rhythm::VentricularTachycardia => of(C::VentricularTachycardia),
        Rhythm::VentricularFibrillation => of(C::VentricularFibrillation),
        Rhythm::Asystole => of(C::Asystole),
        Rhythm::Paced => of(C::Paced),
        Rhythm::Pvc => of(C::VentricularBeats),
        Rhythm::Pac => premature_atrial(evidence),
        Rhythm::Ectopy => of(C::VentricularBeats).or(premature_atrial(evidence)),
        Rhythm::Bigeminy => pattern(2, evidence),
        Rhythm::Trigeminy => pattern(3, evidence),
        Rhythm::AvBlock => of(C::FirstDegreeBlock).or(of(C::SecondDegreeBlock)).or(of(C::ThirdDegreeBlock)),
        Rhythm::AvBlock1 => of(C::FirstDegreeBlock),
        Rhythm::AvBlock2 => of(C::SecondDegreeBlock),
        Rhythm::AvBlock3 => of(C::ThirdDegreeBlock),
        Rhythm::Bbb => of(C::LeftBundleBranchBlock).or(of(C::RightBundleBranchBlock)),
        Rhythm::Lbbb => of(C::LeftBundleBranchBlock),
        Rhythm::Rbbb => of(C::RightBundleBranchBlock),
        Rhythm::IncompleteRbbb => of(C::IncompleteRightBundleBranchBlock),
        Rhythm::IncompleteLbbb => incomplete_left(evidence),
        Rhythm::LeftAnteriorFascicular => by_axis(evidence, |axis| {
            if (-90.0 - AXIS_MARGIN..=ANTERIOR_AXIS + AXIS_MARGIN).contains(&axis) {
                Outcome::Met
            } else if axis > NOT_ANTERIOR_AXIS {
                Outcome::NotMet
            } else {
                Outcome::NotMeasurable
            }
        }),
        Rhythm::LeftPosteriorFascicular => by_axis(evidence, |axis| Outcome::of(axis >= POSTERIOR_AXIS - AXIS_MARGIN)),
        Rhythm::Ivcd => {
            of(C::WideQrs).and(of(C::LeftBundleBranchBlock).contrary()).and(of(C::RightBundleBranchBlock).contrary())
        }
    }
}

fn no_complexes(evidence: Evidence<'_>) -> bool {
    [C::VentricularFibrillation, C::Asystole].iter().any(|criterion| evidence.examination.is_met(*criterion))
}

/// Irregular by the conducted beats, or by premature ones and pauses.
fn irregular(evidence: Evidence<'_>) -> Judgement {
    let conducted = Judgement::criterion(C::IrregularRhythm, evidence);
    let measurements = evidence.measurements;
    let spread = reliable(&measurements.rr_max)
        .zip(reliable(&measurements.rr_min))
        .zip(reliable(&measurements.rr_mean))
        .map(|((longest, shortest), mean)| (longest - shortest) / mean);
    match spread {
        Some(spread) if spread > IRREGULAR && conducted.outcome == Outcome::NotMet => Judgement {
            measured: Some(100.0 * spread),
            unit: "%",
            criteria: conducted.criteria.clone(),
            ..Judgement::of(Outcome::Met, &measurements.rr_mean)
        },
        _ => conducted,
    }
}

/// Flutter waves are not looked for: what speaks against it is a P wave of the sinus node, or no beat at all.
fn flutter(evidence: Evidence<'_>) -> Judgement {
    let of = |criterion| Judgement::criterion(criterion, evidence);
    let against = of(C::SinusRhythm).or(of(C::VentricularFibrillation)).or(of(C::Asystole));
    if against.outcome == Outcome::Met {
        against.contrary()
    } else {
        Judgement { outcome: Outcome::NotMeasurable, ..against }
    }
}

/// Early beats of the patient's own shape.
fn premature_atrial(evidence: Evidence<'_>) -> Judgement {
    let beats = &evidence.examination.heard.beats;
    let early: Vec<f64> =
        beats.iter().filter(|beat| beat.class == BeatClass::Supraventricular).map(|beat| beat.at_s).collect();
    let regular = Judgement::criterion(C::IrregularRhythm, evidence);
    let outcome = match early.len() {
        0 if regular.outcome == Outcome::NotMet => Outcome::NotMet,
        0 => Outcome::NotMeasurable,
        _ => Outcome::Met,
    };
    Judgement {
        from_s: early.first().copied().unwrap_or(regular.from_s),
        to_s: early.last().copied().unwrap_or(regular.to_s),
        ..Judgement { criteria: Vec::new(), is_borderline: false, ..regular.clone() }
    }
    .with(outcome)
}

impl Judgement {
    fn with(self, outcome: Outcome) -> Judgement {
        Judgement { outcome, ..self }
    }
}

/// Every second or every third beat is ventricular: at least three times in a row.
fn pattern(every: usize, evidence: Evidence<'_>) -> Judgement {
    let beats: &[Beat] = &evidence.examination.heard.beats;
    let ventricular: Vec<usize> = (0..beats.len()).filter(|at| beats[*at].class == BeatClass::Ventricular).collect();
    let longest = ventricular.chunk_by(|a, b| b - a == every).map(<[usize]>::len).max().unwrap_or(0);
    let found = Judgement::criterion(C::VentricularBeats, evidence);
    let outcome = match (found.outcome, longest) {
        (Outcome::Met, 3..) => Outcome::Met,
        (Outcome::Met, 2) | (Outcome::NotMeasurable, _) => Outcome::NotMeasurable,
        (Outcome::Met | Outcome::NotMet, _) => Outcome::NotMet,
    };
    found.with(outcome)
}

fn incomplete_left(evidence: Evidence<'_>) -> Judgement {
    let qrs = &evidence.measurements.intervals.qrs;
    let complete = Judgement::criterion(C::LeftBundleBranchBlock, evidence);
    let outcome = match reliable(qrs) {
        Some(ms) if ms < INCOMPLETE_FROM_MS => Outcome::NotMet,
        Some(_) if complete.outcome == Outcome::Met && !complete.is_borderline => Outcome::NotMet,
        _ => Outcome::NotMeasurable,
    };
    Judgement::of(outcome, qrs)
}

fn by_axis(evidence: Evidence<'_>, holds: impl Fn(f64) -> Outcome) -> Judgement {
    let axis = &evidence.measurements.qrs_axis;
    Judgement::of(reliable(axis).map_or(Outcome::NotMeasurable, holds), axis)
}
