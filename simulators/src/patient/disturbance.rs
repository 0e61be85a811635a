//! Everyday disturbances: what patients, nurses and devices do to electrodes for a while.
//!
//! In: a kind, an electrode, when and how much. Out: the voltage it adds to that electrode at any time, in mV.

use std::f64::consts::TAU;

use rand::Rng;

use super::{compressions, torso::Electrode};

/// What disturbs an electrode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisturbanceKind {
    /// The electrode moves on the skin: large swings between 0.7 and 7 Hz, where QRS and T lie too.
    Motion,
    /// The muscle under the electrode tenses: noise without a beat.
    Muscle,
    /// Mains hum at 50 Hz.
    Mains,
    /// Chest compressions, in step at all electrodes that have them; each electrode moves by its own part of the level.
    Compressions,
    /// The amplifier is driven to the end of its range; its leads are flat there.
    Saturation,
}

impl DisturbanceKind {
    /// The name, as scenario files and the truth write it.
    pub fn name(self) -> &'static str {
        match self {
            DisturbanceKind::Motion => "motion",
            DisturbanceKind::Muscle => "muscle",
            DisturbanceKind::Mains => "mains",
            DisturbanceKind::Compressions => "compressions",
            DisturbanceKind::Saturation => "saturation",
        }
    }
}

/// A disturbance of one electrode for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disturbance {
    /// What it is.
    pub kind: DisturbanceKind,
    /// Where.
    pub electrode: Electrode,
    /// Begin, in seconds from the patient's first sample.
    pub from_s: f64,
    /// End.
    pub to_s: f64,
    /// How large, in mV: the peak of motion, mains and compressions, the root mean square of muscle; saturation knows no size.
    pub level_mv: f64,
}

/// More than any monitor's range.
const SATURATION_MV: f64 = 300.0;
const MAINS_HZ: f64 = 50.0;
/// Motion, muscle and mains swell and fade within this time.
const SWELL_S: f64 = 0.3;
const SINES: usize = 5;

/// A disturbance with its own swings.
#[derive(Clone, Debug)]
pub(super) struct Disturbing {
    pub disturbance: Disturbance,
    /// Frequency in Hz and phase.
    swings: [(f64, f64); SINES],
}

impl Disturbing {
    pub(super) fn new(disturbance: Disturbance, random: &mut impl Rng) -> Disturbing {
        let swings = [0.7, 1.3, 2.2, 3.6, 5.8]
            .map(|hz: f64| (hz * random.random_range(0.85..1.2), random.random_range(0.0..TAU)));
        Disturbing { disturbance, swings }
    }

    /// How strong it is at `t_s`, 0 to 1.
    fn strength(&self, t_s: f64) -> f64 {
        let Disturbance { from_s, to_s, .. } = self.disturbance;
        super::fade((t_s - from_s) / SWELL_S) * super::fade((to_s - t_s) / SWELL_S)
    }

    /// What it adds to its electrode at `t_s`, in mV.
    pub(super) fn added_mv(&self, t_s: f64) -> f64 {
        let level_mv = self.disturbance.level_mv;
        match self.disturbance.kind {
            DisturbanceKind::Motion => {
                let swing: f64 = self.swings.iter().map(|(hz, phase)| (TAU * hz * t_s + phase).sin()).sum();
                self.strength(t_s) * level_mv * swing / SINES as f64 * 1.6
            }
            DisturbanceKind::Mains => self.strength(t_s) * level_mv * (TAU * MAINS_HZ * t_s).sin(),
            DisturbanceKind::Compressions => {
                // Half to all of the level, to either side, as the electrode's own draw has it.
                let part = self.swings[0].1 / TAU;
                let part = if self.swings[1].1 < TAU / 4.0 { -0.5 - 0.5 * part } else { 0.5 + 0.5 * part };
                self.strength(t_s) * level_mv * part * compressions::swing(t_s - self.disturbance.from_s)
            }
            DisturbanceKind::Saturation if self.strength(t_s) > 0.0 => SATURATION_MV,
            DisturbanceKind::Saturation | DisturbanceKind::Muscle => 0.0,
        }
    }

    /// The muscle noise it adds to its electrode at `t_s`, as root mean square in mV.
    pub(super) fn muscle_mv(&self, t_s: f64) -> f64 {
        match self.disturbance.kind {
            DisturbanceKind::Muscle => self.strength(t_s) * self.disturbance.level_mv,
            _ => 0.0,
        }
    }
}
