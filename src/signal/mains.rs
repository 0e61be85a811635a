//! Finds the mains in some seconds of a lead and takes them off, without touching the ECG under them.
//!
//! In go samples in mV at [`RATE_HZ`] (NaN where there is none), out come the same samples without the sine of 50 or
//! 60 Hz, and what it was like. Nothing is delayed and nothing rings, because nothing is filtered: a slowly changing sine
//! is estimated by least squares and subtracted. The complexes are left out of the estimate and the sine runs on
//! through them (the idea of Levkov et al. 2005, doi 10.1186/1475-925X-4-50). Where no line stands out of the
//! spectrum, not a bit is changed. Harmonics of the mains are left to the low pass.

mod fit;

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::RATE_HZ;

/// Samples of one segment of the spectrum: 2 s, so that bins are 0.5 Hz apart.
const SEGMENT: usize = 1000;

/// Less than a second says nothing about a line.
const SHORTEST: usize = SEGMENT / 2;

/// Frequencies of the mains in Hz.
const NOMINAL_HZ: [f64; 2] = [50.0, 60.0];

/// A line stands out if it has this many times the amplitude of what lies beside it. A QRS complex has a broad spectrum.
const LINE_TO_NEIGHBOURS: f64 = 3.0;

/// Smaller amplitudes, in mV, are less than the step of a common converter and not worth a change.
const SMALLEST_MV: f64 = 0.003;

/// A line has to stand out in this many segments, if there are so many: 3 s.
const SEGMENTS: usize = 2;

/// The mains that were found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mains {
    /// 50 or 60 Hz: what the grid should have.
    pub nominal_hz: f64,
    /// Mean amplitude in mV.
    pub amplitude_mv: f64,
}

/// Finds and removes the mains.
#[derive(Clone)]
pub struct MainsRemoval {
    fft: Arc<dyn Fft<f64>>,
}

impl std::fmt::Debug for MainsRemoval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MainsRemoval").finish_non_exhaustive()
    }
}

impl Default for MainsRemoval {
    fn default() -> MainsRemoval {
        MainsRemoval { fft: FftPlanner::new().plan_fft_forward(SEGMENT) }
    }
}

impl MainsRemoval {
    /// Takes the mains off these samples, if there are any.
    pub fn clean(&self, samples_mv: &mut [f32]) -> Option<Mains> {
        let (held_mv, valid) = hold(samples_mv);
        let nominal_hz = self.find(&held_mv)?;
        let mains_mv = fit::mains(&held_mv, &valid, nominal_hz);
        for (sample_mv, mains_mv) in samples_mv.iter_mut().zip(&mains_mv) {
            *sample_mv = (f64::from(*sample_mv) - mains_mv) as f32;
        }
        let power = mains_mv.iter().map(|value| value * value).sum::<f64>() / mains_mv.len() as f64;
        Some(Mains { nominal_hz, amplitude_mv: (2.0 * power).sqrt() })
    }

    /// The frequency whose line stands out most often.
    fn find(&self, held_mv: &[f64]) -> Option<f64> {
        if held_mv.len() < SHORTEST {
            return None;
        }
        let last = held_mv.len().saturating_sub(SEGMENT);
        let starts = (0..=last).step_by(SEGMENT / 2);
        let segments = starts.clone().count();
        let mut found = [0; 2];
        for start in starts {
            let bins = self.spectrum(&held_mv[start..(start + SEGMENT).min(held_mv.len())]);
            for (count, nominal_hz) in found.iter_mut().zip(NOMINAL_HZ) {
                *count += usize::from(stands_out(&bins, nominal_hz));
            }
        }
        let (count, nominal_hz) = if found[1] > found[0] { (found[1], 60.0) } else { (found[0], 50.0) };
        (count >= SEGMENTS.min(segments)).then_some(nominal_hz)
    }

    /// Heights of the lines of a segment; a sine of amplitude 1 has the height 1.
    fn spectrum(&self, segment_mv: &[f64]) -> Vec<f64> {
        let length = segment_mv.len() as f64;
        let mean_mv = segment_mv.iter().sum::<f64>() / length;
        let mut bins = vec![Complex::default(); SEGMENT];
        for (n, (bin, value)) in bins.iter_mut().zip(segment_mv).enumerate() {
            let hann = 1.0 - (2.0 * std::f64::consts::PI * n as f64 / length).cos();
            *bin = Complex::new((value - mean_mv) * hann * 2.0 / length, 0.0);
        }
        self.fft.process(&mut bins);
        bins.iter().map(|bin| bin.norm_sqr().sqrt()).collect()
    }
}

fn stands_out(bins: &[f64], nominal_hz: f64) -> bool {
    let centre = (nominal_hz * SEGMENT as f64 / RATE_HZ).round() as usize;
    let root_mean_square = |range: &[f64]| (range.iter().map(|x| x * x).sum::<f64>() / range.len() as f64).sqrt();
    let line = &bins[centre - 2..=centre + 2];
    let below = root_mean_square(&bins[centre - 9..=centre - 5]);
    let above = root_mean_square(&bins[centre + 5..=centre + 9]);
    let highest_mv = line.iter().copied().fold(0.0, f64::max);
    highest_mv >= SMALLEST_MV && root_mean_square(line) > LINE_TO_NEIGHBOURS * below.max(above)
}

/// The last valid sample where there is none (the first one before it), and which ones are valid.
fn hold(samples_mv: &[f32]) -> (Vec<f64>, Vec<bool>) {
    let mut held_mv = samples_mv.iter().copied().find(|value| value.is_finite()).unwrap_or(0.0);
    samples_mv
        .iter()
        .map(|&value| {
            if value.is_finite() {
                held_mv = value;
            }
            (f64::from(held_mv), value.is_finite())
        })
        .unzip()
}

#[cfg(test)]
mod tests;
