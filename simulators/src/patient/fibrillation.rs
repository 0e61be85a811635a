//! Activity without beats: fibrillation of the atria (f waves) and of the ventricles, and flutter of the atria.
//!
//! In: a random stream and the time. Out: the dipole in mV. Every value is a closed expression of the time, so that it
//! depends neither on the sampling rate nor on where a block begins.
//! The f waves follow the saw tooth with slowly varying frequency and amplitude of Stridh and Sörnmo (IEEE Trans
//! Biomed Eng 2001;48:105); ventricular fibrillation is a few such oscillations at 3 to 8 Hz on each axis, out of step.

use std::f64::consts::TAU;

use rand::Rng;

/// An oscillation whose frequency and amplitude drift.
#[derive(Clone, Copy, Debug)]
struct Oscillation {
    frequency_hz: f64,
    phase: f64,
    /// How far the frequency drifts, and how often.
    deviation_hz: f64,
    drift_hz: f64,
    drift_phase: f64,
    /// How deep the amplitude swells (0 to 1), and how often.
    swell: f64,
    swell_hz: f64,
    swell_phase: f64,
}

impl Oscillation {
    fn new(random: &mut impl Rng, frequency_hz: f64, deviation_hz: f64, swell: f64) -> Oscillation {
        Oscillation {
            frequency_hz,
            phase: random.random_range(0.0..TAU),
            deviation_hz,
            drift_hz: random.random_range(0.12..0.35),
            drift_phase: random.random_range(0.0..TAU),
            swell,
            swell_hz: random.random_range(0.2..0.7),
            swell_phase: random.random_range(0.0..TAU),
        }
    }

    fn phase(&self, t_s: f64) -> f64 {
        // The integral of frequency + deviation × cos(2π drift t).
        let drift = self.deviation_hz / self.drift_hz * (TAU * self.drift_hz * t_s + self.drift_phase).sin();
        self.phase + TAU * self.frequency_hz * t_s + drift
    }

    fn amplitude(&self, t_s: f64) -> f64 {
        1.0 + self.swell * (TAU * self.swell_hz * t_s + self.swell_phase).sin()
    }

    fn sine(&self, t_s: f64) -> f64 {
        self.amplitude(t_s) * self.phase(t_s).sin()
    }

    fn saw_tooth(&self, t_s: f64) -> f64 {
        let phase = self.phase(t_s);
        self.amplitude(t_s) * (phase.sin() + (2.0 * phase).sin() / 2.0 + (3.0 * phase).sin() / 3.0)
    }
}

/// Fibrillating atria: 300 to 420 waves a minute, largest in V1 and II.
///
/// Two saw teeth of unlike frequency and direction, because a single one looks like flutter.
#[derive(Clone, Debug)]
pub(super) struct AtrialFibrillation {
    waves: [([f64; 3], Oscillation); 2],
}

impl AtrialFibrillation {
    pub(super) fn new(random: &mut impl Rng) -> AtrialFibrillation {
        let frequency_hz = random.random_range(5.2..6.8);
        let size = random.random_range(0.8..1.2);
        let mut waves = |ratio: f64, peak_mv: [f64; 3]| {
            (peak_mv.map(|mv| mv * size), Oscillation::new(random, frequency_hz * ratio, 0.45, 0.45))
        };
        AtrialFibrillation { waves: [waves(1.0, [0.010, 0.026, -0.040]), waves(1.27, [-0.014, 0.016, -0.026])] }
    }

    pub(super) fn dipole_mv(&self, t_s: f64) -> [f64; 3] {
        let mut dipole_mv = [0.0; 3];
        for (peak_mv, oscillation) in &self.waves {
            let height = oscillation.saw_tooth(t_s);
            for (sum, mv) in dipole_mv.iter_mut().zip(peak_mv) {
                *sum += mv * height;
            }
        }
        dipole_mv
    }
}

/// Fluttering atria: a saw tooth that falls slowly and rises steeply in II, always at the same rate, some
/// 0.25 mV high.
pub(super) fn atrial_flutter_mv(rate_bpm: f64, from_start_s: f64) -> [f64; 3] {
    let phase = TAU * rate_bpm / 60.0 * from_start_s;
    let saw_tooth: f64 = (1..=4).map(|n| (f64::from(n) * phase).sin() / f64::from(n)).sum();
    [0.004, -0.070, 0.030].map(|mv| mv * saw_tooth)
}

/// Fibrillating ventricles, coarse.
#[derive(Clone, Debug)]
pub(super) struct VentricularFibrillation {
    axes: [[(f64, Oscillation); 3]; 3],
}

impl VentricularFibrillation {
    pub(super) fn new(random: &mut impl Rng) -> VentricularFibrillation {
        let frequency_hz = random.random_range(4.2..5.6);
        let mut axis = |size_mv: f64| {
            // The main oscillation and its two neighbours: a spectrum that is narrow but not a line.
            [(0.55, 1.0, 0.5), (0.35, 0.82, 0.6), (0.25, 1.27, 0.6)].map(|(share, ratio, deviation_hz)| {
                (size_mv * share, Oscillation::new(random, frequency_hz * ratio, deviation_hz, 0.45))
            })
        };
        VentricularFibrillation { axes: [axis(0.50), axis(0.60), axis(0.50)] }
    }

    pub(super) fn dipole_mv(&self, t_s: f64) -> [f64; 3] {
        self.axes.each_ref().map(|axis| axis.iter().map(|(size_mv, oscillation)| size_mv * oscillation.sine(t_s)).sum())
    }
}
