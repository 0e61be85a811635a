//! The sine of the mains as it was, estimated piece by piece.
//!
//! About every half second a sine whose amplitude and phase change linearly is fitted to the second around it, with Hann's
//! weights and without the complexes; its frequency is found by fitting again. Pieces that overlap are blended.

use rustfft::num_complex::Complex;

use super::RATE_HZ;

/// Samples from the middle of a piece to its end.
const HALF: usize = 250;

/// How often the estimate is made: the first one is made with the mains in the way of seeing where the complexes are.
const PASSES: usize = 3;

/// How often the frequency of a piece is refined.
const REFINEMENTS: usize = 2;

/// How often the mirror image of the sine is taken off.
const IMAGE_STEPS: usize = 4;

/// Grids keep within 0.5 Hz, save for emergencies.
const FARTHEST_HZ: f64 = 0.8;

/// Where the fast part is more than this many times its median, there is a complex.
const COMPLEX_TO_MEDIAN: f64 = 4.0;

/// In mV: below, nothing is a complex.
const SMALLEST_COMPLEX_MV: f64 = 0.01;

/// A complex is left out with 40 ms on either side.
const BESIDE_COMPLEX: usize = 20;

/// With less than this part of its weights, a piece takes the complexes as well.
const LEAST_WEIGHT: f64 = 0.2;

/// The sine in mV, sample by sample. `valid` says which samples count.
pub(super) fn mains(held_mv: &[f64], valid: &[bool], nominal_hz: f64) -> Vec<f64> {
    let half_period = (RATE_HZ / nominal_hz / 2.0).round() as usize;
    let fast_mv = fast(held_mv, half_period);
    let mut mains_mv = vec![0.0; held_mv.len()];
    let mut rest_mv = fast_mv.clone();
    for _ in 0..PASSES {
        let used = beside_complexes(&rest_mv, valid);
        mains_mv = estimate(&fast_mv, valid, &used, nominal_hz, half_period);
        let without_mv: Vec<f64> = held_mv.iter().zip(&mains_mv).map(|(value, mains)| value - mains).collect();
        rest_mv = fast(&without_mv, half_period);
    }
    mains_mv
}

/// What is fast: each sample less the mean of those half a period before and after, twice. This doubles the mains both
/// times and leaves less than a thousandth of what is below 5 Hz. Half a period off the ends it is 0.
fn fast(held_mv: &[f64], half_period: usize) -> Vec<f64> {
    let once = |input: &[f64], margin: usize| {
        let mut output = vec![0.0; input.len()];
        for n in margin..input.len().saturating_sub(margin) {
            output[n] = input[n] - 0.5 * (input[n - half_period] + input[n + half_period]);
        }
        output
    };
    once(&once(held_mv, half_period), 2 * half_period)
}

/// Valid samples that no complex is near.
fn beside_complexes(rest_mv: &[f64], valid: &[bool]) -> Vec<bool> {
    let mut heights_mv: Vec<f64> = rest_mv.iter().map(|value| value.abs()).collect();
    let middle = heights_mv.len() / 2;
    let median_mv = *heights_mv.select_nth_unstable_by(middle, f64::total_cmp).1;
    let limit_mv = (COMPLEX_TO_MEDIAN * median_mv).max(SMALLEST_COMPLEX_MV);
    let mut used = valid.to_vec();
    for n in (0..rest_mv.len()).filter(|n| rest_mv[*n].abs() > limit_mv || !valid[*n]) {
        used[n.saturating_sub(BESIDE_COMPLEX)..(n + BESIDE_COMPLEX).min(valid.len())].fill(false);
    }
    used
}

fn estimate(fast_mv: &[f64], valid: &[bool], used: &[bool], nominal_hz: f64, half_period: usize) -> Vec<f64> {
    let length = fast_mv.len();
    let margin = 2 * half_period;
    let mut mains_mv = vec![0.0; length];
    let mut weights = vec![0.0; length];
    // From end to end, half a second apart or a little less.
    let pieces = length.div_ceil(HALF);
    for centre in (0..=pieces).map(|piece| piece * length / pieces) {
        let from = centre.saturating_sub(HALF);
        let to = (centre + HALF).min(length);
        let piece = Piece { centre, from: from.max(margin), to: to.min(length - margin), fast_mv };
        let weight: f64 = piece.weight(used);
        let selected = if weight >= LEAST_WEIGHT * piece.weight(valid) { used } else { valid };
        let mut hz = nominal_hz;
        let Some(mut sine) = piece.fit(selected, hz, half_period) else { continue };
        for _ in 0..REFINEMENTS {
            hz = (hz + sine.hz_off()).clamp(nominal_hz - FARTHEST_HZ, nominal_hz + FARTHEST_HZ);
            sine = piece.fit(selected, hz, half_period).unwrap_or(sine);
        }
        for n in from..to {
            let off = n as f64 - centre as f64;
            mains_mv[n] += hann(off) * sine.at(off, hz);
            weights[n] += hann(off);
        }
    }
    // Where a piece is missing, at the ends or in a gap, its neighbour goes on.
    for (value, weight) in mains_mv.iter_mut().zip(weights).filter(|(_, weight)| *weight > 0.0) {
        *value /= weight;
    }
    mains_mv
}

/// Hann's weights, which add up to about 1 over pieces half a second apart.
fn hann(off: f64) -> f64 {
    0.5 + 0.5 * (std::f64::consts::PI * off / HALF as f64).cos()
}

/// A second of the fast part.
struct Piece<'a> {
    centre: usize,
    from: usize,
    to: usize,
    fast_mv: &'a [f64],
}

/// Amplitude and phase in the middle of a piece, and how they change from sample to sample.
#[derive(Clone, Copy, Debug)]
struct Sine {
    level: Complex<f64>,
    slope: Complex<f64>,
}

impl Piece<'_> {
    fn weight(&self, selected: &[bool]) -> f64 {
        let off = |n: usize| n as f64 - self.centre as f64;
        (self.from..self.to).filter(|n| selected[*n]).map(|n| hann(off(n))).sum()
    }

    /// Weighted least squares of `level + slope * off` on the signal turned back by `hz`; `None` with too few samples.
    fn fit(&self, selected: &[bool], hz: f64, half_period: usize) -> Option<Sine> {
        let step = 2.0 * std::f64::consts::PI * hz / RATE_HZ;
        let gain = (1.0 - (step * half_period as f64).cos()).powi(2);
        let mut moments = [0.0; 3];
        let mut mirrored = [Complex::<f64>::default(); 3];
        let mut sums = [Complex::<f64>::default(); 2];
        let turn = Complex::cis(-step);
        let mut phase = Complex::cis(-step * (self.from as f64 - self.centre as f64));
        for (n, selected) in selected.iter().enumerate().take(self.to).skip(self.from) {
            if *selected {
                let off = (n as f64 - self.centre as f64) / HALF as f64;
                let weight = hann(off * HALF as f64);
                let value = phase * (weight * self.fast_mv[n] / gain * 2.0);
                let mirror = phase * phase * weight;
                moments = [moments[0] + weight, moments[1] + weight * off, moments[2] + weight * off * off];
                mirrored = [mirrored[0] + mirror, mirrored[1] + mirror * off, mirrored[2] + mirror * off * off];
                sums = [sums[0] + value, sums[1] + value * off];
            }
            phase *= turn;
        }
        let [s0, s1, s2] = moments;
        let determinant = s0 * s2 - s1 * s1;
        if s0 < LEAST_WEIGHT * HALF as f64 / 2.0 || determinant <= 0.0 {
            return None;
        }
        // Turned back, a sine is itself and its mirror image at twice the frequency. The image averages out but for
        // the ends and the samples left out, so it is small and taken off step by step.
        let (mut level, mut slope) = (Complex::<f64>::default(), Complex::<f64>::default());
        for _ in 0..IMAGE_STEPS {
            let image = |k: usize| mirrored[k] * level.conj() + mirrored[k + 1] * slope.conj();
            let (z0, z1) = (sums[0] - image(0), sums[1] - image(1));
            (level, slope) = ((z0 * s2 - z1 * s1) / determinant, (z1 * s0 - z0 * s1) / determinant);
        }
        Some(Sine { level, slope: slope / HALF as f64 })
    }
}

impl Sine {
    /// How far the frequency of the sine is from that which it was fitted with, in Hz.
    fn hz_off(&self) -> f64 {
        if self.level.norm() < super::SMALLEST_MV {
            return 0.0;
        }
        (self.slope * self.level.conj()).im / self.level.norm_sqr() * RATE_HZ / (2.0 * std::f64::consts::PI)
    }

    /// Its value in mV this many samples off the middle of its piece.
    fn at(&self, off: f64, hz: f64) -> f64 {
        let phase = Complex::cis(2.0 * std::f64::consts::PI * hz / RATE_HZ * off);
        ((self.level + self.slope * off) * phase).re
    }
}
