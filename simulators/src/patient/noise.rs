//! What the electrodes pick up besides the heart: baseline wander, breathing and muscle.
//!
//! In: the time and a random stream. Out: the voltage of each electrode in mV. Because it is added at the electrodes
//! and not at the leads, the leads stay consistent, as in a real recording.

use std::f64::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{breathing::Breathing, torso::ELECTRODES};

/// How much noise there is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NoiseLevels {
    /// Root mean square of the slow wander of each electrode, in mV.
    pub wander_mv: f64,
    /// Root mean square of the muscle noise of each electrode, in mV.
    pub muscle_mv: f64,
}

impl NoiseLevels {
    /// A clean laboratory signal.
    pub const NONE: NoiseLevels = NoiseLevels { wander_mv: 0.0, muscle_mv: 0.0 };
}

impl Default for NoiseLevels {
    /// A patient at rest with well-kept electrodes: 0.03 mV of wander, 0.005 mV of muscle noise.
    fn default() -> NoiseLevels {
        NoiseLevels { wander_mv: 0.03, muscle_mv: 0.005 }
    }
}

const WANDER_SINES: usize = 5;

/// The electrodes of one patient.
#[derive(Clone, Debug)]
pub(super) struct Electrodes {
    levels: NoiseLevels,
    /// Frequency in Hz, amplitude and phase of the sines that make the wander of each electrode.
    wander: [[(f64, f64, f64); WANDER_SINES]; ELECTRODES],
    /// How strongly breathing shows at each electrode, in mV.
    breathing_mv: [f64; ELECTRODES],
    muscle: ChaCha8Rng,
    last_white: [f64; ELECTRODES],
}

impl Electrodes {
    pub(super) fn new(levels: NoiseLevels, random: &mut impl Rng, muscle: ChaCha8Rng) -> Electrodes {
        let wander = [(); ELECTRODES].map(|()| {
            // Slower is larger, and all of it below the 0.5 Hz where the ECG begins.
            [0.03, 0.07, 0.13, 0.22, 0.35].map(|frequency_hz: f64| {
                let frequency_hz = frequency_hz * random.random_range(0.8..1.25);
                let amplitude = levels.wander_mv * (0.05 / frequency_hz).sqrt();
                (frequency_hz, amplitude, random.random_range(0.0..TAU))
            })
        });
        let breathing_mv = [(); ELECTRODES].map(|()| levels.wander_mv * random.random_range(0.3..1.0));
        Electrodes { levels, wander, breathing_mv, muscle, last_white: [0.0; ELECTRODES] }
    }

    /// The voltages of the next sample, which lies at `t_s`. To be called once for every sample, in order.
    pub(super) fn next_mv(&mut self, t_s: f64, breathing: &Breathing) -> [f64; ELECTRODES] {
        let chest = breathing.at(t_s);
        let mut volts = [0.0; ELECTRODES];
        for (electrode, voltage) in volts.iter_mut().enumerate() {
            let wander: f64 = self.wander[electrode]
                .iter()
                .map(|(frequency_hz, amplitude, phase)| amplitude * (TAU * frequency_hz * t_s + phase).sin())
                .sum();
            let white: f64 = self.muscle.sample(StandardNormal);
            // Muscle lies above 20 Hz: a first difference takes the slow part out. 1.25 is the gain of its power.
            let muscle = (white - 0.5 * self.last_white[electrode]) / 1.25_f64.sqrt();
            self.last_white[electrode] = white;
            *voltage = wander + chest * self.breathing_mv[electrode] + muscle * self.levels.muscle_mv;
        }
        volts
    }
}
