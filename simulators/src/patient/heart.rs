//! The shape of the beats of one heart: a moving dipole whose waves are Gaussians.
//!
//! In: a random stream (each seed gives another heart) and the time and kind of a beat. Out: its waves in absolute time.
//! The model is that of McSharry et al. (IEEE Trans Biomed Eng 2003;50:289) in the three-dimensional form of Sameni
//! et al. (EURASIP J Adv Signal Process 2007:43407): each wave is a Gaussian on every component of the dipole. The
//! waves here are placed in seconds around the R peak of a beat at 60 a minute, and repolarisation is stretched by the
//! square root of the RR interval (Bazett). Amplitudes and places are our own, set so that the leads look like a healthy
//! adult's.

#![expect(clippy::doc_markdown, reason = "McSharry is a person, not code")]

use rand::Rng;

use super::course::{BeatKind, PlannedBeat};
use crate::truth::{BeatClass, BeatTruth};

/// Which part of a beat a wave belongs to; each follows the heart rate in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    P,
    Qrs,
    T,
}

/// One Gaussian wave of the dipole.
#[derive(Clone, Copy, Debug)]
struct Wave {
    part: Part,
    /// Its peak: seconds from the R peak in a template, from the patient's first sample in a beat.
    at_s: f64,
    /// Its standard deviation.
    width_s: f64,
    /// The dipole at its peak: to the left, to the feet, to the back.
    peak_mv: [f64; 3],
}

/// Beyond so many standard deviations a wave is below 0.004 ‰ of its peak and counts as over.
const REACH: f64 = 5.0;
/// Where a wave begins and ends for the truth, as a length of the dipole. Readers of the CSE study saw about this much.
const VISIBLE_MV: f64 = 0.02;

impl Wave {
    fn add_to(&self, t_s: f64, dipole_mv: &mut [f64; 3]) {
        let z = (t_s - self.at_s) / self.width_s;
        if z.abs() < REACH {
            let height = (-0.5 * z * z).exp();
            for (sum, peak) in dipole_mv.iter_mut().zip(self.peak_mv) {
                *sum += peak * height;
            }
        }
    }

    fn begin_s(&self) -> f64 {
        self.at_s - REACH * self.width_s
    }

    fn end_s(&self) -> f64 {
        self.at_s + REACH * self.width_s
    }
}

const fn wave(part: Part, at_s: f64, width_s: f64, peak_mv: [f64; 3]) -> Wave {
    Wave { part, at_s, width_s, peak_mv }
}

/// A conducted beat: right and left atrium; septum, free wall, lateral and basal wall; an asymmetric T wave.
const CONDUCTED: [Wave; 8] = [
    wave(Part::P, -0.168, 0.018, [0.050, 0.060, -0.050]),
    wave(Part::P, -0.140, 0.020, [0.085, 0.062, 0.005]),
    wave(Part::Qrs, -0.023, 0.008, [-0.13, -0.02, -0.22]),
    wave(Part::Qrs, 0.000, 0.0105, [1.05, 0.78, 0.15]),
    wave(Part::Qrs, 0.018, 0.011, [0.15, 0.05, 0.75]),
    wave(Part::Qrs, 0.034, 0.009, [-0.15, -0.12, 0.20]),
    wave(Part::T, 0.250, 0.047, [0.18, 0.10, -0.09]),
    wave(Part::T, 0.290, 0.028, [0.21, 0.13, -0.13]),
];

/// Main vectors of beats from the right ventricular outflow tract, the left ventricular apex and the right one.
const FOCI_MV: [[f64; 3]; 3] = [[0.5, 1.1, 0.7], [-0.6, -0.9, -0.8], [0.9, -0.8, 0.8]];

/// A beat from a ventricular focus: no P wave, slow spread from muscle to muscle, ST and T against the QRS complex.
fn ventricular(main_mv: [f64; 3]) -> Vec<Wave> {
    let times = |factor: f64| main_mv.map(|component| component * factor);
    let [x, y, z] = main_mv;
    vec![
        wave(Part::Qrs, -0.036, 0.016, [0.35 * x, 0.20 * y, 0.45 * z]),
        wave(Part::Qrs, 0.0, 0.028, times(1.0)),
        wave(Part::Qrs, 0.044, 0.020, [0.15 * x, 0.45 * y, 0.25 * z]),
        wave(Part::T, 0.190, 0.055, times(-0.14)),
        wave(Part::T, 0.300, 0.050, times(-0.38)),
    ]
}

/// One heart: the shape of its conducted beats and of its one ventricular focus.
#[derive(Clone, Debug)]
pub(super) struct Heart {
    conducted: Vec<Wave>,
    ventricular: Vec<Wave>,
    /// Stretches repolarisation: some hearts have longer QT intervals.
    repolarisation: f64,
}

impl Heart {
    /// Another heart for every random stream: size, axis, conduction and repolarisation differ as they do among adults.
    pub(super) fn new(random: &mut impl Rng) -> Heart {
        let size = random.random_range(0.85..1.15);
        let frontal = random.random_range(-12.0_f64..12.0).to_radians();
        let horizontal = random.random_range(-8.0_f64..8.0).to_radians();
        let (p_size, t_size) = (random.random_range(0.8..1.2), random.random_range(0.8..1.2));
        let p_shift_s = random.random_range(-0.02..0.012);
        let qrs_width = random.random_range(0.92..1.08);
        let repolarisation = random.random_range(0.96..1.04);
        let focus = FOCI_MV[random.random_range(0..FOCI_MV.len())];
        let individual = |wave: &Wave| {
            let mut wave = *wave;
            let part_size = match wave.part {
                Part::P => p_size,
                Part::Qrs => 1.0,
                Part::T => t_size,
            };
            wave.peak_mv = rotated(wave.peak_mv, frontal, horizontal).map(|mv| mv * size * part_size);
            match wave.part {
                Part::P => wave.at_s += p_shift_s,
                Part::Qrs => {
                    wave.at_s *= qrs_width;
                    wave.width_s *= qrs_width;
                }
                Part::T => {}
            }
            wave
        };
        Heart {
            conducted: CONDUCTED.iter().map(individual).collect(),
            ventricular: ventricular(focus).iter().map(individual).collect(),
            repolarisation,
        }
    }

    /// The waves of a planned beat; `gain` is how breathing moves the heart against the chest (1 on average).
    pub(super) fn beat(&self, planned: PlannedBeat, gain: f64) -> Beat {
        let template = if planned.kind == BeatKind::Ventricular { &self.ventricular } else { &self.conducted };
        // Bazett; bounded where his formula has left the range it was made for.
        let repolarisation = self.repolarisation * planned.repolarisation_rr_s.sqrt().clamp(0.5, 1.3);
        // The AV node conducts faster when the heart is fast.
        let conduction = (0.75 + 0.25 * planned.repolarisation_rr_s).clamp(0.78, 1.1);
        let waves = template
            .iter()
            .filter(|wave| match planned.kind {
                BeatKind::Conducted | BeatKind::Ventricular => true,
                BeatKind::ConductedWithoutP => wave.part != Part::P,
                BeatKind::AtrialOnly => wave.part == Part::P,
            })
            .map(|wave| {
                let (place, width) = match wave.part {
                    Part::P => (conduction, 1.0),
                    Part::Qrs => (1.0, 1.0),
                    Part::T => (repolarisation, repolarisation),
                };
                Wave {
                    at_s: planned.r_s + wave.at_s * place,
                    width_s: wave.width_s * width,
                    peak_mv: wave.peak_mv.map(|mv| mv * gain),
                    ..*wave
                }
            })
            .collect();
        Beat::new(waves, planned)
    }
}

/// Turned by `frontal` radians towards the feet and by `horizontal` radians towards the back.
fn rotated([x, y, z]: [f64; 3], frontal: f64, horizontal: f64) -> [f64; 3] {
    let (sin, cos) = frontal.sin_cos();
    let (x, y) = (x * cos - y * sin, x * sin + y * cos);
    let (sin, cos) = horizontal.sin_cos();
    [x * cos - z * sin, y, x * sin + z * cos]
}

/// One beat in absolute time.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    waves: Vec<Wave>,
    end_s: f64,
    truth: Option<BeatTruth>,
}

impl Beat {
    fn new(waves: Vec<Wave>, planned: PlannedBeat) -> Beat {
        let class = match planned.kind {
            BeatKind::Conducted | BeatKind::ConductedWithoutP => Some(BeatClass::Normal),
            BeatKind::Ventricular => Some(BeatClass::Ventricular),
            BeatKind::AtrialOnly => None,
        };
        let truth = class.map(|class| {
            let qrs: Vec<Wave> = waves.iter().filter(|wave| wave.part == Part::Qrs).copied().collect();
            let t: Vec<Wave> = waves.iter().filter(|wave| wave.part == Part::T).copied().collect();
            BeatTruth {
                r_s: planned.r_s,
                qrs_onset_s: visible_from_s(&qrs),
                qrs_end_s: visible_to_s(&qrs),
                t_end_s: visible_to_s(&t),
                class,
            }
        });
        let end_s = waves.iter().map(Wave::end_s).fold(planned.r_s, f64::max);
        Beat { waves, end_s, truth }
    }

    /// Adds the dipole of this beat at the time `t_s`.
    pub(super) fn add_to(&self, t_s: f64, dipole_mv: &mut [f64; 3]) {
        for wave in &self.waves {
            wave.add_to(t_s, dipole_mv);
        }
    }

    /// From here on the beat adds nothing.
    pub(super) fn end_s(&self) -> f64 {
        self.end_s
    }

    /// What a monitor should find; `None` where the ventricles do not beat.
    pub(super) fn truth(&self) -> Option<BeatTruth> {
        self.truth
    }
}

const SEARCH_STEP_S: f64 = 0.0005;

fn visible(waves: &[Wave], t_s: f64) -> bool {
    let mut dipole_mv = [0.0; 3];
    for wave in waves {
        wave.add_to(t_s, &mut dipole_mv);
    }
    dipole_mv.iter().map(|mv| mv * mv).sum::<f64>() > VISIBLE_MV * VISIBLE_MV
}

/// The first time at which the waves together can be seen.
fn visible_from_s(waves: &[Wave]) -> f64 {
    let begin = waves.iter().map(Wave::begin_s).fold(f64::INFINITY, f64::min);
    let end = waves.iter().map(Wave::end_s).fold(f64::NEG_INFINITY, f64::max);
    let mut t_s = begin;
    while t_s < end && !visible(waves, t_s) {
        t_s += SEARCH_STEP_S;
    }
    t_s
}

/// The last time at which the waves together can be seen.
fn visible_to_s(waves: &[Wave]) -> f64 {
    let begin = waves.iter().map(Wave::begin_s).fold(f64::INFINITY, f64::min);
    let mut t_s = waves.iter().map(Wave::end_s).fold(f64::NEG_INFINITY, f64::max);
    while t_s > begin && !visible(waves, t_s) {
        t_s -= SEARCH_STEP_S;
    }
    t_s
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn truth(seed: u64, kind: BeatKind, rr_s: f64) -> BeatTruth {
        let heart = Heart::new(&mut ChaCha8Rng::seed_from_u64(seed));
        heart.beat(PlannedBeat { r_s: 1.0, kind, repolarisation_rr_s: rr_s }, 1.0).truth().unwrap()
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
            assert!((130.0..=200.0).contains(&qrs_ms), "ventricular QRS {qrs_ms} ms");
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
