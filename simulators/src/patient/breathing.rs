//! Breathing: what it does to the heart rate, the height of the beats and the baseline comes from one chest.

use std::f64::consts::TAU;

use rand::Rng;

/// A steady breath of 12 to 18 a minute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breathing {
    rate_hz: f64,
    phase: f64,
}

impl Breathing {
    pub(super) fn new(random: &mut impl Rng) -> Breathing {
        Breathing { rate_hz: random.random_range(0.20..0.30), phase: random.random_range(0.0..TAU) }
    }

    /// The state of the chest at `t_s`, from -1 to 1.
    pub(super) fn at(&self, t_s: f64) -> f64 {
        (TAU * self.rate_hz * t_s + self.phase).sin()
    }
}
