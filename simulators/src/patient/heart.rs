//! The shape of the beats of one heart: a moving dipole whose waves are Gaussians.
//!
//! In: a random stream (each seed gives another heart) and the time and kind of a beat. Out: its waves in absolute time.
//! The model is that of McSharry et al. (IEEE Trans Biomed Eng 2003;50:289) in the three-dimensional form of Sameni
//! et al. (EURASIP J Adv Signal Process 2007:43407): each wave is a Gaussian on every component of the dipole. The
//! waves here are placed in seconds around the R peak of a beat at 60 a minute, and repolarisation is stretched by the
//! square root of the RR interval (Bazett). Amplitudes and places are our own, set so that the leads look like a healthy
//! adult's.

#![expect(clippy::doc_markdown, reason = "McSharry is a person, not code")]

use std::ops::Range;

use rand::Rng;

use super::{
    anatomy::Anatomy,
    beat::Beat,
    condition::Conditions,
    course::{BeatKind, PlannedBeat},
    pacemaker::with_atrial_stimulus,
    torso::Torso,
    wave::{
        BIFASCICULAR_BLOCK, CONDUCTED, FOCI_MV, LEFT_ANTERIOR_FASCICULAR_BLOCK, LEFT_BUNDLE_BRANCH_BLOCK,
        LEFT_POSTERIOR_FASCICULAR_BLOCK, Part, RIGHT_APEX, RIGHT_BUNDLE_BRANCH_BLOCK, STIMULUS, Wave, rotated,
        ventricular,
    },
};

/// So much earlier than the R peak of a conducted beat is the P wave before a paced one.
const PACED_DELAY_S: f64 = 0.08;

/// The beats of a dying heart are so much wider and lower than other ventricular ones.
const AGONAL: (f64, f64) = (1.8, 0.55);

/// How large ventricular beats are, as logarithm of a factor to [`FOCI_MV`], and how wide: QRS complexes of 135 to 195 ms.
const ECTOPIC_SIZE: Range<f64> = 0.2..0.95;
const ECTOPIC_WIDTH: Range<f64> = 0.95..1.12;
/// Paced beats are as wide as the usual ventricular ones.
const PACED_WIDTH: f64 = 1.1;

/// How beats from the atria reach the ventricles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduction {
    /// Through both bundle branches: a narrow QRS complex.
    #[default]
    Normal,
    /// Left bundle branch block: a QRS complex of some 150 ms.
    LeftBundleBranchBlock,
    /// Right bundle branch block: a QRS complex of some 140 ms.
    RightBundleBranchBlock,
    /// Left anterior fascicular block: a QRS complex that is hardly wider, its axis far to the left.
    LeftAnteriorFascicularBlock,
    /// Left posterior fascicular block: a QRS complex that is hardly wider, its axis to the right.
    LeftPosteriorFascicularBlock,
    /// Right bundle branch block with left anterior fascicular block.
    BifascicularBlock,
    /// A pacemaker stimulates the apex of the right ventricle after each P wave: a spike and a wide QRS complex.
    Paced,
}

/// One heart: the shape of its conducted beats and of its ventricular foci.
#[derive(Clone, Debug)]
pub(super) struct Heart {
    conducted: Vec<Wave>,
    /// With a P wave, the stimulus in the apex of the right ventricle and its answer.
    paced: Vec<Wave>,
    /// Are conducted beats paced ones?
    is_paced: bool,
    /// The usual focus and another one.
    ventricular: [Vec<Wave>; 2],
    /// Stretches repolarisation: some hearts have longer QT intervals.
    repolarisation: f64,
    /// How long before the end of the QRS complex a displaced ST segment begins.
    st_rises_before_s: f64,
    torso: Torso,
}

impl Heart {
    /// Another heart for every random stream: size, axis, conduction and repolarisation differ as they do among adults.
    /// What the body changes is drawn from `own`.
    pub(super) fn new(conduction: Conduction, anatomy: &Anatomy, random: &mut impl Rng, own: &mut impl Rng) -> Heart {
        let size = random.random_range(0.85..1.15);
        let frontal = random.random_range(-12.0_f64..12.0).to_radians();
        let horizontal = random.random_range(-8.0_f64..8.0).to_radians();
        let (p_size, t_size) = (random.random_range(0.8..1.2), random.random_range(0.8..1.2));
        let p_shift_s = random.random_range(-0.02..0.012);
        let qrs_width = random.random_range(0.92..1.08);
        let repolarisation = random.random_range(0.96..1.04);
        let focus = random.random_range(0..FOCI_MV.len());
        // Their beats differ in the leads that are most often alone: one of both comes from the base.
        let foci_mv = [FOCI_MV[focus], FOCI_MV[usize::from(focus == 0)]];
        let ectopic = foci_mv.map(|main_mv| {
            let size = random.random_range(ECTOPIC_SIZE).exp();
            ventricular(main_mv.map(|mv| mv * size), random.random_range(ECTOPIC_WIDTH))
        });
        let individual = |wave: &Wave| {
            let mut wave = *wave;
            let part_size = match wave.part {
                Part::P => p_size,
                Part::Spike | Part::Qrs => 1.0,
                Part::T => t_size,
            };
            wave.peak_mv = rotated(wave.peak_mv, frontal, horizontal).map(|mv| mv * size * part_size);
            match wave.part {
                Part::P => wave.at_s += p_shift_s,
                Part::Qrs => {
                    wave.at_s *= qrs_width;
                    wave.width_s *= qrs_width;
                }
                Part::Spike | Part::T => {}
            }
            wave
        };
        let conducted = match conduction {
            Conduction::Normal => CONDUCTED.to_vec(),
            Conduction::LeftBundleBranchBlock => LEFT_BUNDLE_BRANCH_BLOCK.to_vec(),
            Conduction::RightBundleBranchBlock => RIGHT_BUNDLE_BRANCH_BLOCK.to_vec(),
            Conduction::LeftAnteriorFascicularBlock => LEFT_ANTERIOR_FASCICULAR_BLOCK.to_vec(),
            Conduction::LeftPosteriorFascicularBlock => LEFT_POSTERIOR_FASCICULAR_BLOCK.to_vec(),
            Conduction::BifascicularBlock => BIFASCICULAR_BLOCK.to_vec(),
            Conduction::Paced => Vec::new(),
        };
        let atria = CONDUCTED.iter().filter(|wave| wave.part == Part::P).map(|wave| {
            // The AV delay of a pacemaker begins with its own stimulus.
            Wave { at_s: wave.at_s - PACED_DELAY_S, ..*wave }
        });
        let paced: Vec<Wave> = atria.chain([STIMULUS]).chain(ventricular(FOCI_MV[RIGHT_APEX], PACED_WIDTH)).collect();
        let mut shaped = |waves: &[Wave], is_conducted: bool| {
            anatomy.waves(waves.iter().map(individual).collect(), is_conducted, own)
        };
        Heart {
            paced: shaped(&paced, false),
            is_paced: conduction == Conduction::Paced,
            conducted: shaped(&conducted, true),
            ventricular: ectopic.map(|waves| shaped(&waves, false)),
            repolarisation,
            st_rises_before_s: anatomy.st_rises_before_s,
            torso: Torso::with_own_shape(anatomy.lead_vectors),
        }
    }

    /// The waves of a planned beat; `gain` is how breathing moves the heart against the chest (1 on average), and
    /// the conditions shape the waves in the end.
    pub(super) fn beat(&self, planned: PlannedBeat, gain: f64, conditions: &Conditions) -> Beat {
        let template = match planned.kind {
            BeatKind::Ventricular | BeatKind::Agonal => &self.ventricular[0],
            BeatKind::OtherVentricular => &self.ventricular[1],
            BeatKind::PacedVentricles | BeatKind::PacedBoth | BeatKind::PulseOnly => &self.paced,
            BeatKind::Conducted
            | BeatKind::ConductedWithoutP
            | BeatKind::PrematureAtrial
            | BeatKind::AtrialOnly
            | BeatKind::PacedAtria => {
                if self.is_paced {
                    &self.paced
                } else {
                    &self.conducted
                }
            }
        };
        let (agonal_width, agonal_height) = if planned.kind == BeatKind::Agonal { AGONAL } else { (1.0, 1.0) };
        let gain = gain * agonal_height;
        // Bazett; bounded where his formula has left the range it was made for.
        let repolarisation = self.repolarisation * planned.repolarisation_rr_s.sqrt().clamp(0.5, 1.3);
        // The AV node conducts faster when the heart is fast.
        let conduction = (0.75 + 0.25 * planned.repolarisation_rr_s).clamp(0.78, 1.1);
        let waves = template
            .iter()
            .filter(|wave| match planned.kind {
                BeatKind::ConductedWithoutP | BeatKind::PacedVentricles => wave.part != Part::P,
                BeatKind::AtrialOnly => wave.part == Part::P,
                BeatKind::PulseOnly => wave.part == Part::Spike,
                _ => true,
            })
            .map(|wave| {
                let (place, width, delay_s) = match wave.part {
                    Part::P => (conduction, 1.0, planned.delay_s),
                    Part::Spike => (1.0, 1.0, 0.0),
                    Part::Qrs => (agonal_width, agonal_width, 0.0),
                    Part::T => (repolarisation, repolarisation, 0.0),
                };
                let is_from_focus = planned.kind == BeatKind::PrematureAtrial && wave.part == Part::P;
                let peak_mv = if is_from_focus { from_atrial_focus(wave.peak_mv) } else { wave.peak_mv };
                Wave {
                    at_s: planned.r_s + wave.at_s * place - delay_s,
                    width_s: wave.width_s * width,
                    peak_mv: rotated(peak_mv, planned.axis_rad, 0.0).map(|mv| mv * gain),
                    ..*wave
                }
            })
            .collect();
        let mut waves = match planned.kind {
            BeatKind::PacedAtria | BeatKind::PacedBoth => with_atrial_stimulus(waves),
            _ => waves,
        };
        let segments = conditions.shape(planned, &mut waves, self.st_rises_before_s);
        Beat::new(waves, segments, planned, self.is_paced, &self.torso)
    }
}

/// The P wave from a focus low in the atria: upwards instead of downwards.
fn from_atrial_focus([x, y, z]: [f64; 3]) -> [f64; 3] {
    [0.8 * x, -0.7 * y, z]
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::truth::{BeatClass, BeatTruth};

    fn truth(seed: u64, kind: BeatKind, rr_s: f64) -> BeatTruth {
        truth_under(Conduction::Normal, seed, kind, rr_s)
    }

    fn truth_under(conduction: Conduction, seed: u64, kind: BeatKind, rr_s: f64) -> BeatTruth {
        let random = || ChaCha8Rng::seed_from_u64(seed);
        let heart = Heart::new(conduction, &Anatomy::default(), &mut random(), &mut random());
        let planned = PlannedBeat { r_s: 1.0, kind, repolarisation_rr_s: rr_s, delay_s: 0.0, axis_rad: 0.0 };
        heart.beat(planned, 1.0, &Conditions::default()).truth().unwrap()
    }

    #[test]
    fn intervals_are_those_of_an_adult() {
        for seed in 0..50 {
            let normal = truth(seed, BeatKind::Conducted, 1.0);
            let qrs_ms = (normal.qrs_end_s - normal.qrs_onset_s) * 1000.0;
            let qt_ms = (normal.t_end_s - normal.qrs_onset_s) * 1000.0;
            assert!((75.0..=110.0).contains(&qrs_ms), "QRS {qrs_ms} ms");
            assert!((370.0..=440.0).contains(&qt_ms), "QT {qt_ms} ms");
            let ectopic = truth(seed, BeatKind::Ventricular, 1.0);
            let qrs_ms = (ectopic.qrs_end_s - ectopic.qrs_onset_s) * 1000.0;
            assert!((130.0..=210.0).contains(&qrs_ms), "ventricular QRS {qrs_ms} ms");
        }
    }

    #[test]
    fn a_blocked_bundle_branch_or_a_pacemaker_widens_the_qrs_complex() {
        use Conduction::{LeftBundleBranchBlock, Paced, RightBundleBranchBlock};
        for conduction in [LeftBundleBranchBlock, RightBundleBranchBlock, Paced] {
            for seed in 0..50 {
                let beat = truth_under(conduction, seed, BeatKind::Conducted, 1.0);
                let qrs_ms = (beat.qrs_end_s - beat.qrs_onset_s) * 1000.0;
                assert!((120.0..=200.0).contains(&qrs_ms), "{conduction:?}: QRS {qrs_ms} ms");
                let class = if conduction == Paced { BeatClass::Paced } else { BeatClass::Normal };
                assert_eq!(beat.class, class);
            }
        }
    }

    #[test]
    fn the_qt_interval_shortens_with_the_heart_rate_and_the_qrs_complex_does_not() {
        let (slow, fast) = (truth(3, BeatKind::Conducted, 1.0), truth(3, BeatKind::Conducted, 0.5));
        let qt_s = |beat: BeatTruth| beat.t_end_s - beat.qrs_onset_s;
        assert!((qt_s(fast) / qt_s(slow) - 0.5_f64.sqrt()).abs() < 0.05);
        assert!((slow.qrs_end_s - fast.qrs_end_s).abs() < 1e-9);
    }
}
