//! What each second of each lead is good for, with the reason named.
//!
//! In go the samples of one lead at [`RATE_HZ`] with their validity, out comes a [`Quality`] once a second. It looks at
//! the last second, and at the last four for wander. Nothing depends on how the samples are cut into pieces, and
//! nothing is allocated after the start.
//!
//! The limits are those of the body and of the recorder, not of a data base:
//!
//! | quality | when |
//! | --- | --- |
//! | off | half of the second or more has no valid sample |
//! | flat | nothing moves by more than [`FLAT_MV`]; the noise of any electrode and amplifier is larger, asystole too |
//! | clipped | [`CLIPPED_S`] or more of the second at one extreme, in runs that no QRS or T wave holds so still |
//! | impulse | beyond [`LARGEST_ECG_MV`], or the baseline steps by [`STEP_MV`] from one second to the next |
//! | muscle | more than [`MUSCLE_MV`] above 40 Hz between the complexes: peak to peak as much as a P wave |
//! | wander | the baseline moved by [`WANDER_MV`] within four seconds |
//! | mains | a line of [`MAINS_MV`] or more at 50 or 60 Hz |
//! | good | none of these |
//!
//! Ventricular fibrillation and asystole are signals, not artifacts: neither moves the baseline, nor has it much above
//! 40 Hz, nor is it still to the microvolt.

mod features;
mod spectrum;

use features::{Baseline, Extremes, quiet_rms};
use spectrum::SecondSpectrum;

use super::RATE_HZ;
use super::filters::Cascade;

pub use spectrum::Spectrum;

/// Samples of a second.
const SECOND: usize = RATE_HZ as usize;

/// Peak to peak in mV. A recorder's own noise is 10 µV and more peak to peak (up to 30 µV are allowed by AAMI EC13), and
/// the step of a coarse converter is 5 µV: what moves less than this does not come from an electrode.
pub const FLAT_MV: f32 = 0.002;

/// Resampling leaves a ripple in proportion to the electrode's offset, which may be 300 mV (AAMI EC13).
const FLAT_PER_OFFSET: f32 = 2e-5;

/// Seconds at a rail.
pub const CLIPPED_S: f64 = 0.04;

/// In mV: AAMI EC13 and IEC 60601-2-27 ask for QRS complexes of up to 5 mV.
pub const LARGEST_ECG_MV: f32 = 6.0;

/// In mV, between the medians of two seconds. Breathing moves the baseline by less within a second.
pub const STEP_MV: f32 = 1.0;

/// In mV, root mean square above 40 Hz: 0.2 mV peak to peak.
pub const MUSCLE_MV: f32 = 0.03;

/// In mV, within four seconds: five small squares, the height of a low QRS complex.
pub const WANDER_MV: f32 = 0.5;

/// Amplitude in mV: half a small square from trough to crest.
pub const MAINS_MV: f32 = 0.025;

/// What a lead is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quality {
    /// Everything.
    Good,
    /// Nothing: electrode off, or no valid sample.
    Off,
    /// Nothing: the electrode is said to be on, but nothing at all moves.
    Flat,
    /// The amplifier or the converter is at its limit.
    Clipped,
    /// The electrode moves: steps and pops.
    Impulse,
    /// Muscles are heard.
    Muscle,
    /// The baseline wanders.
    Wander,
    /// The mains are heard.
    Mains,
}

impl Quality {
    /// How much a detector of beats may rely on the lead, 0 to 1. The QRS band (5 to 25 Hz) hears little of mains and
    /// wander, more of muscles, and takes steps and clipped waves for complexes.
    pub const fn weight(self) -> f32 {
        match self {
            Quality::Good => 1.0,
            Quality::Mains => 0.9,
            Quality::Wander => 0.7,
            Quality::Muscle => 0.5,
            Quality::Impulse | Quality::Clipped => 0.3,
            Quality::Flat | Quality::Off => 0.0,
        }
    }
}

/// Judges one lead, second by second.
#[derive(Clone, Debug)]
pub struct QualityMeter {
    fast: Cascade,
    samples_mv: Vec<f32>,
    valid: usize,
    baseline: Baseline,
}

impl Default for QualityMeter {
    fn default() -> QualityMeter {
        QualityMeter::new()
    }
}

impl QualityMeter {
    /// For one lead, from its first sample on.
    pub fn new() -> QualityMeter {
        QualityMeter {
            fast: Cascade::fast(),
            samples_mv: Vec::with_capacity(SECOND),
            valid: 0,
            baseline: Baseline::new(),
        }
    }

    /// Takes the next sample in mV (a held value where it is not valid). Says at the end of a second what it was like.
    pub fn push(&mut self, sample_mv: f32, valid: bool, spectrum: &mut Spectrum) -> Option<Quality> {
        self.samples_mv.push(sample_mv);
        self.valid += usize::from(valid);
        if self.samples_mv.len() < SECOND {
            return None;
        }
        let quality = self.second(spectrum);
        self.samples_mv.clear();
        self.valid = 0;
        Some(quality)
    }

    fn second(&mut self, spectrum: &mut Spectrum) -> Quality {
        let fast_mv = self.fast_mv();
        if self.valid <= SECOND / 2 {
            self.baseline.forget();
            return Quality::Off;
        }
        let extremes = Extremes::of(&self.samples_mv);
        let moves = self.baseline.second(&self.samples_mv);
        let flat_mv = FLAT_MV.max(FLAT_PER_OFFSET * extremes.high_mv.abs());
        if extremes.span_mv() <= flat_mv {
            return Quality::Flat;
        }
        if extremes.clipped_samples(&self.samples_mv) as f64 >= CLIPPED_S * RATE_HZ {
            return Quality::Clipped;
        }
        if extremes.span_mv() > LARGEST_ECG_MV || moves.step_mv >= STEP_MV {
            return Quality::Impulse;
        }
        let SecondSpectrum { mains_mv } = spectrum.second(&self.samples_mv);
        let fast_rms_mv = quiet_rms(&fast_mv);
        let muscle_mv = (fast_rms_mv.powi(2) - mains_mv.powi(2) / 2.0).max(0.0).sqrt();
        if muscle_mv >= MUSCLE_MV {
            Quality::Muscle
        } else if moves.wander_mv >= WANDER_MV {
            Quality::Wander
        } else if mains_mv >= MAINS_MV {
            Quality::Mains
        } else {
            Quality::Good
        }
    }

    /// What is fast of the second. The filter runs on from second to second.
    fn fast_mv(&mut self) -> [f32; SECOND] {
        // It starts at rest on the first sample instead of ringing from 0.
        if self.baseline.is_new() {
            self.fast.reset();
            self.baseline.set_origin(self.samples_mv[0]);
        }
        let origin_mv = self.baseline.origin_mv();
        let mut fast_mv = [0.0; SECOND];
        for (fast_mv, sample_mv) in fast_mv.iter_mut().zip(&self.samples_mv) {
            *fast_mv = self.fast.run(f64::from(sample_mv - origin_mv)) as f32;
        }
        fast_mv
    }
}

#[cfg(test)]
mod tests;
