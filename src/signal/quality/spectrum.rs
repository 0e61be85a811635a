//! The spectrum of a second: is there a line at 50 or 60 Hz?

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::SECOND;

/// A line stands out if it has this many times the amplitude of what lies beside it. A QRS complex has a broad spectrum.
const LINE_TO_NEIGHBOURS: f32 = 3.0;

/// The Fourier transform of a second and the memory for it, shared by all leads of a bed.
pub struct Spectrum {
    fft: Arc<dyn Fft<f32>>,
    /// Hann's window, scaled so that a sine of amplitude 1 gives a line of height 1.
    window: Vec<f32>,
    bins: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl std::fmt::Debug for Spectrum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spectrum").finish_non_exhaustive()
    }
}

impl Default for Spectrum {
    fn default() -> Spectrum {
        let hann = |n: usize| {
            let phase = 2.0 * std::f64::consts::PI * n as f64 / SECOND as f64;
            ((1.0 - phase.cos()) * 2.0 / SECOND as f64) as f32
        };
        let fft = FftPlanner::new().plan_fft_forward(SECOND);
        Spectrum {
            window: (0..SECOND).map(hann).collect(),
            bins: vec![Complex::default(); SECOND],
            scratch: vec![Complex::default(); fft.get_inplace_scratch_len()],
            fft,
        }
    }
}

/// What the spectrum of a second says.
#[derive(Clone, Copy, Debug)]
pub(super) struct SecondSpectrum {
    /// Amplitude of the line of the mains; 0 if there is none.
    pub mains_mv: f32,
}

impl Spectrum {
    /// Looks at a second of one lead.
    pub(super) fn second(&mut self, samples_mv: &[f32]) -> SecondSpectrum {
        // The electrode's offset would leak into every bin by rounding.
        let offset_mv = samples_mv[0];
        for ((bin, value), weight) in self.bins.iter_mut().zip(samples_mv).zip(&self.window) {
            *bin = Complex::new((value - offset_mv) * weight, 0.0);
        }
        self.fft.process_with_scratch(&mut self.bins, &mut self.scratch);
        SecondSpectrum { mains_mv: self.line_mv(50).max(self.line_mv(60)) }
    }

    /// Amplitude of the line at a whole frequency, give or take half a hertz. The bins are 1 Hz apart.
    fn line_mv(&self, hz: usize) -> f32 {
        let root = |range: std::ops::RangeInclusive<usize>| {
            let count = range.clone().count() as f32;
            (self.bins[range].iter().map(Complex::norm_sqr).sum::<f32>() / count).sqrt()
        };
        // Hann's window spreads a line over three bins with 1.5 times its power in all.
        let line_mv = root(hz - 1..=hz + 1) * 2.0_f32.sqrt();
        let beside_mv = root(hz - 6..=hz - 3).max(root(hz + 3..=hz + 6)) * 2.0_f32.sqrt();
        if line_mv > LINE_TO_NEIGHBOURS * beside_mv { line_mv } else { 0.0 }
    }
}
