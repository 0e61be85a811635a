//! Numbers of one window of one lead that tell an oscillation from complexes on a quiet line.

use super::window::{RATE_HZ, WINDOW};

/// What one window is like. All but the span do not depend on the size of the signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Features {
    /// What is left when the signal is added to itself half a mean period later (Kuo and Dillman 1978): 0 for a sine.
    pub leakage: f64,
    /// Fourth moment of the slope over the square of the second: 1.5 for a sine, 3 for noise, above 10 for narrow QRS complexes.
    pub slope_kurtosis: f64,
    /// Of the sine that has this ratio of slope to size.
    pub frequency_hz: f64,
    /// Peak to peak.
    pub span_mv: f32,
}

impl Features {
    /// `None` when nothing moves.
    pub fn of(samples_mv: &[f32; WINDOW]) -> Option<Features> {
        let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
        for value in samples_mv {
            (low, high) = (low.min(*value), high.max(*value));
        }
        let span_mv = high - low;
        if !(span_mv.is_finite() && span_mv > 1e-4) {
            return None;
        }
        let mean = samples_mv.iter().sum::<f32>() / WINDOW as f32;
        let (mut size, mut slope) = (0.0_f32, 0.0_f32);
        let (mut slope_second, mut slope_fourth) = (0.0_f32, 0.0_f32);
        let mut values = [0.0_f32; WINDOW];
        for (value, sample) in values.iter_mut().zip(samples_mv) {
            // In parts of the span, so that no power overflows.
            *value = (sample - mean) / span_mv;
        }
        for value in &values {
            size += value.abs();
        }
        for pair in values.windows(2) {
            let step = pair[1] - pair[0];
            slope += step.abs();
            slope_second += step * step;
            slope_fourth += (step * step) * (step * step);
        }
        // Of a sine with n samples a period, the mean slope is 2 pi / n of the mean size.
        let half_period = (std::f32::consts::PI * size / slope.max(1e-9)).clamp(1.0, WINDOW as f32 / 2.0);
        let half = half_period.round() as usize;
        let (mut left, mut whole) = (0.0_f32, 1e-9_f32);
        for (before, after) in values.iter().zip(&values[half..]) {
            left += (before + after).abs();
            whole += before.abs() + after.abs();
        }
        let steps = (WINDOW - 1) as f32;
        Some(Features {
            leakage: f64::from(left / whole),
            slope_kurtosis: f64::from(steps * slope_fourth / (slope_second * slope_second).max(1e-20)),
            frequency_hz: RATE_HZ / f64::from(2.0 * half_period),
            span_mv,
        })
    }
}
