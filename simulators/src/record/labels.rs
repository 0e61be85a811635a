//! Which annotations the truth about a patient makes.
//!
//! In: a [`Truth`]. Out: annotations in the order of time, of which no two share a sample: every beat at its R peak and
//! every change of rhythm with the code that the MIT-BIH databases use for it (WFDB Applications Guide, `annot(5)`; the
//! Malignant Ventricular Ectopy Database for `(VF` and `(ASYS`).

use super::annotation::{Annotation, NORMAL, PACED, PACER_PULSE, PREMATURE_ATRIAL, RHYTHM, VENTRICULAR};
use crate::{
    rhythm::Rhythm,
    truth::{BeatClass, Truth},
};

/// The code of a rhythm. Like the databases, it goes by what the ventricles do: single ectopic beats change nothing, and
/// P waves without a QRS complex are asystole.
fn rhythm_code(rhythm: Rhythm) -> &'static str {
    match rhythm {
        Rhythm::Sinus { .. }
        | Rhythm::SinusArrhythmia { .. }
        | Rhythm::RegularSinus { .. }
        | Rhythm::SinusWithPvcs { .. }
        | Rhythm::SinusWithPacs { .. }
        | Rhythm::MultiformPvcs { .. }
        | Rhythm::ROnTPvcs { .. }
        | Rhythm::VentricularRuns { .. }
        | Rhythm::SinusWithPauses { .. } => "(N",
        Rhythm::Bigeminy { .. } => "(B",
        Rhythm::Trigeminy { .. } => "(T",
        Rhythm::FirstDegreeBlock { .. } => "(BI",
        Rhythm::WenckebachBlock { .. } | Rhythm::MobitzTwoBlock { .. } => "(BII",
        Rhythm::CompleteBlock { .. } => "(BIII",
        Rhythm::SupraventricularTachycardia { .. } => "(SVTA",
        Rhythm::JunctionalRhythm { .. } => "(NOD",
        Rhythm::AtrialFibrillation { .. } => "(AFIB",
        Rhythm::AtrialFlutter { .. } => "(AFL",
        Rhythm::IdioventricularRhythm { .. } | Rhythm::AgonalRhythm { .. } => "(IVR",
        Rhythm::AtrialPacing { .. }
        | Rhythm::VentricularPacing { .. }
        | Rhythm::DualChamberPacing { .. }
        | Rhythm::FailureToCapture { .. }
        | Rhythm::FailureToSense { .. }
        | Rhythm::FailureToPace { .. } => "(P",
        Rhythm::VentricularTachycardia { .. }
        | Rhythm::PolymorphicVentricularTachycardia { .. }
        | Rhythm::TorsadesDePointes { .. } => "(VT",
        Rhythm::VentricularFibrillation | Rhythm::FineVentricularFibrillation { .. } => "(VF",
        Rhythm::Asystole | Rhythm::VentricularStandstill { .. } => "(ASYS",
    }
}

/// The code of a beat.
pub(super) fn beat_code(class: BeatClass) -> u8 {
    match class {
        BeatClass::Normal => NORMAL,
        BeatClass::PrematureAtrial => PREMATURE_ATRIAL,
        BeatClass::Ventricular => VENTRICULAR,
        BeatClass::Paced => PACED,
    }
}

/// The annotations of a record with `samples` samples.
///
/// `sample_of` gives the sample of a patient's second. Beats that are not `seen`, because no lead recorded them, are left
/// out, as whoever annotates a recording leaves them out; rhythms are not. Steps of a script with the same code are one.
pub(super) fn annotations(
    truth: &Truth,
    sample_of: impl Fn(f64) -> u64,
    samples: u64,
    seen: impl Fn(u64) -> bool,
) -> Vec<Annotation> {
    let beats = truth.beats.iter().map(|beat| Annotation {
        sample: sample_of(beat.r_s),
        code: beat_code(beat.class),
        text: "",
    });
    let mut rhythms: Vec<Annotation> = truth
        .episodes
        .iter()
        .map(|episode| Annotation {
            sample: sample_of(episode.from_s),
            code: RHYTHM,
            text: rhythm_code(episode.rhythm),
        })
        .collect();
    rhythms.dedup_by_key(|rhythm| rhythm.text);
    let mut all: Vec<Annotation> = beats.filter(|beat| seen(beat.sample)).chain(rhythms).collect();
    // A rhythm never begins with a beat on the same sample, but it may end with one there.
    all.sort_by_key(|annotation| (annotation.sample, annotation.code == RHYTHM));
    for index in 1..all.len() {
        all[index].sample = all[index].sample.max(all[index - 1].sample + 1);
    }
    all.retain(|annotation| annotation.sample < samples);
    all
}

/// The pulses of a pacemaker, each at its sample: what a monitor marks in its stream.
pub(super) fn pulses(truth: &Truth, sample_of: impl Fn(f64) -> u64, seen: impl Fn(u64) -> bool) -> Vec<Annotation> {
    let samples = truth.pulses_s.iter().map(|&at_s| sample_of(at_s)).filter(|&sample| seen(sample));
    samples.map(|sample| Annotation { sample, code: PACER_PULSE, text: "" }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::truth::{BeatTruth, EpisodeTruth};

    fn beat(r_s: f64, class: BeatClass) -> BeatTruth {
        BeatTruth {
            r_s,
            p_onset_s: None,
            p_end_s: None,
            qrs_onset_s: r_s - 0.04,
            qrs_end_s: r_s + 0.05,
            t_end_s: r_s + 0.35,
            st_mv: [0.0; 12],
            class,
        }
    }

    #[test]
    fn beats_and_changes_of_rhythm_are_in_order_and_never_on_one_sample() {
        let sinus = Rhythm::Sinus { rate_bpm: 70.0 };
        let rhythms = [
            (sinus, 0.0),
            (Rhythm::SinusWithPvcs { rate_bpm: 70.0, pvcs_per_min: 6.0 }, 1.0),
            (Rhythm::VentricularTachycardia { rate_bpm: 150.0 }, 2.0),
            (Rhythm::VentricularFibrillation, 3.0),
            (Rhythm::VentricularStandstill { atrial_rate_bpm: 70.0 }, 4.0),
            (Rhythm::Asystole, 5.0),
            (Rhythm::AtrialFibrillation { rate_bpm: 90.0 }, 6.0),
            (sinus, 9.0),
        ];
        let truth = Truth {
            beats: vec![
                beat(0.5, BeatClass::Normal),
                beat(1.999, BeatClass::Ventricular),
                beat(2.5, BeatClass::Ventricular),
                beat(7.0, BeatClass::Normal),
            ],
            pulses_s: vec![0.4],
            episodes: rhythms.map(|(rhythm, from_s)| EpisodeTruth { rhythm, from_s, to_s: from_s + 1.0 }).to_vec(),
        };
        let made =
            annotations(&truth, |patient_s| 10 + (patient_s * 100.0).round() as u64, 900, |sample| sample != 260);
        let said: Vec<_> = made.iter().map(|made| (made.sample, made.code, made.text)).collect();
        let expected = [
            (10, RHYTHM, "(N"),
            (60, NORMAL, ""),
            (210, VENTRICULAR, ""),
            (211, RHYTHM, "(VT"),
            (310, RHYTHM, "(VF"),
            (410, RHYTHM, "(ASYS"),
            (610, RHYTHM, "(AFIB"),
            (710, NORMAL, ""),
        ];
        assert_eq!(said, expected);
    }
}
