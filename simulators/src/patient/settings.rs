//! What makes a patient, and what it may be.
//!
//! In: numbers from a scenario. Out: settings, or which of the numbers cannot be.

use super::{Anatomy, Condition, Conduction, Disturbance, NoiseLevels};
use crate::rhythm::Script;

/// Everything that makes a patient.
#[derive(Clone, Debug, PartialEq)]
pub struct PatientSettings {
    /// Another seed gives another heart, other noise and other beat times under the same script.
    pub seed: u64,
    /// Samples a second, [`PatientSettings::MIN_RATE_HZ`] to [`PatientSettings::MAX_RATE_HZ`].
    pub rate_hz: f64,
    /// What the heart does.
    pub script: Script,
    /// How much the electrodes pick up besides the heart.
    pub noise: NoiseLevels,
    /// How beats from the atria reach the ventricles.
    pub conduction: Conduction,
    /// How the body differs from the average.
    pub anatomy: Anatomy,
    /// What changes the shape of the beats, in any order.
    pub conditions: Vec<Condition>,
    /// What disturbs the electrodes, in any order.
    pub disturbances: Vec<Disturbance>,
}

impl PatientSettings {
    /// The lowest sampling rate: below it a QRS complex is a few samples.
    pub const MIN_RATE_HZ: f64 = 100.0;
    /// The highest sampling rate.
    pub const MAX_RATE_HZ: f64 = 1000.0;
    /// The most noise of any kind, in mV.
    pub const MAX_NOISE_MV: f64 = 5.0;
    /// The slowest ramp of a condition, in seconds.
    pub const MAX_RAMP_S: f64 = 3600.0;

    /// A patient at 500 Hz with the noise of one at rest.
    pub fn new(seed: u64, script: Script) -> PatientSettings {
        PatientSettings {
            seed,
            rate_hz: 500.0,
            script,
            noise: NoiseLevels::default(),
            conduction: Conduction::Normal,
            anatomy: Anatomy::default(),
            conditions: Vec::new(),
            disturbances: Vec::new(),
        }
    }

    /// Checks what [`super::Patient::new`] would refuse.
    pub fn check(&self) -> Result<(), PatientError> {
        if !(Self::MIN_RATE_HZ..=Self::MAX_RATE_HZ).contains(&self.rate_hz) {
            return Err(PatientError::Rate { rate_hz: self.rate_hz });
        }
        let disturbances = self.disturbances.iter().map(|disturbance| disturbance.level_mv);
        for mv in [self.noise.wander_mv, self.noise.muscle_mv].into_iter().chain(disturbances) {
            if !(0.0..=Self::MAX_NOISE_MV).contains(&mv) {
                return Err(PatientError::Noise { mv });
            }
        }
        for condition in &self.conditions {
            let name = condition.kind.name();
            if let Some((key, value, [min, max])) = condition.kind.number()
                && !(min..=max).contains(&value)
            {
                return Err(PatientError::Condition { name, key, value, min, max });
            }
            if !(condition.from_s >= 0.0 && condition.to_s > condition.from_s) {
                let (key, value) = ("to_s", condition.to_s);
                return Err(PatientError::Condition { name, key, value, min: condition.from_s, max: f64::INFINITY });
            }
            if !(0.0..=Self::MAX_RAMP_S).contains(&condition.ramp_s) {
                let (key, value) = ("ramp_s", condition.ramp_s);
                return Err(PatientError::Condition { name, key, value, min: 0.0, max: Self::MAX_RAMP_S });
            }
        }
        Ok(())
    }
}

/// Why there can be no such patient.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PatientError {
    /// The sampling rate is out of range.
    #[error("sampling rate is {rate_hz} Hz; give {min} to {max} Hz", min = PatientSettings::MIN_RATE_HZ, max = PatientSettings::MAX_RATE_HZ)]
    Rate {
        /// What was asked for.
        rate_hz: f64,
    },
    /// A noise level is out of range.
    #[error("noise level is {mv} mV; give 0 to {max} mV", max = PatientSettings::MAX_NOISE_MV)]
    Noise {
        /// What was asked for.
        mv: f64,
    },
    /// A number of a condition is out of range.
    #[error("{key} of {name} is {value}; give {min} to {max}")]
    Condition {
        /// Name of the condition.
        name: &'static str,
        /// Which number.
        key: &'static str,
        /// What was asked for.
        value: f64,
        /// The least allowed.
        min: f64,
        /// The most allowed.
        max: f64,
    },
}
