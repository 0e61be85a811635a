//! What the electrodes pick up besides the heart: baseline wander, breathing, muscle and disturbances.
//!
//! In: the time and a random stream. Out: the voltage of each electrode in mV. Because it is added at the electrodes
//! and not at the leads, the leads stay consistent, as in a real recording. Electrodes that no recorded lead needs are
//! left out; every electrode has random streams of its own, so that the others stay the same.

use std::f64::consts::TAU;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::{
    breathing::Breathing,
    disturbance::{Disturbance, Disturbing},
    torso::ELECTRODES,
};

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
/// The wander is computed so often and drawn in straight lines between: at 0.45 Hz it is within 0.2 % of its height.
const WANDER_STEP_S: f64 = 0.04;

/// The slow wander of one electrode.
#[derive(Clone, Debug)]
struct Wander {
    /// Frequency in Hz, amplitude and phase of its sines.
    sines: [(f64, f64, f64); WANDER_SINES],
    /// How strongly breathing shows, in mV.
    breathing_mv: f64,
    /// The step that is drawn now, and the wander at its begin and end.
    step: f64,
    ends_mv: [f64; 2],
}

impl Wander {
    fn sum_mv(&self, t_s: f64, breathing: &Breathing) -> f64 {
        let sines: f64 =
            self.sines.iter().map(|(hz, amplitude, phase)| amplitude * (TAU * hz * t_s + phase).sin()).sum();
        sines + breathing.at(t_s) * self.breathing_mv
    }

    fn at_mv(&mut self, t_s: f64, breathing: &Breathing) -> f64 {
        let place = t_s / WANDER_STEP_S;
        let step = place.floor();
        if step.to_bits() != self.step.to_bits() {
            self.step = step;
            self.ends_mv = [step, step + 1.0].map(|step| self.sum_mv(step * WANDER_STEP_S, breathing));
        }
        self.ends_mv[0] + (self.ends_mv[1] - self.ends_mv[0]) * (place - step)
    }
}

/// One electrode.
#[derive(Clone, Debug)]
struct Electrode {
    wander: Wander,
    muscle: ChaCha8Rng,
    last_white: f64,
    disturbing: Vec<Disturbing>,
}

/// The electrodes of one patient.
#[derive(Clone, Debug)]
pub(super) struct Electrodes {
    muscle_mv: f64,
    all: [Electrode; ELECTRODES],
    used: [bool; ELECTRODES],
}

impl Electrodes {
    /// All electrodes; `muscle` gives the random stream of each.
    pub(super) fn new(
        levels: NoiseLevels,
        disturbances: &[Disturbance],
        random: &mut impl Rng,
        mut muscle: impl FnMut(usize) -> ChaCha8Rng,
    ) -> Electrodes {
        let sines = [(); ELECTRODES].map(|()| {
            // Slower is larger, and all of it below the 0.5 Hz where the ECG begins.
            [0.03, 0.07, 0.13, 0.22, 0.35].map(|frequency_hz: f64| {
                let frequency_hz = frequency_hz * random.random_range(0.8..1.25);
                let amplitude = levels.wander_mv * (0.05 / frequency_hz).sqrt();
                (frequency_hz, amplitude, random.random_range(0.0..TAU))
            })
        });
        let mut place = 0;
        let mut all = sines.map(|sines| {
            let breathing_mv = levels.wander_mv * random.random_range(0.3..1.0);
            let wander = Wander { sines, breathing_mv, step: f64::NAN, ends_mv: [0.0; 2] };
            place += 1;
            Electrode { wander, muscle: muscle(place - 1), last_white: 0.0, disturbing: Vec::new() }
        });
        for &disturbance in disturbances {
            all[disturbance.electrode as usize].disturbing.push(Disturbing::new(disturbance, random));
        }
        Electrodes { muscle_mv: levels.muscle_mv, all, used: [true; ELECTRODES] }
    }

    /// From now on the others stay at 0 mV.
    pub(super) fn use_only(&mut self, used: [bool; ELECTRODES]) {
        self.used = used;
    }

    /// The voltages of the next sample, which lies at `t_s`. To be called once for every sample, in order.
    pub(super) fn next_mv(&mut self, t_s: f64, breathing: &Breathing) -> [f64; ELECTRODES] {
        let mut volts = [0.0; ELECTRODES];
        for ((electrode, voltage), &used) in self.all.iter_mut().zip(&mut volts).zip(&self.used) {
            if !used {
                continue;
            }
            let white: f64 = electrode.muscle.sample(StandardNormal);
            // Muscle lies above 20 Hz: a first difference takes the slow part out. 1.25 is the gain of its power.
            let muscle = (white - 0.5 * electrode.last_white) / 1.25_f64.sqrt();
            electrode.last_white = white;
            let mut muscle_mv = self.muscle_mv;
            *voltage = electrode.wander.at_mv(t_s, breathing);
            for disturbing in &electrode.disturbing {
                if (disturbing.disturbance.from_s..disturbing.disturbance.to_s).contains(&t_s) {
                    *voltage += disturbing.added_mv(t_s);
                    muscle_mv += disturbing.muscle_mv(t_s);
                }
            }
            *voltage += muscle * muscle_mv;
        }
        volts
    }
}
